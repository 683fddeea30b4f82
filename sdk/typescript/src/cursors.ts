// Where others' cursors are. Each was said for a revision, and is carried on through those that came since.

import { lengthAfter, mapPosition, type ChangeJson } from "./changes.js";
import { isObject, numberAt, textAt } from "./problem.js";

/** A selection: `anchor` is where it began, `head` where the cursor is. */
export interface CursorRange {
  readonly anchor: number;
  readonly head: number;
}

export interface RemoteCursor {
  readonly owner: string;
  readonly session: string;
  readonly ranges: readonly CursorRange[];
  /** Which of them is the main one. */
  readonly main: number;
}

interface Kept extends RemoteCursor {
  readonly revision: number;
}

/** A cursor may be said for a revision that is this much older. */
const rememberedMost = 200;

function rangesOf(value: unknown): CursorRange[] {
  if (!Array.isArray(value)) return [];
  return (value as unknown[]).flatMap((pair) => {
    const [anchor, head] = Array.isArray(pair) ? (pair as unknown[]) : [];
    return Number.isInteger(anchor) && Number.isInteger(head) ? [{ anchor: anchor as number, head: head as number }] : [];
  });
}

const mapped = (cursor: Kept, change: ChangeJson, revision: number): Kept => {
  const most = change.reduce<number>((sum, part) => sum + (typeof part === "number" ? part : part[0]), 0);
  const to = (position: number): number => mapPosition(change, Math.min(position, most), 1);
  return { ...cursor, revision, ranges: cursor.ranges.map(({ anchor, head }) => ({ anchor: to(anchor), head: to(head) })) };
};

export class Cursors {
  readonly #kept = new Map<string, Kept>();
  #changes: { readonly revision: number; readonly change: ChangeJson }[] = [];
  #revision: number;

  constructor(revision: number) {
    this.#revision = revision;
  }

  /** The first revision that is known. */
  begin(revision: number): void {
    this.#revision = revision;
  }

  /** Somebody's cursor, as the server pushed it. */
  said(push: Readonly<Record<string, unknown>>): void {
    const [owner, session, revision] = [textAt(push, "owner"), textAt(push, "session"), numberAt(push, "revision")];
    if (owner === undefined || session === undefined || revision === undefined || !isObject(push)) return;
    const ranges = rangesOf(push["ranges"]);
    if (ranges.length === 0) {
      this.#kept.delete(session);
      return;
    }
    let cursor: Kept = { owner, session, revision, ranges, main: numberAt(push, "main") ?? 0 };
    for (const { revision: made, change } of this.#changes) {
      if (made === cursor.revision + 1) cursor = mapped(cursor, change, made);
    }
    this.#kept.set(session, cursor);
  }

  /** The text has come to this revision by this change. */
  changed(revision: number, change: ChangeJson): void {
    this.#revision = revision;
    this.#changes.push({ revision, change });
    if (this.#changes.length > rememberedMost) this.#changes.shift();
    for (const [session, cursor] of this.#kept) {
      if (cursor.revision === revision - 1) this.#kept.set(session, mapped(cursor, change, revision));
    }
  }

  /** Whoever is not there any more has none. */
  only(sessions: ReadonlySet<string>): void {
    for (const session of this.#kept.keys()) if (!sessions.has(session)) this.#kept.delete(session);
  }

  /** The text is another one. */
  clear(revision: number): void {
    this.#kept.clear();
    this.#changes = [];
    this.#revision = revision;
  }

  /** In the text as it is shown, which has `typed` on top of the newest revision. */
  shown(typed: readonly ChangeJson[]): RemoteCursor[] {
    const now = [...this.#kept.values()].filter(({ revision }) => revision === this.#revision);
    return now.map((cursor) => {
      const { owner, session, ranges, main } = typed.reduce((at, change) => mapped(at, change, at.revision), cursor);
      const last = typed.at(-1);
      const most = last ? lengthAfter(last) : Infinity;
      const within = ({ anchor, head }: CursorRange): CursorRange => ({ anchor: Math.min(anchor, most), head: Math.min(head, most) });
      return { owner, session, ranges: ranges.map(within), main: Math.min(main, ranges.length - 1) };
    });
  }
}
