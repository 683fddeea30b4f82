// The clock that belief is counted on: one that nobody can turn back, and that goes on while the machine sleeps.
//
// No single clock of a browser or of Node does both. performance.now() may stand still while the machine sleeps, and
// Date.now() may be set. So what counts is the greater advance of both (semantics.md, "Belief"). A wall clock that is
// set forward ends belief too early, never too late.
//
// Kept here: between a moment that anchor() gave and any later one, at least as much has passed as either clock says.

/** Two readings, in milliseconds. */
export interface Clocks {
  /** Never goes back; may stand still while the machine sleeps. */
  steady(): number;
  /** Goes on while the machine sleeps; may be set. */
  wall(): number;
}

export const systemClocks: Clocks = {
  steady: () => performance.now(),
  wall: () => Date.now(),
};

/** From here on the two clocks disagree by so much that the machine slept or a clock was set. */
export const noticeable = 1000;

export class BeliefClock {
  readonly #clocks: Clocks;
  #offset: number; // Of the wall clock to the steady one, as far as it has been counted.
  #skipped = 0; // What the steady clock missed.
  #jumps = 0;

  constructor(clocks: Clocks = systemClocks) {
    this.#clocks = clocks;
    this.#offset = clocks.wall() - clocks.steady();
  }

  /** Milliseconds since some moment. Never goes back. */
  now(): number {
    const steady = this.#clocks.steady();
    this.#count(this.#clocks.wall() - steady);
    return steady + this.#skipped;
  }

  /** The same, for a moment that belief will be counted from. */
  anchor(): number {
    const steady = this.#clocks.steady();
    const offset = this.#clocks.wall() - steady;
    this.#count(offset);
    // What the wall clock was put back by is forgotten here, else a later sleep of that length would not be seen.
    this.#offset = offset;
    return steady + this.#skipped;
  }

  /** How often the clocks came apart: the machine slept, or a clock was set. */
  get jumps(): number {
    return this.#jumps;
  }

  #count(offset: number): void {
    const rise = offset - this.#offset;
    if (Math.abs(rise) > noticeable) this.#jumps += 1;
    // Counted from the greatest offset seen: if it followed each small fall, the last digits of two clocks that are
    // read often would make this one fast.
    if (rise > 0) this.#skipped += rise;
    if (rise > 0 || rise < -noticeable) this.#offset = offset;
  }
}
