// A lease that is kept: renewed by itself, and lost with a word.
//
// What always holds:
//   * holds() is never true when the lease may have run out, as long as the clocks of this machine and of the server
//     run equally fast within 0.1 %. It counts from before the last renewal was sent.
//   * After the page slept, was hidden, or a clock was set, holds() is false until the server has been asked.
//   * One renewal is under way at a time.
//   * A loss is said once, and is final: no later answer makes holds() true again.

import type { Grant, RequestOf, TakeoverAhead } from "./answers.js";
import type { Belief } from "./belief.js";
import type { BeliefClock } from "./clock.js";
import type { Asker, Terms } from "./http.js";
import { Keeper } from "./keeper.js";
import { LeaseLostError } from "./loss.js";
import { HoldfastError, StaleError, UnavailableError } from "./problem.js";
import type { Surroundings } from "./surroundings.js";
import type { Watch, WatchOptions } from "./watch.js";

/** Somebody takes it over: hand in what you have, or release it sooner. It is believed until then only. */
export interface TakeoverWish {
  readonly by: string;
  readonly reason: string;
  readonly endsInMs: number;
}

/** Somebody asks for it: release it when it suits you. */
export interface RequestWish {
  readonly by: string;
  readonly message: string;
}

export interface LeaseEvents {
  /** Once, unless it is released. */
  lost: LeaseLostError;
  /** It is not believed until the server has been asked. */
  doubt: undefined;
  /** The server was asked, and it is still the same holding. */
  regained: undefined;
  takeover: TakeoverWish;
  request: RequestWish;
}

export type LeaseStanding = "held" | "doubtful" | "lost" | "released";

/** How a lease is kept. */
export interface Keep {
  /** How long it lasts without a renewal: 100 ms to 24 h. */
  readonly ttlMs: number;
  /** What it lasts while the page is hidden, where timers run once a minute. */
  readonly hiddenTtlMs: number;
  readonly graceMs: number;
  readonly afterSleep: "ask" | "lose";
  readonly follow: boolean;
  readonly releaseOnLeave: boolean;
}

/** What a lease needs of the client that gave it. */
export interface Means {
  readonly http: Asker;
  readonly clock: BeliefClock;
  readonly surroundings: Surroundings;
  /** How long a release is tried. */
  readonly patience: number;
  watch(options: WatchOptions): Watch;
  release(lease: { name: string; token: number; session: string }, terms: Partial<Terms>): Promise<boolean>;
}

/** Sleep shows at the next look at the clocks, so there is one at least so often. */
const lookMost = 1000;

export class Lease {
  readonly name: string;
  /** Greater than that of every holding before. Show it with each write that it guards. */
  readonly token: number;
  /** The token of the holding before, if that is remembered. */
  readonly previous: number | null;
  readonly owner: string;
  readonly session: string;
  /** RFC 3339, to show. */
  readonly since: string;
  /** How long it took in the queue, as the server counted it. */
  readonly waitedMs: number;
  /** Where a watch goes on from without a hole. */
  readonly position: string;
  /** Resolves when it is lost; never after a release of one's own. */
  readonly lost: Promise<LeaseLostError>;

  readonly #means: Means;
  readonly #keep: Keep;
  readonly #keeper: Keeper;
  readonly #listeners = new Map<keyof LeaseEvents, Set<(event: never) => void>>();
  readonly #ending = new AbortController();
  readonly #follow = new AbortController();
  readonly #told = new Map<string, string>();
  readonly #leave: (() => void)[] = [];
  #sayLost!: (loss: LeaseLostError) => void;
  #loss: LeaseLostError | undefined;
  #released: Promise<boolean> | undefined;
  #trouble: HoldfastError | undefined;
  #renewal: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #jumps: number;
  #doubted = false;

  /** @internal */
  constructor(means: Means, grant: Grant, belief: Belief, keep: Keep) {
    this.name = grant.name;
    this.token = grant.token;
    this.previous = grant.previous;
    this.owner = grant.owner;
    this.session = grant.session;
    this.since = grant.since;
    this.waitedMs = grant.waited_ms;
    this.position = grant.position;
    this.lost = new Promise((resolve) => (this.#sayLost = resolve));
    this.#means = means;
    this.#keep = keep;
    this.#jumps = means.clock.jumps;
    const terms = { ttl: keep.ttlMs, grace: keep.graceMs, afterSleep: keep.afterSleep };
    this.#keeper = new Keeper(belief, terms, means.clock.now());
    const { surroundings } = means;
    this.#leave.push(
      surroundings.onWake(() => this.#wake()),
      surroundings.onHide(() => this.#tick()),
    );
    if (keep.releaseOnLeave) this.#leave.push(surroundings.onLeave(() => this.#releaseLeaving()));
    if (keep.follow) void this.#followName();
    this.#tick();
  }

  /** Whether it may be believed now. Costs a reading of the clocks. Only the token protects data: see the README. */
  holds(): boolean {
    if (this.#over) return false;
    const now = this.#means.clock.now();
    if (this.#means.clock.jumps !== this.#jumps) this.#schedule(0);
    return this.#means.clock.jumps === this.#jumps && this.#keeper.holds(now);
  }

  /** How long it may be believed from now on, unless it is renewed. 0: not now. */
  get remainingMs(): number {
    return this.holds() ? this.#keeper.belief.until - this.#means.clock.now() : 0;
  }

  get standing(): LeaseStanding {
    if (this.#released) return "released";
    if (this.#loss) return "lost";
    return this.holds() ? "held" : "doubtful";
  }

  /** Aborts when it is lost, with the LeaseLostError as its reason; not by a release of one's own. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Calls `listener` for each such event. Returns what ends that. */
  on<Type extends keyof LeaseEvents>(type: Type, listener: (event: LeaseEvents[Type]) => void): () => void {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => void listeners.delete(listener);
  }

  /** Asks the server now. Throws the LeaseLostError where it is lost, or why there was no answer. */
  async renew(): Promise<void> {
    if (this.#loss) throw this.#loss;
    if (this.#released) throw new LeaseLostError(this.name, undefined);
    this.#abandon();
    this.#keeper.hasten(this.#means.clock.now());
    await this.#ask();
  }

  /** Belief ends at once. True: it is free now. False: it was lost, or free already. Repeatable. */
  release(): Promise<boolean> {
    if (this.#loss) return Promise.resolve(false);
    this.#released ??= this.#let(() => this.#means.release(this, {}));
    return this.#released;
  }

  /** @internal The server said by itself that this holding is over. */
  ended(said: StaleError): void {
    this.#lose(said);
  }

  /** @internal It was passed on, or is left to its ttl: nothing is renewed or told any more. */
  given(): void {
    if (this.#over) return;
    this.#released = Promise.resolve(true);
    this.#end();
  }

  get #over(): boolean {
    return this.#loss !== undefined || this.#released !== undefined;
  }

  /** The release itself, after everything here has stopped. */
  async #let(release: () => Promise<boolean>): Promise<boolean> {
    this.#end();
    try {
      return await release();
    } catch (error) {
      if (error instanceof StaleError) return false; // It had ended before.
      throw error;
    }
  }

  #releaseLeaving(): void {
    if (this.#over) return;
    this.#released = this.#let(async () => {
      const body = { token: this.token, owner: this.owner, session: this.session };
      const request = { id: "lease.release", path: { name: this.name }, body, keepalive: true } as const;
      return (await this.#means.http.once(request, { timeout: this.#means.patience }))["released"] === true;
    });
    this.#released.catch(() => undefined); // Nobody is there any more to hear it.
  }

  #end(): void {
    this.#keeper.lose();
    clearTimeout(this.#timer);
    this.#abandon();
    this.#follow.abort();
    for (const leave of this.#leave) leave();
  }

  #lose(trouble: HoldfastError | undefined): void {
    if (this.#over) return;
    this.#loss = new LeaseLostError(this.name, trouble);
    this.#end();
    this.#sayLost(this.#loss);
    this.#emit("lost", this.#loss);
    this.#ending.abort(this.#loss);
  }

  #wake(): void {
    if (this.#over) return;
    this.#abandon();
    this.#keeper.doubt(this.#means.clock.now());
    this.#tick();
  }

  #abandon(): void {
    const detail = "The renewal was given up for a newer one.";
    this.#renewal?.abort(new UnavailableError({ code: "answer_lost", fate: "maybe_done", detail }));
    this.#renewal = undefined;
  }

  /** Does what is due. */
  #tick(): void {
    if (this.#over) return;
    const { clock, surroundings } = this.#means;
    const now = clock.now();
    if (clock.jumps !== this.#jumps) {
      this.#jumps = clock.jumps;
      this.#abandon();
      this.#keeper.doubt(now);
    }
    this.#keeper.ttl = surroundings.hidden() ? Math.max(this.#keep.hiddenTtlMs, this.#keep.ttlMs) : this.#keep.ttlMs;
    const stand = this.#keeper.stand(now);
    if (stand === "over") {
      this.#lose(this.#trouble);
      return;
    }
    this.#tellDoubt(stand === "doubtful");
    if (this.#keeper.renewalDue(now)) this.#ask().catch(() => undefined); // Kept as #trouble.
    if (!this.#over) this.#schedule(this.#keeper.next() - clock.now());
  }

  #schedule(inMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tick(), Math.min(Math.max(inMs, 0), lookMost));
  }

  /** One renewal. */
  async #ask(): Promise<void> {
    const { clock, http } = this.#means;
    this.#abandon();
    const renewal = (this.#renewal = new AbortController());
    const question = this.#keeper.renewalSent(clock.anchor());
    const { name, token, owner, session } = this;
    const body = { token, owner, session, ttl_ms: question.ttl };
    const terms = { timeout: this.#keeper.patience, signal: renewal.signal };
    try {
      const answer = await http.once({ id: "lease.renew", path: { name }, body }, terms);
      if (this.#over) return;
      const grant = answer as unknown as Grant;
      this.#trouble = undefined;
      this.#keeper.renewed(question, clock.now(), grant.ttl_ms ?? question.ttl, grant.takeover?.ends_in_ms);
      this.#tellWishes(grant.takeover, grant.request);
    } catch (error) {
      if (this.#over) throw this.#loss ?? error;
      if (error instanceof StaleError) {
        this.#lose(error);
        throw this.#loss ?? error;
      }
      const known = error instanceof HoldfastError;
      this.#keeper.renewalFailed(question, clock.now(), known && (error.status > 0 || error.fate === "not_done"));
      if (known && !renewal.signal.aborted) this.#trouble = error;
      throw error;
    } finally {
      if (this.#renewal === renewal) this.#renewal = undefined;
      this.#tick();
    }
  }

  /** Asks as soon as something happens to the name, instead of when the next renewal is due. */
  async #followName(): Promise<void> {
    const { signal } = this.#follow;
    const { clock, watch: watching } = this.#means;
    const watch = watching({ prefix: this.name, after: this.position, signal });
    try {
      for await (const event of watch) {
        if (event.kind === "begin" || (event.kind === "change" && event.name !== this.name)) continue;
        this.#abandon();
        this.#keeper.hasten(clock.now());
        this.#tick();
      }
    } catch {
      // Refused: as many watch as the server accepts. The next renewal tells the same, only later.
    }
  }

  #tellDoubt(doubtful: boolean): void {
    if (doubtful === this.#doubted) return;
    this.#doubted = doubtful;
    this.#emit(doubtful ? "doubt" : "regained", undefined);
  }

  #tellWishes(takeover: TakeoverAhead | undefined, request: RequestOf | undefined): void {
    if (this.#isNews("takeover", takeover?.by, takeover?.reason)) {
      this.#emit("takeover", { by: takeover!.by, reason: takeover!.reason, endsInMs: takeover!.ends_in_ms });
    }
    if (!this.#over && this.#isNews("request", request?.by, request?.message)) {
      this.#emit("request", { by: request!.by, message: request!.message ?? "" });
    }
  }

  #isNews(kind: string, by: string | undefined, words: string | undefined): boolean {
    if (by === undefined) {
      this.#told.delete(kind);
      return false;
    }
    const wish = `${by}\n${words ?? ""}`;
    if (this.#told.get(kind) === wish) return false;
    this.#told.set(kind, wish);
    return true;
  }

  #emit<Type extends keyof LeaseEvents>(type: Type, event: LeaseEvents[Type]): void {
    for (const listener of [...(this.#listeners.get(type) ?? [])]) {
      try {
        (listener as (event: LeaseEvents[Type]) => void)(event);
      } catch (error) {
        // A fault of the listener is its program's to see, and no reason to stop renewing.
        setTimeout(() => {
          throw error;
        });
      }
    }
  }
}
