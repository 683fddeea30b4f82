// Keeps a store up to date: all pages, then the events behind them, and now and then the pages again, for what no event
// says: how long a lease still runs after a renewal, and how many wait.

import type { LeaseState, WatchEvent } from "@holdfast/client/operator";
import type { ListedPage, OwnershipStore, Scope } from "./store.js";

/** The server, as far as it is needed here. */
export interface Reads {
  list(query: Scope & { readonly after: string; readonly limit: number }, signal: AbortSignal): Promise<ListedPage>;
  get(name: string, signal: AbortSignal): Promise<LeaseState>;
  watch(query: { readonly prefix: string; readonly after: string }, signal: AbortSignal): AsyncIterable<WatchEvent> & { readonly position: string };
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export interface Told {
  /** Something may look different now. */
  changed(): void;
  /** A page came, or an event. */
  heard(): void;
  /** A page did not come; it is asked for again. */
  trouble(error: unknown): void;
}

export const pageMost = 1000;
/** Of one round through the list. Where it is filtered by the server, pages may be empty. */
const pagesMost = 64;
/** Between two pages of a round that only refreshes. */
const sweepMs = 2000;
const pauseLeast = 500;
const pauseMost = 10_000;

/** Ends with `signal`, or with an error that asking again does not mend. */
export async function follow(store: OwnershipStore, scope: Scope, reads: Reads, told: Told, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    store.begin(scope);
    const anew = new AbortController();
    const stop = (): void => anew.abort();
    signal.addEventListener("abort", stop);
    try {
      await once(store, scope, reads, told, anew.signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    } finally {
      signal.removeEventListener("abort", stop);
      anew.abort();
    }
    told.changed();
    // A server that says something else each time is not asked in a circle.
    await reads.pause(pauseLeast, signal).catch(() => undefined);
  }
}

/** Until there is a gap. */
async function once(store: OwnershipStore, scope: Scope, reads: Reads, told: Told, signal: AbortSignal): Promise<void> {
  const first = await page("");
  if (first === "anew") return;
  const events = reads.watch({ prefix: scope.prefix, after: first.position }, signal);
  let sweeping = true;
  await Promise.race([heard(), rounds()]);
  sweeping = false;

  async function heard(): Promise<void> {
    for await (const event of events) {
      told.heard();
      if (event.kind === "gap") return;
      if (event.kind === "change" && !store.event(event)) return;
      told.changed();
    }
  }

  async function rounds(): Promise<void> {
    let next = first === "anew" ? null : first.next;
    for (let pages = 1; sweeping && !signal.aborted; pages += 1) {
      if (next !== null && pages > pagesMost) {
        store.stopAt(next);
        next = null;
      }
      if (next === null) pages = 0;
      if (next === null || !store.loading) await reads.pause(sweepMs, signal);
      store.heard(events.position);
      const answer = await page(next ?? "");
      if (answer === "anew") return;
      next = answer.next;
    }
  }

  /** Asked again until it comes. */
  async function page(after: string): Promise<{ next: string | null; position: string } | "anew"> {
    for (let pause = pauseLeast; ; pause = Math.min(pause * 2, pauseMost)) {
      const question = store.asking(after);
      try {
        const answer = await reads.list({ ...scope, after, limit: pageMost }, signal);
        const next = store.page(question, answer);
        told.heard();
        told.changed();
        return next === "anew" ? next : { next, position: answer.position };
      } catch (error) {
        store.unanswered(question);
        if (signal.aborted) throw error;
        told.trouble(error);
        await reads.pause(pause, signal);
      }
    }
  }
}

/** Rows that are looked at right now are asked for more often than the rounds come by. At most so many at once. */
const looksMost = 40;

/** `shown`: names in sight. `inOrder`: they follow one another in the list too, so that one page has them all. */
export async function refresh(store: OwnershipStore, reads: Reads, shown: readonly string[], inOrder: string | undefined, signal: AbortSignal): Promise<void> {
  if (shown.length === 0 || store.loading) return;
  if (inOrder !== undefined) {
    const question = store.asking(inOrder);
    try {
      store.page(question, await reads.list({ ...store.scope, after: inOrder, limit: shown.length }, signal));
    } catch (error) {
      store.unanswered(question);
      throw error;
    }
    return;
  }
  const looks = shown.slice(0, looksMost).map(async (name) => store.look(await reads.get(name, signal)));
  await Promise.all(looks);
}
