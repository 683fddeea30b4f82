// Clocks and a page that a test moves by hand.
import type { Clocks } from "../../src/clock.js";
import type { Surroundings } from "../../src/surroundings.js";

/** The real clocks, each put off by what a test says. */
export class MovedClocks implements Clocks {
  steadyBy = 0;
  wallBy = 0;
  steady(): number {
    return performance.now() + this.steadyBy;
  }
  wall(): number {
    return Date.now() + this.wallBy;
  }
  /** The machine sleeps: the wall clock goes on, the steady one stands still. */
  sleep(ms: number): void {
    this.wallBy += ms;
  }
}

type Moment = "wake" | "hide" | "offline" | "leave";

export class Page implements Surroundings {
  isHidden = false;
  readonly #told = { wake: new Set<() => void>(), hide: new Set<() => void>(), offline: new Set<() => void>(), leave: new Set<() => void>() };

  hidden(): boolean {
    return this.isHidden;
  }
  onWake(told: () => void): () => void {
    return this.#add("wake", told);
  }
  onHide(told: () => void): () => void {
    return this.#add("hide", told);
  }
  onOffline(told: () => void): () => void {
    return this.#add("offline", told);
  }
  onLeave(told: () => void): () => void {
    return this.#add("leave", told);
  }

  hide(): void {
    this.isHidden = true;
    this.#say("hide");
  }
  show(): void {
    this.isHidden = false;
    this.#say("wake");
  }
  offline(): void {
    this.#say("offline");
  }
  leave(): void {
    this.#say("leave");
  }
  /** How many still listen. */
  get listeners(): number {
    return this.#told.wake.size + this.#told.hide.size + this.#told.offline.size + this.#told.leave.size;
  }

  #add(kind: Moment, told: () => void): () => void {
    this.#told[kind].add(told);
    return () => void this.#told[kind].delete(told);
  }
  #say(kind: Moment): void {
    for (const told of [...this.#told[kind]]) told();
  }
}

export const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until it is so; fails where it never is. */
export async function until(claim: () => boolean | Promise<boolean>, what: string, patience = 8000, pause = 5): Promise<void> {
  const ends = performance.now() + patience;
  while (!(await claim())) {
    if (performance.now() > ends) throw new Error(`never: ${what}`);
    await after(pause);
  }
}

/** What a promise was rejected with; fails where it was not. */
export async function failure<T extends Error>(kind: new (...words: never[]) => T, promise: Promise<unknown>): Promise<T> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error(`expected a ${kind.name}`);
}
