// Every name that is held: by whom, since when, until when, who waits and why. Live, and bounded.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { choicesOf } from "../acts/choices.js";
import { twins } from "../acts/twins.js";
import { Command } from "../parts/copy.js";
import { rowHeight } from "../following/narrow.js";
import { EndsIn } from "../following/ends_in.js";
import { Trouble } from "../following/trouble.js";
import { Menu } from "../parts/menu.js";
import { Problem } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { Table, type Column, type Sorting } from "../parts/table.js";
import { Told, told } from "../parts/told.js";
import { owner } from "../server/client.js";
import { lookEvery } from "../server/look.js";
import { isHeld } from "../server/pace.js";
import { go, href, route } from "../shell/router.js";
import { lookedOf, show, type Looked } from "./address.js";
import { HeldFor, NameCell, Who } from "./cells.js";
import { followIdle, idle } from "./idle.js";
import { LiveOwnership, type View } from "./live.js";
import { filtered, isFiltered, noFilters, sorted, type Filters, type SortKey } from "./order.js";
import type { Row } from "./row.js";
import { rowsMost } from "./store.js";
import { Branches } from "./tree_view.js";
import "../following/list.css";
import "./ownership.css";

const exact = new Intl.NumberFormat("en");
const refreshMs = 2000;
const announceMs = 1000;

const columns: readonly Column<Row>[] = [
  { key: "name", title: "Name", sorts: true, grow: 3, cell: (row) => <NameCell row={row} /> },
  { key: "owner", title: "Owner", sorts: true, cell: (row) => <Who row={row} /> },
  { key: "held", title: "Held for", sorts: true, wide: true, cell: (row) => <HeldFor row={row} /> },
  { key: "ends", title: "Ends in", sorts: true, cell: (row) => <EndsIn endsAt={row.endsAt} ttlMs={row.ttlMs} /> },
  { key: "waiting", title: "Waiting", sorts: true, wide: true, cell: (row) => (row.waiting > 0 ? <strong>{exact.format(row.waiting)}</strong> : <span class="aside">0</span>) },
  { key: "why", title: "Why", wide: true, cell: (row) => (row.note === undefined ? <span class="aside">-</span> : <Told text={row.note} title />) },
  { key: "acts", title: "Acts", grow: 0, cell: (row) => <Menu label={`What to do with ${told(row.name)}`} choices={choicesOf(row)} /> },
];

/** A click on a checkbox or a key in a field changes the address, and with it all of the page. */
function Filtering({ looked }: { readonly looked: Looked }): JSX.Element {
  const { filters } = looked;
  const find = useRef<HTMLInputElement>(null);
  const set = (some: Partial<Filters>): void => show({ ...looked, filters: { ...filters, ...some } });
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const at = event.target;
      const typing = at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement || at instanceof HTMLSelectElement;
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      event.preventDefault();
      find.current?.focus();
      find.current?.select();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, []);
  const check = (word: "contended" | "mine" | "idle", label: string, title: string): JSX.Element => (
    <label title={title}>
      <input type="checkbox" checked={filters[word]} onChange={(event) => set({ [word]: event.currentTarget.checked })} />
      {label}
    </label>
  );
  return (
    <div class="filters" role="search">
      <input ref={find} type="search" value={filters.text} placeholder="Find in names, owners, notes   /" aria-label="Find in names, owners, sessions and notes" aria-keyshortcuts="/" onInput={(event) => set({ text: event.currentTarget.value })} />
      <input type="search" value={filters.owner} placeholder="Owner" aria-label="Only what this owner holds" onInput={(event) => set({ owner: event.currentTarget.value })} />
      {check("contended", "Contended", "Somebody waits for it.")}
      {check("mine", "Mine", "Held by you, in whichever session.")}
      {check("idle", "Idle", "Its session is idle or hidden, or was not heard of for 5 minutes.")}
      {(isFiltered(filters) || looked.prefix !== "") && (
        <button type="button" class="quiet" onClick={() => show({ ...looked, prefix: "", filters: noFilters })}>
          Show all
        </button>
      )}
    </div>
  );
}

/** How many there are, and whether these are all. */
function Counted({ view, shown }: { readonly view: View; readonly shown: number }): JSX.Element {
  const size = view.rows.length;
  if (view.loading && size === 0) return <p class="counted">Not known yet.</p>;
  const below = view.prefix === "" ? "" : ` below ${told(view.prefix)}`;
  const filteredOnes = shown < size ? `${exact.format(shown)} of ` : "";
  return (
    <p class="counted">
      {filteredOnes}
      {!view.loading && !view.complete && <strong>The first </strong>}
      {exact.format(size)} {size === 1 ? "name" : "names"} held{below}
      {view.loading && ", and more are being read"}
      {!view.loading && !view.complete && (
        <strong>, by name; there are more</strong>
      )}
      {view.complete && "."}
    </p>
  );
}

/** How many there are, said once after somebody has chosen what to see; not each time that one more comes. */
function Announced({ chosen, shown }: { readonly chosen: string; readonly shown: number }): JSX.Element {
  const [said, setSaid] = useState("");
  const latest = useRef(shown);
  const first = useRef(chosen);
  latest.current = shown;
  useEffect(() => {
    if (chosen === first.current) return undefined;
    first.current = "";
    const timer = setTimeout(() => setSaid(latest.current === 1 ? "1 name is shown." : `${exact.format(latest.current)} names are shown.`), announceMs);
    return () => clearTimeout(timer);
  }, [chosen]);
  return (
    <p class="unseen" role="status">
      {said}
    </p>
  );
}

export default function Ownership(): JSX.Element {
  const looked = lookedOf(route.value.query);
  const { prefix, filters, sort } = looked;
  const live = useMemo(() => new LiveOwnership(), []);
  // Where there are more names than are kept here, the server has to filter them; else this page does, at once.
  const [crowded, setCrowded] = useState("");
  const byServer = crowded === `:${prefix}`;
  const who = !byServer ? "" : filters.mine ? owner.value : filters.owner;
  const contended = byServer && filters.contended;
  useEffect(() => live.follow({ prefix, owner: who, contended }), [prefix, who, contended]);
  useEffect(() => (filters.idle ? followIdle() : undefined), [filters.idle]);
  const view = live.view.value;
  useEffect(() => {
    if (!view.loading && !view.complete && view.prefix === prefix) setCrowded(`:${prefix}`);
  }, [view]);

  const isIdle = idle.value;
  const me = owner.value;
  const rows = useMemo(
    () => filtered(sorted(view.rows, sort), filters, { me, isIdle }),
    [view, sort.by, sort.down, filters.text, filters.owner, filters.contended, filters.mine, filters.idle, me, isIdle],
  );

  // What is in sight is asked for more often: until when it runs, and who waits, is in no event.
  const sight = useRef<readonly Row[]>([]);
  const present = useRef({ rows, inOrder: false });
  present.current = { rows, inOrder: sort.by === "name" && !sort.down && !isFiltered(filters) };
  useEffect(() => {
    const looking = lookEvery(refreshMs, async (signal) => {
      if (isHeld()) return;
      const names = sight.current.map((row) => row.name);
      const first = present.current.rows.findIndex((row) => row.name === names[0]);
      const after = first === 0 ? "" : present.current.rows[first - 1]?.name;
      await live.look(names, present.current.inOrder && first >= 0 ? after : undefined, signal);
    });
    return looking.stop;
  }, []);

  const seen = (from: number, to: number): void => void (sight.current = present.current.rows.slice(from, to));
  const onSort = ({ by, down }: Sorting): void => show({ ...looked, sort: { by: by as SortKey, down } });
  const trouble = live.trouble.value;
  const failed = live.failed.value;
  const nothing = isFiltered(filters) ? "No name that is held is like this." : prefix === "" ? "Nothing is held." : "Nothing is held there.";
  return (
    <Sheet title="Ownership" about="Every name that is held: by whom, until when, who waits, and why.">
      <div class="ownership">
        <details class="branches" open={innerWidth > 1023}>
          <summary>Branches</summary>
          <Branches prefix={prefix} onChoose={(to) => show({ ...looked, prefix: to })} />
        </details>
        <div class="held-names">
          <Filtering looked={looked} />
          <Counted view={view} shown={rows.length} />
          <Announced chosen={JSON.stringify([prefix, filters])} shown={rows.length} />
          {failed !== undefined && <Problem error={failed} again={() => location.reload()} />}
          {failed === undefined && <Trouble error={trouble} />}
          <Table
            key={prefix}
            label="Names that are held"
            columns={columns}
            rows={rows}
            idOf={(row) => row.name}
            sorting={sort}
            onSort={onSort}
            onOpen={(row) => go(href("lease", row.name))}
            onSeen={seen}
            rowHeight={rowHeight()}
            empty={view.loading ? "Not known yet." : nothing}
          />
          <p class="aside keys">
            At most {exact.format(rowsMost)} names are kept here. Where there are more, choose a branch, an owner or “Contended” to see the others.{" "}
            <kbd>/</kbd> finds, <kbd>↑</kbd> <kbd>↓</kbd> move, <kbd>Enter</kbd> opens, <kbd>Shift</kbd>+<kbd>F10</kbd> is the menu of a row. The same in a terminal:
          </p>
          <Command line={twins.list(prefix, filters.mine ? me : filters.owner, filters.contended)} />
        </div>
      </div>
    </Sheet>
  );
}
