// What a page shows of a question that is asked again and again.

import { useEffect, useRef, useState } from "preact/hooks";
import { isHeld } from "./pace.js";
import { lookEvery, type Looking } from "./look.js";

export interface Looked<Answer> {
  /** The last answer to the present question; undefined before the first. */
  readonly seen: Answer | undefined;
  /** Why the last look came to nothing; undefined where it did. */
  readonly error: unknown;
  /** Looks now. */
  readonly again: () => void;
}

/** Asks `look` every `pauseMs`. `question`: what the answer depends on; with another one it begins anew. */
export function useLooked<Answer>(pauseMs: number, look: (signal: AbortSignal) => Promise<Answer>, question: readonly unknown[]): Looked<Answer> {
  const [seen, setSeen] = useState<Answer | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const looking = useRef<Looking | undefined>(undefined);
  useEffect(() => {
    setSeen(undefined); // What answers another question is no answer to this one.
    setError(undefined);
    const found = lookEvery(pauseMs, async (signal) => {
      try {
        const got = await look(signal);
        if (!isHeld()) setSeen(() => got); // Nothing moves below an open menu.
        setError(undefined);
      } catch (failed) {
        if (!signal.aborted) setError(failed);
        throw failed;
      }
    });
    looking.current = found;
    return found.stop;
  }, question);
  return { seen, error, again: () => looking.current?.again() };
}
