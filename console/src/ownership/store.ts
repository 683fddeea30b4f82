// What is held, live: pages of the list, and the events behind them, put together so that neither undoes the other.
//
// Kept here:
//   O1  a row is what the newest of the pages and events that speak of its name says: an event that a page knew already
//       changes nothing, and a page that was asked for before an event does not take it back;
//   O2  at most `most` rows, the first by name; `complete` says whether these are all;
//   O3  after a gap rows stay as they were until the new pages replace them, so that nothing goes blank.

import type { Change, HeldState, LeaseState } from "@holdfast/client/operator";
import { positionOf } from "../following/position.js";
import { byName } from "./order.js";
import { rowAfter, rowOf, type Moment, type Row } from "./row.js";

/** What the server is asked for. */
export interface Scope {
  readonly prefix: string;
  readonly owner: string;
  readonly contended: boolean;
}

export interface Clocks {
  /** Goes on evenly. */
  steady(): number;
  /** Milliseconds since 1970. */
  wall(): number;
}

export interface ListedPage {
  readonly leases: readonly HeldState[];
  readonly next: string | null;
  readonly position: string;
}

/** A page that has been asked for. */
export interface Question {
  readonly after: string;
  readonly generation: number;
}

/** `(after, to]`, as it was at a position that the events have not come to yet. */
interface Covered {
  readonly after: string;
  readonly to: string | null;
  readonly at: number;
}

export const rowsMost = 10_000;
/** Between two sorts there may be so many more. */
const slack = 500;

const within = (name: string, { after, to }: { readonly after: string; readonly to: string | null }): boolean =>
  (after === "" || byName(name, after) > 0) && (to === null || byName(name, to) <= 0);

export class OwnershipStore {
  readonly most: number;
  readonly #clocks: Clocks;
  readonly #rows = new Map<string, Row>();
  /** Names of which an event spoke that left no row, while pages were under way: those know less, and bring none back. */
  readonly #passed = new Map<string, number>();
  #scope: Scope = { prefix: "", owner: "", contended: false };
  #incarnation: string | undefined;
  #generation = 0;
  #told = -1;
  #covered: Covered[] = [];
  #underWay = 0;
  #skew = 0;
  #sorted: Row[] | undefined;
  /** The last name that is kept, where there are more. */
  #edge: string | undefined;
  #loading = true;

  constructor(clocks: Clocks, most = rowsMost) {
    this.#clocks = clocks;
    this.most = most;
  }

  get size(): number {
    return Math.min(this.#rows.size, this.most);
  }
  get scope(): Scope {
    return this.#scope;
  }
  /** These are all that the server has in the scope. */
  get complete(): boolean {
    return this.#edge === undefined && !this.#loading;
  }
  /** The pages have not all come yet. */
  get loading(): boolean {
    return this.#loading;
  }
  /** Where the list goes on, as far as it is kept. */
  get edge(): string | undefined {
    return this.#edge;
  }

  /** Begins anew. Rows of another scope are forgotten, those of the same one stay until pages replace them (O3). */
  begin(scope: Scope): void {
    const same = scope.prefix === this.#scope.prefix && scope.owner === this.#scope.owner && scope.contended === this.#scope.contended;
    if (!same) this.#rows.clear();
    else for (const [name, row] of this.#rows) this.#rows.set(name, { ...row, at: -1 });
    this.#scope = scope;
    this.#generation += 1;
    this.#incarnation = undefined;
    this.#told = -1;
    this.#covered = [];
    this.#passed.clear();
    this.#underWay = 0;
    this.#edge = undefined;
    this.#loading = true;
    this.#sorted = undefined;
  }

  /** A page is being asked for, of what lies behind this name. */
  asking(after: string): Question {
    this.#underWay += 1;
    return { after, generation: this.#generation };
  }
  /** It did not come. */
  unanswered(question: Question): void {
    if (question.generation === this.#generation) this.#arrived();
  }

  /** Returns where to ask on; null at the end, or where no more are kept. "anew": begin again, the server is another one. */
  page(question: Question, page: ListedPage): string | null | "anew" {
    if (question.generation !== this.#generation) return null;
    const position = positionOf(page.position);
    if (!position || !this.#sameServer(position.incarnation)) return "anew";
    if (question.after === "" && this.#told < 0) this.#told = position.number; // The events are asked for from here on.
    const now = this.#moment(page.leases);
    const range: Covered = { after: question.after, to: page.next, at: position.number };
    const named = new Set(page.leases.map((lease) => lease.name));
    for (const [name, row] of this.#rows) {
      if (row.at <= range.at && !named.has(name) && within(name, range)) this.#rows.delete(name);
    }
    for (const lease of page.leases) this.#show(lease, range.at, now);
    if (range.at > this.#told) this.#covered.push(range);
    this.#arrived();
    this.#sorted = undefined;
    const next = this.#bounded(page.next);
    if (next === null) this.#loading = false;
    return next;
  }

  /** No more is asked for, though there is more behind this name. */
  stopAt(name: string): void {
    this.#edge = name;
    this.#loading = false;
    this.#sorted = undefined;
    for (const beyond of this.#rows.keys()) if (byName(beyond, name) > 0) this.#rows.delete(beyond);
  }

  /** One name was looked at. */
  look(answer: LeaseState): void {
    const position = positionOf(answer.position);
    if (!position || position.incarnation !== this.#incarnation) return;
    const before = this.#rows.get(answer.name);
    if (!before) return; // It is not among what is shown.
    this.#sorted = undefined;
    if (answer.held) this.#show(answer, position.number, this.#moment([answer]));
    else if (before.at <= position.number) this.#rows.delete(answer.name);
  }

  /** False: it is of another server, or nobody knows what it comes behind. Begin anew. */
  event(change: Change): boolean {
    const position = positionOf(change.position);
    if (!position || position.incarnation !== this.#incarnation) return false;
    const { number } = position;
    if (number <= this.#told) return true;
    this.#told = number;
    this.#covered = this.#covered.filter((range) => range.at > number);
    const { name } = change;
    if (this.#edge !== undefined && byName(name, this.#edge) > 0) {
      this.#pass(name, number);
      return true; // O2
    }
    if (this.#covered.some((range) => within(name, range))) return true; // O1
    const before = this.#rows.get(name);
    if (before && before.at >= number) return true;
    this.#apply(before, change, number);
    return true;
  }

  /** The stream is so far, with nothing in between. */
  heard(text: string): void {
    const position = positionOf(text);
    if (!position || position.incarnation !== this.#incarnation || position.number <= this.#told) return;
    this.#told = position.number;
    this.#covered = this.#covered.filter((range) => range.at > position.number);
  }

  row(name: string): Row | undefined {
    return this.#rows.get(name);
  }

  /** By name. The same array until something changes. */
  rows(): readonly Row[] {
    if (this.#sorted) return this.#sorted;
    const all = [...this.#rows.values()].sort((a, b) => byName(a.name, b.name));
    if (all.length > this.most) {
      this.#edge = all[this.most - 1]!.name;
      for (const row of all.splice(this.most)) {
        this.#rows.delete(row.name);
        this.#pass(row.name, row.at);
      }
    }
    return (this.#sorted = all);
  }

  #apply(before: Row | undefined, change: Change, number: number): void {
    const { owner, contended } = this.#scope;
    let after = rowAfter(before, change, number, this.#moment([]));
    if (after === undefined) return;
    if (after !== null && owner !== "" && after.owner !== owner) after = null;
    // Whether somebody waits is not in events. The next page knows.
    if (after !== null && contended && !before) return this.#pass(change.name, number);
    this.#sorted = undefined;
    if (after !== null) {
      this.#rows.set(change.name, after);
      this.#passed.delete(change.name);
      if (this.#rows.size > this.most + slack) this.rows();
      return;
    }
    this.#rows.delete(change.name);
    this.#pass(change.name, number);
  }

  #pass(name: string, number: number): void {
    if (this.#underWay > 0) this.#passed.set(name, number);
  }

  #show(lease: HeldState, at: number, now: Moment): void {
    const before = this.#rows.get(lease.name);
    if (before && before.at > at) return; // O1
    if ((this.#passed.get(lease.name) ?? -1) > at) return; // O1
    this.#rows.set(lease.name, rowOf(lease, at, now));
  }

  /** Where the list is to go on behind a page, and up to where it is kept now (O2). */
  #bounded(next: string | null): string | null {
    const before = this.#rows.size;
    const last = this.rows().at(-1)?.name; // Cuts what is too many.
    const cut = this.#rows.size < before;
    if (next === null) {
      if (!cut) this.#edge = undefined;
      return null;
    }
    if (this.#rows.size >= this.most && last !== undefined && byName(next, last) >= 0) {
      this.#edge = last;
      return null;
    }
    if (this.#edge !== undefined && byName(next, this.#edge) > 0) this.#edge = next;
    return next;
  }

  #arrived(): void {
    this.#underWay -= 1;
    if (this.#underWay <= 0) this.#passed.clear();
  }

  #sameServer(incarnation: string): boolean {
    this.#incarnation ??= incarnation;
    return this.#incarnation === incarnation;
  }

  #moment(leases: readonly HeldState[]): Moment {
    const wall = this.#clocks.wall();
    const told = leases.find((lease) => lease.held_ms !== undefined);
    if (told) {
      const skew = Date.parse(told.since) + told.held_ms! - wall;
      if (Number.isFinite(skew)) this.#skew = skew;
    }
    return { steady: this.#clocks.steady(), wall, skew: this.#skew };
  }
}
