// From which sessions nobody has been heard of for a while. Asked for only while somebody wants to know.

import { signal, type ReadonlySignal } from "@preact/signals";
import type { SessionState } from "@holdfast/client/operator";
import { read } from "../following/read.js";
import { client } from "../server/client.js";
import { lookEvery } from "../server/look.js";

/** Not heard of for so long is idle, whatever the session says of itself. */
export const idleMs = 5 * 60_000;
const everyMs = 4000;
const pagesMost = 5;

const key = (owner: string, session: string): string => JSON.stringify([owner, session]);

export function isIdle({ state, heard_ms }: Pick<SessionState, "state" | "heard_ms">): boolean {
  return state === "idle" || state === "hidden" || (heard_ms !== null && heard_ms >= idleMs);
}

export type IsIdle = (owner: string, session: string) => boolean;

const known = signal<IsIdle>(() => false);
export const idle: ReadonlySignal<IsIdle> = known;

/** Returns what ends it. */
export function followIdle(): () => void {
  return lookEvery(everyMs, async (signal) => {
    const found = new Set<string>();
    let after: string | null = "";
    for (let pages = 0; after !== null && pages < pagesMost; pages += 1) {
      const from: { after?: string } = after === "" ? {} : { after };
      const page = await read((how, options) => client.peek().sessions({ limit: 1000, ...from, ...how }, options), signal);
      for (const session of page.sessions) if (isIdle(session)) found.add(key(session.owner, session.session));
      after = page.next;
    }
    known.value = (owner, session) => found.has(key(owner, session));
  }).stop;
}
