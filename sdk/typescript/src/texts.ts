// Texts and drafts, one call each, over HTTP. To type into one, open it: openBuffer().

import type { Draft, DraftPage, RemovedText, TextChanged, TextChanges, TextPage, TextState, WholeDraft } from "./text_answers.js";
import type { BufferListQuery, DraftListQuery, OperationId } from "./api.js";
import type { ChangeJson } from "./changes.js";
import type { Http, Request } from "./http.js";
import type { Operator } from "./operator.js";

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** How calls are sent, and tried again where that is safe. */
export type Ask = <Id extends OperationId, Answer>(request: Request<Id>, options: CallOptions) => Promise<Answer>;

export class Texts {
  readonly #ask: Ask;
  readonly #http: Http;
  readonly #owner: string;
  readonly #timeout: number;

  /** @internal */
  constructor(ask: Ask, http: Http, owner: string, timeout: number) {
    this.#ask = ask;
    this.#http = http;
    this.#owner = owner;
    this.#timeout = timeout;
  }

  /** Puts a text under a name that has none: in words, or as the bytes of a file in UTF-8, at most 10 MiB. */
  async create(name: string, text: string | Uint8Array<ArrayBuffer> | Blob, options: CallOptions = {}): Promise<TextState> {
    if (typeof text === "string") return this.#ask({ id: "buffer.put", path: { name }, body: { owner: this.#owner, text } }, options);
    return this.#ask({ id: "buffer.put", path: { name }, file: { query: { owner: this.#owner }, bytes: text } }, options);
  }

  /** What there is to know about it; the text, too, unless `text` is false. `blame`: who wrote which part. */
  async get(name: string, options: CallOptions & { readonly revision?: number; readonly blame?: boolean; readonly text?: boolean } = {}): Promise<TextState> {
    const { signal, ...query } = options;
    return this.#ask({ id: "buffer.get", path: { name }, query: { ...query, owner: this.#owner } }, { signal });
  }

  /** As its file: with the line ends that it came with. */
  async file(name: string, options: CallOptions & { readonly revision?: number } = {}): Promise<string> {
    const { signal, ...query } = options;
    return this.#http.text({ id: "buffer.get", path: { name }, query }, { timeout: this.#timeout, signal });
  }

  async list(options: CallOptions & BufferListQuery = {}): Promise<TextPage> {
    const { signal, ...query } = options;
    return this.#ask({ id: "buffer.list", query }, { signal });
  }

  /** What came after a revision, oldest first. */
  async changes(name: string, after: number, options: CallOptions & { readonly limit?: number } = {}): Promise<TextChanges> {
    const { signal, ...query } = options;
    return this.#ask({ id: "buffer.changes", path: { name }, query: { ...query, after } }, { signal });
  }

  /** Takes the text away with its revisions; its drafts stay. `token`: of one's own holding, where it is held. */
  async remove(
    name: string,
    options: CallOptions & { readonly token?: number; readonly session?: string; /** Goes on when the page is left. */ readonly keepalive?: boolean } = {},
  ): Promise<RemovedText> {
    const { signal, keepalive = false, ...more } = options;
    return this.#ask({ id: "buffer.delete", path: { name }, body: { owner: this.#owner, ...more }, keepalive }, { signal });
  }

  /** Oldest first. Those of everybody, unless an owner is named. */
  async drafts(options: CallOptions & DraftListQuery = {}): Promise<DraftPage> {
    const { signal, ...query } = options;
    return this.#ask({ id: "draft.list", query }, { signal });
  }

  /** With the text that it was made for, and what it would do to the newest one: to compare. */
  async draft(draft: number, options: CallOptions = {}): Promise<WholeDraft> {
    return this.#ask({ id: "draft.get", path: { draft: String(draft) } }, options);
  }

  /** The draft's whole text, as a file. */
  async draftFile(draft: number, options: CallOptions = {}): Promise<string> {
    return this.#http.text({ id: "draft.get", path: { draft: String(draft) } }, { timeout: this.#timeout, ...options });
  }

  async discardDraft(draft: number, options: CallOptions = {}): Promise<void> {
    await this.#ask({ id: "draft.discard", path: { draft: String(draft) }, body: { owner: this.#owner } }, options);
  }

  /** Makes a draft of changes that could not be got in. Twice under one session and number is once. */
  async keepDraft(
    name: string,
    draft: { readonly token: number; readonly session: string; readonly base: number; readonly seq: number; readonly changes: readonly ChangeJson[] },
    options: CallOptions = {},
  ): Promise<Draft> {
    return this.#ask({ id: "draft.keep", path: { name }, body: { owner: this.#owner, ...draft } }, options);
  }

  /** For programs that hold the lease in another way than by openBuffer(). */
  async edit(
    name: string,
    edit: { readonly token: number; readonly session: string; readonly base: number; readonly seq: number; readonly changes: readonly ChangeJson[] },
    options: CallOptions = {},
  ): Promise<TextChanged> {
    return this.#ask({ id: "buffer.edit", path: { name }, body: { owner: this.#owner, ...edit } }, options);
  }
}

/** The same over an operator's client: one try each. */
export function textsOf(operator: Operator, timeoutMs = 10_000): Texts {
  const { http, owner } = operator;
  const ask: Ask = async (request, { signal }) => (await http.once(request, { timeout: timeoutMs, signal })) as never;
  return new Texts(ask, http, owner, timeoutMs);
}
