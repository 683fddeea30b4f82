// One name that is held, as the page knows it: from a page of the list, and from what happened since.

import type { Change, HeldState } from "@holdfast/client/operator";

export interface Asking {
  readonly by: string;
  readonly message: string | undefined;
}

export interface Taking {
  readonly by: string;
  readonly reason: string;
  /** On the steady clock of the page. */
  readonly endsAt: number;
}

/** Never changed: another one takes its place. */
export interface Row {
  readonly name: string;
  readonly owner: string;
  readonly session: string;
  /** How many sessions share it. */
  readonly sessions: number;
  readonly address: string | undefined;
  /** By the wall clock of this page, corrected for how far the server's is off. Undefined: not told yet. */
  readonly since: number | undefined;
  /** null: until it is released or taken over. */
  readonly ttlMs: number | null;
  /** On the steady clock of the page, as of `lookedAt`: renewals are no events. null: it has no end. */
  readonly endsAt: number | null;
  readonly token: number;
  /** As of `lookedAt`: who queues is no event either. */
  readonly waiting: number;
  readonly note: string | undefined;
  readonly request: Asking | undefined;
  readonly takeover: Taking | undefined;
  /** The name has a text. Undefined: not told yet. */
  readonly text: boolean | undefined;
  /** When the server last showed it, on the steady clock. */
  readonly lookedAt: number;
  /** The number of the position up to which this is true. */
  readonly at: number;
}

/** Both clocks of the page, and how far ahead of the wall clock the server's is. */
export interface Moment {
  readonly steady: number;
  readonly wall: number;
  readonly skew: number;
}

export function rowOf(lease: HeldState, at: number, now: Moment): Row {
  const since = lease.held_ms === undefined ? Date.parse(lease.since) - now.skew : now.wall - lease.held_ms;
  const { takeover, request } = lease;
  return {
    name: lease.name,
    owner: lease.owner,
    session: lease.session,
    sessions: lease.sessions ?? 1,
    address: lease.address ?? undefined,
    since: Number.isFinite(since) ? since : undefined,
    ttlMs: lease.ttl_ms,
    endsAt: lease.deadline_in_ms === null ? null : now.steady + lease.deadline_in_ms,
    token: lease.token,
    waiting: lease.waiting,
    note: lease.note,
    request: request && { by: request.by, message: request.message },
    takeover: takeover && { by: takeover.by, reason: takeover.reason, endsAt: now.steady + takeover.ends_in_ms },
    text: lease.text,
    lookedAt: now.steady,
    at,
  };
}

const text = (change: Change, key: string): string | undefined => {
  const value = change.data[key];
  return typeof value === "string" ? value : undefined;
};
const number = (change: Change, key: string): number | undefined => {
  const value = change.data[key];
  return typeof value === "number" ? value : undefined;
};

/** A new holding begins with it, however it came about. Such events say what kind of holder there is; no others do. */
export function begins(change: Change): boolean {
  return change.type === "granted" || change.data["holder"] !== undefined;
}

/** The row after the event. `before`: the row there was. null: the name is free now. Undefined: the event changes no row. */
export function rowAfter(before: Row | undefined, change: Change, at: number, now: Moment): Row | null | undefined {
  if (begins(change)) return granted(before, change, at, now);
  switch (change.type) {
    case "revived":
      return granted(before, change, at, now, true);
    case "revoked":
      return null;
    case "released":
    case "lapsed":
      if (change.data["ends"] !== false) return null;
      return before && { ...before, sessions: Math.max(1, before.sessions - 1), at };
    case "joined":
      return before && { ...before, sessions: before.sessions + 1, at };
    case "requested":
      return before && { ...before, request: { by: change.by ?? "", message: text(change, "message") }, at };
    case "takeover_asked": {
      const endsAt = now.steady + (number(change, "flush_ms") ?? 0);
      return before && { ...before, takeover: { by: change.by ?? "", reason: change.reason ?? "", endsAt }, at };
    }
    case "takeover_dropped":
      return before && { ...before, takeover: undefined, at };
    default:
      return undefined; // Of a newer server. The list will show what it did.
  }
}

function granted(before: Row | undefined, change: Change, at: number, now: Moment, again = false): Row {
  const ttlMs = change.data["ttl_ms"] === null ? null : (number(change, "ttl_ms") ?? 0);
  const began = Date.parse(text(change, "at") ?? "");
  const since = again ? before?.since : Number.isFinite(began) ? began - now.skew : undefined;
  const fromQueue = (number(change, "waited_ms") ?? 0) > 0 ? 1 : 0;
  return {
    name: change.name,
    owner: change.owner ?? "",
    session: change.session ?? "",
    sessions: 1,
    address: undefined,
    since,
    ttlMs,
    endsAt: ttlMs === null ? null : now.steady + ttlMs,
    token: change.token ?? before?.token ?? 0,
    waiting: Math.max(0, (before?.waiting ?? 0) - fromQueue),
    note: again ? before?.note : text(change, "note"),
    request: undefined,
    takeover: undefined,
    text: before?.text,
    lookedAt: now.steady,
    at,
  };
}
