// A text that one session at a time changes, as one client sees it: followed until it is owned, then typed into.
//
// Kept here:
//   * typing is taken only while the lease may be believed; from the moment on in which that ends, nothing is;
//   * one operation is under way at a time, under a number that makes it safe to send again (tail.ts);
//   * what was typed and not stored when the lease was lost becomes a draft, and is never sent as an edit later;
//   * a connection that comes back first sends again what was not answered, then catches up, then goes on.

import type { HeldState, LeaseState } from "./answers.js";
import { HandOverRequest, type Deciding, type Silence } from "./asked.js";
import { changesNothing, compose, lengthBefore, map, replacing, unmapPosition, validate, type ChangeJson } from "./changes.js";
import { Cursors, type CursorRange, type RemoteCursor } from "./cursors.js";
import { Emitter } from "./emitter.js";
import { obtain, type HoldingMeans, type Wanting, type Way } from "./holding.js";
import type { Lease } from "./lease.js";
import type { Push } from "./live.js";
import { HoldfastError, LeaseLostError, RefusedError, RequestError, StaleError, UnavailableError, isObject, numberAt, textAt } from "./problem.js";
import { Backoff, mayTryAgain } from "./retry.js";
import { Tail, type EditOperation, type Operation, type ServerOperation } from "./tail.js";
import type { UnsentStore, UnsentText } from "./unsent.js";
import type { Surroundings } from "./surroundings.js";

export interface BufferOptions {
  /** "edit": the first edit asks for it. "explicit": acquire() does. Default "edit". */
  readonly acquire?: "edit" | "explicit";
  /** When it is taken over: hand in what there is by itself, and let go; or leave it to who listens. Default "auto". */
  readonly handIn?: "auto" | "ask";
  /** When somebody asks for it and nobody answers in time. Default "hand_over". */
  readonly whenSilent?: Silence;
  /** How long the lease lasts without a sign of life. Default 30 s. */
  readonly ttlMs?: number;
  /** Shown to whoever is refused. */
  readonly note?: string;
}

export type BufferState =
  | "following" // Somebody else's, or nobody's.
  | "acquiring" // Asked for.
  | "waiting" // In the queue.
  | "owned"
  | "unsure" // Owned, as far as is known; it is asked, and nothing is typed meanwhile.
  | "handing_over" // What was typed is being stored; then it is let go.
  | "lost" // What was typed and not stored is being made a draft.
  | "closed";

/** What has become of what was typed. */
export type Saved =
  | "stored" // All of it is in the server's text, durably.
  | "sent" // Under way, all of it.
  | "typed" // Not sent yet.
  | "kept"; // On this side, since the server cannot be reached or the lease is gone.

export type TextOrigin = "remote" | "undo" | "redo" | "draft" | "typed" | "reset";

export interface TextChange {
  /** Of the text as it was shown. */
  readonly change: ChangeJson;
  /** "typed": what was put aside until the text was owned. "reset": what became a draft is taken out. */
  readonly origin: TextOrigin;
  /** Who made it, where that is known. */
  readonly owner: string | undefined;
}

export interface Member {
  readonly owner: string;
  readonly session: string;
  readonly state: "active" | "idle" | "hidden";
  readonly holder: boolean;
}

/** It will be taken over when the window ends. */
export interface HandIn {
  readonly by: string;
  readonly reason: string;
  readonly windowMs: number;
  /** Stores what was typed, and lets go. */
  release(): Promise<void>;
}

export interface DraftMade {
  readonly name: string;
  /** Its number at the server; undefined where it could only be kept on this side so far. */
  readonly draft: number | undefined;
  readonly changes: readonly ChangeJson[];
}

export interface BufferEvents {
  /** The shown text changed, other than by edit(). */
  text: TextChange;
  state: BufferState;
  saved: Saved;
  /** Who holds it changed. */
  owner: HeldState | undefined;
  lost: LeaseLostError;
  draft: DraftMade;
  /** An edit asked for it, and it was not to be had. What was typed is dropped. */
  refused: HoldfastError;
  /** What was typed can never be stored: too large, say. It was taken out of the text and is in `draft`, if it could be kept. */
  rejected: { readonly error: HoldfastError; readonly changes: readonly ChangeJson[] };
  queue: { readonly place: number; readonly waiting: number };
  handIn: HandIn;
  /** A takeover that was ahead does not come about. */
  kept: undefined;
  requested: HandOverRequest;
  declined: { readonly by: string; readonly message: string };
  cursors: readonly RemoteCursor[];
  members: readonly Member[];
}

/** @internal */
export interface BufferMeans extends HoldingMeans {
  readonly surroundings: Surroundings;
  readonly store: UnsentStore;
  readonly server: string;
  /** Numbers of changes go on where an earlier buffer of this session and name stopped. */
  readonly numbers: Map<string, number>;
  closed(): void;
}

const cursorPause = 100;
/** What was typed so long ago and is not stored is kept on this side too. */
const keepAfter = 200;
const requestWait = 5_000;
const refusedMost = 3;

export class GuardedBuffer {
  readonly name: string;
  readonly #means: BufferMeans;
  readonly #options: Required<Omit<BufferOptions, "note" | "ttlMs">> & Pick<BufferOptions, "note">;
  readonly #events = new Emitter<BufferEvents>();
  readonly #leave: (() => void)[] = [];
  readonly #backoff = new Backoff();
  readonly #undone = new Map<ServerOperation, { done(made: boolean): void; failed(error: unknown): void }>();
  #tail: Tail | undefined;
  #cursors = new Cursors(0);
  #buffer: number | null = null;
  #holder: HeldState | undefined;
  #heldAt: readonly [incarnation: number, number: number] = [0, 0];
  #members: readonly Member[] = [];
  #lease: Lease | undefined;
  #acquiring: Promise<void> | undefined;
  #inQueue = false;
  #aside: ChangeJson | undefined;
  #frozen = false;
  #unsure = false;
  #losing: { readonly loss: LeaseLostError; readonly token: number } | undefined;
  #ahead: Push[] = [];
  #follows = false;
  #working = false;
  #more = false; // Something came up since the last look.
  #refusedTimes = 0;
  #asked: HandOverRequest | undefined;
  #state: BufferState = "following";
  #saved: Saved = "stored";
  #isKept = false;
  #keepTimer: ReturnType<typeof setTimeout> | undefined;
  #againTimer: ReturnType<typeof setTimeout> | undefined;
  #cursorTimer: ReturnType<typeof setTimeout> | undefined;
  #cursor: { ranges: readonly CursorRange[]; main: number } | undefined;
  #closed = false;

  /** @internal */
  constructor(means: BufferMeans, name: string, options: BufferOptions) {
    this.name = name;
    this.#means = means;
    this.#options = {
      acquire: options.acquire ?? "edit",
      handIn: options.handIn ?? "auto",
      whenSilent: options.whenSilent ?? "hand_over",
      ...(options.note === undefined ? {} : { note: options.note }),
    };
  }

  /** @internal Connects and gets the text. */
  async opened(signal?: AbortSignal): Promise<this> {
    const { live, surroundings, timeoutMs } = this.#means;
    this.#leave.push(
      live.onPush(this.name, (push) => this.#hear(push)),
      live.onOpen(() => this.#connected()),
      live.on("state", () => this.#tell()),
      surroundings.onLeave(() => this.#left()),
      surroundings.onHide(() => void this.#keepUnsent()),
    );
    try {
      await this.#follow(timeoutMs, signal);
    } catch (error) {
      this.close();
      throw error;
    }
    this.#tell();
    return this;
  }

  on<Type extends keyof BufferEvents>(type: Type, listener: (event: BufferEvents[Type]) => void): () => void {
    return this.#events.on(type, listener);
  }

  /** What is shown: the newest text that is known, with what was typed here. */
  get text(): string {
    return this.#tail!.text;
  }
  /** The newest revision that is known. */
  get revision(): number {
    return this.#tail!.revision;
  }
  /** Without what was typed here and is not stored yet. */
  get storedText(): string {
    return this.#tail!.stored;
  }
  get state(): BufferState {
    return this.#state;
  }
  get saved(): Saved {
    return this.#saved;
  }
  /** Who holds it, as far as is known; also if that is this client. */
  get owner(): HeldState | undefined {
    return this.#holder;
  }
  get members(): readonly Member[] {
    return this.#members;
  }
  get session(): string {
    return this.#means.live.session;
  }
  /** Who this client is. */
  get ownerHere(): string {
    return this.#means.live.owner;
  }
  get token(): number | undefined {
    return this.#lease?.token;
  }
  get cursors(): readonly RemoteCursor[] {
    return this.#cursors.shown((this.#tail?.edits() ?? []).map(({ change }) => change));
  }
  /** Somebody's question that waits for an answer. */
  get request(): HandOverRequest | undefined {
    return this.#asked?.open ? this.#asked : undefined;
  }
  /** Whether typing is taken at this moment. */
  get mayEdit(): boolean {
    return !this.#closed && !this.#frozen && this.#lease !== undefined && this.#lease.holds();
  }
  /** How long the oldest change that is not stored has waited. */
  get oldestUnstoredMs(): number {
    const [oldest] = this.#tail!.edits();
    return oldest ? this.#means.clock.now() - oldest.since : 0;
  }

  /**
   * Typed here. "done": it is in `text` and on its way. "asking": it is put aside until the lease has been asked for; it
   * comes as a `text` event if that is granted. "no": it is not taken.
   */
  edit(change: ChangeJson): "done" | "asking" | "no" {
    validate(change);
    const tail = this.#tail!;
    if (lengthBefore(change) !== tail.text.length) {
      throw new RequestError({ code: "wrong_length", fate: "not_done", field: "changes", detail: "changes: they are for a text of another length" });
    }
    this.#means.live.active();
    if (this.mayEdit) {
      tail.edit(change, this.#means.clock.now());
      this.#edited();
      return "done";
    }
    if (this.#closed || this.#options.acquire !== "edit" || this.#lease || this.#losing || this.#unsure || changesNothing(change)) return "no";
    if (this.#heldByOther()) {
      this.#events.emit("refused", refusalBy(this.#holder!, this.#means.live.owner));
      return "no";
    }
    this.#aside = this.#aside ? compose(this.#aside, map(change, this.#aside)) : change;
    this.acquire().catch((error: unknown) => {
      this.#aside = undefined;
      if (error instanceof HoldfastError) this.#events.emit("refused", error);
    });
    return "asking";
  }

  /** The same, in words: `insert` in the place of what lies from `from` to `to`. */
  replace(from: number, to: number, insert: string): "done" | "asking" | "no" {
    return this.edit(replacing(this.text.length, from, to, insert));
  }

  /** Throws a RefusedError that says who has it. `waitMs`: in the queue, first come first served. */
  acquire(wanting: Wanting & { readonly note?: string } = {}): Promise<void> {
    if (this.#lease && !this.#losing) return Promise.resolve();
    const note = wanting.note ?? this.#options.note;
    return this.#get("lease.acquire", note === undefined ? {} : { note }, wanting);
  }

  /** Takes it from its holder, who may hand in what it has before; who did it and why is told and kept. */
  async takeover(options: { readonly reason: string; readonly flushMs?: number; readonly signal?: AbortSignal }): Promise<void> {
    const token = await this.#tokenNow(options.signal);
    const flush = options.flushMs === undefined ? {} : { flush_ms: options.flushMs };
    const fields = { reason: options.reason, ...flush, ...(token === undefined ? {} : { token }) };
    await this.#get("lease.takeover", fields, options);
  }

  /** "Continue here": from another session of the same owner to this one. */
  async move(options: { readonly signal?: AbortSignal } = {}): Promise<void> {
    const token = await this.#tokenNow(options.signal);
    await (token === undefined ? this.#get("lease.acquire", {}, options) : this.#get("lease.move", { token }, options));
  }

  /**
   * Asks whoever holds it to hand it over, and waits for that. Resolves with whether it is owned now: false where the
   * holder said no, or the time was over. `waitMs`: how long; a bit more than the holder has to answer unless given.
   */
  async ask(options: { readonly message?: string; readonly waitMs?: number; readonly signal?: AbortSignal } = {}): Promise<boolean> {
    const { live, timeoutMs } = this.#means;
    if (this.#lease) return true;
    const stop = new AbortController();
    const stopped = (): void => stop.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", stopped, { once: true });
    const declined = new UnavailableError({ code: "declined", fate: "not_done", detail: "The holder said: not now." });
    const unheard = this.on("declined", () => stop.abort(declined));
    try {
      const waiting = this.acquire({ waitMs: options.waitMs ?? 30_000 + requestWait, signal: stop.signal });
      waiting.catch(() => undefined);
      const message = options.message === undefined ? {} : { message: options.message };
      await live.call("lease.request", { name: this.name, ...message }, { timeout: timeoutMs, signal: stop.signal }).catch((error: unknown) => {
        // Nobody holds it: then the place in the queue is all that is needed.
        if (!(error instanceof StaleError)) throw error;
      });
      await waiting;
      return true;
    } catch (error) {
      if (error === declined) return false;
      if (error instanceof RefusedError && error.code === "wait_over") return false;
      throw error;
    } finally {
      unheard();
      options.signal?.removeEventListener("abort", stopped);
    }
  }

  /** Stores what was typed, then lets it go. */
  async release(): Promise<void> {
    const lease = this.#lease;
    if (lease) await this.#letGo(() => lease.release());
  }

  /** Stores what was typed, then gives it to `to`, before the queue. */
  async transfer(to: string, toSession?: string): Promise<void> {
    const session = toSession === undefined ? {} : { to_session: toSession };
    await this.#letGo(async () => {
      const fields = { name: this.name, token: this.#lease!.token, to, ...session };
      await this.#means.live.call("lease.transfer", fields, { timeout: this.#means.timeoutMs });
      this.#lease!.given();
    });
  }

  /** Says "not now" to somebody who asked. */
  decline(to: string, message?: string): void {
    const words = message === undefined ? {} : { message };
    this.#means.live.tell("decline", { name: this.name, token: this.#lease?.token, to, ...words });
  }

  /** Takes back what this owner last changed, whatever others did since. False: there is nothing. What was typed goes first. */
  undo(): Promise<boolean> {
    return this.#askServer({ kind: "undo" });
  }
  redo(): Promise<boolean> {
    return this.#askServer({ kind: "redo" });
  }
  /** Makes a draft's changes in the text as it is now. `anyway`: also beside what others changed at the same places. */
  async applyDraft(draft: number, options: { readonly anyway?: boolean } = {}): Promise<void> {
    await this.#askServer({ kind: "draft", draft, ...(options.anyway ? { anyway: true } : {}) });
  }

  /** Where the cursors are here, in the shown text. Told to others at most each 100 ms. */
  setCursor(ranges: readonly CursorRange[], main = 0): void {
    this.#cursor = { ranges: ranges.slice(0, 64), main };
    this.#means.live.active();
    this.#cursorTimer ??= setTimeout(() => this.#sendCursor(), cursorPause);
  }

  /** Resolves when all that was typed so far is stored. Rejects where it is not going to be. */
  stored(): Promise<void> {
    if (this.#tail!.empty && !this.#aside) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (how: () => void): void => {
        for (const leave of leaves) leave();
        how();
      };
      const settle = (): void => {
        if (this.#tail!.empty && !this.#aside && !this.#losing) end(resolve);
        else if (this.#closed || this.#losing) end(() => reject(this.#losing?.loss ?? closedError()));
      };
      const leaves = [
        this.on("saved", settle),
        this.on("state", settle),
        this.on("rejected", ({ error }) => end(() => reject(error))),
        this.on("refused", (error) => end(() => reject(error))),
      ];
    });
  }

  /** Stops following. A lease is let go after what was typed is stored; what cannot be is kept on this side. */
  async closeWhenStored(): Promise<void> {
    await this.release().catch(() => undefined);
    this.close();
  }

  /** At once: the lease ends with its ttl, and what is not stored is kept on this side. */
  close(): void {
    if (this.#closed) return;
    void this.#keepUnsent();
    this.#closed = true;
    this.#means.live.tell("unfollow", { name: this.name });
    this.#lease?.given();
    for (const leave of this.#leave.splice(0)) leave();
    for (const timer of [this.#keepTimer, this.#againTimer, this.#cursorTimer]) clearTimeout(timer);
    this.#asked?.end();
    for (const { failed } of this.#undone.values()) failed(closedError());
    this.#undone.clear();
    this.#means.closed();
    this.#tell();
  }

  // Getting hold of it.

  #heldByOther(): boolean {
    const { owner, session } = this.#means.live;
    return this.#holder !== undefined && (this.#holder.owner !== owner || this.#holder.session !== session);
  }

  async #tokenNow(signal: AbortSignal | undefined): Promise<number | undefined> {
    const { live, timeoutMs } = this.#means;
    const state = (await live.call("lease.get", { name: this.name }, { timeout: timeoutMs, signal })) as unknown as LeaseState;
    return state.held ? state.token : undefined;
  }

  /** One at a time: whoever asks meanwhile gets what comes of the first. */
  #get(way: Way, fields: Readonly<Record<string, unknown>>, wanting: Wanting): Promise<void> {
    this.#acquiring ??= this.#obtain(way, fields, wanting);
    this.#tell();
    return this.#acquiring;
  }

  async #obtain(way: Way, fields: Readonly<Record<string, unknown>>, wanting: Wanting): Promise<void> {
    try {
      await this.#settledLoss();
      this.#own(await obtain(this.#means, way, { name: this.name, ...fields }, wanting));
    } finally {
      this.#acquiring = undefined;
      this.#inQueue = false;
      this.#tell();
    }
  }

  /** What an earlier holding left has become a draft before anything new is typed. */
  #settledLoss(): Promise<void> {
    if (!this.#losing) return Promise.resolve();
    return new Promise((resolve) => {
      const leave = this.on("state", () => {
        if (this.#losing && !this.#closed) return;
        leave();
        resolve();
      });
    });
  }

  #own(lease: Lease): void {
    if (this.#closed) {
      lease.release().catch(() => undefined);
      return;
    }
    this.#lease = lease;
    this.#unsure = this.#frozen = false;
    lease.on("lost", (loss) => this.#lost(lease, loss));
    lease.on("doubt", () => this.#tell());
    lease.on("regained", () => this.#tell());
    this.#tell();
    const aside = this.#aside;
    this.#aside = undefined;
    if (aside && this.mayEdit) {
      this.#tail!.edit(aside, this.#means.clock.now());
      this.#events.emit("text", { change: aside, origin: "typed", owner: this.#means.live.owner });
      this.#edited();
    }
    this.#kick();
  }

  async #letGo(how: () => Promise<unknown>): Promise<void> {
    const lease = this.#lease;
    if (!lease) return;
    this.#frozen = true;
    this.#tell();
    try {
      await this.stored();
      if (this.#lease !== lease) return;
      await how();
      if (this.#lease === lease) this.#lease = undefined;
    } catch (error) {
      if (this.#lease === lease) throw error;
    } finally {
      this.#frozen = false;
      this.#asked?.end();
      this.#tell();
    }
  }

  #lost(lease: Lease, loss: LeaseLostError): void {
    if (this.#lease !== lease) return;
    this.#lease = undefined;
    this.#asked?.end();
    if (loss.reason === "not_renewed") {
      // Nobody has said that it is over. Nothing is typed until it has been asked for by its token.
      this.#unsure = true;
      this.#tell();
      void this.#keepUnsent();
      this.#reclaim(lease.token).catch(() => undefined);
      return;
    }
    this.#lose(loss, lease.token);
  }

  async #reclaim(token: number): Promise<void> {
    while (this.#unsure && !this.#closed) {
      try {
        this.#own(await obtain(this.#means, "lease.renew", { name: this.name, token }));
        return;
      } catch (error) {
        if (mayTryAgain(error, true)) continue;
        this.#unsure = false;
        this.#lose(new LeaseLostError(this.name, error instanceof HoldfastError ? error : undefined), token);
        return;
      }
    }
  }

  #lose(loss: LeaseLostError, token: number): void {
    this.#losing = { loss, token };
    this.#unsure = false;
    for (const [operation, { failed }] of this.#undone) if (this.#tail!.underWay !== operation) failed(loss);
    this.#tell();
    this.#events.emit("lost", loss);
    void this.#keepUnsent();
    this.#kick();
  }

  // What is pushed.

  #hear(push: Push): void {
    const token = numberAt(push, "token");
    const mine = this.#lease !== undefined && token === this.#lease.token;
    const by = textAt(push, "by") ?? "";
    switch (push.push) {
      case "revision":
        this.#ahead.push(push);
        this.#advance();
        return;
      case "event":
        this.#happened(push["data"]);
        return;
      case "cursor":
        this.#cursors.said(push);
        this.#events.emit("cursors", this.cursors);
        return;
      case "members":
        this.#gathered(push);
        return;
      case "queue":
        this.#inQueue = true;
        this.#tell();
        this.#events.emit("queue", { place: numberAt(push, "place") ?? 0, waiting: numberAt(push, "waiting") ?? 0 });
        return;
      case "hand_in":
        if (mine) this.#handIn(by, textAt(push, "reason") ?? "", numberAt(push, "window_ms") ?? 0);
        return;
      case "kept":
        if (!mine) return;
        this.#lease!.renew().catch(() => undefined);
        this.#events.emit("kept", undefined);
        return;
      case "requested":
        if (mine) this.#requested(push, by);
        return;
      case "declined":
        this.#events.emit("declined", { by, message: textAt(push, "message") ?? "" });
        return;
      case "lost":
        if (mine) this.#lease!.ended(new StaleError({ code: "stale", fate: "not_done", detail: "It is lost.", status: 409, problem: push }));
        return;
      case "created":
      case "removed":
      case "resync":
        this.#follows = false;
        this.#kick();
        return;
    }
  }

  /** Of what was said about who holds it. Answers may be overtaken by what is pushed. */
  #isNewest(position: string | undefined): boolean {
    const [incarnation = 0, number = 0] = (position ?? "").split(".").map(Number);
    const [knownIncarnation, known] = this.#heldAt;
    if (incarnation === knownIncarnation && number < known) return false;
    this.#heldAt = [incarnation, number];
    return true;
  }

  #happened(data: unknown): void {
    if (!isObject(data) || !this.#isNewest(textAt(data, "position"))) return;
    const [type, token, owner, session] = [textAt(data, "type"), numberAt(data, "token"), textAt(data, "owner"), textAt(data, "session")];
    if (token === undefined) return;
    const ends = type === "revoked" || (data["ends"] !== false && (type === "released" || type === "lapsed"));
    const begins = type === "granted" || type === "taken_over" || type === "moved" || type === "transferred" || type === "revived";
    if (ends) this.#holder = undefined;
    else if (begins && owner !== undefined) this.#holder = heldBy(this.name, token, owner, session ?? "", data);
    else return;
    this.#events.emit("owner", this.#holder);
    // Passed on to this session by somebody else, who needs no answer of ours.
    if (begins && type !== "granted" && !this.#heldByOther() && !this.#lease && !this.#acquiring && !this.#unsure) this.#claim(token);
  }

  /** The name was given to this session without its asking for it. */
  #claim(token: number): void {
    this.#get("lease.renew", { token }, {}).catch(() => undefined);
  }

  #gathered(push: Push): void {
    const members = Array.isArray(push["members"]) ? (push["members"] as Member[]) : [];
    this.#members = members;
    if (members.length < (numberAt(push, "count") ?? 0)) return void this.#events.emit("members", members); // Not all of them.
    this.#cursors.only(new Set(members.map(({ session }) => session)));
    this.#events.emit("members", members);
    this.#events.emit("cursors", this.cursors);
  }

  #handIn(by: string, reason: string, windowMs: number): void {
    this.#lease!.renew().catch(() => undefined); // Until when it may be believed is counted from that.
    const release = (): Promise<void> => this.release();
    this.#events.emit("handIn", { by, reason, windowMs, release });
    if (this.#options.handIn === "auto") release().catch(() => undefined); // Too late: then it is told as lost.
  }

  #requested(push: Push, by: string): void {
    const session = textAt(push, "by_session");
    const deciding: Deciding = {
      whenSilent: this.#options.whenSilent,
      decided: (answer, words) => {
        const gives = answer === "hand over" || (answer === "silence" && this.#options.whenSilent === "hand_over");
        if (gives) this.transfer(by, session).catch(() => undefined);
        else if (answer === "later") this.decline(by, words);
      },
    };
    this.#asked?.end();
    this.#asked = new HandOverRequest(by, textAt(push, "message") ?? "", numberAt(push, "answer_within_ms") ?? 30_000, deciding);
    this.#events.emit("requested", this.#asked);
  }

  // The text.

  #others(change: ChangeJson, origin: TextOrigin, owner: string | undefined): void {
    const tail = this.#tail!;
    const shown = tail.others(change);
    this.#cursors.changed(tail.revision, change);
    if (this.#aside) this.#aside = map(this.#aside, shown);
    this.#events.emit("text", { change: shown, origin, owner });
  }

  /** Makes the revisions that were pushed, as far as they follow on what is known. */
  #advance(): void {
    const tail = this.#tail;
    if (!tail) return;
    for (;;) {
      this.#ahead = this.#ahead.filter((push) => (numberAt(push, "revision") ?? 0) > tail.revision);
      const next = this.#ahead.find((push) => (numberAt(push, "base") ?? Infinity) <= tail.revision);
      if (!next) break;
      const changes = next["changes"] as ChangeJson[];
      const kind = textAt(next, "kind") ?? "edit";
      const origin: TextOrigin = kind === "undo" || kind === "redo" || kind === "draft" ? kind : "remote";
      for (const change of changes.slice(tail.revision - (next["base"] as number))) this.#others(change, origin, textAt(next, "owner"));
    }
    // Of what is under way the answer will come, and then these fit; else something is missing.
    if (this.#ahead.length > 0 && tail.underWay === undefined) this.#follows = false;
    this.#kick();
  }

  async #follow(timeout: number, signal?: AbortSignal): Promise<void> {
    const had = this.#tail !== undefined && this.#buffer !== null ? { buffer: this.#buffer, after: this.#tail.revision } : {};
    this.#follows = true;
    try {
      this.#present(await this.#means.live.call("follow", { name: this.name, ...had }, { timeout, signal }));
    } catch (error) {
      this.#follows = false;
      throw error;
    }
  }

  /** The present, as the answer to `follow` has it. */
  #present(said: Readonly<Record<string, unknown>>): void {
    const buffer = numberAt(said, "buffer") ?? null;
    const revision = numberAt(said, "revision") ?? 0;
    const text = textAt(said, "text");
    // What was pushed meanwhile may be newer than the answer.
    const older = this.#tail !== undefined && buffer === this.#buffer && revision < this.#tail.revision;
    if (this.#tail === undefined) this.#tail = new Tail(revision, text ?? "", this.#means.numbers.get(this.name));
    else if (older) return;
    else if (text !== undefined || buffer !== this.#buffer) this.#restart(revision, text ?? "");
    else this.#caughtUp(said["changes"]);
    this.#buffer = buffer;
    const lease = said["lease"];
    if (this.#isNewest(textAt(said, "position"))) {
      this.#holder = isObject(lease) && lease["held"] === true ? (lease as unknown as HeldState) : undefined;
      this.#events.emit("owner", this.#holder);
    }
    if (Array.isArray(said["members"])) this.#gathered({ ...said, push: "members" });
    this.#advance();
  }

  #caughtUp(changes: unknown): void {
    for (const one of (Array.isArray(changes) ? changes : []) as { revision: number; owner: string; change: ChangeJson }[]) {
      if (one.revision === this.#tail!.revision + 1) this.#others(one.change, "remote", one.owner);
    }
  }

  /** The text as the server has it, without a way there. What was typed on top of the old one cannot be carried over. */
  #restart(revision: number, text: string): void {
    const tail = this.#tail!;
    const typed = tail.edits();
    if (typed.length > 0) {
      const changes = typed.map(({ change }) => change);
      this.#keepLater({ token: this.#losing?.token ?? this.#lease?.token ?? 0, base: tail.revision, seq: tail.numbered(), changes });
    }
    this.#aside = undefined;
    const change = tail.restart(revision, text);
    this.#cursors.clear(revision);
    this.#events.emit("text", { change, origin: "reset", owner: undefined });
    this.#edited();
  }

  // What was typed.

  #edited(): void {
    this.#tell();
    this.#kick();
    this.#keepTimer ??= setTimeout(() => void this.#keepUnsent(), keepAfter);
  }

  #connected(): void {
    if (!this.#tail) return; // The first look at it is under way.
    this.#follows = false;
    this.#tail.unanswered();
    this.#ahead = [];
    if (this.#lease) this.#lease.renew().catch(() => undefined);
    if (this.#cursor) this.#cursorTimer ??= setTimeout(() => this.#sendCursor(), cursorPause);
    this.#kick();
  }

  #kick(): void {
    this.#more = true;
    if (this.#working || this.#closed || !this.#tail) return;
    this.#working = true;
    // Later: what is typed in the same turn goes along.
    void Promise.resolve().then(() => this.#work());
  }

  /** Does what is to be done, one after the other. */
  async #work(): Promise<void> {
    try {
      while (this.#more) {
        this.#more = false;
        while (!this.#closed && this.#means.live.state === "open" && (await this.#step()));
      }
      this.#backoff.reset();
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      clearTimeout(this.#againTimer);
      this.#againTimer = setTimeout(() => this.#kick(), this.#backoff.pause(error));
    } finally {
      this.#working = false;
      this.#tell();
    }
  }

  /** Says whether there may be more. */
  async #step(): Promise<boolean> {
    const tail = this.#tail!;
    const [first] = tail.operations;
    // What was sent and not answered may be in the text. So that is found out before anything is caught up with.
    const sent = first?.seq !== undefined && first.base !== undefined;
    if (sent && (this.#losing || this.#lease)) return this.#send();
    if (sent && this.#unsure) return false;
    if (this.#losing) return this.#file(this.#losing.token); // As it was typed, before it is caught up with others.
    if (!this.#follows) {
      await this.#follow(this.#means.timeoutMs);
      return true;
    }
    if (first && this.#lease) return this.#send();
    return false;
  }

  async #send(): Promise<boolean> {
    const tail = this.#tail!;
    const token = this.#losing?.token ?? this.#lease!.token;
    const operation = tail.send()!;
    this.#means.numbers.set(this.name, tail.lastSeq);
    this.#tell();
    try {
      const said = await this.#means.live.call(...callOf(operation, this.name, token), { timeout: this.#means.timeoutMs });
      this.#refusedTimes = 0;
      this.#made(operation, said);
    } catch (error) {
      this.#notMade(operation, error, token);
    }
    return true;
  }

  #made(operation: Operation, said: Readonly<Record<string, unknown>>): void {
    const tail = this.#tail!;
    const revision = numberAt(said, "revision");
    if (revision !== tail.revision + 1 || operation.base !== tail.revision) {
      // Not what was expected: the text is looked at anew, as a whole.
      tail.made([]);
      this.#buffer = null;
      this.#follows = false;
      return;
    }
    const [change] = Array.isArray(said["changes"]) ? (said["changes"] as ChangeJson[]) : [];
    const stored = operation.kind === "edit" ? operation.change : change!;
    const shown = tail.made(change);
    this.#cursors.changed(tail.revision, stored);
    if (operation.kind !== "edit") {
      if (shown) this.#events.emit("text", { change: shown, origin: operation.kind, owner: this.#means.live.owner });
      this.#undone.get(operation)?.done(true);
      this.#undone.delete(operation);
    }
    this.#advance();
    this.#tell();
    if (tail.empty) void this.#keepUnsent();
  }

  #notMade(operation: Operation, error: unknown, token: number): void {
    const tail = this.#tail!;
    if (error instanceof StaleError) {
      tail.refused();
      if (operation.kind !== "edit") this.#withdraw(operation, error);
      if (this.#lease?.token === token) this.#lease.ended(error);
      else if (!this.#losing) this.#lose(new LeaseLostError(this.name, error), token);
      return;
    }
    const again: boolean = mayTryAgain(error, true);
    if (!(error instanceof HoldfastError) || again) {
      tail.unanswered();
      throw error;
    }
    const moved = error.code === "base_moved" || error.code === "wrong_length" || error.code === "revision_future";
    if (moved && (this.#refusedTimes += 1) <= refusedMost) {
      tail.refused();
      this.#follows = false;
      return;
    }
    if (operation.kind !== "edit") return this.#withdraw(operation, error);
    // It never can be stored; neither can what was typed behind it, which was meant for the text with it.
    const changes = tail.edits().map(({ change }) => change);
    this.#keepLater({ token, base: tail.revision, seq: tail.numbered(), changes });
    const change = tail.drop();
    this.#events.emit("text", { change, origin: "reset", owner: undefined });
    this.#events.emit("rejected", { error, changes });
  }

  #withdraw(operation: ServerOperation, error: unknown): void {
    this.#tail!.nothing();
    const waiting = this.#undone.get(operation);
    this.#undone.delete(operation);
    if (error instanceof HoldfastError && error.code === "nothing_to_undo") waiting?.done(false);
    else waiting?.failed(error);
  }

  #askServer(operation: Pick<ServerOperation, "kind" | "draft" | "anyway">): Promise<boolean> {
    if (!this.#lease || this.#frozen || this.#closed) {
      const detail = `${this.name} is not owned here`;
      return Promise.reject(new StaleError({ code: "nothing_held", fate: "not_done", detail }));
    }
    const asked = this.#tail!.ask(operation);
    return new Promise((done, failed) => {
      this.#undone.set(asked, { done, failed });
      this.#edited();
    });
  }

  // What could not be stored.

  /** Makes a draft of what an old holding left. Says whether there may be more to do. */
  async #file(token: number): Promise<boolean> {
    const tail = this.#tail!;
    const changes = tail.edits().map(({ change }) => change);
    if (changes.length > 0) {
      const made = await this.#keepAsDraft({ token, base: tail.revision, seq: tail.numbered(), changes });
      if (!made) return false;
    }
    const change = tail.drop();
    this.#losing = undefined;
    if (!changesNothing(change)) this.#events.emit("text", { change, origin: "reset", owner: undefined });
    await this.#means.store.remove(this.#unsent(0, [])).catch(() => undefined);
    this.#isKept = false;
    this.#tell();
    return true;
  }

  /** Throws where it should be tried again. It is kept on this side meanwhile. */
  /** As a draft, if the server can be asked now; else it stays on this side until somebody opens a text of this owner. */
  #keepLater(what: { token: number; base: number; seq: number; changes: ChangeJson[] }): void {
    this.#keepAsDraft(what).catch(() => undefined);
  }

  async #keepAsDraft(what: { token: number; base: number; seq: number; changes: ChangeJson[] }): Promise<boolean> {
    const { live, timeoutMs, store } = this.#means;
    const unsent = { ...this.#unsent(what.token, what.changes), base: what.base, seq: what.seq };
    await store.put(unsent).catch(() => undefined);
    this.#means.numbers.set(this.name, this.#tail!.lastSeq);
    const { token, base, seq, changes } = what;
    try {
      const said = await live.call("draft.keep", { name: this.name, token, base, seq, changes }, { timeout: timeoutMs });
      this.#events.emit("draft", { name: this.name, draft: numberAt(said, "draft"), changes });
      await store.remove(unsent).catch(() => undefined);
      return true;
    } catch (error) {
      if (mayTryAgain(error, true)) throw error;
      // The server will not have it: it stays on this side, and is said so.
      this.#events.emit("draft", { name: this.name, draft: undefined, changes });
      return true;
    }
  }

  #unsent(token: number, changes: readonly ChangeJson[]): UnsentText {
    const { live, server } = this.#means;
    const tail = this.#tail!;
    const seq = tail.edits()[0]?.seq ?? tail.lastSeq + 1;
    return { server, name: this.name, owner: live.owner, session: live.session, token, base: tail.revision, seq, changes, at: Date.now() };
  }

  /** Keeps what is not stored on this side for whoever comes after, or forgets it where all is. */
  async #keepUnsent(): Promise<void> {
    clearTimeout(this.#keepTimer);
    this.#keepTimer = undefined;
    const edits = this.#tail?.edits() ?? [];
    const token = this.#losing?.token ?? this.#lease?.token;
    const { store } = this.#means;
    if (edits.length > 0 && token !== undefined) {
      this.#isKept = true;
      await store.put(this.#unsent(token, edits.map(({ change }: EditOperation) => change))).catch(() => undefined);
      if (!this.#closed) this.#keepTimer ??= setTimeout(() => void this.#keepUnsent(), keepAfter);
    } else if (this.#isKept && edits.length === 0) {
      this.#isKept = false;
      await store.remove(this.#unsent(0, [])).catch(() => undefined);
    }
  }

  /** The page is left: what was typed goes out with it, as far as there is time. */
  #left(): void {
    void this.#keepUnsent();
    const lease = this.#lease;
    if (!lease) return;
    const [first] = this.#tail!.operations;
    const { live } = this.#means;
    if (first && !this.#tail!.underWay) live.tell(...callOf(this.#tail!.send()!, this.name, lease.token));
    if (this.#tail!.operations.length <= 1) live.tell("lease.release", { name: this.name, token: lease.token });
  }

  // What is told.

  #sendCursor(): void {
    this.#cursorTimer = undefined;
    if (!this.#cursor || !this.#follows) return;
    // In the text of the newest revision: others do not see yet what was typed on top of it.
    const typed = this.#tail!.edits().map(({ change }) => change).reverse();
    const to = (position: number): number => typed.reduce((at, change) => unmapPosition(change, at), position);
    const ranges = this.#cursor.ranges.map(({ anchor, head }) => [to(anchor), to(head)]);
    this.#means.live.tell("cursor", { name: this.name, revision: this.revision, ranges, main: this.#cursor.main });
  }

  #stateNow(): BufferState {
    if (this.#closed) return "closed";
    if (this.#losing) return "lost";
    if (this.#unsure) return "unsure";
    if (this.#lease) return this.#frozen ? "handing_over" : this.#lease.holds() ? "owned" : "unsure";
    if (this.#acquiring) return this.#inQueue ? "waiting" : "acquiring";
    return "following";
  }

  #savedNow(): Saved {
    const tail = this.#tail;
    if (!tail || tail.edits().length === 0) return "stored";
    if (this.#means.live.state !== "open" || !this.#lease) return "kept";
    return tail.underWay && tail.edits().length === 1 ? "sent" : "typed";
  }

  #tell(): void {
    const saved = this.#savedNow();
    const state = this.#stateNow();
    const [savedBefore, stateBefore] = [this.#saved, this.#state];
    this.#saved = saved;
    this.#state = state;
    if (state !== stateBefore) this.#events.emit("state", state);
    if (saved !== savedBefore || (saved === "stored" && this.#tail?.empty === true)) this.#events.emit("saved", saved);
  }
}

function callOf(operation: Operation, name: string, token: number): [string, Record<string, unknown>] {
  const { seq, base } = operation;
  if (operation.kind === "edit") return ["buffer.edit", { name, token, base, seq, changes: [operation.change] }];
  if (operation.kind === "draft") return ["draft.apply", { draft: operation.draft, token, seq, ...(operation.anyway ? { anyway: true } : {}) }];
  return [`buffer.${operation.kind}`, { name, token, base, seq }];
}

const closedError = (): UnavailableError =>
  new UnavailableError({ code: "unreachable", fate: "not_done", detail: "The buffer was closed." });

function heldBy(name: string, token: number, owner: string, session: string, data: Readonly<Record<string, unknown>>): HeldState {
  const note = textAt(data, "note");
  return {
    name,
    held: true,
    token,
    previous: null,
    owner,
    session,
    holder: "session",
    since: textAt(data, "at") ?? "",
    ttl_ms: numberAt(data, "ttl_ms") ?? null,
    deadline_in_ms: null,
    waiting: 0,
    ...(note === undefined ? {} : { note }),
  };
}

/** As the server would say it, of a holder that is known. */
function refusalBy(holder: HeldState, owner: string): RefusedError {
  const code = holder.owner === owner ? "held_by_you" : "held";
  const detail = holder.owner === owner ? "You have it open in another place." : `${holder.owner} has it.`;
  return new RefusedError({ code, fate: "not_done", detail, status: 409, problem: { ...holder, code } });
}
