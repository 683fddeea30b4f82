// A client of a Holdfast server: leases, and texts that are followed and typed into over one live connection.

import { GuardedBuffer, type BufferMeans } from "./buffer.js";
import type { BufferOptions } from "./buffer_events.js";
import { handInUnsent, type HandedIn } from "./handing_in.js";
import { inBounds } from "./bounds.js";
import type { Keep, Means } from "./lease.js";
import { Leases, type Environment, type LeasesOptions } from "./leases.js";
import { Live, webSocketClass, type WebSocketClass } from "./live.js";
import { HoldfastError, RefusedError, badField } from "./problem.js";
import { paused } from "./retry.js";
import { freshSession } from "./session.js";
import { Texts } from "./texts.js";
import { claim, defaultStore, safely, type SafeStore, type UnsentStore } from "./unsent.js";

export interface HoldfastOptions extends LeasesOptions {
  /**
   * Instead of the global one; needed for texts in Node.js before 22, which has none. Any class of the standard's shape, such
   * as that of the package ws.
   */
  readonly webSocket?: WebSocketClass;
  /** Where text is kept that could not be sent. Default: the browser's IndexedDB; in Node, memory. */
  readonly unsent?: UnsentStore;
}

export class Holdfast extends Leases {
  readonly #webSocket: WebSocketClass | undefined;
  readonly #unsent: SafeStore;
  readonly #buffers = new Map<string, GuardedBuffer>();
  readonly #numbers = new Map<string, number>();
  #live: Live | undefined;
  #unclaim: (() => void) | undefined;
  #closed = false;
  #handing: Promise<readonly HandedIn[]> | undefined;
  #handedIn: readonly HandedIn[] = [];
  /** Texts and drafts, one call each. */
  readonly texts: Texts;

  /** Sends nothing yet. */
  constructor(options: HoldfastOptions);
  /** @internal */
  constructor(options: HoldfastOptions, environment: Partial<Environment>);
  constructor(options: HoldfastOptions, environment: Partial<Environment> = {}) {
    super(options, environment);
    if (options.webSocket !== undefined) webSocketClass(options.webSocket);
    this.#webSocket = options.webSocket;
    this.#unsent = options.unsent ? safely(options.unsent) : defaultStore();
    const { http, ask, timeoutMs } = this.inner;
    this.texts = new Texts(ask, http, this.owner, timeoutMs);
  }

  /** The connection that buffers are followed and typed into over: one for all of them. It is made when the first is opened. */
  get live(): Live {
    if (this.#live && (this.#closed || !this.#live.over)) return this.#live;
    if (this.#closed) throw clientClosed();
    // What was followed over the one before is dead: what was typed there is kept, and may be handed in.
    for (const buffer of [...this.#buffers.values()]) buffer.close();
    this.#unclaim?.();
    const session = freshSession();
    this.#unclaim = claim(session);
    this.#numbers.clear();
    const { clock, surroundings, silenceMs } = this.inner;
    const means = { server: this.server, owner: this.owner, session, webSocket: this.#webSocket, clock, surroundings, silenceMs };
    return (this.#live = new Live(means));
  }

  /**
   * Follows a text as whoever owns it types; the first edit asks for it. `text`: it is created with that where there is
   * none. What an earlier page of this owner could not send is handed in as drafts before.
   */
  async openBuffer(name: string, options: BufferOptions & { readonly text?: string; readonly signal?: AbortSignal } = {}): Promise<GuardedBuffer> {
    const { text, signal, ...how } = options;
    name = name.normalize("NFC"); // As the server spells it in what it pushes.
    const live = this.live;
    live.open(); // Says at once where there is no WebSocket, and that the client was closed.
    const once = (): void => {
      if (this.#buffers.has(name)) throw badField("name", `${name} is open already`, "bad_name");
    };
    once();
    void this.handInUnsent();
    if (text !== undefined) {
      await this.texts.create(name, text, { signal }).catch((error: unknown) => {
        const there = error instanceof HoldfastError && (error.code === "buffer_exists" || error instanceof RefusedError);
        if (!there) throw error;
      });
      once(); // Somebody else may have opened it meanwhile.
    }
    const ttlMs = inBounds("ttlMs", how.ttlMs ?? 30_000, 100, 86_400_000);
    const keep: Keep = { ttlMs, hiddenTtlMs: ttlMs, graceMs: 0, afterSleep: "ask", follow: false, releaseOnLeave: false };
    const means: BufferMeans = {
      live,
      clock: this.inner.clock,
      keep,
      lease: this.#liveMeans(live),
      timeoutMs: this.inner.timeoutMs,
      surroundings: this.inner.surroundings,
      store: this.#unsent,
      server: this.server,
      numbers: this.#numbers,
      closed: () => void this.#buffers.delete(name),
    };
    const buffer = new GuardedBuffer(means, name, how);
    this.#buffers.set(name, buffer);
    return buffer.opened(signal);
  }

  /**
   * Makes drafts of what pages of this owner had typed that are gone, and of what the server had no room for before. Tells of
   * all that this client has handed in, and of what still cannot be.
   */
  handInUnsent(): Promise<readonly HandedIn[]> {
    const here = { server: this.server, owner: this.owner, session: this.#live?.session };
    this.#handing ??= handInUnsent(this.texts, this.#unsent, here)
      .then((found) => (this.#handedIn = [...this.#handedIn.filter(({ error }) => !error), ...found]))
      .finally(() => (this.#handing = undefined));
    return this.#handing;
  }

  /**
   * Closes all buffers and the connection, after what was typed is stored or `timeoutMs` is over. Final: no text is opened
   * after that. Leases of `acquire` go on.
   */
  async close(): Promise<void> {
    this.#closed = true;
    const buffers = [...this.#buffers.values()];
    const over = new AbortController();
    const late = paused(this.inner.timeoutMs, over.signal).catch(() => undefined);
    await Promise.race([Promise.all(buffers.map((buffer) => buffer.closeWhenStored())), late]);
    over.abort(); // The timer would keep a program running.
    for (const buffer of buffers) buffer.close();
    this.#live?.close();
    this.#unclaim?.(); // Whoever comes next hands in what is left.
  }

  #liveMeans(live: Live): Means {
    return {
      http: live,
      clock: this.inner.clock,
      surroundings: this.inner.surroundings,
      patience: this.inner.timeoutMs,
      watch: (options) => this.watch(options),
      release: async ({ name, token }, terms) => {
        const answer = await live.call("lease.release", { name, token }, { timeout: this.inner.timeoutMs, ...terms });
        return answer["released"] === true;
      },
    };
  }
}

const clientClosed = (): HoldfastError =>
  new HoldfastError({ code: "closed", fate: "not_done", detail: "The client was closed. Make another one." });

/** A client whose server answers. Throws an UnavailableError where it does not. */
export async function connect(options: HoldfastOptions): Promise<Holdfast> {
  const client = new Holdfast(options);
  await client.list({ limit: 1 });
  return client;
}
