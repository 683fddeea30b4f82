// What a page tells of itself: that it was hidden, woke up, or is left. In Node nothing of that happens.

export interface Surroundings {
  /** Timers of a hidden page run once a minute, or not at all. */
  hidden(): boolean;
  /** Called when the page may have slept: shown again, out of the cache of pages, resumed, or the network is back. */
  onWake(told: () => void): () => void;
  /** Called when it is hidden. */
  onHide(told: () => void): () => void;
  /** Called when the network is gone, as far as the browser knows: connections say nothing then, and look open. */
  onOffline(told: () => void): () => void;
  /** Called when it is left for good. */
  onLeave(told: () => void): () => void;
}

type Target = Pick<EventTarget, "addEventListener" | "removeEventListener">;

function listen(target: Target | undefined, types: readonly string[], told: (event: Event) => void): () => void {
  for (const type of types) target?.addEventListener(type, told);
  return () => {
    for (const type of types) target?.removeEventListener(type, told);
  };
}

/** Of the page around us, if there is one. */
export function pageSurroundings(): Surroundings {
  const document = (globalThis as { document?: Document }).document;
  // A worker has no document, but hears of the network.
  const window: Target | undefined = typeof globalThis.addEventListener === "function" ? globalThis : undefined;
  const hidden = (): boolean => document?.visibilityState === "hidden";
  return {
    hidden,
    onWake(told) {
      const shown = listen(document, ["visibilitychange"], () => {
        if (!hidden()) told();
      });
      const resumed = listen(document, ["resume"], told);
      const back = listen(window, ["pageshow", "online"], told);
      return () => {
        shown();
        resumed();
        back();
      };
    },
    onHide(told) {
      return listen(document, ["visibilitychange"], () => {
        if (hidden()) told();
      });
    },
    onOffline(told) {
      return listen(window, ["offline"], told);
    },
    onLeave(told) {
      return listen(document ? window : undefined, ["pagehide"], (event) => {
        if (!(event as PageTransitionEvent).persisted) told();
      });
    },
  };
}
