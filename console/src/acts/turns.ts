// Of many, some at a time, each when it is its turn.

export class Turns {
  readonly #most: number;
  #from = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** The next of `all`: others may have come or gone since the last time. */
  next<One>(all: readonly One[]): readonly One[] {
    const some = [...all.slice(this.#from), ...all.slice(0, this.#from)].slice(0, this.#most);
    this.#from = all.length === 0 ? 0 : (this.#from + some.length) % all.length;
    return some;
  }
}
