// The sessions that this console uses itself: what they do is its own traffic, which the tail of events hides.

const own = new Set<string>();

export function isOwnSession(session: string): boolean {
  return own.has(session);
}

export function addOwnSession(session: string): void {
  own.add(session);
}
