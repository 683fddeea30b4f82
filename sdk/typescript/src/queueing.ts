// Acquiring over HTTP, in the queue for as long as it takes.
//
// Kept here: what is believed counts from before the request that was granted was sent; and a place in the queue is kept
// while one request takes over from the other.

import type { Grant } from "./answers.js";
import type { LeaseAcquireBody } from "./api.js";
import type { Belief } from "./belief.js";
import type { BeliefClock } from "./clock.js";
import type { Http } from "./http.js";
import type { Keep } from "./lease.js";
import { HoldfastError, RefusedError } from "./problem.js";
import { Backoff, mayTryAgain, paused } from "./retry.js";
import type { Surroundings } from "./surroundings.js";

export interface QueueMeans {
  readonly http: Http;
  readonly clock: BeliefClock;
  readonly surroundings: Surroundings;
  /** A wait is asked for in pieces, each before the one before is over. */
  readonly waitPieceMs: number;
  readonly timeoutMs: number;
}

export type Wanted = LeaseAcquireBody & { readonly session: string };

export interface Wish {
  readonly name: string;
  readonly wanted: Wanted;
  readonly belief: Belief;
  readonly keep: Keep;
  /** The session is one that the caller has named: others may use it too. */
  readonly named: boolean;
  readonly signal: AbortSignal | undefined;
}

/** How much longer than a piece a request may wait: for the next one to arrive, from a hidden page after a minute. */
const overlapShown = 10_000;
const overlapHidden = 75_000;

/** `alone`: nothing else was asked under this session, so that the server's count of the wait counts. */
export function believe(means: QueueMeans, { belief }: Wish, question: ReturnType<Belief["asking"]>, grant: Grant, alone: boolean): void {
  const received = means.clock.now();
  const ttl = grant.ttl_ms ?? question.ttl;
  // Of a wait that was asked for more than once nobody knows from when it counts.
  belief.granted(question, { received, ttl, ...(alone ? { waited: grant.waited_ms } : {}) });
}

/** Acquires. A long wait is asked for in pieces under one session, which keeps its place in the queue. */
export async function queued(means: QueueMeans, wish: Wish, wait: number): Promise<Grant> {
  const { http, clock, surroundings, waitPieceMs: piece, timeoutMs } = means;
  const { name, wanted, belief, keep, signal } = wish;
  const ends = clock.now() + wait;
  const backoff = new Backoff();
  let all = new AbortController(); // Of every request under way.
  const stop = (): void => all.abort(signal?.reason);
  signal?.throwIfAborted();
  signal?.addEventListener("abort", stop);
  let failingSince: number | undefined;
  let sayGranted!: () => void; // To a piece that was not listened to any more.
  const granted = new Promise<void>((resolve) => (sayGranted = resolve));
  try {
    for (let times = 1; ; times += 1) {
      const sent = clock.anchor();
      const left = Math.max(0, Math.ceil(ends - sent));
      const waitMs = left > piece ? piece + (surroundings.hidden() ? overlapHidden : overlapShown) : left;
      const question = belief.asking(sent, keep.ttlMs);
      const body = waitMs > 0 ? { ...wanted, wait_ms: waitMs } : wanted;
      const terms = { timeout: waitMs + timeoutMs, signal: all.signal };
      const asked = http.once({ id: "lease.acquire", path: { name }, body }, terms);
      try {
        const grant = left > piece ? await firstOf(asked, piece, granted) : await asked;
        if (grant === undefined) {
          // The next request takes over the place of this one, or is told at once what this one was granted.
          const settled = (error: unknown): void => void (isAnswer(error) && belief.answered(question));
          asked.then(sayGranted, settled);
          continue;
        }
        believe(means, wish, question, grant as unknown as Grant, times === 1);
        return grant as unknown as Grant;
      } catch (error) {
        const now = clock.now();
        if (isAnswer(error)) belief.answered(question);
        if (error instanceof RefusedError && error.code === "wait_over" && now < ends) continue;
        if (error instanceof RefusedError && error.code === "wait_superseded" && times > 1 && !wish.named) {
          // A piece of our own overtook this one on its way. It is not listened to any more.
          all.abort();
          all = new AbortController();
          continue;
        }
        if (!mayTryAgain(error, true)) throw error;
        failingSince ??= now;
        const pause = backoff.pause(error);
        if (now + pause > Math.max(failingSince + timeoutMs, ends)) throw error;
        await paused(pause, all.signal);
      }
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    all.abort(); // A piece that still waits would be granted to nobody.
  }
}

const isAnswer = (error: unknown): boolean => error instanceof HoldfastError && error.status > 0;

/** Undefined where it takes longer, unless `certain` has come: then it takes as long as it takes. */
async function firstOf<T>(work: Promise<T>, ms: number, certain: Promise<void>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)));
  void certain.then(() => clearTimeout(timer));
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
