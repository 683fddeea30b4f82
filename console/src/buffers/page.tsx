// The texts there are: who edits which, who changed it last, and how to make one.

import { textsOf, type HeldState, type TextInfo } from "@holdfast/client/operator";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { saveAs } from "../edit/save_as.js";
import { word } from "../parts/copy.js";
import { ask } from "../parts/dialog.js";
import { Menu, type Choice } from "../parts/menu.js";
import { say } from "../parts/notices.js";
import { Problem, explain, lookedFirst } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { Table, type Column } from "../parts/table.js";
import { Ago } from "../parts/time.js";
import { Told, told } from "../parts/told.js";
import { client, owner } from "../server/client.js";
import { useLooked } from "../server/looked.js";
import { unsettled } from "../server/standing.js";
import { go, href, route, setQuery } from "../shell/router.js";
import "./buffers.css";
import { NewText } from "./new_text.js";

const lookMs = 2000;
const pageMost = 200;

interface Row {
  readonly text: TextInfo;
  readonly held: HeldState | undefined;
  /** It is known who holds it. */
  readonly known: boolean;
}

interface Seen {
  readonly rows: readonly Row[];
  readonly next: string | null;
}

async function look(prefix: string, after: string, signal: AbortSignal): Promise<Seen> {
  const operator = client.peek();
  const below = prefix === "" ? {} : { prefix };
  const [texts, leases] = await Promise.all([
    textsOf(operator).list({ ...below, ...(after === "" ? {} : { after }), limit: pageMost, signal }),
    operator.list({ ...below, limit: 1000, ...(unsettled.peek() ? { unsettled: true } : {}) }, { signal }),
  ]);
  const held = new Map(leases.leases.map((lease) => [lease.name, lease]));
  // What lies behind the last one that was listed may be held all the same.
  const known = (name: string): boolean => leases.next === null || name <= (leases.leases.at(-1)?.name ?? "");
  return { rows: texts.buffers.map((text) => ({ text, held: held.get(text.name), known: known(text.name) })), next: texts.next };
}

const size = (bytes: number): string => (bytes >= 1 << 20 ? `${(bytes / (1 << 20)).toFixed(1)} MiB` : bytes >= 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${bytes} B`);

async function remove({ text, held }: Row): Promise<void> {
  const answer = await ask({
    title: `Remove ${told(text.name)}?`,
    text: (
      <p>
        {text.lines} {text.lines === 1 ? "line" : "lines"}, changed last by <Told text={text.changed_by} />. The text goes with all its revisions, for everybody. Drafts of it stay.
        {held && (
          <>
            {" "}
            <strong>
              <Told text={held.owner} /> holds it now.
            </strong>
          </>
        )}
      </p>
    ),
    act: "Remove it",
    stay: "Keep it",
  });
  if (answer === undefined) return;
  const texts = textsOf(client.peek());
  try {
    // Removing takes whatever is there. So it is looked at just before: nobody loses what was not said.
    const now = await lookedFirst(texts.get(text.name, { text: false }));
    if (now.buffer !== text.buffer || now.revision !== text.revision) return say("Nothing was done: it was changed meanwhile.");
    await texts.remove(text.name, held && held.owner === owner.peek() ? { token: held.token, session: held.session } : {});
    say("It is removed.");
  } catch (error) {
    say(explain(error));
  }
}

const choices = (row: Row, again: () => void): Choice[] => [
  { label: "Open", act: () => go(href("edit", row.text.name)) },
  { label: "Download", act: () => void saveAs(row.text.name) },
  { label: "Who held it", act: () => go(href("lease", row.text.name)) },
  {
    label: "Remove…",
    danger: true,
    act: () => void remove(row).then(again),
    unless: row.held && row.held.owner !== owner.peek() ? `${told(row.held.owner)} holds it` : undefined,
  },
];

const columns = (again: () => void): readonly Column<Row>[] => [
  {
    key: "name",
    title: "Text",
    grow: 2,
    cell: ({ text }) => (
      <a href={href("edit", text.name)} title={told(text.name)}>
        <Told text={text.name} />
      </a>
    ),
  },
  { key: "held", title: "Who edits", cell: ({ held, known }) => (held ? <Told text={held.owner} title /> : <span class="aside">{known ? "nobody" : "not known"}</span>) },
  {
    key: "changed",
    title: "Changed",
    grow: 2,
    cell: ({ text }) => (
      <>
        <Ago at={text.changed_at} /> ago by <Told text={text.changed_by} title />
      </>
    ),
  },
  { key: "size", title: "Size", wide: true, cell: ({ text }) => size(text.bytes) },
  { key: "revision", title: "Revision", wide: true, cell: ({ text }) => text.revision },
  { key: "drafts", title: "Drafts", wide: true, cell: ({ text }) => (text.drafts > 0 ? <a href={href("drafts", "", { name: text.name, whose: "all" })}>{text.drafts}</a> : "0") },
  { key: "menu", title: "More", grow: 0, cell: (row) => <Menu label={`What to do with ${told(row.text.name)}`} choices={choices(row, again)} /> },
];

export default function Buffers(): JSX.Element {
  const { query } = route.value;
  const prefix = query.get("prefix") ?? "";
  const after = query.get("after") ?? "";
  const [making, setMaking] = useState(false);
  const { seen, error, again } = useLooked(lookMs, (signal) => look(prefix, after, signal), [prefix, after]);
  const filter = (event: SubmitEvent): void => {
    event.preventDefault();
    const said = String(new FormData(event.currentTarget as HTMLFormElement).get("prefix") ?? "").replace(/\/+$/, "");
    setQuery({ prefix: said });
  };
  return (
    <Sheet
      title="Texts"
      about="A text is changed by whoever holds its name, and by nobody else. Everybody may read it as it is typed."
      tools={
        <button type="button" class="primary" aria-expanded={making} onClick={() => setMaking(!making)}>
          New text
        </button>
      }
    >
      {making && <NewText onClose={() => setMaking(false)} />}
      <form class="tools filter" onSubmit={filter}>
        <label>
          Below <input name="prefix" defaultValue={prefix} placeholder="all names" autocomplete="off" />
        </label>
        <button type="submit">Show</button>
      </form>
      {error !== undefined && <Problem error={error} again={again} />}
      <div class="all-texts">
        <Table
          label="Texts"
          columns={columns(again)}
          rows={seen?.rows ?? []}
          idOf={({ text }) => text.name}
          onOpen={({ text }) => go(href("edit", text.name))}
          empty={seen ? (prefix === "" ? "There are no texts yet. Make the first one." : "There are no texts below that.") : "Asking…"}
        />
      </div>
      <div class="tools pages">
        {after !== "" && (
          <button type="button" onClick={() => setQuery({ prefix })}>
            To the first
          </button>
        )}
        {seen?.next != null && (
          <button type="button" onClick={() => setQuery({ prefix, after: seen.next ?? "" })}>
            The next {pageMost}
          </button>
        )}
      </div>
      <p class="aside">
        In a terminal: <code>curl -T FILE -H 'content-type: text/plain' '{location.origin}/v1/buffers/NAME?owner={word(told(owner.value))}'</code>
      </p>
    </Sheet>
  );
}
