// Somebody who types, for a visitor to watch: a client, a session and an open text of their own, as a person has.

import { Holdfast, changes, memoryStore, type GuardedBuffer } from "@holdfast/client";
import { addOwnSession } from "../following/own.js";

export interface Turn {
  /** Milliseconds from the beginning of the round until they were told: it is yours. Undefined: never. */
  readonly grantedAt: number | undefined;
  /** Until they let go by themselves, or were told that it is not theirs any more. */
  readonly endedAt: number | undefined;
  /** They were told so without having let go. */
  readonly cutOff: boolean;
  /** How many characters they wanted to type, and how many the file took from them. */
  readonly wanted: number;
  readonly taken: number;
  /** Why it came to nothing. */
  readonly error: unknown;
}

const keyMs = 30;
const waitMs = 30_000;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Actor {
  readonly owner: string;
  readonly client: Holdfast;
  buffer!: GuardedBuffer;

  constructor(owner: string) {
    this.owner = owner;
    this.client = new Holdfast({ owner, unsent: memoryStore() });
  }

  /** `text`: it is made with that. */
  async open(name: string, text?: string): Promise<this> {
    this.buffer = await this.client.openBuffer(name, { note: "trying it out", ...(text === undefined ? {} : { text }) });
    addOwnSession(this.buffer.session);
    return this;
  }

  /** After `delayMs` wants the file, waits for it if need be, types the line at its end, and lets go. */
  async type(line: string, began: number, delayMs: number): Promise<Turn> {
    const { buffer } = this;
    const since = (): number => performance.now() - began;
    let grantedAt: number | undefined;
    let endedAt: number | undefined;
    let cutOff = false;
    let taken = 0;
    let error: unknown;
    const unheard = buffer.on("lost", () => {
      cutOff = true;
      endedAt ??= since();
    });
    try {
      await pause(delayMs);
      await buffer.acquire({ waitMs });
      grantedAt = since();
      for (const key of line) {
        if (cutOff) break;
        if (buffer.edit(changes.replacing(buffer.text.length, buffer.text.length, buffer.text.length, key)) === "done") taken += key.length;
        await pause(keyMs);
      }
      if (!cutOff) {
        await buffer.stored();
        endedAt = since();
        await buffer.release();
      }
    } catch (failed) {
      if (!cutOff) error = failed;
    }
    unheard();
    return { grantedAt, endedAt, cutOff, wanted: line.length, taken, error };
  }

  /** Leaves nothing behind. */
  async leave(): Promise<void> {
    await this.client.close();
  }
}
