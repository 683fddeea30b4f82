// One WebSocket to the server: requests and their answers, and what the server pushes. docs/live.md is the contract.
//
// Kept here:
//   * a connection that breaks is made again, with pauses that grow and are random, under the same session;
//   * a request whose answer did not come is `maybe_done`, and whoever sent it decides; one that was never sent is `not_done`;
//   * a connection on which nothing was heard for a while is asked, and given up where it does not answer;
//   * a session that another socket took over is not fought for.

import { Emitter } from "./emitter.js";
import { transportError, within, type Asker, type Request, type Terms } from "./http.js";
import type { BeliefClock } from "./clock.js";
import type { OperationId } from "./api.js";
import { HoldfastError, RequestError, UnavailableError, badField, errorOf, isObject, numberAt, textAt } from "./problem.js";
import { Backoff } from "./retry.js";
import type { Surroundings } from "./surroundings.js";

/** As much of the standard's WebSocket as is used here. */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "open" | "message" | "close" | "error", listener: (event: any) => void): void;
}
/** The parameters are the standard's; classes differ in how they spell the types of those and of events. */
export type WebSocketClass = new (url: any, protocols?: any) => WebSocketLike;

export type LiveState =
  | "closed" // Nothing has been asked yet, or it was closed.
  | "connecting"
  | "open"
  | "waiting" // It broke, and is tried again after a pause.
  | "ended"; // Another socket of this session took its place. Final.

export type Presence = "active" | "idle" | "hidden";

/** A message that nobody asked for. */
export type Push = Readonly<Record<string, unknown>> & { readonly push: string };

export interface LiveEvents {
  state: LiveState;
  /** It broke, or could not be made; it is tried again in `pauseMs`. */
  trouble: { readonly error: HoldfastError; readonly pauseMs: number };
}

export interface LiveMeans {
  readonly server: string;
  readonly owner: string;
  readonly session: string;
  readonly webSocket: WebSocketClass | undefined;
  readonly clock: BeliefClock;
  readonly surroundings: Surroundings;
  /** When a connection that says nothing is looked at. */
  readonly silenceMs?: number | undefined;
}

/** Longer than the server's pings are apart: those are not shown to a page's script. */
const silenceMost = 25_000;
const probePatience = 5_000;
const connectMost = 10_000;
/** Of a message that the server reads, in bytes. One that is longer ends the connection, each time that it is sent. */
const messageMost = 1_114_112;
/** A page that was shown again does not trust a connection that was silent for so long. */
const silenceAfterSleep = 3_000;
const idleAfter = 120_000;
const normalClosure = 1000;
const replaced = 4001;
/** What is answered by a holding of whoever asked. A renewal only says that it goes on. */
const granting = new Set(["lease.acquire", "lease.takeover", "lease.move"]);

const say = (detail: string): UnavailableError => new UnavailableError({ code: "unreachable", fate: "not_done", detail });

/** The class for it, if this surrounding has one. */
export function webSocketClass(given: WebSocketClass | undefined): WebSocketClass {
  const found = given ?? (globalThis as { WebSocket?: unknown }).WebSocket;
  if (typeof found === "function") return found as WebSocketClass;
  throw badField(
    "webSocket",
    "there is no global WebSocket here, as in Node.js before 22. Give a class of the same shape, such as that of the package ws: connect({ owner, webSocket: WebSocket })",
    "bad_configuration",
  );
}

interface Unanswered {
  settle(message: Record<string, unknown>): void;
  fail(error: HoldfastError): void;
}

export class Live implements Asker {
  readonly owner: string;
  readonly session: string;
  readonly #means: LiveMeans;
  readonly #events = new Emitter<LiveEvents>();
  readonly #pushes = new Map<string, Set<(push: Push) => void>>();
  readonly #opens = new Set<() => void>();
  readonly #waiting = new Set<() => void>();
  readonly #unanswered = new Map<number, Unanswered>();
  /** Of each name, the answer to the newest request that may be granted. */
  readonly #newest = new Map<unknown, Promise<unknown>>();
  readonly #backoff = new Backoff();
  readonly #leave: (() => void)[] = [];
  #state: LiveState = "closed";
  #socket: WebSocketLike | undefined;
  #lastId = 0;
  #incarnation: number | undefined;
  #heard = 0;
  #active = 0;
  #presence: Presence = "active";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #trouble: HoldfastError | undefined;
  #over = false;

  /** @internal */
  constructor(means: LiveMeans) {
    this.owner = means.owner;
    this.session = means.session;
    this.#means = means;
  }

  get state(): LiveState {
    return this.#state;
  }

  /** Of the server that was last heard; another one after its restart. */
  get incarnation(): number | undefined {
    return this.#incarnation;
  }

  /** It was closed, or another socket of this session took its place: nothing is asked over it any more. */
  get over(): boolean {
    return this.#over;
  }

  on<Type extends keyof LiveEvents>(type: Type, listener: (event: LiveEvents[Type]) => void): () => void {
    return this.#events.on(type, listener);
  }

  /** @internal Each time a connection stands, before anything that waited for it is sent. */
  onOpen(told: () => void): () => void {
    this.#opens.add(told);
    return () => void this.#opens.delete(told);
  }

  /** @internal What is pushed about this name. */
  onPush(name: string, told: (push: Push) => void): () => void {
    const listeners = this.#pushes.get(name) ?? new Set();
    this.#pushes.set(name, listeners.add(told));
    return () => {
      listeners.delete(told);
      if (listeners.size === 0) this.#pushes.delete(name);
    };
  }

  /** Connects, if it does not already. Throws where there is no WebSocket here, and after it was closed. */
  open(): void {
    if (this.#over) throw this.#trouble;
    if (this.#state !== "closed") return;
    webSocketClass(this.#means.webSocket);
    const { surroundings } = this.#means;
    this.#leave.push(
      surroundings.onWake(() => this.#wake()),
      surroundings.onHide(() => this.#show("hidden")),
      surroundings.onOffline(() => void (this.#state === "open" && this.#probe())),
    );
    this.#active = this.#means.clock.now();
    this.#connect();
  }

  /** Final. Its leases last for their ttl, unless they were released. */
  close(): void {
    if (this.#over) return;
    this.#shut(new HoldfastError({ code: "closed", fate: "not_done", detail: "The connection was closed." }), "closed");
    for (const leave of this.#leave.splice(0)) leave();
  }

  /** One request. Throws a HoldfastError, or the reason of `terms.signal`. */
  async call(call: string, fields: Readonly<Record<string, unknown>>, terms: Terms): Promise<Record<string, unknown>> {
    this.open();
    return within(terms.timeout, terms.signal, async (signal) => {
      await this.#whenOpen(signal);
      return this.#send(call, fields, signal);
    });
  }

  async once<Id extends OperationId>(request: Request<Id>, terms: Terms): Promise<Record<string, unknown>> {
    const { owner: _owner, session: _session, ...fields } = { ...request.path, ...request.query, ...request.body } as Record<string, unknown>;
    return this.call(request.id, fields, terms);
  }

  /** Said once, if anybody is there to hear it. */
  tell(call: string, fields: Readonly<Record<string, unknown>>): boolean {
    if (this.#state !== "open") return false;
    this.#socket!.send(JSON.stringify({ call, ...fields }));
    return true;
  }

  /** @internal Somebody works here. */
  active(): void {
    this.#active = this.#means.clock.now();
    if (this.#presence !== "active") this.#show("active");
  }

  #become(state: LiveState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#events.emit("state", state);
  }

  #connect(): void {
    clearTimeout(this.#timer);
    this.#become("connecting");
    const url = this.#means.server.replace(/^http/, "ws") + "/v1/live";
    let socket: WebSocketLike;
    try {
      socket = new (webSocketClass(this.#means.webSocket))(url, ["holdfast.v1"]);
    } catch (error) {
      this.#broke(transportError(error, String(error)));
      return;
    }
    this.#socket = socket;
    const mine = (): boolean => this.#socket === socket;
    socket.addEventListener("open", () => mine() && this.#greet());
    socket.addEventListener("message", (event: { data: unknown }) => mine() && this.#hear(event.data));
    socket.addEventListener("error", () => undefined); // Its close follows.
    socket.addEventListener("close", (event: { code: number; reason: string }) => mine() && this.#closed(event));
    this.#timer = setTimeout(() => this.#broke(transportError(undefined, "no connection in time")), connectMost);
  }

  #greet(): void {
    const hello = this.#post("hello", { owner: this.owner, session: this.session });
    hello.then(
      (said) => {
        this.#incarnation = numberAt(said, "incarnation");
        this.#backoff.reset();
        this.#trouble = undefined;
        this.#become("open");
        this.#listen();
        if (this.#presence !== "active") this.tell("state", { state: this.#presence });
        for (const told of [...this.#opens]) told();
        for (const told of [...this.#waiting]) told();
      },
      (error: unknown) => {
        if (this.#state === "connecting" && this.#socket) this.#broke(error as HoldfastError);
      },
    );
  }

  #closed({ code, reason }: { code: number; reason: string }): void {
    const detail = `The connection was closed (${code}${reason === "" ? "" : `, ${reason}`}).`;
    if (code !== replaced) return this.#broke(transportError(undefined, detail));
    this.#shut(new UnavailableError({ code: "session_replaced", fate: "maybe_done", detail }), "ended");
    for (const leave of this.#leave.splice(0)) leave();
  }

  /** What was under way is answered by nobody any more. */
  #drop(error: HoldfastError): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(normalClosure);
    const unanswered = [...this.#unanswered.values()];
    this.#unanswered.clear();
    for (const { fail } of unanswered) fail(error);
  }

  #shut(error: HoldfastError, state: "closed" | "ended"): void {
    this.#over = true;
    this.#trouble = error;
    this.#become(state);
    this.#drop(transportError(undefined, error.message)); // What was sent may have been done.
    for (const told of [...this.#waiting]) told();
  }

  #broke(error: HoldfastError): void {
    if (this.#state === "closed" || this.#state === "ended") return;
    this.#trouble = error;
    this.#become("waiting");
    this.#drop(error);
    const pauseMs = this.#backoff.pause(error);
    this.#timer = setTimeout(() => this.#connect(), pauseMs);
    this.#events.emit("trouble", { error, pauseMs });
  }

  #hear(data: unknown): void {
    let message: unknown;
    try {
      message = typeof data === "string" ? JSON.parse(data) : undefined;
    } catch {
      message = undefined;
    }
    if (!isObject(message)) return this.#broke(transportError(undefined, "a message that is no JSON object"));
    this.#heard = this.#means.clock.now();
    if (typeof message["push"] === "string") {
      const { data: inner } = message;
      const name = textAt(message, "name") ?? (isObject(inner) ? textAt(inner, "name") : undefined);
      if (name !== undefined) for (const told of [...(this.#pushes.get(name) ?? [])]) told(message as Push);
      return;
    }
    const id = numberAt(message, "id");
    if (id === undefined) return;
    const asked = this.#unanswered.get(id);
    this.#unanswered.delete(id);
    asked?.settle(message);
  }

  /** Sends it now. */
  #post(call: string, fields: Readonly<Record<string, unknown>>, onId?: (id: number) => void): Promise<Record<string, unknown>> {
    const id = (this.#lastId += 1);
    const text = JSON.stringify({ id, call, ...fields });
    if (new TextEncoder().encode(text).length > messageMost) {
      return Promise.reject(new RequestError({ code: "body_too_large", fate: "not_done", detail: `${call}: longer than a message may be` }));
    }
    onId?.(id);
    return new Promise((resolve, reject) => {
      this.#unanswered.set(id, {
        settle: (message) => {
          const status = numberAt(message, "status") ?? 0;
          const body = message["body"];
          if (status >= 200 && status < 300 && isObject(body)) resolve(body);
          else reject(errorOf(status, body, null));
        },
        fail: reject,
      });
      try {
        this.#socket!.send(text);
      } catch (error) {
        this.#unanswered.delete(id);
        reject(transportError(error, String(error)));
      }
    });
  }

  #send(call: string, fields: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Record<string, unknown>> {
    return new Promise((resolve, reject) => {
      let id = 0;
      const stop = (): void => {
        reject(signal.reason);
        this.#giveUp(id, call, fields, answer);
      };
      signal.addEventListener("abort", stop, { once: true });
      const answer = this.#post(call, fields, (given) => (id = given));
      if (granting.has(call)) this.#newest.set(fields["name"], answer);
      answer
        .finally(() => signal.removeEventListener("abort", stop))
        .then(resolve, reject);
    });
  }

  /**
   * Nobody waits for this answer any more. A grant that comes all the same is given back, unless it was asked for again
   * since: then that is answered with the same holding, and gives it back itself where nobody waits for it either.
   */
  #giveUp(id: number, call: string, fields: Readonly<Record<string, unknown>>, answer: Promise<Record<string, unknown>>): void {
    if (!this.#unanswered.has(id)) return;
    if (!granting.has(call)) {
      this.#unanswered.delete(id);
      return;
    }
    const { name } = fields;
    const granted = ({ token }: Record<string, unknown>): void => {
      const giveBack = (): void => void this.tell("lease.release", { name, token });
      const newest = this.#newest.get(name);
      if (newest === answer) giveBack();
      else newest?.catch(giveBack); // That was refused: nobody here has it.
    };
    answer.then(granted, () => undefined);
    // A takeover waits, too: until its holder has handed in what there is.
    if (fields["wait_ms"] !== undefined || call === "lease.takeover") this.tell("cancel", { request: id });
  }

  async #whenOpen(signal: AbortSignal): Promise<void> {
    while (this.#state !== "open") {
      if (this.#state === "ended" || this.#state === "closed") throw this.#trouble ?? say("The connection was closed.");
      await new Promise<void>((resolve, reject) => {
        const told = (): void => {
          this.#waiting.delete(told);
          signal.removeEventListener("abort", stop);
          resolve();
        };
        const stop = (): void => {
          this.#waiting.delete(told);
          const why = this.#trouble === undefined ? "" : `: ${this.#trouble.message}`;
          reject(signal.reason instanceof HoldfastError ? say(`The server cannot be reached${why}`) : signal.reason);
        };
        this.#waiting.add(told);
        signal.addEventListener("abort", stop, { once: true });
      });
    }
  }

  /** Looks at the connection again when it has been silent. */
  #listen(): void {
    clearTimeout(this.#timer);
    const now = this.#means.clock.now();
    if (now - this.#active >= idleAfter && this.#presence === "active") this.#show("idle");
    const left = this.#heard + (this.#means.silenceMs ?? silenceMost) - now;
    if (left > 0) this.#timer = setTimeout(() => this.#listen(), left);
    else void this.#probe();
  }

  async #probe(): Promise<void> {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    const late = transportError(undefined, "the server fell silent");
    const timer = setTimeout(() => socket === this.#socket && this.#broke(late), Math.min(probePatience, this.#means.silenceMs ?? probePatience));
    await this.#post("state", { state: this.#presence }).catch(() => undefined); // Any answer is one.
    clearTimeout(timer);
    if (socket === this.#socket && this.#state === "open") this.#listen();
  }

  #show(presence: Presence): void {
    if (presence === this.#presence) return;
    this.#presence = presence;
    this.tell("state", { state: presence });
  }

  #wake(): void {
    this.active();
    if (this.#state === "waiting") {
      this.#backoff.reset();
      this.#connect();
    } else if (this.#state === "open" && this.#means.clock.now() - this.#heard > silenceAfterSleep) {
      void this.#probe();
    }
  }
}
