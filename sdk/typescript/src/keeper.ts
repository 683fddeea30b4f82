// Keeping a lease: when to renew it, when to doubt it, and when whatever it protects must have been told to stop.
//
// A pure state machine: it reads no clock and sends nothing. Whoever drives it says what happened and when, and asks
// what is due. Times are those of the belief's clock.
//
// Kept here: a loss by missing renewals is told before belief ends, unless nobody ran at that time; and whoever was
// asleep then believes nothing before the server has said what became of the lease.

import { Belief, type Question } from "./belief.js";

export type Stand =
  | "held"
  | "doubtful" // Not believed, but asked for.
  | "over"; // Final.

export interface KeeperTerms {
  readonly ttl: number;
  /** How long before the end of belief a loss is told. */
  readonly grace: number;
  /** Whether a belief that ended while nobody ran is asked for once more, or given up. */
  readonly afterSleep: "ask" | "lose";
}

const pauseFirst = 50;
const pauseMost = 1000;
/** After a takeover has come about at the latest its loss is told, answer or not. */
const answerInTakeover = 500;
const pauseInTakeover = 20;

const between = (least: number, value: number, most: number): number => Math.min(Math.max(value, least), most);

export class Keeper {
  readonly belief: Belief;
  readonly #grace: number;
  readonly #afterSleep: "ask" | "lose";
  #ttl: number;
  #renewAt: number;
  #pause: number;
  #inFlight: Question | undefined;
  #doubtedAt = -Infinity;
  #takenAt = Infinity;
  #over = false;

  constructor(belief: Belief, terms: KeeperTerms, now: number) {
    this.belief = belief;
    this.#ttl = terms.ttl;
    this.#grace = Math.max(terms.grace, between(5, terms.ttl / 20, 250));
    this.#afterSleep = terms.afterSleep;
    // A grant that was long under way is renewed sooner.
    this.#renewAt = Math.min(now + terms.ttl / 3, belief.until - (terms.ttl * 2) / 3);
    this.#pause = this.#firstPause();
  }

  /** How long to wait for the answer of a renewal: there is time for several before the end. */
  get patience(): number {
    return between(20, this.#ttl / 6, 5000);
  }

  get ttl(): number {
    return this.#ttl;
  }

  /** Renewals ask for this from now on, beginning at once. */
  set ttl(ttl: number) {
    if (ttl === this.#ttl) return;
    this.#ttl = ttl;
    this.#renewAt = -Infinity;
  }

  holds(now: number): boolean {
    return !this.#over && this.belief.holds(now) && now < this.#takenAt;
  }

  /** How things stand. Never goes back from `over`. */
  stand(now: number): Stand {
    if (this.#over) return "over";
    if (this.#afterSleep === "ask" && now >= this.belief.until && !this.belief.doubtful) this.doubt(now);
    if (now >= this.#giveUpAt()) this.#over = true;
    if (this.#over) return "over";
    return this.belief.doubtful ? "doubtful" : "held";
  }

  /** The machine or the page slept, a clock was set, or the network is back: nothing is believed until it is asked. */
  doubt(now: number): void {
    if (this.#over) return;
    this.belief.doubt();
    this.#inFlight = undefined; // Sent before: its answer says nothing about now.
    this.#doubtedAt = now;
    this.#renewAt = now;
    this.#pause = this.#firstPause();
  }

  /** A renewal is due now, and one that is in flight is not waited for. */
  hasten(now: number): void {
    this.#inFlight = undefined;
    this.#renewAt = now;
  }

  /** Whether to send a renewal now. Never while one is in flight. */
  renewalDue(now: number): boolean {
    return this.stand(now) !== "over" && this.#inFlight === undefined && now >= this.#renewAt;
  }

  renewalSent(now: number): Question {
    return (this.#inFlight = this.belief.asking(now, this.#ttl));
  }

  /** `takenIn`: a takeover is pending and comes about then at the earliest. */
  renewed(question: Question, now: number, ttl: number, takenIn?: number): void {
    const counted = this.belief.granted(question, { received: now, ttl });
    if (!counted || this.#over) return;
    this.#settled(question);
    this.#pause = this.#firstPause();
    // Of what is believed: that may be less than what was asked for.
    if (this.#ttl === question.ttl) this.#renewAt = question.sent + (this.belief.until - question.sent) / 3;
    this.#takenAt = Infinity;
    if (takenIn === undefined) return;
    this.#takenAt = question.sent + takenIn - 1; // The wire rounds up.
    this.#renewAt = Math.min(this.#renewAt, Math.max(this.#takenAt, now + pauseInTakeover));
  }

  /** No answer, or none that says how the lease stands. `arrived`: it cannot reach the server any more. */
  renewalFailed(question: Question, now: number, arrived: boolean): void {
    if (arrived) this.belief.answered(question);
    if (question !== this.#inFlight) return;
    this.#settled(question);
    this.#renewAt = now + this.#pause;
    this.#pause = Math.min(this.#pause * 2, pauseMost, this.#ttl / 10);
  }

  /** The server said that it is over, or it was released. */
  lose(): void {
    this.belief.lose();
    this.#over = true;
  }

  /** When to ask again what is due, if nothing happens before. */
  next(): number {
    const ends = this.#giveUpAt();
    return this.#inFlight === undefined ? Math.min(this.#renewAt, ends) : ends;
  }

  #settled(question: Question): void {
    if (question === this.#inFlight) this.#inFlight = undefined;
  }

  #firstPause(): number {
    return Math.min(pauseFirst, this.#ttl / 20);
  }

  #giveUpAt(): number {
    const told = Math.min(this.belief.until - this.#grace, this.#takenAt + answerInTakeover);
    if (this.#afterSleep === "lose" || !this.belief.doubtful) return told;
    return Math.max(told, this.#doubtedAt + between(1000, this.#ttl / 2, 15_000));
  }
}
