// Doing what is to be done, one after the other, and again after a pause where it failed.

import { HoldfastError } from "./problem.js";
import { Backoff } from "./retry.js";

export class Turns {
  /** One thing. Resolves with whether there may be more to do. */
  readonly #step: () => Promise<boolean>;
  /** After each round. */
  readonly #rested: () => void;
  readonly #backoff = new Backoff();
  #working = false;
  #more = false; // Something came up since the last look.
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(step: () => Promise<boolean>, rested: () => void) {
    this.#step = step;
    this.#rested = rested;
  }

  /** There may be something to do. */
  kick(): void {
    this.#more = true;
    if (this.#working || this.#closed) return;
    this.#working = true;
    // Later: what is typed in the same turn goes along.
    void Promise.resolve().then(() => this.#work());
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #work(): Promise<void> {
    try {
      while (this.#more) {
        this.#more = false;
        while (!this.#closed && (await this.#step()));
      }
      this.#backoff.reset();
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.kick(), this.#backoff.pause(error));
    } finally {
      this.#working = false;
      this.#rested();
    }
  }
}
