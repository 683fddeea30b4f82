// A place in the queue of one name, kept for as long as the page of that name is open.

import { batch, signal } from "@preact/signals";
import { waitFor } from "../acts/own.js";
import { say } from "../parts/notices.js";
import { explain } from "../parts/problem.js";
import { told } from "../parts/told.js";
import { owner } from "../server/client.js";
import { withPlace } from "./places.js";

export class Waiting {
  readonly #name: string;
  #stop: AbortController | undefined;
  /** performance.now() when it began; undefined: nobody waits here. */
  readonly since = signal<number | undefined>(undefined);
  /** As whom: who one is may be changed meanwhile. */
  readonly as = signal("");

  constructor(name: string) {
    this.#name = name;
  }

  begin(): void {
    if (this.#stop) return;
    const mine = (this.#stop = new AbortController());
    batch(() => {
      this.as.value = owner.peek();
      this.since.value = performance.now();
    });
    withPlace(() => waitFor(this.#name, mine.signal))
      .then((waited) => {
        if (waited) say(`${told(this.#name)} is yours for as long as this page is open.`);
        else if (!mine.signal.aborted) say("Two pages of this browser wait for something already, and it has no room for more. End one of these waits first.");
      })
      .catch((error: unknown) => {
        if (!mine.signal.aborted) say(explain(error));
      })
      .finally(() => {
        if (this.#stop === mine) this.#over();
      });
  }

  /** Gives the place up; what is owned by then stays. */
  readonly end = (): void => {
    this.#stop?.abort();
    this.#over();
  };

  #over(): void {
    this.#stop = undefined;
    this.since.value = undefined;
  }
}
