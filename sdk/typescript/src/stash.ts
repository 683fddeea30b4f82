// What was typed into one text and is not stored: kept on this side, until the server has it in the text or as a draft.

import type { DraftMade } from "./buffer_events.js";
import type { ChangeJson } from "./changes.js";
import type { Live } from "./live.js";
import { HoldfastError, numberAt } from "./problem.js";
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

/** Changes that follow one another, with the number of the first and the revision that it was made for. */
export interface Unstored {
  readonly token: number;
  readonly base: number;
  readonly seq: number;
  readonly changes: readonly ChangeJson[];
}

/** What was typed so long ago and is not stored is kept on this side too. */
const keepAfter = 200;

export class Stash {
  readonly #means: StashMeans;
  readonly #name: string;
  readonly #tail: Tail;
  readonly #drafted: (made: DraftMade) => void;
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
    const changes = this.#tail.edits().map(({ change }) => change);
    const held = token();
    if (changes.length > 0 && held !== undefined) {
      this.#isKept = true;
      this.hereOnly = !(await this.#means.store.put(this.#unsent(held, changes)));
      this.keepSoon(token);
    } else if (this.#isKept && changes.length === 0) {
      await this.forget();
    }
  }

  /** All of it is at the server. */
  async forget(): Promise<void> {
    this.#isKept = false;
    this.hereOnly = false;
    await this.#means.store.remove(this.#unsent(0, [])).catch(() => undefined);
  }

  /** All that was typed and is not stored, under its number. */
  unstored(token: number): Unstored {
    const changes = this.#tail.edits().map(({ change }) => change);
    return { token, base: this.#tail.revision, seq: this.#tail.numbered(), changes };
  }

  /** Makes a draft of it. Throws where that should be tried again; it is kept on this side meanwhile. */
  async file(what: Unstored): Promise<void> {
    const { live, timeoutMs, store, numbers } = this.#means;
    const { token, base, seq, changes } = what;
    const unsent = { ...this.#unsent(token, changes), base, seq };
    this.hereOnly = !(await store.put(unsent));
    numbers.set(this.#name, this.#tail.lastSeq);
    try {
      const said = await live.call("draft.keep", { name: this.#name, token, base, seq, changes }, { timeout: timeoutMs });
      this.#drafted({ name: this.#name, draft: numberAt(said, "draft"), error: undefined, keptHereOnly: false, changes });
      await store.remove(unsent).catch(() => undefined);
    } catch (error) {
      if (mayTryAgain(error, true)) throw error;
      // The server will not have it: it stays on this side, apart from what is typed later, and is said so.
      const lasts = await store.put({ ...unsent, refused: true });
      await store.remove(unsent).catch(() => undefined);
      this.#drafted({ name: this.#name, draft: undefined, error: error instanceof HoldfastError ? error : undefined, keptHereOnly: !lasts, changes });
    }
  }

  /** As a draft, if the server can be asked now; else it stays on this side until somebody opens a text of this owner. */
  fileNow(what: Unstored): void {
    this.file(what).catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #unsent(token: number, changes: readonly ChangeJson[]): UnsentText {
    const { live, server } = this.#means;
    const seq = this.#tail.edits()[0]?.seq ?? this.#tail.lastSeq + 1;
    const { owner, session } = live;
    return { server, name: this.#name, owner, session, token, base: this.#tail.revision, seq, changes, at: Date.now() };
  }
}
