// Which sessions are shown, in which order, and what is lost with one.

import type { SessionState } from "@holdfast/client/operator";

export const sessionsMost = 2000;

export function found(sessions: readonly SessionState[], text: string): readonly SessionState[] {
  if (text === "") return sessions;
  const wanted = text.toLowerCase();
  const has = (where: string): boolean => where.toLowerCase().includes(wanted);
  return sessions.filter(({ owner, session, names }) => has(owner) || has(session) || names.some(has));
}

const rank = ({ connected, state }: SessionState): number => (!connected ? 3 : state === "active" ? 0 : state === "idle" ? 1 : 2);
const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const comparing: Readonly<Record<string, (a: SessionState, b: SessionState) => number>> = {
  owner: (a, b) => text(a.owner, b.owner) || text(a.session, b.session),
  state: (a, b) => rank(a) - rank(b),
  holds: (a, b) => a.leases - b.leases,
  waits: (a, b) => a.waits - b.waits,
  heard: (a, b) => (a.heard_ms ?? Infinity) - (b.heard_ms ?? Infinity) || 0,
};

export function inOrder(sessions: readonly SessionState[], { by, down }: { readonly by: string; readonly down: boolean }): readonly SessionState[] {
  const compare = comparing[by];
  if (!compare) return sessions;
  return [...sessions].sort(down ? (a, b) => compare(b, a) : compare);
}

/** Whether ending the session costs no more than it would have when it was shown: less is what was wanted anyway. */
export function sameHoldings(shown: SessionState, now: SessionState | undefined): boolean {
  if (!now) return true;
  const listed = shown.names.length === shown.leases; // Else only the first are named, and others may stand among them.
  const more = listed ? now.names.some((name) => !shown.names.includes(name)) : now.names.join("\n") !== shown.names.join("\n");
  return now.leases <= shown.leases && now.waits <= shown.waits && !more;
}
