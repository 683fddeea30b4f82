// The newest events, so many and no more: what is let go is counted, and said.

import type { Change } from "@holdfast/client/operator";

export const eventsMost = 2000;

export interface Shown {
  /** Counted from the first one that this page heard. */
  readonly number: number;
  /** Date.now() when it came. */
  readonly heard: number;
  readonly change: Change;
}

export interface TailFilter {
  /** In the name, the owner, who did it, or what was said. */
  readonly text: string;
  /** Empty: all. */
  readonly type: string;
  /** Show what this console did, too. */
  readonly own: boolean;
}

export class EventTail {
  readonly most: number;
  readonly #isOwn: (session: string) => boolean;
  #kept: Shown[] = [];
  #first = 0;
  #heard = 0;
  #let = 0;
  #frozen: readonly Shown[] | undefined;
  #frozenAt = 0;

  /** `isOwn`: whether a session is one of this console. */
  constructor(isOwn: (session: string) => boolean, most = eventsMost) {
    this.#isOwn = isOwn;
    this.most = most;
  }

  /** How many events there were, */
  get heard(): number {
    return this.#heard;
  }
  /** how many of these are not kept any more, */
  get dropped(): number {
    return this.#let;
  }
  /** and how many came since it was paused. */
  get waiting(): number {
    return this.#frozen ? this.#heard - this.#frozenAt : 0;
  }
  get paused(): boolean {
    return this.#frozen !== undefined;
  }

  add(change: Change, heard: number): void {
    this.#kept.push({ number: this.#heard, heard, change });
    this.#heard += 1;
    if (this.#kept.length - this.#first > this.most) {
      this.#first += 1;
      this.#let += 1;
    }
    // Cut now and then, so that no event costs a move of all of them.
    if (this.#first >= this.most) {
      this.#kept = this.#kept.slice(this.#first);
      this.#first = 0;
    }
  }

  /** What is shown stays, and what comes is kept as before. */
  pause(): void {
    if (this.#frozen) return;
    this.#frozen = this.#kept.slice(this.#first);
    this.#frozenAt = this.#heard;
  }
  resume(): void {
    this.#frozen = undefined;
  }

  clear(): void {
    this.#kept = [];
    this.#first = 0;
    this.#let = 0;
    if (this.#frozen) this.#frozen = [];
  }

  /** The newest first. */
  shown(filter: TailFilter): readonly Shown[] {
    const all = this.#frozen ?? this.#kept.slice(this.#first);
    const text = filter.text.toLowerCase();
    return all.filter(({ change }) => this.#passes(change, filter, text)).reverse();
  }

  /** Of those that are kept, how many the console itself did. */
  ownHidden(filter: TailFilter): number {
    if (filter.own) return 0;
    return (this.#frozen ?? this.#kept.slice(this.#first)).filter(({ change }) => this.#own(change)).length;
  }

  #own(change: Change): boolean {
    const by = change.data["by_session"];
    if (typeof by === "string") return this.#isOwn(by);
    return change.session !== undefined && this.#isOwn(change.session);
  }

  #passes(change: Change, filter: TailFilter, text: string): boolean {
    if (filter.type !== "" && change.type !== filter.type) return false;
    if (!filter.own && this.#own(change)) return false;
    if (text === "") return true;
    const { name, owner, session, by, reason } = change;
    const said = [name, owner, session, by, reason, change.data["note"], change.data["message"]];
    return said.some((where) => typeof where === "string" && where.toLowerCase().includes(text));
  }
}

/** One JSON object a line, as the server sent them, the oldest first. */
export function ndjson(shown: readonly Shown[]): string {
  return [...shown].reverse().map(({ change }) => `${JSON.stringify(change.data)}\n`).join("");
}

/** The prefix that is meant by what was typed: below `docs/` is below `docs`. */
export const prefixOf = (typed: string): string => typed.trim().replace(/\/+$/, "");
