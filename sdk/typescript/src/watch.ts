// Following what happens to names: each change once, in order, and no silent hole.

import type { BeliefClock } from "./clock.js";
import type { Http } from "./http.js";
import { transportError } from "./http.js";
import { HoldfastError, UnavailableError, isObject, numberAt, textAt } from "./problem.js";
import { Backoff, mayTryAgain, paused } from "./retry.js";
import { SseReader, type SseEvent } from "./sse.js";

/** The first event of a watch that knows from where on it tells: everything behind this position follows. */
export interface Begin {
  readonly kind: "begin";
  readonly position: string;
}

/** Something happened to a name. */
export interface Change {
  readonly kind: "change";
  /** Give it to a later watch to go on behind it. */
  readonly position: string;
  /** As the server spells it: granted, released, lapsed, taken_over, ... */
  readonly type: string;
  readonly name: string;
  readonly token: number | undefined;
  readonly owner: string | undefined;
  readonly session: string | undefined;
  readonly because: string | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
  /** All of it, as it came. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Changes were missed that the server no longer keeps: list the names again, then go on. */
export interface Gap {
  readonly kind: "gap";
  /** Where the watch goes on. */
  readonly position: string;
  /** Why: position_gone, position_foreign or position_future. */
  readonly code: string;
}

export type WatchEvent = Begin | Change | Gap;

export interface WatchOptions {
  /** This name and those below it; whole segments. Default: all. */
  readonly prefix?: string | undefined;
  /** A position: of an answer, or of an event. Default: from now on. */
  readonly after?: string | undefined;
  /** Ends the watch: the loop over it ends, without an error. */
  readonly signal?: AbortSignal | undefined;
  /** The connection broke, or could not be made, and is tried again in `pauseMs`. */
  readonly onTrouble?: ((error: HoldfastError, pauseMs: number) => void) | undefined;
}

/** The server says something every 10 s, if only that it is there. */
const silenceMost = 30_000;
/** After a sleep a connection that was silent for so long is not waited for any more. */
const silenceAfterSleep = 12_000;

/** How a watch hears that nobody is there any more. */
export interface Listening {
  readonly silenceMs?: number;
  readonly clock: BeliefClock;
  onWake(told: () => void): () => void;
}

function eventOf(from: SseEvent): WatchEvent | undefined {
  let data: unknown;
  try {
    data = JSON.parse(from.data);
  } catch {
    data = undefined;
  }
  const readable = isObject(data) ? data : undefined;
  const said = readable ?? {};
  const position = from.id ?? textAt(said, "position") ?? "";
  // That there is a gap is said by the type alone.
  if (from.type === "reset") return { kind: "gap", position, code: textAt(said, "code") ?? "" };
  if (!readable) return undefined;
  if (from.type === "begin") return { kind: "begin", position };
  return {
    kind: "change",
    position,
    type: textAt(said, "type") ?? from.type ?? "",
    name: textAt(said, "name") ?? "",
    token: numberAt(said, "token"),
    owner: textAt(said, "owner"),
    session: textAt(said, "session"),
    because: textAt(said, "because"),
    by: textAt(said, "by"),
    reason: textAt(said, "reason"),
    data: said,
  };
}

/** `for await (const event of watch)`. A connection that breaks is opened again behind the last position. */
export class Watch implements AsyncIterable<WatchEvent> {
  readonly #http: Http;
  readonly #options: WatchOptions;
  readonly #listening: Listening;
  readonly #backoff = new Backoff();
  #position: string;
  #begun = false;

  /** @internal */
  constructor(http: Http, options: WatchOptions, listening: Listening) {
    this.#http = http;
    this.#options = options;
    this.#listening = listening;
    this.#position = options.after ?? "";
  }

  /** Behind the last event that was handed out, or later where the server said that nothing came since. Empty: unknown. */
  get position(): string {
    return this.#position;
  }

  /** Throws what the server refuses for good. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WatchEvent, void, undefined> {
    const { signal } = this.#options;
    while (!signal?.aborted) {
      let trouble: HoldfastError;
      try {
        yield* this.#connection();
        trouble = transportError(undefined, "the server ended the stream");
      } catch (error) {
        if (signal?.aborted) return;
        if (!mayTryAgain(error, true)) throw error;
        trouble = error;
      }
      const pause = this.#backoff.pause(trouble);
      this.#options.onTrouble?.(trouble, pause);
      try {
        await paused(pause, signal);
      } catch {
        return;
      }
    }
  }

  /** One connection, from its request to its end. */
  async *#connection(): AsyncGenerator<WatchEvent, void, undefined> {
    const stop = new AbortController();
    const outer = this.#options.signal;
    const stopped = (): void => stop.abort(outer?.reason);
    outer?.addEventListener("abort", stopped);
    const { clock, silenceMs = silenceMost } = this.#listening;
    const silent = (): void => stop.abort(transportError(undefined, "the server fell silent"));
    let silence: ReturnType<typeof setTimeout> | undefined;
    let heard = clock.now();
    const listening = (): void => {
      clearTimeout(silence);
      silence = setTimeout(silent, silenceMs);
      heard = clock.now();
    };
    const asleep = this.#listening.onWake(() => {
      if (clock.now() - heard > silenceAfterSleep) silent();
    });
    try {
      listening();
      const reader = (await this.#open(stop.signal)).getReader();
      const events = new SseReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        listening();
        for (const event of events.read(value)) {
          const told = this.#taken(event);
          // Whoever listens may take its time; the server's silence is counted while we read only.
          clearTimeout(silence);
          if (told) yield told;
          if (outer?.aborted) return;
          listening();
        }
      }
    } catch (error) {
      if (stop.signal.aborted) throw stop.signal.reason;
      throw error instanceof HoldfastError ? error : transportError(error, String(error));
    } finally {
      clearTimeout(silence);
      asleep();
      outer?.removeEventListener("abort", stopped);
      stop.abort();
    }
  }

  #open(signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    const after = this.#position;
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (after !== "") headers["last-event-id"] = after;
    const query = {
      ...(this.#options.prefix === undefined ? {} : { prefix: this.#options.prefix }),
      ...(after === "" ? {} : { after }),
    };
    return this.#http.stream({ id: "events.watch", query }, headers, signal);
  }

  /** What to hand out; none where only the position moved. */
  #taken(from: SseEvent): WatchEvent | undefined {
    const event = from.type === undefined ? undefined : eventOf(from);
    const position = event?.position ?? from.id ?? "";
    if (position !== "") this.#position = position;
    if (event?.kind === "begin" && this.#begun) return undefined; // Made again; that is no reason to ask in haste.
    this.#backoff.reset();
    if (from.type === undefined) return undefined;
    if (event === undefined) {
      throw new UnavailableError({
        code: "bad_answer",
        fate: "not_done",
        detail: `An event at ${position} is no JSON object.`,
      });
    }
    this.#begun = true;
    return event;
  }
}
