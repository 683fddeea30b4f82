// Whether a call that failed is tried again, and when.
//
// Kept here: what may have happened is tried again only where twice is as good as once.

import { UnavailableError, type HoldfastError } from "./problem.js";

export function mayTryAgain(error: unknown, repeatable: boolean): error is HoldfastError {
  if (!(error instanceof UnavailableError)) return false;
  if (error.fate === "maybe_done" && !repeatable) return false;
  return error.code !== "bad_answer"; // Whoever speaks no HTTP with JSON will not learn it.
}

const first = 50;
const most = 2000;

/** Pauses that double, each with a random half, so that those who failed together do not come back together. */
export class Backoff {
  #step = first;

  /** Never less than what the server asked for. `chance`: 0 to 1. */
  pause(error: HoldfastError | undefined, chance: number = Math.random()): number {
    const step = this.#step;
    this.#step = Math.min(step * 2, most);
    return Math.max(step / 2 + (step / 2) * chance, error?.retryAfterMs ?? 0);
  }

  reset(): void {
    this.#step = first;
  }
}

/** Waits so long, or until `signal` aborts: then throws its reason. */
export function paused(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
