// Getting hold of a name over the live socket: acquired, taken over, moved, or got back by its token.

import type { Grant, LeaseState } from "./answers.js";
import { Belief } from "./belief.js";
import type { BeliefClock } from "./clock.js";
import { Lease, type Keep, type Means } from "./lease.js";
import type { Live } from "./live.js";
import { HoldfastError, UnavailableError } from "./problem.js";
import { Backoff, mayTryAgain, paused } from "./retry.js";

export interface Wanting {
  readonly waitMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export type Way = "lease.acquire" | "lease.takeover" | "lease.move" | "lease.renew";

export interface HoldingMeans {
  readonly live: Live;
  readonly clock: BeliefClock;
  readonly lease: Means;
  readonly keep: Keep;
  /** How long a call is tried, pauses included. */
  readonly timeoutMs: number;
}

const isAnswer = (error: unknown): boolean => error instanceof HoldfastError && error.status > 0;

/** A lease of this connection's session. Whatever breaks on the way, it is asked for again as long as that is safe. */
export async function obtain(means: HoldingMeans, way: Way, fields: Readonly<Record<string, unknown>>, wanting: Wanting = {}): Promise<Lease> {
  const { live, clock, keep, timeoutMs } = means;
  const belief = new Belief();
  const backoff = new Backoff();
  const ends = clock.now() + (wanting.waitMs ?? 0);
  let failingSince: number | undefined;
  let asking: { way: Way; fields: Readonly<Record<string, unknown>> } = { way, fields };
  for (let times = 1; ; times += 1) {
    const sent = clock.anchor();
    const wait = asking.way === "lease.acquire" ? Math.max(0, Math.ceil(ends - sent)) : 0;
    const question = belief.asking(sent, keep.ttlMs);
    const ttl = asking.way === "lease.move" ? {} : { ttl_ms: keep.ttlMs };
    const body = { ...asking.fields, ...ttl, ...(wait > 0 ? { wait_ms: wait } : {}) };
    // A takeover is answered when its window is over.
    const terms = { timeout: wait + timeoutMs + (asking.way === "lease.takeover" ? 30_000 : 0), signal: wanting.signal };
    try {
      const grant = (await live.call(asking.way, body, terms)) as unknown as Grant;
      const waited = times === 1 ? { waited: grant.waited_ms } : {};
      belief.granted(question, { received: clock.now(), ttl: grant.ttl_ms ?? question.ttl, ...waited });
      if (belief.until - clock.now() >= keep.ttlMs / 2 || times > 4) return new Lease(means.lease, grant, belief, keep);
      asking = { way: "lease.renew", fields: { name: grant.name, token: grant.token } }; // It was long under way.
    } catch (error) {
      const now = clock.now();
      if (isAnswer(error)) belief.answered(question);
      if (!mayTryAgain(error, true)) throw error;
      failingSince ??= now;
      const pause = backoff.pause(error);
      if (now + pause > Math.max(failingSince + timeoutMs, ends)) throw error;
      await paused(pause, wanting.signal);
      const once = asking.way === "lease.takeover" || asking.way === "lease.move";
      if (once && error.fate === "maybe_done") {
        // It is never done twice: the second would mean somebody else's holding. But it may have come about.
        const state = (await live.call("lease.get", { name: asking.fields["name"] }, terms)) as unknown as LeaseState;
        if (!state.held || state.owner !== live.owner || state.session !== live.session) throw error;
        asking = { way: "lease.renew", fields: { name: state.name, token: state.token } };
      }
    }
  }
}

/** What a call over the socket is rejected with where it was not even sent. */
export const notConnected = (): UnavailableError =>
  new UnavailableError({ code: "unreachable", fate: "not_done", detail: "The server cannot be reached at the moment." });
