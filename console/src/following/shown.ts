// A stream costs one of the six connections that a browser has for all of its tabs. So a page that nobody sees has none.

/** A glance elsewhere is no reason to begin anew. */
const patienceMs = 20_000;

/**
 * Runs `work` for as long as the page is seen, and anew when it is seen again. `failed` hears what it threw; it is then not
 * run again. Returns what ends it.
 */
export function whileShown(work: (signal: AbortSignal) => Promise<void>, failed: (error: unknown) => void): () => void {
  let over = false;
  let running: AbortController | undefined;
  let leaving: ReturnType<typeof setTimeout> | undefined;
  const begin = (): void => {
    if (running || over) return;
    const mine = (running = new AbortController());
    work(mine.signal).catch((error: unknown) => {
      if (!mine.signal.aborted) failed(error);
    });
  };
  const end = (): void => {
    running?.abort();
    running = undefined;
  };
  const turned = (): void => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(end, patienceMs);
    else begin();
  };
  document.addEventListener("visibilitychange", turned);
  if (!document.hidden) begin();
  return () => {
    over = true;
    clearTimeout(leaving);
    document.removeEventListener("visibilitychange", turned);
    end();
  };
}

/** Rejects with the signal's reason when that comes first. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
