// One beat for the whole page: it is repainted at most four times a second, however much happens in how many of its parts,
// and what would move rows waits while somebody's menu is open above them.

import { signal } from "@preact/signals";

export const paceMs = 250;

const holders = signal(0);

/** Nothing moves until all that hold have let go. Returns what lets go. */
export function hold(): () => void {
  let held = true;
  holders.value += 1;
  return () => {
    if (held) holders.value -= 1;
    held = false;
  };
}

export const isHeld = (): boolean => holders.value > 0;

export interface Paced {
  /** With the next beat; any number of calls until then are one. In a hidden page browsers make beats rarer, which is right. */
  readonly soon: () => void;
  /** Not any more, also where it was to be soon. */
  readonly stop: () => void;
}

interface Work {
  readonly run: () => void;
  readonly moves: boolean;
}

const waiting = new Set<Work>();
let timer: ReturnType<typeof setTimeout> | undefined;
let last = -paceMs;

function schedule(): void {
  if (waiting.size > 0) timer ??= setTimeout(beat, Math.max(0, last + paceMs - performance.now()));
}

function beat(): void {
  timer = undefined;
  const due = [...waiting].filter((work) => !work.moves || !isHeld());
  if (due.length === 0) return; // Whoever lets go begins again.
  last = performance.now();
  for (const work of due) {
    waiting.delete(work);
    work.run();
  }
}

holders.subscribe((count) => {
  if (count === 0) schedule();
});

/** What is done with a beat. `moves`: not while somebody holds, as it may move what is on the page. */
export function paced(run: () => void, moves = true): Paced {
  const work: Work = { run, moves };
  return {
    soon: () => {
      waiting.add(work);
      schedule();
    },
    stop: () => void waiting.delete(work),
  };
}
