// One name, for as long as its page is looked at: how it stands, and what became of it before.

import { HoldfastError, watchNames, type LeaseState, type PastHolding } from "@holdfast/client/operator";
import { batch, signal } from "@preact/signals";
import { checked, notUnderstood } from "../following/checked.js";
import { read } from "../following/read.js";
import { pause, whileShown } from "../following/shown.js";
import { client, lookMs } from "../server/client.js";
import { own } from "../acts/own.js";
import { lookEvery } from "../server/look.js";
import { paced } from "../server/pace.js";
import { Holdings, spansMost } from "./lanes.js";

/** Who waits, and until when it runs, is in no event. */
const lookEveryMs = 2000;
const pageMost = 100;

/** The newest, page by page. The first of them says as of when: what is on later ones was over by then. */
async function newest(name: string, stop: AbortSignal): Promise<{ readonly holdings: Holdings; readonly position: string }> {
  const all: PastHolding[] = [];
  let after: number | undefined;
  let position: string | undefined;
  for (;;) {
    const from = after === undefined ? {} : { after };
    const page = checked(await client.peek().history(name, { limit: pageMost, ...from }, { signal: stop, timeoutMs: lookMs }), "holdings", { owner: "string", token: "number" });
    position ??= page.position;
    all.push(...page.holdings);
    if (page.next === null || all.length >= spansMost) return { holdings: Holdings.of(all, position, page.next !== null), position };
    after = Number(page.next);
  }
}

export interface Seen {
  readonly lease: LeaseState;
  /** Date.now() and performance.now() when it came. */
  readonly wall: number;
  readonly steady: number;
}

export class LiveLease {
  readonly seen = signal<Seen | undefined>(undefined);
  readonly holdings = signal<Holdings | undefined>(undefined);
  /** Why the last look came to nothing. */
  readonly trouble = signal<unknown>(undefined);
  /** Why there is no history; it may be switched off. */
  readonly noHistory = signal<unknown>(undefined);

  /** Returns what ends it. */
  follow(name: string): () => void {
    // What came while somebody has a menu open is shown when that is closed.
    let latest: Seen | undefined;
    let told: Holdings | undefined;
    const paint = paced(() =>
      batch(() => {
        this.seen.value = latest;
        this.holdings.value = told;
      }),
    );
    const looking = lookEvery(lookEveryMs, async (signal) => {
      try {
        const lease = await read((how, options) => client.peek().get(name, { ...how, ...options }), signal);
        if (typeof lease.held !== "boolean" || (lease.held && typeof lease.owner !== "string")) throw notUnderstood();
        latest = { lease, wall: Date.now(), steady: performance.now() };
        this.trouble.value = undefined;
        paint.soon();
      } catch (error) {
        if (!signal.aborted) this.trouble.value = error;
        throw error;
      }
    });
    const stopHearing = own.subscribe(() => looking.again()); // What was done on this page is seen on it at once.
    const followed = async (stop: AbortSignal): Promise<void> => {
      for (;;) {
        const { holdings, position } = await newest(name, stop);
        this.noHistory.value = undefined;
        told = holdings;
        paint.soon();
        await events(position, stop);
        if (stop.aborted) return;
        await pause(1000, stop); // There was a gap: all of it anew.
      }
    };
    const events = async (after: string, stop: AbortSignal): Promise<void> => {
      for await (const event of watchNames(client.peek(), { prefix: name, after, signal: stop })) {
        if (event.kind === "gap") return;
        if (event.kind !== "change" || event.name !== name) continue; // Of a name below it.
        const next = told?.after(event);
        if (!next) return;
        told = next;
        paint.soon();
        looking.again();
      }
    };
    const stopFollowing = whileShown(
      async (stop) => {
        for (let wait = 1000; !stop.aborted; wait = Math.min(wait * 2, 15_000)) {
          try {
            return await followed(stop);
          } catch (error) {
            if (stop.aborted) return;
            this.noHistory.value = error;
            const final = error instanceof HoldfastError && error.code === "history_off";
            if (final) return;
            await pause(wait, stop).catch(() => undefined);
          }
        }
      },
      (error) => (this.noHistory.value = error),
    );
    return () => {
      looking.stop();
      stopFollowing();
      paint.stop();
      stopHearing();
    };
  }
}
