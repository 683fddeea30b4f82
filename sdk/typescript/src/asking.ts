// Asking whoever holds a text to hand it over, and waiting for that.

import type { Wanting } from "./holding.js";
import type { Live } from "./live.js";
import { RefusedError, StaleError, UnavailableError } from "./problem.js";

export interface Asking {
  readonly message?: string;
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

export interface AskingMeans {
  readonly live: Live;
  readonly timeoutMs: number;
  acquire(wanting: Wanting): Promise<void>;
  /** Tells when the holder said "not now". Returns what ends that. */
  onDeclined(told: () => void): () => void;
}

/** A bit more than the holder has to answer. */
const patience = 35_000;

/** Whether it is owned now: false where the holder said no, or the time was over. */
export async function askFor(name: string, means: AskingMeans, options: Asking): Promise<boolean> {
  const stop = new AbortController();
  const stopped = (): void => stop.abort(options.signal?.reason);
  options.signal?.addEventListener("abort", stopped, { once: true });
  const declined = new UnavailableError({ code: "declined", fate: "not_done", detail: "The holder said: not now." });
  const unheard = means.onDeclined(() => stop.abort(declined));
  try {
    const waiting = means.acquire({ waitMs: options.waitMs ?? patience, signal: stop.signal });
    waiting.catch(() => undefined);
    const message = options.message === undefined ? {} : { message: options.message };
    const terms = { timeout: means.timeoutMs, signal: stop.signal };
    await means.live.call("lease.request", { name, ...message }, terms).catch((error: unknown) => {
      // Nobody holds it: then the place in the queue is all that is needed.
      if (!(error instanceof StaleError)) throw error;
    });
    await waiting;
    return true;
  } catch (error) {
    stop.abort(error); // Whoever cannot ask does not wait either.
    if (error === declined) return false;
    if (error instanceof RefusedError && error.code === "wait_over") return false;
    throw error;
  } finally {
    unheard();
    options.signal?.removeEventListener("abort", stopped);
  }
}
