// A text that is open as long as its page is, and what is new of it.

import type { GuardedBuffer } from "@holdfast/client";
import { useEffect, useState } from "preact/hooks";
import { paced } from "../server/pace.js";
import { closeText, openText } from "./typist.js";

export interface Opening {
  readonly buffer: GuardedBuffer | undefined;
  /** Why it could not be opened. */
  readonly error: unknown;
  readonly again: () => void;
}

export function useText(name: string, owner: string): Opening {
  const [opened, setOpened] = useState<{ buffer?: GuardedBuffer; error?: unknown }>({});
  const [times, setTimes] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let buffer: GuardedBuffer | undefined;
    setOpened({});
    openText(name).then(
      (got) => {
        buffer = got;
        if (stop.signal.aborted) closeText(got);
        else setOpened({ buffer: got });
      },
      (error: unknown) => !stop.signal.aborted && setOpened({ error }),
    );
    return () => {
      stop.abort();
      if (buffer) closeText(buffer);
    };
  }, [name, owner, times]);
  return { buffer: opened.buffer, error: opened.error, again: () => setTimes((now) => now + 1) };
}

/** Draws anew what shows the buffer: at once when it changes hands, at the page's pace for what every key changes. */
export function useNews(buffer: GuardedBuffer): void {
  const [, draw] = useState(0);
  useEffect(() => {
    const now = (): void => draw((times) => times + 1);
    const { soon, stop } = paced(now);
    const leave = [
      ...(["state", "owner", "requested", "queue", "handIn", "kept", "lost"] as const).map((type) => buffer.on(type, now)),
      ...(["saved", "members", "text"] as const).map((type) => buffer.on(type, soon)),
    ];
    return () => {
      stop();
      for (const one of leave) one();
    };
  }, [buffer]);
}
