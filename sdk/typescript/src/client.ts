// Asking a Holdfast server about leases.
//
// Kept here: a call that failed is tried again until its time is over, but only where that is safe: where nothing was
// done, or where carrying it out twice is as good as once. Every acquire names its session, so that asking again gives
// the same grant.

import type { Current, Grant, HeldState, HistoryPage, LeasePage, LeaseState, PastHolding, Requested } from "./answers.js";
import type { HistoryListQuery, LeaseAcquireBody, LeaseListQuery, OperationId } from "./api.js";
import { Belief } from "./belief.js";
import { GuardedBuffer, type BufferMeans, type BufferOptions } from "./buffer.js";
import { BeliefClock, systemClocks, type Clocks } from "./clock.js";
import { Http, type Fetch, type Request, type Terms } from "./http.js";
import { Lease, type Keep, type Means } from "./lease.js";
import { Live, webSocketClass, type WebSocketClass } from "./live.js";
import { HoldfastError, RefusedError, UnavailableError, badField } from "./problem.js";
import { Backoff, mayTryAgain, paused } from "./retry.js";
import { freshSession } from "./session.js";
import { pageSurroundings, type Surroundings } from "./surroundings.js";
import { Texts } from "./texts.js";
import { abandoned, claim, defaultStore, type UnsentStore, type UnsentText } from "./unsent.js";
import { Watch, type WatchOptions } from "./watch.js";

export interface HoldfastOptions {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Default: the page's own origin; in Node $HOLDFAST_SERVER, else http://127.0.0.1:7420. */
  readonly server?: string;
  /** How long one call may take, tries and pauses included; a wait in a queue comes on top. Default 10 s. */
  readonly timeoutMs?: number;
  /** Instead of the global one. */
  readonly fetch?: Fetch;
  /**
   * Instead of the global one; needed for texts in Node.js before 22, which has none. Any class of the standard's shape, such
   * as that of the package ws.
   */
  readonly webSocket?: WebSocketClass;
  /** Where text is kept that could not be sent. Default: the browser's IndexedDB; in Node, memory. */
  readonly unsent?: UnsentStore;
}

/** What a page that is gone had typed, and what has become of it. */
export interface HandedIn {
  readonly unsent: UnsentText;
  /** The number of the draft that it is now; undefined where there is none, for `error`. */
  readonly draft: number | undefined;
  readonly error: HoldfastError | undefined;
}

/** How a lease is held. */
export interface HoldOptions {
  /** One tab, device, process or run. Default: a fresh one. Never the same one in two places. */
  readonly session?: string;
  /** How long it lasts without a renewal. Default 30 s; 100 ms to 24 h. */
  readonly ttlMs?: number;
  /** What it lasts while the page is hidden, where timers run once a minute. Default 150 s, or the ttl if longer. */
  readonly hiddenTtlMs?: number;
  /** A loss by missing renewals is told so long before belief ends, at most half of the ttl. Always a little. */
  readonly graceMs?: number;
  /**
   * Where belief ended while nothing ran here, since the machine slept or the page was frozen: `ask` whether it is still
   * the same holding, believing nothing meanwhile, or `lose` it at once. Default: ask; withLease loses.
   */
  readonly afterSleep?: "ask" | "lose";
  /** Hear at once what happens to the name, over a connection of its own. Default: with the next renewal. */
  readonly follow?: boolean;
  /** Release it when the page is left. Default true. */
  readonly releaseOnLeave?: boolean;
  /** Why you hold it; shown to whoever is refused. */
  readonly note?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `owner`: sessions of one owner share the holding, where all of them ask for this. Default: session. */
  readonly holder?: "session" | "owner";
  /** Ends the call, and the place in the queue. Not the lease. */
  readonly signal?: AbortSignal;
}

export interface AcquireOptions extends HoldOptions {
  /** How long to wait in the queue, first come first served. Default: not at all. */
  readonly waitMs?: number;
}

export interface TakeoverOptions extends HoldOptions {
  /** Told to whoever loses it, and kept in the history. */
  readonly reason: string;
  /** The token of the holding that is meant. Default: that of whoever holds it when this is called. */
  readonly token?: number;
  /** How long the holder may hand in what it has. Default: not at all. */
  readonly flushMs?: number;
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

type Wanted = LeaseAcquireBody & { readonly session: string };

/** How much longer than a piece a request may wait: for the next one to arrive, from a hidden page after a minute. */
const overlapShown = 10_000;
const overlapHidden = 75_000;
const waitMost = 7 * 24 * 3600 * 1000;

function defaultServer(): string {
  const { location, process } = globalThis as {
    location?: { origin?: string };
    process?: { env?: Record<string, string | undefined> };
  };
  const page = location?.origin;
  if (page?.startsWith("http")) return page;
  return process?.env?.["HOLDFAST_SERVER"] ?? "http://127.0.0.1:7420";
}

function serverOf(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badField("server", `${text} is no address`, "bad_configuration");
  }
  if (!/^https?:$/.test(url.protocol)) throw badField("server", "it begins with http:// or https://", "bad_configuration");
  if (url.search !== "" || url.hash !== "" || url.username !== "") {
    throw badField("server", "it has neither a query nor a user", "bad_configuration");
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function inBounds(field: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw badField(field, `it is ${least} to ${most}`);
  return Math.ceil(value);
}

export class Holdfast {
  readonly owner: string;
  readonly server: string;
  readonly #http: Http;
  readonly #clock: BeliefClock;
  readonly #environment: Environment;
  readonly #timeout: number;
  readonly #webSocket: WebSocketClass | undefined;
  readonly #unsent: UnsentStore;
  readonly #buffers = new Map<string, GuardedBuffer>();
  readonly #numbers = new Map<string, number>();
  #live: Live | undefined;
  #handedIn: Promise<readonly HandedIn[]> | undefined;
  /** Texts and drafts, one call each. */
  readonly texts: Texts;

  /** Sends nothing yet. */
  constructor(options: HoldfastOptions);
  /** @internal */
  constructor(options: HoldfastOptions, environment: Partial<Environment>);
  constructor(options: HoldfastOptions, environment: Partial<Environment> = {}) {
    if (typeof options.owner !== "string" || options.owner === "") throw badField("owner", "say who asks", "owner_missing");
    this.owner = options.owner;
    this.server = serverOf(options.server ?? defaultServer());
    this.#timeout = inBounds("timeoutMs", options.timeoutMs ?? 10_000, 1, waitMost);
    this.#environment = {
      clocks: environment.clocks ?? systemClocks,
      surroundings: environment.surroundings ?? pageSurroundings(),
      waitPieceMs: environment.waitPieceMs ?? 45_000,
      silenceMs: environment.silenceMs,
    };
    this.#clock = new BeliefClock(this.#environment.clocks);
    // Looked up at each call, so that who replaces the global one later is heard; and never called as a method.
    const own = options.fetch;
    this.#http = new Http(this.server, own ?? ((input, init) => globalThis.fetch(input, init)));
    if (options.webSocket !== undefined) webSocketClass(options.webSocket);
    this.#webSocket = options.webSocket;
    this.#unsent = options.unsent ?? defaultStore();
    this.texts = new Texts((request, terms) => this.#ask(request, terms), this.#http, this.owner, this.#timeout);
  }

  /** The connection that buffers are followed and typed into over: one for all of them. It is made when the first is opened. */
  get live(): Live {
    if (this.#live && this.#live.state !== "ended") return this.#live;
    const session = freshSession();
    claim(session);
    this.#numbers.clear();
    return (this.#live = new Live({
      server: this.server,
      owner: this.owner,
      session,
      webSocket: this.#webSocket,
      clock: this.#clock,
      surroundings: this.#environment.surroundings,
      silenceMs: this.#environment.silenceMs,
    }));
  }

  /**
   * Follows a text as whoever owns it types; the first edit asks for it. `text`: it is created with that where there is
   * none. What an earlier page of this owner could not send is handed in as drafts before.
   */
  async openBuffer(name: string, options: BufferOptions & { readonly text?: string; readonly signal?: AbortSignal } = {}): Promise<GuardedBuffer> {
    const { text, signal, ...how } = options;
    const live = this.live;
    live.open(); // Says at once where there is no WebSocket.
    if (this.#buffers.has(name)) throw badField("name", `${name} is open already`, "bad_name");
    void this.handInUnsent();
    if (text !== undefined) {
      await this.texts.create(name, text, { signal }).catch((error: unknown) => {
        const there = error instanceof HoldfastError && (error.code === "buffer_exists" || error instanceof RefusedError);
        if (!there) throw error;
      });
    }
    const ttlMs = inBounds("ttlMs", how.ttlMs ?? 30_000, 100, 86_400_000);
    const keep: Keep = { ttlMs, hiddenTtlMs: ttlMs, graceMs: 0, afterSleep: "ask", follow: false, releaseOnLeave: false };
    const means: BufferMeans = {
      live,
      clock: this.#clock,
      keep,
      lease: this.#liveMeans(live),
      timeoutMs: this.#timeout,
      surroundings: this.#environment.surroundings,
      store: this.#unsent,
      server: this.server,
      numbers: this.#numbers,
      closed: () => void this.#buffers.delete(name),
    };
    const buffer = new GuardedBuffer(means, name, how);
    this.#buffers.set(name, buffer);
    return buffer.opened(signal);
  }

  /** Makes drafts of what pages of this owner had typed that are gone. Once; later calls give the same. */
  handInUnsent(): Promise<readonly HandedIn[]> {
    return (this.#handedIn ??= this.#handIn());
  }

  /** Closes all buffers and the connection, after what was typed is stored or `timeoutMs` is over. */
  async close(): Promise<void> {
    const buffers = [...this.#buffers.values()];
    const over = new AbortController();
    const late = paused(this.#timeout, over.signal).catch(() => undefined);
    await Promise.race([Promise.all(buffers.map((buffer) => buffer.closeWhenStored())), late]);
    over.abort(); // The timer would keep a program running.
    for (const buffer of buffers) buffer.close();
    this.#live?.close();
  }

  /** Owns the name, waiting if asked to. Throws a RefusedError that says who has it. */
  async acquire(name: string, options: AcquireOptions = {}): Promise<Lease> {
    const keep = keepOf(options);
    const wait = inBounds("waitMs", options.waitMs ?? 0, 0, waitMost);
    const session = options.session ?? freshSession();
    const belief = new Belief();
    const body = this.#wanted(options, keep, session);
    return this.#kept(name, body, belief, keep, options, () => this.#waited(name, body, belief, keep, wait, options));
  }

  /** Takes the name from its holder, at once or after a window. Who did it and why goes into the history. */
  async takeover(name: string, options: TakeoverOptions): Promise<Lease> {
    const keep = keepOf(options);
    const flush = inBounds("flushMs", options.flushMs ?? 0, 0, 30_000);
    const session = options.session ?? freshSession();
    const belief = new Belief();
    const token = options.token ?? (await this.get(name, options)).token ?? undefined;
    const wanted = this.#wanted(options, keep, session);
    const body = { ...wanted, reason: options.reason, flush_ms: flush, ...(token === undefined ? {} : { token }) };
    return this.#kept(name, wanted, belief, keep, options, async () => {
      const question = belief.asking(this.#clock.anchor(), keep.ttlMs);
      try {
        const terms = { timeout: this.#timeout + flush, signal: options.signal };
        const grant = (await this.#http.once({ id: "lease.takeover", path: { name }, body }, terms)) as unknown as Grant;
        this.#believe(belief, question, grant, true);
        return grant;
      } catch (error) {
        // A second one would be told that the first had made its token old. So it is looked at whether it was done.
        if (!(error instanceof HoldfastError) || error.fate === "not_done") throw error;
        const now = await this.get(name, options);
        if (!now.held || now.owner !== this.owner || now.session !== session) throw error;
        return this.#waited(name, wanted, belief, keep, 0, options);
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
    return this.#ask({ id: "lease.check", path: { name }, body: { token } }, options);
  }

  /** Who holds it, since when, how long at most, and how many wait. */
  async get(name: string, options: { readonly signal?: AbortSignal } = {}): Promise<LeaseState> {
    return this.#ask({ id: "lease.get", path: { name } }, options);
  }

  /** Asks the holder to give it up. Whether it is given is theirs to decide. */
  async request(
    name: string,
    options: { readonly message?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Requested> {
    const body = { owner: this.owner, ...(options.message === undefined ? {} : { message: options.message }) };
    return this.#ask({ id: "lease.request", path: { name }, body }, options);
  }

  /** One page of what is held, in the order of names. It may be short; `next` is null at the end. */
  async list(options: ListOptions = {}): Promise<LeasePage> {
    const { signal, ...query } = options;
    return this.#ask({ id: "lease.list", query }, { signal });
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
    return this.#ask({ id: "history.get", path: { name }, query }, { signal });
  }

  /** One page of who held the names below `prefix`. */
  async historyBelow(prefix: string | undefined, options: HistoryOptions = {}): Promise<HistoryPage> {
    const { signal, ...rest } = options;
    const query = prefix === undefined ? rest : { ...rest, prefix };
    return this.#ask({ id: "history.list", query }, { signal });
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
    const { surroundings } = this.#environment;
    return new Watch(this.#http, options, { clock: this.#clock, onWake: (told) => surroundings.onWake(told) });
  }

  async #handIn(): Promise<readonly HandedIn[]> {
    const own = (unsent: UnsentText): boolean =>
      unsent.server === this.server && unsent.owner === this.owner && unsent.session !== this.#live?.session;
    const found = (await this.#unsent.list().catch(() => [])).filter(own);
    const handed = found.map(async (unsent): Promise<HandedIn | undefined> => {
      if (!(await abandoned(unsent))) return undefined;
      const { name, token, session, base, seq, changes } = unsent;
      try {
        const { draft } = await this.texts.keepDraft(name, { token, session, base, seq, changes });
        await this.#unsent.remove(unsent);
        return { unsent, draft, error: undefined };
      } catch (error) {
        return { unsent, draft: undefined, error: error instanceof HoldfastError ? error : undefined };
      }
    });
    return (await Promise.all(handed)).filter((one) => one !== undefined);
  }

  #liveMeans(live: Live): Means {
    return {
      http: live,
      clock: this.#clock,
      surroundings: this.#environment.surroundings,
      patience: this.#timeout,
      watch: (options) => this.watch(options),
      release: async ({ name, token }, terms) => {
        const answer = await live.call("lease.release", { name, token }, { timeout: this.#timeout, ...terms });
        return answer["released"] === true;
      },
    };
  }

  #means(): Means {
    return {
      http: this.#http,
      clock: this.#clock,
      surroundings: this.#environment.surroundings,
      patience: this.#timeout,
      watch: (options) => this.watch(options),
      release: async ({ name, token, session }, terms) => {
        const body = { token, owner: this.owner, session };
        const answer = await this.#ask({ id: "lease.release", path: { name }, body }, terms);
        return (answer as { released?: boolean }).released === true;
      },
    };
  }

  #wanted(options: HoldOptions, keep: Keep, session: string): Wanted {
    return {
      owner: this.owner,
      session,
      ttl_ms: keep.ttlMs,
      ...(options.note === undefined ? {} : { note: options.note }),
      ...(options.metadata === undefined ? {} : { metadata: options.metadata }),
      ...(options.holder === undefined ? {} : { holder: options.holder }),
    };
  }

  /** A lease of what `obtain` got; nothing is left behind where that came to nothing. */
  async #kept(
    name: string,
    wanted: Wanted,
    belief: Belief,
    keep: Keep,
    options: HoldOptions,
    obtain: () => Promise<Grant>,
  ): Promise<Lease> {
    try {
      let grant = await obtain();
      // A grant that was long under way leaves too little to begin with. Asking again keeps the token.
      const enough = (): boolean => belief.until - this.#clock.now() >= keep.ttlMs / 2;
      for (let times = 0; times < 3 && !enough(); times += 1) {
        const again = await this.#waited(name, wanted, belief, keep, 0, options);
        grant = { ...again, waited_ms: grant.waited_ms };
      }
      if (belief.holds(this.#clock.now())) return new Lease(this.#means(), grant, belief, keep);
      const detail = "The grant was under way for longer than it lasts.";
      throw new UnavailableError({ code: "answer_lost", fate: "maybe_done", detail });
    } catch (error) {
      const nothing = error instanceof HoldfastError && error.fate === "not_done";
      if (!nothing && options.session === undefined) void this.#leaveNothing(name, wanted.session);
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

  #believe(belief: Belief, question: ReturnType<Belief["asking"]>, grant: Grant, alone: boolean): void {
    const received = this.#clock.now();
    const ttl = grant.ttl_ms ?? question.ttl;
    // Of a wait that was asked for more than once nobody knows from when it counts.
    belief.granted(question, { received, ttl, ...(alone ? { waited: grant.waited_ms } : {}) });
  }

  /** Acquires. A long wait is asked for in pieces under one session, which keeps its place in the queue. */
  async #waited(
    name: string,
    wanted: Wanted,
    belief: Belief,
    keep: Keep,
    wait: number,
    options: HoldOptions,
  ): Promise<Grant> {
    const { waitPieceMs: piece, surroundings } = this.#environment;
    const ends = this.#clock.now() + wait;
    const backoff = new Backoff();
    let all = new AbortController(); // Of every request under way.
    const stop = (): void => all.abort(options.signal?.reason);
    options.signal?.throwIfAborted();
    options.signal?.addEventListener("abort", stop);
    let failingSince: number | undefined;
    let sayGranted!: () => void; // To a piece that was not listened to any more.
    const granted = new Promise<void>((resolve) => (sayGranted = resolve));
    try {
      for (let times = 1; ; times += 1) {
        const sent = this.#clock.anchor();
        const left = Math.max(0, Math.ceil(ends - sent));
        const waitMs = left > piece ? piece + (surroundings.hidden() ? overlapHidden : overlapShown) : left;
        const question = belief.asking(sent, keep.ttlMs);
        const body = waitMs > 0 ? { ...wanted, wait_ms: waitMs } : wanted;
        const terms = { timeout: waitMs + this.#timeout, signal: all.signal };
        const asked = this.#http.once({ id: "lease.acquire", path: { name }, body }, terms);
        try {
          const grant = left > piece ? await firstOf(asked, piece, granted) : await asked;
          if (grant === undefined) {
            // The next request takes over the place of this one, or is told at once what this one was granted.
            const settled = (error: unknown): void => void (isAnswer(error) && belief.answered(question));
            asked.then(sayGranted, settled);
            continue;
          }
          this.#believe(belief, question, grant as unknown as Grant, times === 1);
          return grant as unknown as Grant;
        } catch (error) {
          const now = this.#clock.now();
          if (isAnswer(error)) belief.answered(question);
          if (error instanceof RefusedError && error.code === "wait_over" && now < ends) continue;
          if (error instanceof RefusedError && error.code === "wait_superseded" && times > 1 && !options.session) {
            // A piece of our own overtook this one on its way. It is not listened to any more.
            all.abort();
            all = new AbortController();
            continue;
          }
          if (!mayTryAgain(error, true)) throw error;
          failingSince ??= now;
          const pause = backoff.pause(error);
          if (now + pause > Math.max(failingSince + this.#timeout, ends)) throw error;
          await paused(pause, all.signal);
        }
      }
    } finally {
      options.signal?.removeEventListener("abort", stop);
      all.abort(); // A piece that still waits would be granted to nobody.
    }
  }

  async #ask<Id extends OperationId, Answer>(
    request: Request<Id>,
    options: { readonly signal?: AbortSignal | undefined; readonly timeout?: number },
  ): Promise<Answer> {
    const ends = performance.now() + (options.timeout ?? this.#timeout);
    const backoff = new Backoff();
    for (;;) {
      const terms: Terms = { timeout: Math.max(1, ends - performance.now()), signal: options.signal };
      try {
        return (await this.#http.once(request, terms)) as Answer;
      } catch (error) {
        if (!mayTryAgain(error, true)) throw error;
        const pause = backoff.pause(error);
        if (performance.now() + pause >= ends) throw error;
        await paused(pause, options.signal);
      }
    }
  }
}

const isAnswer = (error: unknown): boolean => error instanceof HoldfastError && error.status > 0;

/** Undefined where it takes longer, unless `certain` has come: then it takes as long as it takes. */
async function firstOf<T>(work: Promise<T>, ms: number, certain: Promise<void>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => (timer = setTimeout(resolve, ms, undefined)));
  void certain.then(() => clearTimeout(timer));
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function keepOf(options: HoldOptions): Keep {
  const ttlMs = inBounds("ttlMs", options.ttlMs ?? 30_000, 100, 86_400_000);
  return {
    ttlMs,
    hiddenTtlMs: inBounds("hiddenTtlMs", options.hiddenTtlMs ?? 150_000, 100, 86_400_000),
    graceMs: inBounds("graceMs", options.graceMs ?? 0, 0, ttlMs / 2),
    afterSleep: options.afterSleep ?? "ask",
    follow: options.follow ?? false,
    releaseOnLeave: options.releaseOnLeave ?? true,
  };
}

/** A client whose server answers. Throws an UnavailableError where it does not. */
export async function connect(options: HoldfastOptions): Promise<Holdfast> {
  const client = new Holdfast(options);
  await client.list({ limit: 1 });
  return client;
}
