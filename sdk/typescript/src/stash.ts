// What was typed into one text and is not stored: kept on this side, until the server has it in the text or as a draft.
//
// Kept here: what was taken out of the text to become a draft is left as it was then, numbers included, and stays under a key
// of its own until the server has answered.

import type { DraftMade } from "./buffer_events.js";
import type { Live } from "./live.js";
import { HoldfastError, numberAt } from "./problem.js";
import { keepAll } from "./pieces.js";
import { mayTryAgain } from "./retry.js";
import type { Tail } from "./tail.js";
import type { SafeStore, UnsentText } from "./unsent.js";

export interface StashMeans {
  readonly live: Live;
  readonly timeoutMs: number;
  readonly store: SafeStore;
  readonly server: string;
  /** Numbers of changes go on where an earlier buffer of this session and name stopped. */
  readonly numbers: Map<string, number>;
}

/** What was typed so long ago and is not stored is kept on this side too. */
const keepAfter = 200;

export class Stash {
  readonly #means: StashMeans;
  readonly #name: string;
  readonly #tail: Tail;
  readonly #drafted: (made: DraftMade) => void;
  readonly #filed: UnsentText[] = [];
  #isKept = false;
  /** What was kept last is in this program only. */
  hereOnly = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  constructor(means: StashMeans, name: string, tail: Tail, drafted: (made: DraftMade) => void) {
    this.#means = means;
    this.#name = name;
    this.#tail = tail;
    this.#drafted = drafted;
  }

  /** Looks in a moment whether something is to be kept. `token`: of the holding by then. */
  keepSoon(token: () => number | undefined): void {
    if (!this.#closed) this.#timer ??= setTimeout(() => void this.keep(token), keepAfter);
  }

  /** Keeps what is not stored on this side for whoever comes after, or forgets it where all is. */
  async keep(token: () => number | undefined): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const held = token();
    if (this.#tail.edits().length === 0) {
      if (this.#isKept) await this.#forget();
    } else if (held !== undefined) {
      this.#isKept = true;
      await this.#put(this.#unsent(held));
      this.keepSoon(token);
    }
  }

  /** Something is to become a draft, and the server has not answered. */
  get filing(): boolean {
    return this.#filed.length > 0;
  }

  /** All that was typed and is not stored is to become a draft, under its numbers: it goes out of the tail. */
  file(token: number): UnsentText {
    const seq = this.#tail.numbered();
    const what = { ...this.#unsent(token), seq, filed: true } as const;
    this.#means.numbers.set(this.#name, this.#tail.lastSeq);
    this.#filed.push(what);
    void this.#put(what).then(() => this.#forget());
    return what;
  }

  /** Makes a draft of what was taken out first. Throws where that should be tried again. */
  async draft(): Promise<void> {
    const { live, timeoutMs, store } = this.#means;
    const what = this.#filed[0]!;
    const { name, token, changes } = what;
    await this.#put(what); // It is there before it is removed.
    let said: Readonly<Record<string, unknown>> = {};
    let error: unknown;
    let keptHereOnly = false;
    try {
      said = await keepAll(what, (row) => live.call("draft.keep", { name, token, ...row }, { timeout: timeoutMs }));
    } catch (failure) {
      if (mayTryAgain(failure, true)) throw failure;
      error = failure;
      keptHereOnly = !(await store.put({ ...what, refused: true })); // The server will not have it: it stays on this side, and is said so.
    }
    this.#filed.shift();
    if (!error) await store.remove(what).catch(() => undefined);
    this.#drafted({ name, draft: numberAt(said, "draft"), error: error instanceof HoldfastError ? error : undefined, keptHereOnly, changes });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** All of it is at the server, or filed. */
  #forget(): Promise<void> {
    this.#isKept = false;
    return this.#means.store.remove(this.#unsent(0)).catch(() => undefined);
  }

  async #put(what: UnsentText): Promise<void> {
    this.hereOnly = !(await this.#means.store.put(what));
  }

  #unsent(token: number): UnsentText {
    const { live, server } = this.#means;
    const edits = this.#tail.edits();
    const seq = edits[0]?.seq ?? this.#tail.lastSeq + 1;
    const { owner, session } = live;
    return { server, name: this.#name, owner, session, token, base: this.#tail.revision, seq, changes: edits.map(({ change }) => change), at: Date.now() };
  }
}
