// Looking again and again: never two looks at a time, none from a hidden page, longer pauses where nobody answers.

import { paceMs } from "./pace.js";

export interface Looking {
  /** Look as soon as may be: at once, or after the look that is under way, which may have come too early. */
  readonly again: () => void;
  readonly stop: () => void;
}

/** `look` may fail; it hears of the end by its signal. */
export function lookEvery(pauseMs: number, look: (signal: AbortSignal) => Promise<void>): Looking {
  const over = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let looking = false;
  let wanted = false;
  let began = -paceMs;
  let failures = 0;
  const once = async (): Promise<void> => {
    if (looking || over.signal.aborted) return;
    clearTimeout(timer);
    looking = true;
    wanted = false;
    began = performance.now();
    try {
      await look(over.signal);
      failures = 0;
    } catch {
      failures += 1; // Whoever looks has said so in its own way.
    }
    looking = false;
    if (over.signal.aborted || document.hidden) return;
    if (wanted) soon();
    else timer = setTimeout(() => void once(), pauseMs * Math.min(8, 2 ** Math.max(0, failures - 2)));
  };
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void once(), Math.max(0, began + paceMs - performance.now()));
  };
  const again = (): void => {
    wanted = true;
    if (!looking && !over.signal.aborted) soon();
  };
  const shown = (): void => {
    if (!document.hidden) void once();
  };
  document.addEventListener("visibilitychange", shown);
  addEventListener("online", shown);
  void once();
  return {
    again,
    stop: () => {
      over.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", shown);
      removeEventListener("online", shown);
    },
  };
}
