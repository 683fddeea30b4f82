// @holdfast/client/operator: looking at a server, and acting on what others hold. For consoles and tools; who owns things
// itself uses Leases, which keeps them.

import type { HistoryPage, LeasePage, LeaseState, Requested } from "./answers.js";
import type { HistoryListQuery, LeaseListQuery, LeaseTreeQuery, OperationId, SessionListQuery } from "./api.js";
import { inBounds, waitMost } from "./bounds.js";
import { Figures, readFigures } from "./figures.js";
import { Http, type Fetch, type Request } from "./http.js";
import { badField } from "./problem.js";
import { defaultServer, serverOf } from "./server_address.js";

export type {
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
export { Figures, histogramBetween } from "./figures.js";
export { HoldfastError, RefusedError, RequestError, StaleError, UnavailableError } from "./problem.js";
export type { Fate } from "./problem.js";
export { handInUnsent, type HandedIn } from "./handing_in.js";
export { defaultStore, type UnsentStore, type UnsentText } from "./unsent.js";
export { Texts, textsOf } from "./texts.js";
export type { Draft, DraftPage, TextInfo, TextPage, TextState, WholeDraft } from "./text_answers.js";
export * as changes from "./changes.js";
export type { ChangeJson } from "./changes.js";
export { watchNames } from "./watch_names.js";
export type { Watch } from "./watch.js";
export type { Begin, Change, Gap, WatchEvent, WatchOptions } from "./watch.js";

/** What a server says of itself. */
export interface ServerState {
  readonly version: string;
  readonly build: string;
  /** Known bugs that were put back on purpose; empty as a rule. */
  readonly injections: readonly string[];
  readonly journal: string;
  /** Another one after each start. */
  readonly incarnation: number;
  readonly position: string;
  readonly started_at: string;
  readonly uptime_ms: number;
  readonly now: string;
  readonly ready: boolean;
  /** The disk is so far behind that nothing new is decided. */
  readonly journal_behind: boolean;
  /** A write failed: nothing is decided any more until the server has been started anew. */
  readonly journal_failed: boolean;
  /** The disk is full: nothing new can be owned. */
  readonly out_of_room: boolean;
  readonly connections: number;
  /** Another one where the console is another one; null where none is served. */
  readonly console: string | null;
  /** Where a second server is, on which ownership is broken on purpose. */
  readonly demonstration: string | null;
}

/** A session that holds or waits, or is connected. */
export interface SessionState {
  readonly owner: string;
  readonly session: string;
  readonly leases: number;
  /** At most 10 of these. */
  readonly names: readonly string[];
  readonly waits: number;
  /** As its live socket says; null where it has none. */
  readonly state: "active" | "idle" | "hidden" | null;
  readonly connected: boolean;
  readonly address: string | null;
  /** Since it was last heard of; null where nobody knows. */
  readonly heard_ms: number | null;
}

export interface SessionPage {
  readonly sessions: readonly SessionState[];
  /** For `after`; null at the end. */
  readonly next: string | null;
  readonly position: string;
}

/** What is next below a prefix. */
export interface Branch {
  /** The whole name so far. */
  readonly name: string;
  /** Its last segment. */
  readonly segment: string;
  /** How many names at or below it are held, counted up to a bound. */
  readonly held: number;
  /** There are more than were counted. */
  readonly more: boolean;
  /** It is held itself. */
  readonly lease: boolean;
}

export interface BranchPage {
  readonly prefix: string;
  readonly children: readonly Branch[];
  /** For `after`; null at the end. */
  readonly next: string | null;
  readonly position: string;
}

export interface OperatorOptions {
  /** As whom one acts. Looking needs none, but acting does. */
  readonly owner: string;
  /** Default: the page's own origin; in Node $HOLDFAST_SERVER, else http://127.0.0.1:7420. */
  readonly server?: string;
  /** How long one call may take. Default 10 s. */
  readonly timeoutMs?: number;
  /** Instead of the global one. */
  readonly fetch?: Fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Instead of the client's. */
  readonly timeoutMs?: number | undefined;
}

/** A holding: what it is of, and its token. An act that names its token never hits a later holding. */
export interface Holding {
  readonly name: string;
  readonly token: number;
}

/** To a release. */
export interface Released {
  readonly name: string;
  /** False: it was over already. */
  readonly released: boolean;
  /** The name is held all the same: by other sessions that share it, or by whoever came next. */
  readonly held: boolean;
  readonly token: number | null;
  readonly position: string;
}

/** Every call is one try: who looks again and again needs no other, and who acts is told what became of it. */
export class Operator {
  readonly owner: string;
  readonly server: string;
  /** @internal */
  readonly http: Http;
  readonly #timeoutMs: number;

  constructor(options: OperatorOptions) {
    if (typeof options.owner !== "string" || options.owner === "") throw badField("owner", "say who asks", "owner_missing");
    this.owner = options.owner;
    this.server = serverOf(options.server ?? defaultServer());
    this.#timeoutMs = inBounds("timeoutMs", options.timeoutMs ?? 10_000, 1, waitMost);
    const own = options.fetch;
    this.http = new Http(this.server, own ?? ((input, init) => globalThis.fetch(input, init)));
  }

  /** How the server stands. Answered also while its disk is stuck. */
  async state(options: CallOptions = {}): Promise<ServerState> {
    return this.#once({ id: "server.get" }, options);
  }

  /** What it counts, as it says to Prometheus. */
  async figures(options: CallOptions = {}): Promise<Figures> {
    return readFigures(await this.http.page("/metrics", this.#terms(options)));
  }

  /** One name. `unsettled`: from memory at once, also what is not yet durable. */
  async get(name: string, options: CallOptions & { readonly unsettled?: boolean } = {}): Promise<LeaseState> {
    return this.#once({ id: "lease.get", path: { name }, query: options.unsettled ? { unsettled: true } : {} }, options);
  }

  /** One page of what is held, in the order of names. It may be short; `next` is null at the end. */
  async list(query: LeaseListQuery = {}, options: CallOptions = {}): Promise<LeasePage> {
    return this.#once({ id: "lease.list", query }, options);
  }

  /** What is next below a prefix, with how much is held there. */
  async tree(query: LeaseTreeQuery = {}, options: CallOptions = {}): Promise<BranchPage> {
    return this.#once({ id: "lease.tree", query }, options);
  }

  /** One page of the sessions that hold, wait or are connected. */
  async sessions(query: SessionListQuery = {}, options: CallOptions = {}): Promise<SessionPage> {
    return this.#once({ id: "session.list", query }, options);
  }

  /** One page of who held this name, newest first. */
  async history(name: string, query: Omit<HistoryListQuery, "prefix" | "after"> & { readonly after?: number } = {}, options: CallOptions = {}): Promise<HistoryPage> {
    return this.#once({ id: "history.get", path: { name }, query }, options);
  }

  /** Asks the holder to give it up. Whether it is given is theirs to decide. */
  async request(name: string, message: string, options: CallOptions = {}): Promise<Requested> {
    const body = { owner: this.owner, ...(message === "" ? {} : { message }) };
    return this.#once({ id: "lease.request", path: { name }, body }, options);
  }

  /** Gives up one of one's own: of several sessions that share it, the one that is named. */
  async release({ name, token }: Holding, session: string | undefined, options: CallOptions = {}): Promise<Released> {
    const body = { owner: this.owner, token, ...(session === undefined ? {} : { session }) };
    return this.#once({ id: "lease.release", path: { name }, body }, options);
  }

  /** Ends somebody's holding without taking it: whoever waits is next. `reason` is told, and kept in the history. */
  async revoke({ name, token }: Holding, reason: string, options: CallOptions = {}): Promise<void> {
    await this.#once({ id: "lease.revoke", path: { name }, body: { owner: this.owner, token, reason } }, options);
  }

  /** Ends everything that a session of `owner` holds or waits for. Repeatable. */
  async endSession(owner: string, session: string, options: CallOptions = {}): Promise<void> {
    await this.#once({ id: "session.end", path: { session }, body: { owner } }, options);
  }

  #terms({ signal, timeoutMs }: CallOptions): { timeout: number; signal: AbortSignal | undefined } {
    return { timeout: timeoutMs ?? this.#timeoutMs, signal };
  }

  async #once<Id extends OperationId, Answer>(request: Request<Id>, options: CallOptions): Promise<Answer> {
    return (await this.http.once(request, this.#terms(options))) as Answer;
  }
}
