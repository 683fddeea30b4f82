// How a lease is asked for and held: what a caller may say, and what is kept of it.

import type { Keep } from "./lease.js";
import { inBounds } from "./bounds.js";
import { badField } from "./problem.js";

/** How a lease is held. */
export interface HoldOptions {
  /** One tab, device, process or run. Default: a fresh one. Never the same one in two places. */
  readonly session?: string;
  /** How long it lasts without a renewal. Default 30 s; 100 ms to 24 h. */
  readonly ttlMs?: number;
  /** What it lasts while the page is hidden, where timers run once a minute. Default 150 s, or the ttl if longer. */
  readonly hiddenTtlMs?: number;
  /** A loss by missing renewals is told so long before belief ends, at most half of the ttl. Always a little. */
  readonly graceMs?: number;
  /**
   * Where belief ended while nothing ran here, since the machine slept or the page was frozen: `ask` whether it is still
   * the same holding, believing nothing meanwhile, or `lose` it at once. Default: ask; withLease loses.
   */
  readonly afterSleep?: "ask" | "lose";
  /** Hear at once what happens to the name, over a connection of its own. Default: with the next renewal. */
  readonly follow?: boolean;
  /** Release it when the page is left. Default true. */
  readonly releaseOnLeave?: boolean;
  /** Why you hold it; shown to whoever is refused. */
  readonly note?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `owner`: sessions of one owner share the holding, where all of them ask for this. Default: session. */
  readonly holder?: "session" | "owner";
  /** Ends the call, and the place in the queue. Not the lease. */
  readonly signal?: AbortSignal;
}

export interface AcquireOptions extends HoldOptions {
  /** How long to wait in the queue, first come first served. Default: not at all. */
  readonly waitMs?: number;
}

export interface TakeoverOptions extends HoldOptions {
  /** Told to whoever loses it, and kept in the history. */
  readonly reason: string;
  /** The token of the holding that is meant. Default: that of whoever holds it when this is called. */
  readonly token?: number;
  /** How long the holder may hand in what it has. Default: not at all. */
  readonly flushMs?: number;
}

/** @internal */
export function keepOf(options: HoldOptions): Keep {
  const ttlMs = inBounds("ttlMs", options.ttlMs ?? 30_000, 100, 86_400_000);
  return {
    ttlMs,
    hiddenTtlMs: inBounds("hiddenTtlMs", options.hiddenTtlMs ?? 150_000, 100, 86_400_000),
    graceMs: inBounds("graceMs", options.graceMs ?? 0, 0, ttlMs / 2),
    afterSleep: options.afterSleep ?? "ask",
    follow: options.follow ?? false,
    releaseOnLeave: options.releaseOnLeave ?? true,
  };
}

/** @internal Why it is taken over. Without types it is easily left out, and the server would have to say so. */
export function reasonOf(options: { readonly reason: string } | undefined): string {
  if (typeof options?.reason !== "string") throw badField("reason", "say why: it is shown to whoever loses it", "reason_missing");
  return options.reason;
}
