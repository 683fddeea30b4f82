// What was typed and is not stored yet, and the text that it was typed into.
//
// Pure: it sends nothing. Whoever drives it takes the first operation, sends it, and says what was answered.
//
// Kept here:
//   T1  `text` is `stored` with every change of the queue made in it, in order;
//   T2  one operation is under way at a time, and what has been sent is not added to: sent again it is the same, under the
//       same number;
//   T3  a revision of somebody else is made before all of the queue, which is changed to fit behind it.

import { apply, changesNothing, compose, difference, map, split, type ChangeJson } from "./changes.js";

export interface EditOperation {
  readonly kind: "edit";
  change: ChangeJson;
  /** The first time it was typed into, on the clock of whoever drives this. */
  readonly since: number;
  /** Of this change within its session; given when it is first sent. */
  seq: number | undefined;
  /** The revision that it was sent for. */
  base: number | undefined;
}

/** Something that the server does to the text by itself. Its change comes with the answer. */
export interface ServerOperation {
  readonly kind: "undo" | "redo" | "draft";
  readonly draft?: number;
  readonly anyway?: boolean;
  seq: number | undefined;
  base: number | undefined;
}

export type Operation = EditOperation | ServerOperation;

/** Of one message, in units: each may take six bytes. What is larger becomes several edits. */
const unitsMost = 128 * 1024;

export class Tail {
  #revision: number;
  #stored: string;
  #text: string;
  #queue: Operation[] = [];
  #sent = false;
  #lastSeq: number;

  /** `lastSeq`: the number that the session's last change of this text had. */
  constructor(revision: number, text: string, lastSeq = 0) {
    this.#revision = revision;
    this.#stored = this.#text = text;
    this.#lastSeq = lastSeq;
  }

  /** The newest revision that is known, */
  get revision(): number {
    return this.#revision;
  }
  /** and its text. */
  get stored(): string {
    return this.#stored;
  }
  /** What is shown here. */
  get text(): string {
    return this.#text;
  }
  get lastSeq(): number {
    return this.#lastSeq;
  }
  get empty(): boolean {
    return this.#queue.length === 0;
  }
  /** The operation that was sent and not answered. */
  get underWay(): Operation | undefined {
    return this.#sent ? this.#queue[0] : undefined;
  }
  get operations(): readonly Operation[] {
    return this.#queue;
  }

  /** Typed here. */
  edit(change: ChangeJson, now: number): void {
    this.#text = apply(this.#text, change);
    if (changesNothing(change)) return;
    const last = this.#queue.at(-1);
    let [all, since] = [change, now];
    if (last?.kind === "edit" && last.seq === undefined) {
      [all, since] = [compose(last.change, change), last.since];
      this.#queue.pop();
    }
    for (const piece of split(all, unitsMost)) this.#queue.push({ kind: "edit", change: piece, since, seq: undefined, base: undefined });
  }

  /** Comes after what was typed so far. */
  ask(operation: Pick<ServerOperation, "kind" | "draft" | "anyway">): ServerOperation {
    const asked: ServerOperation = { ...operation, seq: undefined, base: undefined };
    this.#queue.push(asked);
    return asked;
  }

  /** The first operation, which counts as sent from now on (T2). */
  send(): Operation | undefined {
    const [first] = this.#queue;
    if (!first) return undefined;
    first.seq ??= this.#lastSeq += 1;
    first.base ??= this.#revision;
    this.#sent = true;
    return first;
  }

  /** It was made, and the text has one revision more. `change`: of an operation of the server. Returns what changes in `text`. */
  made(change?: ChangeJson): ChangeJson | undefined {
    const operation = this.#first();
    this.#sent = false;
    this.#queue.shift();
    if (operation.kind !== "edit") return change === undefined ? undefined : this.others(change);
    this.#stored = apply(this.#stored, operation.change);
    this.#revision += 1;
    return undefined;
  }

  /** Nothing was made of it and it may be sent again: for the newest revision by then. */
  refused(): void {
    this.#first().base = undefined;
    this.#sent = false;
  }

  /** No answer came. It is sent again as it was. */
  unanswered(): void {
    this.#sent = false;
  }

  /** The operation of the server that was sent has nothing to do. */
  nothing(): void {
    if (this.#first().kind === "edit") throw new Error("what was typed is never forgotten");
    this.#sent = false;
    this.#queue.shift();
  }

  /** What was typed will be kept elsewhere under its numbers: later ones are greater. */
  numbered(): number {
    const edits = this.edits();
    const first = edits[0]?.seq ?? this.#lastSeq + 1;
    this.#lastSeq = Math.max(this.#lastSeq, first + edits.length - 1);
    return first;
  }

  /** The next revision, made by somebody else or by the server. Returns what changes in `text` (T3). */
  others(change: ChangeJson): ChangeJson {
    this.#stored = apply(this.#stored, change);
    this.#revision += 1;
    let theirs = change;
    for (const operation of this.#queue) {
      if (operation.kind !== "edit") continue;
      const next = map(theirs, operation.change, true);
      operation.change = map(operation.change, theirs);
      theirs = next;
    }
    this.#text = apply(this.#text, theirs);
    return theirs;
  }

  /** All that was typed and not stored, from the first on; as changes that follow one another. */
  edits(): EditOperation[] {
    return this.#queue.filter((operation) => operation.kind === "edit");
  }

  /** Throws the queue away. Returns what changes in `text`. */
  drop(): ChangeJson {
    this.#queue = [];
    this.#sent = false;
    return this.#show(this.#stored);
  }

  /** Another text, with nothing typed into it. Returns what changes in `text`. */
  restart(revision: number, text: string): ChangeJson {
    this.#queue = [];
    this.#sent = false;
    this.#revision = revision;
    this.#stored = text;
    return this.#show(text);
  }

  #show(text: string): ChangeJson {
    const change = difference(this.#text, text);
    this.#text = text;
    return change;
  }

  #first(): Operation {
    const [first] = this.#queue;
    if (!first) throw new Error("nothing was sent");
    return first;
  }
}
