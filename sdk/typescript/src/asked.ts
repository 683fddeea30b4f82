// Somebody asks for what one holds, and a countdown runs. Whoever needs longer may have it (WCAG 2.2.1).

export type Silence = "hand_over" | "keep";
export type HandOverAnswer = "later" | "hand over";

export interface Deciding {
  /** What happens when nobody has said anything by the end. */
  readonly whenSilent: Silence;
  decided(answer: HandOverAnswer | "silence", message: string | undefined): void;
}

export class HandOverRequest {
  readonly by: string;
  readonly message: string;
  readonly whenSilent: Silence;
  readonly #deciding: Deciding;
  #endsAt: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #answer: HandOverAnswer | "silence" | "void" | undefined;

  /** @internal */
  constructor(by: string, message: string, answerWithinMs: number, deciding: Deciding) {
    this.by = by;
    this.message = message;
    this.whenSilent = deciding.whenSilent;
    this.#deciding = deciding;
    this.#endsAt = performance.now() + answerWithinMs;
    this.#run();
  }

  get remainingMs(): number {
    return this.open ? Math.max(0, this.#endsAt - performance.now()) : 0;
  }

  /** Nothing has been decided. */
  get open(): boolean {
    return this.#answer === undefined;
  }

  /** The countdown begins anew with so much, as often as it is wanted. */
  extend(ms = 30_000): void {
    if (!this.open) return;
    this.#endsAt = Math.max(this.#endsAt, performance.now() + ms);
    this.#run();
  }

  /** "later": not now. "hand over": what was typed is stored first. The first answer counts. */
  answer(answer: HandOverAnswer, message?: string): void {
    this.#settle(answer, message);
  }

  /** @internal It changed hands in another way. */
  end(): void {
    this.#answer ??= "void";
    clearTimeout(this.#timer);
  }

  #run(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle("silence", undefined), this.#endsAt - performance.now());
  }

  #settle(answer: HandOverAnswer | "silence", message: string | undefined): void {
    if (!this.open) return;
    this.#answer = answer;
    clearTimeout(this.#timer);
    this.#deciding.decided(answer, message);
  }
}
