// Names for sessions that nobody else has.

interface Chance {
  getRandomValues?(bytes: Uint8Array): Uint8Array;
}

/** Unique, not secret: everybody who looks at a lease sees it. */
export function freshSession(): string {
  const bytes = new Uint8Array(16);
  // Node 18 has no global crypto, and pages without TLS have no randomUUID.
  const chance = (globalThis as { crypto?: Chance }).crypto;
  if (chance?.getRandomValues) chance.getRandomValues(bytes);
  else bytes.forEach((_, at) => (bytes[at] = Math.floor(Math.random() * 256)));
  return "ts-" + Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
