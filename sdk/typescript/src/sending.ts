// What was typed, and what the server is asked to do to the text, sent one by one.
//
// Kept here: an operation is settled once, whatever is answered, and nothing typed is thrown away by an answer.

import type { ChangeJson } from "./changes.js";
import type { Live } from "./live.js";
import { HoldfastError, StaleError, numberAt } from "./problem.js";
import { mayTryAgain } from "./retry.js";
import type { Operation, ServerOperation, Tail } from "./tail.js";

export interface SendingMeans {
  readonly live: Live;
  readonly timeoutMs: number;
  readonly numbers: Map<string, number>;
}

/** What whoever sends is told. */
export interface SendingTold {
  /** It left. */
  sent(): void;
  /** It is in the text, as `change`. `shown`: what that changes in the text as it is shown. */
  made(operation: Operation, change: ChangeJson, shown: ChangeJson | undefined): void;
  /** The text is not the one that it was taken for: to be looked at anew, as a whole. */
  unexpected(): void;
  /** Others were first: to be caught up with, and then it is sent again. */
  moved(): void;
  /** The token is over. */
  stale(error: StaleError, token: number): void;
  /** What was typed can never be stored. */
  never(error: HoldfastError, token: number): void;
}

/** So often in a row an edit is made for a newer revision. */
const movedMost = 3;

export class Sending {
  readonly #means: SendingMeans;
  readonly #name: string;
  readonly #tail: Tail;
  readonly #told: SendingTold;
  readonly #asked = new Map<ServerOperation, { done(made: boolean): void; failed(error: unknown): void }>();
  #moved = 0;

  constructor(means: SendingMeans, name: string, tail: Tail, told: SendingTold) {
    this.#means = means;
    this.#name = name;
    this.#tail = tail;
    this.#told = told;
  }

  /** Queues what the server is to do by itself. Resolves with whether there was something to do. */
  ask(operation: Pick<ServerOperation, "kind" | "draft" | "anyway">): Promise<boolean> {
    const asked = this.#tail.ask(operation);
    return new Promise((done, failed) => this.#asked.set(asked, { done, failed }));
  }

  /** The first operation, under this token. Throws where it should be tried again. */
  async send(token: number): Promise<void> {
    const { live, numbers, timeoutMs } = this.#means;
    const operation = this.#tail.send()!;
    numbers.set(this.#name, this.#tail.lastSeq);
    this.#told.sent();
    try {
      const said = await live.call(...callOf(operation, this.#name, token), { timeout: timeoutMs });
      this.#moved = 0;
      this.#made(operation, said);
    } catch (error) {
      this.#notMade(operation, error, token);
    }
  }

  /** The page is left: the first operation goes out, and nobody waits for its answer. */
  sendLast(token: number): void {
    if (this.#tail.empty || this.#tail.underWay) return;
    this.#means.live.tell(...callOf(this.#tail.send()!, this.#name, token));
  }

  /** What was asked and is not under way is not going to be done. `all`: nor is that which is, as far as anybody knows here. */
  fail(error: HoldfastError, all = false): void {
    for (const [operation, { failed }] of this.#asked) if (all || this.#tail.underWay !== operation) failed(error);
    if (all) this.#asked.clear();
  }

  #made(operation: Operation, said: Readonly<Record<string, unknown>>): void {
    const tail = this.#tail;
    const revision = numberAt(said, "revision");
    if (revision !== tail.revision + 1 || operation.base !== tail.revision) {
      tail.made([]);
      this.#told.unexpected();
      return;
    }
    const [change] = Array.isArray(said["changes"]) ? (said["changes"] as ChangeJson[]) : [];
    const shown = tail.made(change);
    this.#told.made(operation, operation.kind === "edit" ? operation.change : change!, shown);
    if (operation.kind !== "edit") this.#settle(operation)?.done(true);
  }

  #notMade(operation: Operation, error: unknown, token: number): void {
    const tail = this.#tail;
    if (error instanceof StaleError) {
      tail.refused();
      if (operation.kind !== "edit") this.#withdraw(operation, error);
      this.#told.stale(error, token);
      return;
    }
    const again: boolean = mayTryAgain(error, true);
    if (!(error instanceof HoldfastError) || again) {
      tail.unanswered();
      throw error;
    }
    const moved = error.code === "base_moved" || error.code === "wrong_length" || error.code === "revision_future";
    if (moved && (this.#moved += 1) <= movedMost) {
      tail.refused();
      this.#told.moved();
      return;
    }
    if (operation.kind === "edit") this.#told.never(error, token);
    else this.#withdraw(operation, error);
  }

  #withdraw(operation: ServerOperation, error: unknown): void {
    this.#tail.nothing();
    const waiting = this.#settle(operation);
    if (error instanceof HoldfastError && error.code === "nothing_to_undo") waiting?.done(false);
    else waiting?.failed(error);
  }

  #settle(operation: ServerOperation): { done(made: boolean): void; failed(error: unknown): void } | undefined {
    const waiting = this.#asked.get(operation);
    this.#asked.delete(operation);
    return waiting;
  }
}

function callOf(operation: Operation, name: string, token: number): [string, Record<string, unknown>] {
  const { seq, base } = operation;
  if (operation.kind === "edit") return ["buffer.edit", { name, token, base, seq, changes: [operation.change] }];
  if (operation.kind === "draft") return ["draft.apply", { draft: operation.draft, token, seq, ...(operation.anyway ? { anyway: true } : {}) }];
  return [`buffer.${operation.kind}`, { name, token, base, seq }];
}
