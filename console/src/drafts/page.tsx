// What somebody typed and could not get in: kept, until its owner has looked at it.

import { defaultStore, handInUnsent, textsOf, type Draft, type DraftPage } from "@holdfast/client/operator";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { say } from "../parts/notices.js";
import { Problem } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { Table, type Column } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { Told, told } from "../parts/told.js";
import { client, owner } from "../server/client.js";
import { useLooked } from "../server/looked.js";
import { go, href, route, setQuery } from "../shell/router.js";
import { KeptHere } from "./kept_here.js";
import { fits, whyOf } from "./words.js";
import "./drafts.css";

const lookMs = 3000;
const pageMost = 200;

const columns: readonly Column<Draft>[] = [
  { key: "draft", title: "Draft", cell: ({ draft }) => <a href={href("draft", String(draft))}>{draft}</a> },
  {
    key: "name",
    title: "Of",
    grow: 2,
    cell: ({ name, draft }) => (
      <a href={href("draft", String(draft))} title={told(name)}>
        <Told text={name} />
      </a>
    ),
  },
  { key: "owner", title: "Whose", cell: (draft) => <Told text={draft.owner} title /> },
  { key: "why", title: "Why it was not stored", grow: 2, wide: true, cell: (draft) => whyOf(draft) },
  { key: "at", title: "Since", cell: ({ at }) => <Ago at={at} /> },
  {
    key: "change",
    title: "Change",
    cell: ({ inserted, deleted }) => (
      <span aria-label={`${inserted} characters more, ${deleted} less`}>
        +{inserted} −{deleted}
      </span>
    ),
  },
  { key: "fit", title: "Fits", cell: ({ fit }) => (fit ? fits[fit].short : "look at it") },
];

/** What pages of this browser left behind when they ended becomes drafts now, once a visit. */
function useLeftBehind(again: () => void): void {
  useEffect(() => {
    const operator = client.peek();
    handInUnsent(textsOf(operator), defaultStore(), operator)
      .then((handed) => {
        const made = handed.filter(({ draft }) => draft !== undefined).length;
        if (made > 0) say(`${made === 1 ? "A draft was" : `${made} drafts were`} made of what was kept in this browser.`);
        if (handed.length > made) say("Something that was kept in this browser could not be handed in. It stays here.");
        if (made > 0) again();
      })
      .catch(() => undefined); // This browser has no storage, or forbids it: then nothing is there.
  }, [owner.value]);
}

export default function Drafts(): JSX.Element {
  const { query } = route.value;
  const all = query.get("whose") === "all";
  const name = query.get("name") ?? "";
  const after = query.get("after") ?? "";
  const me = owner.value;
  const only = { ...(all ? {} : { owner: me }), ...(name === "" ? {} : { name }), ...(after === "" ? {} : { after: Number(after) }) };
  const look = (signal: AbortSignal): Promise<DraftPage> => textsOf(client.peek()).drafts({ ...only, limit: pageMost, signal });
  const { seen, error, again } = useLooked(lookMs, look, [all, me, name, after]);
  useLeftBehind(again);
  const whose = (to: boolean): void => setQuery({ whose: to ? "all" : undefined, name });
  return (
    <Sheet title="Drafts" about="What somebody had typed when a text was taken over, lapsed, or the network was gone. Nothing of it is in the text until somebody applies it, and nothing is thrown away unasked.">
      <div class="tools filter" role="group" aria-label="Whose drafts">
        <button type="button" aria-pressed={!all} onClick={() => whose(false)}>
          Mine
        </button>
        <button type="button" aria-pressed={all} onClick={() => whose(true)}>
          Everybody's
        </button>
        {name !== "" && (
          <span>
            of <Told text={name} />{" "}
            <button type="button" class="quiet" onClick={() => setQuery({ whose: all ? "all" : undefined })}>
              of all texts
            </button>
          </span>
        )}
      </div>
      {error !== undefined && <Problem error={error} again={again} />}
      <KeptHere />
      <div class="all-drafts">
        <Table
          label="Drafts"
          columns={columns}
          rows={seen?.drafts ?? []}
          idOf={({ draft }) => String(draft)}
          onOpen={({ draft }) => go(href("draft", String(draft)))}
          empty={seen ? (all ? "There are none: whatever was typed is in its text." : "You have none: whatever you typed is in its text.") : "Asking…"}
        />
      </div>
      {seen?.next != null && (
        <button type="button" onClick={() => setQuery({ whose: all ? "all" : undefined, name, after: String(seen.next) })}>
          The next {pageMost}
        </button>
      )}
    </Sheet>
  );
}
