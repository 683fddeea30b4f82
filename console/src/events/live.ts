// The events as they come, for as long as the page is looked at.

import { watchNames, type Change, type WatchEvent } from "@holdfast/client/operator";
import { signal } from "@preact/signals";
import { isOwnSession } from "../following/own.js";
import { whileShown } from "../following/shown.js";
import { client } from "../server/client.js";
import { paced } from "../server/pace.js";
import { EventTail } from "./tail.js";

/** Where something is missing: shown in its place among the events. */
export const gapType = "gap";

function gap(position: string, code: string): Change {
  const data = { type: gapType, position, code };
  return { kind: "change", position, type: gapType, name: "", token: undefined, owner: undefined, session: undefined, because: undefined, by: undefined, reason: undefined, data };
}

export class LiveEvents {
  readonly tail = new EventTail(isOwnSession);
  readonly version = signal(0);
  readonly connected = signal(false);
  readonly failed = signal<unknown>(undefined);
  readonly #prefix: string;
  #position: string | undefined;
  readonly #paint = paced(() => (this.version.value += 1));

  /** Of this name and those below it; empty: of all. */
  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Something else is wanted to be seen. */
  changed(): void {
    this.version.value += 1;
  }

  /** Goes on from where it ended, if it did. Returns what ends it. */
  follow(): () => void {
    const prefix = this.#prefix;
    this.failed.value = undefined;
    const stop = whileShown(
      async (signal) => {
        const onTrouble = (): void => void (this.connected.value = false);
        const watch = watchNames(client.peek(), { signal, onTrouble, ...(prefix === "" ? {} : { prefix }), ...(this.#position ? { after: this.#position } : {}) });
        for await (const event of watch) {
          this.#position = watch.position;
          this.#take(event);
        }
      },
      (error) => (this.failed.value = error),
    );
    return () => {
      stop();
      this.#paint.stop();
    };
  }

  #take(event: WatchEvent): void {
    this.connected.value = true;
    if (event.kind === "begin") return;
    this.tail.add(event.kind === "gap" ? gap(event.position, event.code) : event, Date.now());
    this.#paint.soon();
  }
}
