// A table of up to ten thousand rows, of which only those that can be seen are in the page. Rows are all of one height, so
// that the scrollbar tells the truth and nothing jumps when more come.

import type { ComponentChildren, JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import "./table.css";

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** It can be sorted by. */
  readonly sorts?: boolean;
  /** Left out where the window is narrow. */
  readonly wide?: boolean;
  /** A share of the width; default 1. */
  readonly grow?: number;
}

export interface Sorting {
  readonly by: string;
  readonly down: boolean;
}

interface Props<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly idOf: (row: Row) => string;
  readonly sorting?: Sorting | undefined;
  readonly onSort?: (sorting: Sorting) => void;
  /** Enter on a row. */
  readonly onOpen?: (row: Row) => void;
  /** Which rows are in sight, whenever that may have changed: from the first, to before the last. */
  readonly onSeen?: (from: number, to: number) => void;
  /** Shown instead of rows where there are none. */
  readonly empty: ComponentChildren;
  /** In pixels. */
  readonly rowHeight?: number;
}

const cellClass = ({ key, wide }: { readonly key: string; readonly wide?: boolean }): string => (wide ? `wide cell-${key}` : `cell-${key}`);

/** Not at something in the row that has clicks of its own. */
const inRow = ({ target }: MouseEvent): boolean => target instanceof Element && !target.closest("a, button, input, select, label");

const headHeight = 36;
const spare = 6; // Rows above and below what is seen.

export function Table<Row>({ label, columns, rows, idOf, sorting, onSort, onOpen, onSeen, empty, rowHeight = 36 }: Props<Row>): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: 40 });
  // By identity and not by place: rows come and go above the one that somebody is at.
  const [at, setAt] = useState<string | undefined>(undefined);
  const focusAfter = useRef(false);

  const look = (): void => {
    const shown = box.current;
    if (!shown) return;
    const from = Math.max(0, Math.floor(shown.scrollTop / rowHeight) - spare);
    const to = Math.ceil((shown.scrollTop + shown.clientHeight) / rowHeight) + spare;
    setSeen((before) => (before.from === from && before.to === to ? before : { from, to }));
  };
  useLayoutEffect(() => {
    look();
    const watched = new ResizeObserver(look);
    if (box.current) watched.observe(box.current);
    return () => watched.disconnect();
  }, [rowHeight]);
  useLayoutEffect(look, [rows.length]);
  useLayoutEffect(() => {
    if (!focusAfter.current) return;
    focusAfter.current = false;
    box.current?.querySelector<HTMLElement>("tr[tabindex='0']")?.focus();
  });

  useLayoutEffect(() => onSeen?.(Math.min(seen.from, rows.length), Math.min(seen.to, rows.length)), [seen, rows]);
  // The row that one was at may go at any time. Then one is at the row that has come into its place.
  const before = useRef<{ readonly id: string; readonly place: number } | undefined>(undefined);
  useLayoutEffect(() => {
    const last = before.current;
    if (!last || document.activeElement !== document.body) return;
    if (rows.some((row) => idOf(row) === last.id)) return;
    before.current = undefined;
    if (rows.length > 0) move(Math.min(last.place, rows.length - 1));
    else box.current?.focus();
  }, [rows]);
  const came = (id: string, place: number): void => {
    before.current = { id, place };
    setAt(id);
  };
  const left = (event: FocusEvent): void => {
    // To nowhere: by a click beside everything, or since the row is gone.
    if (event.relatedTarget instanceof Node && !box.current?.contains(event.relatedTarget)) before.current = undefined;
  };

  const place = at === undefined ? -1 : rows.findIndex((row) => idOf(row) === at);
  const move = (to: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    const shown = box.current;
    if (row === undefined || !shown) return;
    const top = rows.indexOf(row) * rowHeight;
    if (top < shown.scrollTop) shown.scrollTop = top;
    else if (top + rowHeight + headHeight > shown.scrollTop + shown.clientHeight) shown.scrollTop = top + rowHeight + headHeight - shown.clientHeight;
    focusAfter.current = true;
    setAt(idOf(row));
    look();
  };
  const key = (event: KeyboardEvent): void => {
    if (!(event.target instanceof HTMLTableRowElement)) return; // Something in a row has keys of its own.
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 2);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, PageDown: place + page, PageUp: place - page, Home: 0, End: rows.length - 1 }[event.key];
    const row = rows[place];
    if (to !== undefined) move(to);
    else if (event.key === "Enter" && row !== undefined && onOpen) onOpen(row);
    else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && row !== undefined) {
      event.target.querySelector<HTMLButtonElement>("[aria-haspopup=menu]")?.click();
    } else return;
    event.preventDefault();
  };
  const head = (column: Column<Row>): JSX.Element => {
    const sorted = sorting?.by === column.key;
    const way = sorted ? (sorting.down ? "descending" : "ascending") : undefined;
    const turn = (): void => onSort?.({ by: column.key, down: sorted ? !sorting.down : false });
    return (
      <th scope="col" key={column.key} class={cellClass(column)} aria-sort={way}>
        {column.sorts && onSort ? (
          <button type="button" class="sort" onClick={turn}>
            {column.title}
            <span aria-hidden="true">{sorted ? (sorting.down ? " ▾" : " ▴") : ""}</span>
          </button>
        ) : (
          column.title
        )}
      </th>
    );
  };
  const from = Math.min(seen.from, Math.max(0, rows.length - 1));
  const shown = rows.slice(from, seen.to);
  const reachable = place >= from && place < seen.to ? place : from;
  return (
    <div class="table" ref={box} tabIndex={-1} onScroll={look} onFocusOut={left}>
      <table aria-label={label} aria-rowcount={rows.length + 1} onKeyDown={key}>
        <colgroup>
          {columns.map((column) => (
            <col key={column.key} class={`${column.wide ? "wide " : ""}grow${column.grow ?? 1} col-${column.key}`} />
          ))}
        </colgroup>
        <thead>
          <tr style={{ height: `${headHeight}px` }} aria-rowindex={1}>
            {columns.map(head)}
          </tr>
        </thead>
        <tbody>
          {from > 0 && (
            <tr aria-hidden="true" class="gap">
              <td style={{ height: `${from * rowHeight}px` }} />
            </tr>
          )}
          {shown.map((row, index) => {
            const id = idOf(row);
            return (
              <tr
                key={id}
                style={{ height: `${rowHeight}px` }}
                aria-rowindex={from + index + 2}
                tabIndex={from + index === reachable ? 0 : -1}
                onFocusIn={() => came(id, from + index)}
                onDblClick={(event) => inRow(event) && onOpen?.(row)}
              >
                {columns.map((column) => (
                  <td key={column.key} class={cellClass(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
          {rows.length > seen.to && (
            <tr aria-hidden="true" class="gap">
              <td style={{ height: `${(rows.length - seen.to) * rowHeight}px` }} />
            </tr>
          )}
        </tbody>
      </table>
      {rows.length === 0 && <div class="empty">{empty}</div>}
    </div>
  );
}
