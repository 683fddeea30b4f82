// In which order rows are shown, and which of them.

import type { Row } from "./row.js";

/** As the server orders names: by the bytes of UTF-8, which is by code points. Strings here compare by UTF-16 units. */
export function byName(a: string, b: string): number {
  if (a === b) return 0;
  const most = Math.min(a.length, b.length);
  for (let at = 0; at < most; at += 1) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    // Surrogates stand for code points beyond all other units.
    const [xHigh, yHigh] = [x >= 0xd800 && x <= 0xdfff, y >= 0xd800 && y <= 0xdfff];
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

export type SortKey = "name" | "owner" | "held" | "ends" | "waiting";
export interface Sort {
  readonly by: SortKey;
  readonly down: boolean;
}
export const sortKeys: readonly SortKey[] = ["name", "owner", "held", "ends", "waiting"];

const never = Number.MAX_VALUE;

/** The longest held is the one whose `since` is least: "held for" goes against it. */
const comparing: Readonly<Record<SortKey, (a: Row, b: Row) => number>> = {
  name: () => 0,
  owner: (a, b) => byName(a.owner, b.owner),
  held: (a, b) => (b.since ?? -never) - (a.since ?? -never),
  ends: (a, b) => (a.endsAt ?? never) - (b.endsAt ?? never),
  waiting: (a, b) => a.waiting - b.waiting,
};

/** Sorts `rows`, which are in the order of names; equal ones stay in it. */
export function sorted(rows: readonly Row[], { by, down }: Sort): readonly Row[] {
  if (by === "name") return down ? [...rows].reverse() : rows;
  const compare = comparing[by];
  return [...rows].sort(down ? (a, b) => compare(b, a) : compare);
}

export interface Filters {
  /** In the name, the owner, the session or the note; capitals do not matter. */
  readonly text: string;
  readonly owner: string;
  readonly contended: boolean;
  readonly mine: boolean;
  readonly idle: boolean;
}
export const noFilters: Filters = { text: "", owner: "", contended: false, mine: false, idle: false };

export function isFiltered(filters: Filters): boolean {
  return filters.text !== "" || filters.owner !== "" || filters.contended || filters.mine || filters.idle;
}

/** What a filter has to know besides the row. */
export interface Around {
  /** Who looks. */
  readonly me: string;
  /** Whether nobody has been heard of from that session for a while. */
  isIdle(owner: string, session: string): boolean;
}

export function filtered(rows: readonly Row[], filters: Filters, around: Around): readonly Row[] {
  if (!isFiltered(filters)) return rows;
  const text = filters.text.toLowerCase();
  const has = (where: string | undefined): boolean => where !== undefined && where.toLowerCase().includes(text);
  return rows.filter(
    (row) =>
      (!filters.contended || row.waiting > 0) &&
      (filters.owner === "" || row.owner === filters.owner) &&
      (!filters.mine || row.owner === around.me) &&
      (text === "" || has(row.name) || has(row.owner) || has(row.session) || has(row.note)) &&
      (!filters.idle || around.isIdle(row.owner, row.session)),
  );
}
