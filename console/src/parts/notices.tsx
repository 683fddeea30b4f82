// What has just happened, said once, to eyes and to screen readers alike. An alarm interrupts and is for one thing only:
// something is not yours any more.

import { signal } from "@preact/signals";
import type { JSX } from "preact";

interface Notice {
  readonly id: number;
  readonly text: string;
}

const shownForMs = 8000;
const notices = signal<readonly Notice[]>([]);
const alarms = signal<readonly Notice[]>([]);
let numbered = 0;

/** Goes by itself after a while. */
export function say(text: string): void {
  const id = ++numbered;
  notices.value = [...notices.value.slice(-2), { id, text }];
  setTimeout(() => (notices.value = notices.value.filter((notice) => notice.id !== id)), shownForMs);
}

const alarmsShown = 3;

/** Told to the window where something cannot wait for an open question to be answered: it would lie below it, out of reach. */
export const interruption = "holdfast:interruption";

/** Stays until it is put away. */
export function alarm(text: string): void {
  dispatchEvent(new Event(interruption));
  alarms.value = [...alarms.value, { id: ++numbered, text }];
}

/** Both places are there from the start: what is added to a live region is read, a new region often is not. */
export function Notices(): JSX.Element {
  const away = (id: number) => () => (alarms.value = alarms.value.filter((notice) => notice.id !== id));
  return (
    <div class="notices">
      <div role="alert">
        {alarms.value.slice(0, alarmsShown).map(({ id, text }) => (
          <p class="notice alarm" key={id}>
            <span>{text}</span>
            <button type="button" onClick={away(id)}>
              Put away
            </button>
          </p>
        ))}
        {alarms.value.length > alarmsShown && <p class="notice alarm">And {alarms.value.length - alarmsShown} more.</p>}
      </div>
      <div role="status">
        {notices.value.map(({ id, text }) => (
          <p class="notice" key={id}>
            {text}
          </p>
        ))}
      </div>
    </div>
  );
}
