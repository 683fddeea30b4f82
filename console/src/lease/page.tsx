// One name: who holds it now, who waits, what one can do about it, and who held it before.

import type { HeldState, LeaseState } from "@holdfast/client/operator";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { Trouble } from "../following/trouble.js";
import { Command } from "../parts/copy.js";
import { say } from "../parts/notices.js";
import { explain, explainLook } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { now, span } from "../parts/time.js";
import { Told, told } from "../parts/told.js";
import { owner } from "../server/client.js";
import { unsettled } from "../server/standing.js";
import { EndsIn } from "../following/ends_in.js";
import { href, route } from "../shell/router.js";
import { askFor, isMine, release, revoke, takeFrom, whoseItIs, type Target } from "../acts/acts.js";
import { History } from "./lanes_view.js";
import { LiveLease, type Seen } from "./live.js";
import { Waiting } from "./waiting.js";
import { acquire } from "../acts/own.js";
import { twins } from "../acts/twins.js";
import "../following/list.css";
import "./lease.css";

const exact = new Intl.NumberFormat("en");

function targetOf({ lease, wall }: Seen & { readonly lease: HeldState }): Target {
  const { name, token, owner, session, waiting, note, text } = lease;
  const address = lease.address ?? undefined;
  const since = lease.held_ms === undefined ? Date.parse(lease.since) : wall - lease.held_ms;
  return { name, token, owner, session, sessions: lease.sessions ?? 1, waiting, since, address, note, text };
}

function Fact({ label, children }: { readonly label: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Held({ seen, waiting }: { readonly seen: Seen & { readonly lease: HeldState }; readonly waiting: Waiting }): JSX.Element {
  const { lease } = seen;
  const target = targetOf(seen);
  const mine = isMine(target);
  return (
    <>
      <p class="standing">
        <strong>
          <Told text={lease.owner} />
        </strong>{" "}
        holds it.{mine && ` ${whoseItIs(target)}`}
        {lease.note !== undefined && (
          <>
            {" "}
            Their words: “<Told text={lease.note} />”
          </>
        )}
      </p>
      {lease.takeover && (
        <p class="banner warn">
          <span>
            <Told text={lease.takeover.by} /> takes it over in {span(Math.max(0, lease.takeover.ends_in_ms - (performance.now() - seen.steady)))}: “
            <Told text={lease.takeover.reason} />”
          </span>
        </p>
      )}
      {lease.request && (
        <p class="banner info">
          <span>
            <Told text={lease.request.by} /> asks for it{lease.request.message ? <>: “<Told text={lease.request.message} />”</> : "."}
          </span>
        </p>
      )}
      <div class="tools acts">
        {mine ? (
          <button type="button" class="danger" onClick={() => void release(target)}>
            Release…
          </button>
        ) : (
          <>
            <button type="button" class="primary" onClick={() => void askFor(target)}>
              Ask for it…
            </button>
            <button type="button" onClick={() => (waiting.since.value === undefined ? waiting.begin() : waiting.end())}>
              {waiting.since.value === undefined ? "Wait for it" : "Wait no more"}
            </button>
            <button type="button" class="danger" onClick={() => void takeFrom(target)}>
              Take over…
            </button>
            <button type="button" class="danger" onClick={() => void revoke(target)}>
              Revoke…
            </button>
          </>
        )}
        {lease.text && <a href={href("edit", lease.name)}>Open its text</a>}
        <a href={href("ownership", "", { owner: lease.owner })}>{lease.owner === owner.value ? "What else you hold" : "What else they hold"}</a>
      </div>
      <dl class="facts">
        <Fact label="Held for">{target.since === undefined ? "-" : span(now.value - target.since)}</Fact>
        <Fact label="Ends in">
          <EndsIn endsAt={lease.deadline_in_ms === null ? null : seen.steady + lease.deadline_in_ms} ttlMs={lease.ttl_ms} />
        </Fact>
        <Fact label="Waiting">{exact.format(lease.waiting)}</Fact>
        <Fact label="Token">{lease.token}</Fact>
        <Fact label="Session">{target.sessions > 1 ? `${target.sessions} sessions share it` : <Told text={lease.session} />}</Fact>
        {typeof lease.address === "string" && (
          <Fact label="Connected from">
            <Told text={lease.address} />
          </Fact>
        )}
        {lease.metadata && (
          <Fact label="Metadata">
            <code>{told(JSON.stringify(lease.metadata))}</code>
          </Fact>
        )}
      </dl>
    </>
  );
}

const ends: Readonly<Record<string, string>> = {
  released: "released it",
  lapsed: "let it lapse",
  taken_over: "lost it to a takeover",
  transferred: "passed it on",
  moved: "moved it",
  revoked: "had it revoked",
};

function Free({ lease, waiting }: { readonly lease: LeaseState & { readonly held: false }; readonly waiting: Waiting }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const take = async (): Promise<void> => {
    setBusy(true);
    try {
      await acquire(lease.name);
      say(`${told(lease.name)} is yours for as long as this page is open.`);
    } catch (error) {
      say(explain(error));
    }
    setBusy(false);
  };
  const { last_owner: last, because, by, reason } = lease;
  return (
    <>
      <p class="standing">
        <strong>Nobody holds it.</strong>{" "}
        {last !== undefined && (
          <>
            <Told text={last} /> {ends[because ?? ""] ?? "had it last"}
            {by !== undefined && by !== last && <> (by <Told text={by} />{reason ? <>: “<Told text={reason} />”</> : ""})</>}.
          </>
        )}
      </p>
      <div class="tools acts">
        <button type="button" class="primary" disabled={busy || waiting.since.value !== undefined} onClick={() => void take()}>
          Own it
        </button>
        {lease.text && <a href={href("edit", lease.name)}>Open its text</a>}
      </div>
    </>
  );
}

function Queue({ seen }: { readonly seen: Seen & { readonly lease: HeldState } }): JSX.Element | null {
  const { queue, waiting } = seen.lease;
  if (waiting === 0) return <p class="aside">Nobody waits.</p>;
  if (!queue) return <p>{waiting === 1 ? "1 request waits." : `${exact.format(waiting)} requests wait.`}</p>;
  const since = performance.now() - seen.steady + 0 * now.value;
  return (
    <>
      <ol class="queue">
        {queue.map((one) => (
          <li key={`${one.owner} ${one.session}`}>
            <Told text={one.owner} />{" "}
            <small>
              session <Told text={one.session} />, for {span(one.waited_ms + since)}
            </small>
          </li>
        ))}
      </ol>
      {waiting > queue.length && <p class="aside">And {exact.format(waiting - queue.length)} more behind them.</p>}
    </>
  );
}

/** Line by line, as line ends would be shown as marks otherwise. */
const json = (value: unknown): string => JSON.stringify(value, null, 2).split("\n").map(told).join("\n");

function Commands({ lease }: { readonly lease: LeaseState }): JSX.Element {
  const me = owner.value;
  const { name } = lease;
  const lines = lease.held
    ? isMine(lease)
      ? [twins.release(lease, lease.owner, lease.session)]
      : [twins.acquire(name, me, "10m"), twins.request(lease, me, "may I have it?"), twins.takeover(lease, me, "why"), twins.revoke(lease, me, "why")]
    : [twins.acquire(name, me)];
  return (
    <>
      {[twins.show(name), ...lines, twins.watch(name), twins.history(name)].map((line) => (
        <Command key={line} line={line} />
      ))}
    </>
  );
}

export default function LeasePage(): JSX.Element {
  const name = route.value.subject;
  const live = useMemo(() => new LiveLease(), [name]);
  useEffect(() => (name === "" ? undefined : live.follow(name)), [live]);
  const waiting = useMemo(() => new Waiting(name), [name]);
  useEffect(() => waiting.end, [waiting]);
  const seen = live.seen.value;
  // The button that had the focus may have gone with what it was for.
  useEffect(() => {
    if (seen && document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [seen?.lease.held, seen?.lease.token]);
  const trouble = live.trouble.value;
  const holdings = live.holdings.value;
  const noHistory = live.noHistory.value;
  // What is below the history comes when its place is known.
  const known = holdings !== undefined || noHistory !== undefined;
  if (name === "") {
    return (
      <Sheet title="No name">
        <p>
          The address says no name. <a href={href("ownership")}>To all names</a>
        </p>
      </Sheet>
    );
  }
  const lease = seen?.lease;
  return (
    <Sheet title={name} heading={<Told text={name} />}>
      <div class="lease-present">
        <Trouble error={trouble} />
        {!lease && trouble === undefined && <p class="loading">Reading…</p>}
        {lease?.unsettled && <p class="aside">From memory: it may not be on the disk yet.</p>}
        {seen && lease && (lease.held ? <Held seen={{ ...seen, lease }} waiting={waiting} /> : <Free lease={lease} waiting={waiting} />)}
      </div>
      {seen && lease?.held && (
        <>
          <h2>Queue</h2>
          {waiting.since.value !== undefined && (
            <p>
              You wait for it here, as <Told text={waiting.as.value} />, for {span(performance.now() - waiting.since.value + 0 * now.value)}. Your place is given up when this page is left.
            </p>
          )}
          <Queue seen={{ ...seen, lease }} />
        </>
      )}
      {lease && known && (
        <>
          <h2>History</h2>
          {noHistory !== undefined && <p class="aside">{explainLook(noHistory)}</p>}
          {unsettled.value && holdings && <p class="aside">What came since the disk is stuck is not in it yet.</p>}
          {holdings && <History holdings={holdings} />}
        </>
      )}
      {lease && known && (
        <>
          <h2>The same in a terminal</h2>
          <Commands lease={lease} />
          <details class="raw">
            <summary>All that the server says, as JSON</summary>
            <pre tabIndex={0}>{json(lease)}</pre>
          </details>
        </>
      )}
    </Sheet>
  );
}
