// One request over fetch, and one answer: an object, or an error that says whether it happened.

import { operations, type Bodies, type OperationId, type Queries } from "./api.js";
import { HoldfastError, RequestError, UnavailableError, badField, errorOf, isObject } from "./problem.js";

export type Fetch = typeof globalThis.fetch;

/** The parts of a path that are names: {name} is the rest of the path with its slashes, all others one segment. */
export type PathParts = Readonly<Record<string, string>>;

export interface Request<Id extends OperationId> {
  readonly id: Id;
  readonly path?: PathParts;
  readonly body?: Bodies[Id];
  readonly query?: Queries[Id];
  /** Instead of a body: the bytes of a text, and what the body would have said besides. */
  readonly file?: { readonly bytes: Uint8Array<ArrayBuffer> | Blob; readonly query: Readonly<Record<string, string>> };
  /** Goes on when the page is left. */
  readonly keepalive?: boolean;
}

export interface Terms {
  readonly timeout: number;
  readonly signal?: AbortSignal | undefined;
}

/** fetch() tidies paths: a segment of dots would name something else, and an empty name would be another call. */
function encodedName(name: string): string {
  if (name === "") throw badField("name", "it is empty", "bad_name");
  return name
    .split("/")
    .map((segment) => encodedSegment(segment, "name"))
    .join("/");
}

function encodedSegment(text: string, field: string): string {
  if (text === "." || text === "..") throw badField(field, "a segment may not be . or ..", "bad_name");
  try {
    return encodeURIComponent(text);
  } catch {
    throw badField(field, "it has half of a surrogate pair, which is no text", "bad_name");
  }
}

export function urlOf<Id extends OperationId>(server: string, request: Request<Id>): string {
  const path = operations[request.id].path.replace(/\{(\w+)\}/g, (_, part: string) => {
    const text = request.path?.[part] ?? "";
    return part === "name" ? encodedName(text) : encodedSegment(text, part);
  });
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries({ ...request.query, ...request.file?.query })) {
    if (value !== undefined) query.set(key, value === true ? "1" : value === false ? "0" : String(value));
  }
  const words = query.toString().replaceAll("+", "%20"); // A space; only what forms send has + for it.
  return server + path + (words === "" ? "" : `?${words}`);
}

/** What Node says where no connection was made, so that nothing was sent. Browsers do not say. */
const neverSent = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);

function isNeverSent(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; isObject(at) && depth < 4; at = at["cause"], depth += 1) {
    if (typeof at["code"] === "string" && neverSent.has(at["code"])) return true;
  }
  return false;
}

export function transportError(cause: unknown, what: string): UnavailableError {
  const facts = isNeverSent(cause)
    ? ({ code: "unreachable", fate: "not_done", detail: `The server cannot be reached: ${what}` } as const)
    : ({ code: "answer_lost", fate: "maybe_done", detail: `No answer came: ${what}` } as const);
  return new UnavailableError({ ...facts, cause });
}

const wordsOf = (error: unknown): string => {
  const inner = isObject(error) && error["cause"] instanceof Error ? error["cause"] : error;
  return inner instanceof Error ? inner.message : String(inner);
};

/** Runs `work` under a signal that aborts after `timeout` or with `outer`. */
export async function within<T>(
  timeout: number,
  outer: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  outer?.throwIfAborted();
  const own = new AbortController();
  const late = transportError(undefined, `nothing within ${Math.round(timeout)} ms`);
  const timer = setTimeout(() => own.abort(late), timeout);
  const stop = (): void => own.abort(outer?.reason);
  outer?.addEventListener("abort", stop);
  try {
    return await work(own.signal);
  } catch (error) {
    // Whoever asked for the stop gets its own reason back.
    if (own.signal.aborted && !(error instanceof HoldfastError)) throw own.signal.reason;
    throw error;
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", stop);
  }
}

/** What fetch is to be told. Cookies go along on the same origin only; an answer is never one from a cache. */
export function initOf<Id extends OperationId>(request: Request<Id>, signal: AbortSignal): RequestInit {
  const init: RequestInit = {
    method: operations[request.id].method,
    headers: { accept: "application/json" },
    cache: "no-store",
    redirect: "manual", // Whoever answers with one is no Holdfast server.
    signal,
  };
  if (request.keepalive) init.keepalive = true;
  if (request.file) {
    const headers = { accept: "application/json", "content-type": "text/plain; charset=utf-8" };
    return { ...init, headers, body: request.file.bytes };
  }
  if (request.body === undefined) return init;
  return {
    ...init,
    headers: { accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify(request.body),
  };
}

/** The error of an answer that is not 200. */
export async function refusalOf(response: Response): Promise<HoldfastError> {
  const text = await response.text();
  return errorOf(response.status, parsed(text), response.headers.get("retry-after"));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whatever a request can be sent over. */
export interface Asker {
  /** One try. Throws a HoldfastError, or the reason of `terms.signal`. */
  once<Id extends OperationId>(request: Request<Id>, terms: Terms): Promise<Record<string, unknown>>;
}

export class Http implements Asker {
  readonly server: string;
  readonly #fetch: Fetch;

  constructor(server: string, fetch: Fetch) {
    this.server = server;
    this.#fetch = fetch;
  }

  async once<Id extends OperationId>(request: Request<Id>, terms: Terms): Promise<Record<string, unknown>> {
    const answer = parsed(await this.#body(urlOf(this.server, request), (signal) => initOf(request, signal), terms));
    if (isObject(answer)) return answer;
    throw new UnavailableError({
      code: "bad_answer",
      fate: "maybe_done",
      detail: "The answer is no JSON object. Is this a Holdfast server?",
      status: 200,
    });
  }

  /** A text as it is, instead of what there is to know about it. */
  async text<Id extends OperationId>(request: Request<Id>, terms: Terms): Promise<string> {
    const init = (signal: AbortSignal): RequestInit => ({ ...initOf(request, signal), headers: { accept: "text/plain" } });
    return this.#body(urlOf(this.server, request), init, terms);
  }

  /** A page of the server that is no operation. */
  async page(path: string, terms: Terms): Promise<string> {
    return this.#body(this.server + path, (signal) => ({ cache: "no-store", redirect: "manual", signal }), terms);
  }

  /** One try, and what an answer of success says. */
  async #body(url: string, init: (signal: AbortSignal) => RequestInit, terms: Terms): Promise<string> {
    return within(terms.timeout, terms.signal, async (signal) => {
      try {
        const response = await this.#fetch(url, init(signal));
        if (!response.ok) throw await refusalOf(response);
        return await response.text();
      } catch (error) {
        if (signal.aborted || error instanceof HoldfastError) throw error;
        throw transportError(error, wordsOf(error));
      }
    });
  }

  /** An answer that does not end: its body is to be read. */
  async stream<Id extends OperationId>(
    request: Request<Id>,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array>> {
    const init = initOf(request, signal);
    const response = await this.#fetch(urlOf(this.server, request), { ...init, headers });
    if (response.status !== 200) throw await refusalOf(response);
    if (response.body === null) throw new RequestError({ code: "bad_answer", fate: "not_done", detail: "an empty answer" });
    return response.body;
  }
}
