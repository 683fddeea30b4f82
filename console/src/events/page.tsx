// Every change of who owns what, as it happens.

import type { Change } from "@holdfast/client/operator";
import type { JSX } from "preact";
import { useEffect, useMemo, useState } from "preact/hooks";
import { twins } from "../acts/twins.js";
import { Command } from "../parts/copy.js";
import { say } from "../parts/notices.js";
import { Problem } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { Table, type Column } from "../parts/table.js";
import { clock } from "../parts/time.js";
import { Name, Told, told } from "../parts/told.js";
import { go, href, route, setQuery } from "../shell/router.js";
import { gapType, LiveEvents } from "./live.js";
import { ndjson, prefixOf, type Shown, type TailFilter } from "./tail.js";
import "../following/list.css";
import "./events.css";

const exact = new Intl.NumberFormat("en");
const types = ["granted", "released", "lapsed", "revived", "taken_over", "transferred", "moved", "revoked", "joined", "requested", "takeover_asked", "takeover_dropped", gapType];
const kind = (type: string): string => type.replaceAll("_", " ");

const signs: Readonly<Record<string, string>> = { granted: "+", revived: "+", joined: "+", released: "−", lapsed: "…", taken_over: "✕", revoked: "✕", transferred: "→", moved: "→", requested: "?", takeover_asked: "!", takeover_dropped: "·", gap: "⚠" };

const said = (change: Change, key: string): string => {
  const value = change.data[key];
  return typeof value === "string" ? value : "";
};

function When({ shown }: { readonly shown: Shown }): JSX.Element {
  const at = Date.parse(said(shown.change, "at"));
  const time = Number.isNaN(at) ? shown.heard : at;
  return <time dateTime={new Date(time).toISOString()}>{clock(time)}</time>;
}

/** Whoever holds it after the event, or did it. */
function Who({ change }: { readonly change: Change }): JSX.Element {
  const who = change.owner ?? change.by;
  const session = change.session ?? said(change, "by_session");
  if (who === undefined) return <span class="aside">-</span>;
  return (
    <span title={session === "" ? told(who) : `${told(who)}, session ${told(session)}`}>
      <Told text={who} /> <small><Told text={session} /></small>
    </span>
  );
}

function What({ change }: { readonly change: Change }): JSX.Element {
  if (change.type === gapType) return <span>Some events are missing before this: {told(said(change, "code"))}.</span>;
  const words = change.reason ?? (said(change, "message") || said(change, "note"));
  const waited = change.data["waited_ms"];
  return (
    <span>
      {words !== "" && (
        <>
          “<Told text={words} title />”{" "}
        </>
      )}
      {typeof waited === "number" && waited > 0 && <span class="aside">after {exact.format(waited)} ms in the queue</span>}
    </span>
  );
}

const columns: readonly Column<Shown>[] = [
  { key: "time", title: "Time", cell: (shown) => <When shown={shown} /> },
  {
    key: "type",
    title: "What",
    cell: ({ change }) => (
      <span>
        <span class="sign" aria-hidden="true">
          {signs[change.type] ?? "·"}
        </span>
        {kind(change.type)}
      </span>
    ),
  },
  { key: "name", title: "Name", grow: 3, cell: ({ change }) => (change.name === "" ? "" : <Name name={change.name} />) },
  { key: "who", title: "Who", cell: ({ change }) => <Who change={change} /> },
  { key: "token", title: "Token", wide: true, cell: ({ change }) => change.token ?? "" },
  { key: "said", title: "Said", wide: true, grow: 2, cell: ({ change }) => <What change={change} /> },
];

function save(text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "application/x-ndjson" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `holdfast-events-${new Date().toISOString().replaceAll(":", "-").slice(0, 19)}.ndjson`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export default function Events(): JSX.Element {
  const { query } = route.value;
  const prefix = prefixOf(query.get("prefix") ?? "");
  const text = query.get("text") ?? "";
  const type = query.get("type") ?? "";
  const own = query.get("own") === "1";
  const set = (some: Readonly<Record<string, string>>): void => setQuery({ prefix, text, type, own: own ? "1" : "", ...some });
  // What is shown and counted is of this prefix alone.
  const live = useMemo(() => new LiveEvents(prefix), [prefix]);
  const [tries, setTries] = useState(0);
  useEffect(() => live.follow(), [live, tries]);
  const [below, setBelow] = useState(prefix);
  useEffect(() => setBelow(prefix), [prefix]);
  const narrowed = (): void => {
    const name = prefixOf(below);
    setBelow(name);
    if (name !== prefix) set({ prefix: name });
  };
  const version = live.version.value;
  const { tail } = live;
  const filter = useMemo<TailFilter>(() => ({ text, type, own }), [text, type, own]);
  const rows = useMemo(() => tail.shown(filter), [version, filter]);
  const hidden = useMemo(() => tail.ownHidden(filter), [version, filter]);
  const failed = live.failed.value;
  const turn = (): void => {
    if (tail.paused) tail.resume();
    else tail.pause();
    live.changed();
  };
  const exported = (): void => {
    save(ndjson(rows));
    say(`${exact.format(rows.length)} events were saved, as they are shown.`);
  };
  const clear = (): void => {
    tail.clear();
    live.changed();
  };
  return (
    <Sheet
      title="Events"
      about="Every change of who owns what, the newest first, from when this page was opened or narrowed. Renewals are no events."
      tools={
        <>
          <button type="button" class="primary pause" aria-pressed={tail.paused} onClick={turn}>
            {tail.paused ? "Go on" : "Pause"}
          </button>
          <button type="button" onClick={exported} disabled={rows.length === 0}>
            Export
          </button>
          <button type="button" onClick={clear} disabled={tail.heard === 0}>
            Clear
          </button>
        </>
      }
    >
      <div class="filters" role="search">
        <input type="search" value={text} placeholder="Find in names, owners, words" aria-label="Find in names, owners, sessions and what was said" onInput={(event) => set({ text: event.currentTarget.value })} />
        <select value={type} aria-label="Only this kind" onChange={(event) => set({ type: event.currentTarget.value })}>
          <option value="">All kinds</option>
          {types.map((one) => (
            <option key={one} value={one}>
              {kind(one)}
            </option>
          ))}
        </select>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            narrowed();
          }}
        >
          <input type="search" value={below} placeholder="Only below: docs" aria-label="Only this name and those below it; Enter applies" onInput={(event) => setBelow(event.currentTarget.value)} onBlur={narrowed} />
        </form>
        <label title="What this console itself does.">
          <input type="checkbox" checked={own} onChange={(event) => set({ own: event.currentTarget.checked ? "1" : "" })} />
          Own, too
        </label>
      </div>
      <p class="counted">
        {exact.format(rows.length)} shown of {exact.format(tail.heard)}
        {hidden > 0 && `, ${exact.format(hidden)} of this console hidden`}
        {tail.dropped > 0 && (
          <>
            , <strong>{exact.format(tail.dropped)} dropped</strong> (the newest {exact.format(tail.most)} are kept)
          </>
        )}
        {tail.paused && <strong> · paused, {exact.format(tail.waiting)} new</strong>}
        {!live.connected.value && failed === undefined && " · connecting…"}
      </p>
      {failed !== undefined && <Problem error={failed} again={() => setTries(tries + 1)} />}
      <div class="tail-of-events">
        <Table
          label="Events, the newest first"
          columns={columns}
          rows={rows}
          idOf={(shown) => String(shown.number)}
          onOpen={({ change }) => change.name !== "" && go(href("lease", change.name))}
          empty={tail.heard === 0 ? (live.connected.value ? "Nothing has happened since then." : "Not connected yet.") : "Nothing is like this."}
        />
      </div>
      <Command line={twins.events(prefix)} />
    </Sheet>
  );
}
