// @holdfast/client/leases: asking a Holdfast server about leases.
//
// Kept here: a call that failed is tried again until its time is over, but only where that is safe: where nothing was
// done, or where carrying it out twice is as good as once. Every acquire names its session, so that asking again gives
// the same grant.

import type { Current, Grant, HeldState, HistoryPage, LeasePage, LeaseState, PastHolding, Requested } from "./answers.js";
import type { HistoryListQuery, LeaseListQuery, OperationId } from "./api.js";
import { Belief } from "./belief.js";
import { inBounds, waitMost } from "./bounds.js";
import { BeliefClock, systemClocks, type Clocks } from "./clock.js";
import { keepOf, reasonOf, type AcquireOptions, type HoldOptions, type TakeoverOptions } from "./hold_options.js";
import { Http, type Fetch, type Request, type Terms } from "./http.js";
import { Lease, type Means } from "./lease.js";
import { HoldfastError, UnavailableError, badField } from "./problem.js";
import { believe, queued, type QueueMeans, type Wish } from "./queueing.js";
import { Backoff, mayTryAgain, paused } from "./retry.js";
import { defaultServer, serverOf } from "./server_address.js";
import { freshSession } from "./session.js";
import { pageSurroundings, type Surroundings } from "./surroundings.js";
import { Watch, type WatchOptions } from "./watch.js";

export { Lease } from "./lease.js";
export type { LeaseEvents, LeaseStanding, RequestWish, TakeoverWish } from "./lease.js";
export type { AcquireOptions, HoldOptions, TakeoverOptions } from "./hold_options.js";
export { Watch } from "./watch.js";
export type { Begin, Change, Gap, WatchEvent, WatchOptions } from "./watch.js";
export { LeaseLostError } from "./loss.js";
export type { LossReason } from "./loss.js";
export { HoldfastError, RefusedError, RequestError, StaleError, UnavailableError } from "./problem.js";
export type { Fate, Holder } from "./problem.js";
export type {
  Current,
  FreeState,
  HeldState,
  HistoryGap,
  HistoryPage,
  LeasePage,
  LeaseState,
  PastHolding,
  Requested,
  RequestOf,
  TakeoverAhead,
} from "./answers.js";
export type { Bodies, Codes, OperationId, Problem, Queries } from "./api.js";

export interface LeasesOptions {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Default: the page's own origin; in Node $HOLDFAST_SERVER, else http://127.0.0.1:7420. */
  readonly server?: string;
  /** How long one call may take, tries and pauses included; a wait in a queue comes on top. Default 10 s. */
  readonly timeoutMs?: number;
  /** Instead of the global one. */
  readonly fetch?: Fetch;
}

export type ListOptions = Omit<LeaseListQuery, "unsettled"> & { readonly signal?: AbortSignal };

export interface HistoryOptions extends Omit<HistoryListQuery, "prefix"> {
  readonly signal?: AbortSignal;
}

/** What a client takes from outside. Tests put their own here. */
export interface Environment {
  readonly clocks: Clocks;
  readonly surroundings: Surroundings;
  /** A wait is asked for in pieces, each before the one before is over: proxies cut what takes a minute. */
  readonly waitPieceMs: number;
  /** When a live connection that says nothing is looked at. */
  readonly silenceMs: number | undefined;
}

/** What every call here needs, and what those who extend the client need too. */
export interface Inner extends QueueMeans {
  readonly silenceMs: number | undefined;
  /** One call, tried again where that is safe. */
  readonly ask: <Id extends OperationId, Answer>(
    request: Request<Id>,
    options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number },
  ) => Promise<Answer>;
}

/** Leases alone: to own names, to look who owns them, and to watch. Needs neither WebSocket nor database. */
export class Leases {
  readonly owner: string;
  readonly server: string;
  /** @internal */
  protected readonly inner: Inner;

  /** Sends nothing yet. */
  constructor(options: LeasesOptions);
  /** @internal */
  constructor(options: LeasesOptions, environment: Partial<Environment>);
  constructor(options: LeasesOptions, environment: Partial<Environment> = {}) {
    if (typeof options.owner !== "string" || options.owner === "") throw badField("owner", "say who asks", "owner_missing");
    this.owner = options.owner;
    this.server = serverOf(options.server ?? defaultServer());
    // Looked up at each call, so that who replaces the global one later is heard; and never called as a method.
    const own = options.fetch;
    this.inner = {
      http: new Http(this.server, own ?? ((input, init) => globalThis.fetch(input, init))),
      clock: new BeliefClock(environment.clocks ?? systemClocks),
      surroundings: environment.surroundings ?? pageSurroundings(),
      waitPieceMs: environment.waitPieceMs ?? 45_000,
      silenceMs: environment.silenceMs,
      timeoutMs: inBounds("timeoutMs", options.timeoutMs ?? 10_000, 1, waitMost),
      ask: (request, terms) => this.#ask(request, terms),
    };
  }

  /** Owns the name, waiting if asked to. Throws a RefusedError that says who has it. */
  async acquire(name: string, options: AcquireOptions = {}): Promise<Lease> {
    const wish = this.#wish(name, options);
    const wait = inBounds("waitMs", options.waitMs ?? 0, 0, waitMost);
    return this.#kept(wish, () => queued(this.inner, wish, wait));
  }

  /** Takes the name from its holder, at once or after a window. Who did it and why goes into the history. */
  async takeover(name: string, options: TakeoverOptions): Promise<Lease> {
    const reason = reasonOf(options);
    const wish = this.#wish(name, options);
    const flush = inBounds("flushMs", options.flushMs ?? 0, 0, 30_000);
    const token = options.token ?? (await this.get(name, options)).token ?? undefined;
    const { http, clock, timeoutMs } = this.inner;
    const { belief, wanted, keep } = wish;
    const body = { ...wanted, reason, flush_ms: flush, ...(token === undefined ? {} : { token }) };
    return this.#kept(wish, async () => {
      const question = belief.asking(clock.anchor(), keep.ttlMs);
      try {
        const terms = { timeout: timeoutMs + flush, signal: options.signal };
        const grant = (await http.once({ id: "lease.takeover", path: { name }, body }, terms)) as unknown as Grant;
        believe(this.inner, wish, question, grant, true);
        return grant;
      } catch (error) {
        // A second one would be told that the first had made its token old. So it is looked at whether it was done.
        if (!(error instanceof HoldfastError) || error.fate === "not_done") throw error;
        const now = await this.get(name, options);
        if (!now.held || now.owner !== this.owner || now.session !== wanted.session) throw error;
        return queued(this.inner, wish, 0);
      }
    });
  }

  /**
   * Runs `work` while the name is held, and releases it then. `signal` aborts when the lease is lost, or with
   * `options.signal`. Rejects with the LeaseLostError where it was lost before `work` had ended.
   */
  async withLease<T>(
    name: string,
    options: AcquireOptions,
    work: (signal: AbortSignal, lease: Lease) => Promise<T> | T,
  ): Promise<T> {
    const lease = await this.acquire(name, { afterSleep: "lose", ...options });
    const stop = new AbortController();
    const outer = options.signal;
    const stopped = (): void => stop.abort(outer?.reason);
    if (outer?.aborted) stopped();
    outer?.addEventListener("abort", stopped);
    lease.signal.addEventListener("abort", () => stop.abort(lease.signal.reason));
    let failed: unknown;
    try {
      const result = await work(stop.signal, lease);
      if (lease.standing === "lost") throw lease.signal.reason;
      return result;
    } catch (error) {
      failed = error;
      throw lease.standing === "lost" ? lease.signal.reason : error;
    } finally {
      outer?.removeEventListener("abort", stopped);
      // What the work threw is worth more than that the release did not work; the lease ends by itself.
      await lease.release().catch((error: unknown) => {
        if (failed === undefined && !(error instanceof HoldfastError)) throw error;
      });
    }
  }

  /** Whether this token is current; throws a StaleError where it is not. For early refusal only: see the README. */
  async check(name: string, token: number, options: { readonly signal?: AbortSignal } = {}): Promise<Current> {
    return this.inner.ask({ id: "lease.check", path: { name }, body: { token } }, options);
  }

  /** Who holds it, since when, how long at most, and how many wait. */
  async get(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<LeaseState> {
    return this.inner.ask({ id: "lease.get", path: { name } }, options);
  }

  /** Asks the holder to give it up. Whether it is given is theirs to decide. */
  async request(
    name: string,
    options: { readonly message?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Requested> {
    const body = { owner: this.owner, ...(options.message === undefined ? {} : { message: options.message }) };
    return this.inner.ask({ id: "lease.request", path: { name }, body }, options);
  }

  /** One page of what is held, in the order of names. It may be short; `next` is null at the end. */
  async list(options: ListOptions = {}): Promise<LeasePage> {
    const { signal, ...query } = options;
    return this.inner.ask({ id: "lease.list", query }, { signal });
  }

  /** All pages, one lease after the other. Each page is true for the moment at which it is asked for. */
  async *listAll(options: Omit<ListOptions, "after"> = {}): AsyncGenerator<HeldState, void, undefined> {
    let after: string | null = "";
    while (after !== null) {
      const page: LeasePage = await this.list(after === "" ? options : { ...options, after });
      yield* page.leases;
      after = page.next;
    }
  }

  /** One page of who held this name, newest first. */
  async history(name: string, options: HistoryOptions = {}): Promise<HistoryPage> {
    const { signal, after, ...rest } = options;
    const query = after === undefined ? rest : { ...rest, after: Number(after) };
    return this.inner.ask({ id: "history.get", path: { name }, query }, { signal });
  }

  /** One page of who held the names below `prefix`. */
  async historyBelow(prefix: string | undefined, options: HistoryOptions = {}): Promise<HistoryPage> {
    const { signal, ...rest } = options;
    const query = prefix === undefined ? rest : { ...rest, prefix };
    return this.inner.ask({ id: "history.list", query }, { signal });
  }

  /** All pages of who held this name, newest first. */
  async *historyAll(name: string, options: Omit<HistoryOptions, "after"> = {}): AsyncGenerator<PastHolding, void, undefined> {
    let after: string | null = "";
    while (after !== null) {
      const page: HistoryPage = await this.history(name, after === "" ? options : { ...options, after });
      yield* page.holdings;
      after = page.next;
    }
  }

  /** Follows changes, each once and in order. Nothing is sent before the loop over it begins. */
  watch(options: WatchOptions = {}): Watch {
    const { surroundings } = this.inner;
    return new Watch(this.inner.http, options, { clock: this.inner.clock, onWake: (told) => surroundings.onWake(told) });
  }

  #means(): Means {
    return {
      http: this.inner.http,
      clock: this.inner.clock,
      surroundings: this.inner.surroundings,
      patience: this.inner.timeoutMs,
      watch: (options) => this.watch(options),
      release: async ({ name, token, session }, terms) => {
        const body = { token, owner: this.owner, session };
        const answer = await this.inner.ask({ id: "lease.release", path: { name }, body }, terms);
        return (answer as { released?: boolean }).released === true;
      },
    };
  }

  #wish(name: string, options: HoldOptions): Wish {
    const keep = keepOf(options);
    const wanted = {
      owner: this.owner,
      session: options.session ?? freshSession(),
      ttl_ms: keep.ttlMs,
      ...(options.note === undefined ? {} : { note: options.note }),
      ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
      ...(options.holder === undefined ? {} : { holder: options.holder }),
    };
    return { name, wanted, belief: new Belief(), keep, named: options.session !== undefined, signal: options.signal };
  }

  /** A lease of what `obtain` got; nothing is left behind where that came to nothing. */
  async #kept(wish: Wish, obtain: () => Promise<Grant>): Promise<Lease> {
    const { name, wanted, belief, keep, named } = wish;
    const { clock } = this.inner;
    try {
      let grant = await obtain();
      // A grant that was long under way leaves too little to begin with. Asking again keeps the token.
      const enough = (): boolean => belief.until - clock.now() >= keep.ttlMs / 2;
      for (let times = 0; times < 3 && !enough(); times += 1) {
        const again = await queued(this.inner, wish, 0);
        grant = { ...again, waited_ms: grant.waited_ms };
      }
      if (belief.holds(clock.now())) return new Lease(this.#means(), grant, belief, keep);
      const detail = "The grant was under way for longer than it lasts.";
      throw new UnavailableError({ code: "answer_lost", fate: "maybe_done", detail });
    } catch (error) {
      const nothing = error instanceof HoldfastError && error.fate === "not_done";
      if (!nothing && !named) void this.#leaveNothing(name, wanted.session);
      throw error;
    }
  }

  /** What may have been granted to a session that nobody else knows, and that nobody heard of. */
  async #leaveNothing(name: string, session: string): Promise<void> {
    try {
      const lease = await this.get(name);
      if (!lease.held || lease.owner !== this.owner || lease.session !== session) return;
      await this.#means().release({ name, token: lease.token, session }, {});
    } catch {
      // It ends with its ttl.
    }
  }

  async #ask<Id extends OperationId, Answer>(
    request: Request<Id>,
    options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number },
  ): Promise<Answer> {
    const ends = performance.now() + (options.timeout ?? this.inner.timeoutMs);
    const backoff = new Backoff();
    for (;;) {
      const terms: Terms = { timeout: Math.max(1, ends - performance.now()), signal: options.signal };
      try {
        return (await this.inner.http.once(request, terms)) as Answer;
      } catch (error) {
        if (!mayTryAgain(error, true)) throw error;
        const pause = backoff.pause(error);
        if (performance.now() + pause >= ends) throw error;
        await paused(pause, options.signal);
      }
    }
  }
}
