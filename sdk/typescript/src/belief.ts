// Until when a client may believe that it holds a name.
//
// Kept here: belief ends no later than the server's lease does, whatever was lost on the way:
//   K1  it counts from before the request was sent, never from when the answer came;
//   K2  it is lowered before a shorter ttl is asked for;
//   K3  a loss once reported is final: no later answer raises it again;
//   K4  an answer to an older question than one that was answered already changes nothing, nor does one to a question
//       from before a doubt;
//   K5  while a question for a shorter ttl is without an answer it may still arrive, so no longer one is believed.
// Pure: times come in, in milliseconds of one BeliefClock.

/** An acquire or renewal that is about to be sent. */
export interface Question {
  readonly number: number;
  readonly sent: number;
  readonly ttl: number;
}

export interface Granted {
  readonly received: number;
  /** How long this request waited in the queue, as the server says; nothing where it was not this one alone. */
  readonly waited?: number;
  /** As the server says. */
  readonly ttl: number;
}

export class Belief {
  #until = -Infinity;
  #lost = false;
  #doubtful = false;
  #asked = 0;
  #countFrom = 0;
  readonly #unanswered = new Map<number, number>(); // How many of each ttl.

  /** About to ask for `ttl`. */
  asking(now: number, ttl: number): Question {
    this.#until = Math.min(this.#until, now + ttl); // K2
    const question = { number: (this.#asked += 1), sent: now, ttl };
    this.#unanswered.set(ttl, (this.#unanswered.get(ttl) ?? 0) + 1);
    return question;
  }

  /** The server granted or renewed. Says whether it counted. */
  granted(question: Question, answer: Granted): boolean {
    this.answered(question);
    if (this.#lost || question.number < this.#countFrom) return false; // K3, K4
    this.#countFrom = question.number;
    // A wait longer than the request took was not its own; the wire rounds up to whole milliseconds (K1).
    const waited = (answer.waited ?? 0) - 1;
    const counts = waited > 0 && waited <= answer.received - question.sent ? waited : 0;
    const ttl = Math.min(question.ttl, answer.ttl, ...this.#unanswered.keys()); // K5
    const until = question.sent + counts + ttl;
    this.#until = this.#doubtful || answer.ttl < question.ttl ? until : Math.max(this.#until, until);
    this.#doubtful = false;
    return true;
  }

  /** The server said anything at all to this question, or it never left: it cannot arrive any more. */
  answered(question: Question): void {
    const left = (this.#unanswered.get(question.ttl) ?? 0) - 1;
    if (left > 0) this.#unanswered.set(question.ttl, left);
    else this.#unanswered.delete(question.ttl);
  }

  /** Nothing is believed until the server has answered a question that is asked from now on. */
  doubt(): void {
    this.#doubtful = true;
    this.#countFrom = this.#asked + 1;
  }

  /** The server said that the holding is over, or it was given up. */
  lose(): void {
    this.#lost = true;
    this.#until = -Infinity;
  }

  holds(now: number): boolean {
    return !this.#lost && !this.#doubtful && now < this.#until;
  }

  get doubtful(): boolean {
    return this.#doubtful;
  }

  /** The first moment at which it must not be believed any more, doubts left aside. */
  get until(): number {
    return this.#until;
  }
}
