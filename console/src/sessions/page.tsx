// The sessions: each a tab, a device, a process or a run of an owner. What each holds, and whether it is still there.

import type { SessionPage, SessionState } from "@holdfast/client/operator";
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { checked } from "../following/checked.js";
import { read } from "../following/read.js";
import { Trouble } from "../following/trouble.js";
import { twins } from "../acts/twins.js";
import { copy } from "../parts/copy.js";
import { ask } from "../parts/dialog.js";
import { Menu, type Choice } from "../parts/menu.js";
import { say } from "../parts/notices.js";
import { explain, lookedFirst } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { Table, type Column, type Sorting } from "../parts/table.js";
import { span } from "../parts/time.js";
import { Name, Told, told } from "../parts/told.js";
import { client } from "../server/client.js";
import { lookEvery, type Looking } from "../server/look.js";
import { paced } from "../server/pace.js";
import { go, href, route, setQuery } from "../shell/router.js";
import { found, inOrder, sameHoldings, sessionsMost } from "./order.js";
import "../following/list.css";
import "./sessions.css";

const everyMs = 2000;
const pageMost = 1000;
const exact = new Intl.NumberFormat("en");

interface Read {
  readonly sessions: readonly SessionState[];
  /** There are more. */
  readonly more: boolean;
}

async function all(signal: AbortSignal): Promise<Read> {
  const sessions: SessionState[] = [];
  let after: string | null = "";
  while (after !== null && sessions.length < sessionsMost) {
    const from: { after?: string } = after === "" ? {} : { after };
    const page = await read(async (how, options) => checked(await client.peek().sessions({ limit: pageMost, ...from, ...how }, options), "sessions", { owner: "string", session: "string", leases: "number" }), signal);
    sessions.push(...page.sessions);
    after = page.next;
  }
  return { sessions: sessions.slice(0, sessionsMost), more: after !== null || sessions.length > sessionsMost };
}

/** How it stands now; undefined: it neither holds nor waits, nor is it connected. */
async function stands(owner: string, session: string): Promise<SessionState | undefined> {
  let after: string | null = "";
  while (after !== null) {
    const from: { after?: string } = after === "" ? {} : { after };
    const page: SessionPage = await client.peek().sessions({ owner, limit: pageMost, ...from });
    const found = page.sessions.find((one) => one.session === session);
    if (found) return found;
    after = page.next;
  }
  return undefined;
}

const plural = (count: number, one: string, many: string): string => `${exact.format(count)} ${count === 1 ? one : many}`;

async function end(of: SessionState, again: () => void): Promise<void> {
  const { owner, session, leases, names, waits } = of;
  const go = await ask({
    title: `End session ${told(session)} of ${told(owner)}?`,
    text: (
      <>
        <p>
          <strong>
            <Told text={owner} />
          </strong>{" "}
          loses {leases === 0 ? "nothing that is held" : plural(leases, "name", "names")}
          {waits > 0 && ` and ${plural(waits, "place", "places")} in queues`}. Whoever waits for these has them next.
        </p>
        {names.length > 0 && (
          <ul>
            {names.map((name) => (
              <li key={name}>
                <Told text={name} />
              </li>
            ))}
            {leases > names.length && <li>and {exact.format(leases - names.length)} more</li>}
          </ul>
        )}
        <p>Whatever works under these holdings has to stop. The session may come back and ask anew.</p>
      </>
    ),
    act: "End the session",
    stay: "Leave it",
  });
  if (go === undefined) return;
  try {
    // Ending names no holding: whatever the session has by now goes with it. So nobody loses what was not said.
    if (!sameHoldings(of, await lookedFirst(stands(owner, session)))) {
      say(`Nothing was done: in the meantime session ${told(session)} of ${told(owner)} holds or waits for something else. Look again.`);
      again();
      return;
    }
    await client.peek().endSession(owner, session);
    say(`Session ${told(session)} of ${told(owner)} was ended.`);
  } catch (error) {
    say(explain(error));
  }
  again();
}

const states: Readonly<Record<string, string>> = { active: "active", idle: "idle", hidden: "hidden tab" };

function State({ of }: { readonly of: SessionState }): JSX.Element {
  const { connected, state } = of;
  const sign = connected ? (state === "active" ? "●" : "◐") : "○";
  return (
    <span title={connected ? "It has a live connection." : "It has no live connection; it renews by requests, or not at all."}>
      <span aria-hidden="true">{sign} </span>
      {connected ? (states[state ?? ""] ?? "connected") : "not connected"}
    </span>
  );
}

function Holds({ of }: { readonly of: SessionState }): JSX.Element {
  const { leases, names } = of;
  if (leases === 0) return <span class="aside">nothing</span>;
  return (
    <span class="holds">
      <strong>{exact.format(leases)}</strong>
      {names[0] !== undefined && <Name name={names[0]} />}
      {leases > 1 && <span class="aside">…</span>}
    </span>
  );
}

function columnsOf(again: () => void): readonly Column<SessionState>[] {
  const choices = (of: SessionState): readonly Choice[] => [
    { label: "What this owner holds", act: () => go(href("ownership", "", { owner: of.owner })) },
    { label: "End session…", danger: true, act: () => void end(of, again), unless: of.leases === 0 && of.waits === 0 ? "It holds nothing and waits for nothing." : undefined },
    { label: "Copy the command that ends it", act: () => void copy(twins.endSession(of.session, of.owner)) },
  ];
  return [
    { key: "owner", title: "Owner", sorts: true, cell: (of) => <Told text={of.owner} title /> },
    { key: "session", title: "Session", wide: true, grow: 2, cell: (of) => <Told text={of.session} title /> },
    { key: "state", title: "State", sorts: true, cell: (of) => <State of={of} /> },
    { key: "holds", title: "Holds", sorts: true, grow: 2, cell: (of) => <Holds of={of} /> },
    { key: "waits", title: "Waits", sorts: true, wide: true, cell: (of) => (of.waits > 0 ? exact.format(of.waits) : <span class="aside">0</span>) },
    { key: "address", title: "From", wide: true, cell: (of) => (of.address === null ? <span class="aside">-</span> : <Told text={of.address} />) },
    { key: "heard", title: "Last heard", sorts: true, wide: true, cell: (of) => (of.heard_ms === null ? <span class="aside">-</span> : <span>{span(of.heard_ms)} ago</span>) },
    { key: "acts", title: "Acts", grow: 0, cell: (of) => <Menu label={`What to do with session ${told(of.session)}`} choices={choices(of)} /> },
  ];
}

export default function Sessions(): JSX.Element {
  const shown = useMemo(() => signal<Read | undefined>(undefined), []);
  const trouble = useMemo(() => signal<unknown>(undefined), []);
  const [sort, setSort] = useState<Sorting>({ by: "owner", down: false });
  const looking = useMemo<{ now: Looking | undefined }>(() => ({ now: undefined }), []);
  useEffect(() => {
    let latest: Read | undefined;
    const paint = paced(() => (shown.value = latest));
    looking.now = lookEvery(everyMs, async (signal) => {
      try {
        latest = await all(signal);
        trouble.value = undefined;
        paint.soon();
      } catch (error) {
        if (!signal.aborted) trouble.value = error;
        throw error;
      }
    });
    return () => {
      looking.now?.stop();
      paint.stop();
    };
  }, []);
  const columns = useMemo(() => columnsOf(() => looking.now?.again()), []);
  const text = route.value.query.get("text") ?? "";
  const kept = shown.value;
  const rows = useMemo(() => inOrder(found(kept?.sessions ?? [], text), sort), [kept, text, sort]);
  const problem = trouble.value;
  return (
    <Sheet title="Sessions" about="A session is one tab, device, process or run of an owner. Here are those that hold something, wait, or are connected.">
      <div class="filters" role="search">
        <input type="search" value={text} placeholder="Find in owners, sessions, names" aria-label="Find in owners, sessions and the names they hold" onInput={(event) => setQuery({ text: event.currentTarget.value })} />
      </div>
      <p class="counted">
        {kept === undefined ? "Not known yet." : plural(kept.sessions.length, "session", "sessions")}
        {kept && rows.length < kept.sessions.length && `, ${exact.format(rows.length)} shown`}
        {kept?.more && <strong>. There are more than the {exact.format(sessionsMost)} that are kept here.</strong>}
      </p>
      <Trouble error={problem} />
      <div class="all-sessions">
        <Table
          label="Sessions"
          columns={columns}
          rows={rows}
          idOf={(of) => JSON.stringify([of.owner, of.session])}
          sorting={sort}
          onSort={setSort}
          onOpen={(of) => go(href("ownership", "", { owner: of.owner }))}
          empty={kept === undefined ? "Not known yet." : text === "" ? "No session holds or waits for anything." : "No session is like this."}
        />
      </div>
    </Sheet>
  );
}
