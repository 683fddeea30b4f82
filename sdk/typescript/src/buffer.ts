// A text that one session at a time changes, as one client sees it: followed until it is owned, then typed into.
//
// Kept here:
//   * typing is taken only while the lease may be believed; from the moment on in which that ends, nothing is;
//   * one operation is under way at a time, under a number that makes it safe to send again (tail.ts, sending.ts);
//   * what was typed and not stored when the lease was lost becomes a draft (stash.ts), and is never sent as an edit later;
//   * a connection that comes back first sends again what was not answered, then catches up, then goes on.

import type { HeldState, LeaseState } from "./answers.js";
import { HandOverRequest, type Deciding } from "./asked.js";
import { askFor, type Asking } from "./asking.js";
import type { BufferEvents, BufferOptions, BufferState, Member, Saved, TextOrigin } from "./buffer_events.js";
import { changesNothing, compose, lengthBefore, map, replacing, unmapPosition, validate, type ChangeJson } from "./changes.js";
import { Cursors, type CursorRange, type RemoteCursor } from "./cursors.js";
import { Emitter } from "./emitter.js";
import { reasonOf } from "./hold_options.js";
import { obtain, type HoldingMeans, type Wanting, type Way } from "./holding.js";
import type { Lease } from "./lease.js";
import type { Push } from "./live.js";
import { LeaseLostError } from "./loss.js";
import { HoldfastError, RequestError, StaleError, isObject, numberAt, textAt } from "./problem.js";
import { Backoff, mayTryAgain, paused } from "./retry.js";
import { Sending, type SendingTold } from "./sending.js";
import { Stash, type StashMeans } from "./stash.js";
import type { Surroundings } from "./surroundings.js";
import { Tail, type Operation, type ServerOperation } from "./tail.js";
import { Turns } from "./turns.js";
import { Whose } from "./whose.js";

/** @internal */
export interface BufferMeans extends HoldingMeans, StashMeans {
  readonly surroundings: Surroundings;
  closed(): void;
}

const cursorPause = 100;

export class GuardedBuffer {
  readonly name: string;
  readonly #means: BufferMeans;
  readonly #options: Required<Omit<BufferOptions, "note" | "ttlMs">> & Pick<BufferOptions, "note">;
  readonly #events = new Emitter<BufferEvents>();
  readonly #leave: (() => void)[] = [];
  readonly #tail: Tail;
  readonly #sending: Sending;
  readonly #stash: Stash;
  readonly #turns: Turns;
  readonly #whose: Whose;
  readonly #cursors = new Cursors(0);
  /** Nothing is known of the text before the first answer. */
  #known = false;
  /** Which text of this name; null: it is to be had as a whole. */
  #buffer: number | null = null;
  #absent = false;
  #members: readonly Member[] = [];
  #lease: Lease | undefined;
  #acquiring: Promise<void> | undefined;
  #obtaining: AbortController | undefined;
  #inQueue = false;
  #aside: ChangeJson | undefined;
  #frozen = false;
  /** The token of the holding of which nobody knows whether it goes on. */
  #unsure: number | undefined;
  #losing: { readonly loss: LeaseLostError; readonly token: number } | undefined;
  #ahead: Push[] = [];
  #follows = false;
  #asked: HandOverRequest | undefined;
  #state: BufferState = "following";
  #saved: Saved = "stored";
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
    this.#tail = new Tail(0, "", means.numbers.get(name));
    this.#sending = new Sending(means, name, this.#tail, this.#sendingTold());
    this.#stash = new Stash(means, name, this.#tail, (made) => {
      this.#tell();
      this.#events.emit("draft", made);
    });
    this.#turns = new Turns(() => this.#step(), () => this.#tell());
    this.#whose = new Whose(name, means.live);
  }

  /** @internal Connects and gets the text. */
  async opened(signal?: AbortSignal): Promise<this> {
    const { live, surroundings, timeoutMs } = this.#means;
    this.#leave.push(
      live.onPush(this.name, (push) => this.#hear(push)),
      live.onOpen(() => this.#connected()),
      live.on("state", () => this.#tell()),
      surroundings.onLeave(() => this.#left()),
      surroundings.onHide(() => this.#keep()),
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
    return this.#tail.text;
  }
  /** The newest revision that is known. */
  get revision(): number {
    return this.#tail.revision;
  }
  /** Without what was typed here and is not stored yet. */
  get storedText(): string {
    return this.#tail.stored;
  }
  get state(): BufferState {
    return this.#state;
  }
  get saved(): Saved {
    return this.#saved;
  }
  /** Who holds it, as far as is known; also if that is this client. */
  get owner(): HeldState | undefined {
    return this.#whose.holder;
  }
  /** What is not stored could not be put where it outlives this page. */
  get keptHereOnly(): boolean {
    return this.#saved !== "stored" && this.#stash.hereOnly;
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
    return this.#cursors.shown(this.#tail.edits().map(({ change }) => change));
  }
  /** Somebody's question that waits for an answer. */
  get request(): HandOverRequest | undefined {
    return this.#asked?.open ? this.#asked : undefined;
  }
  /** Whether typing is taken at this moment. */
  get mayEdit(): boolean {
    return !this.#closed && !this.#frozen && this.#lease !== undefined && this.#lease.holds();
  }
  /** How long typing is taken from now on, if the server is not heard of again. */
  get remainingMs(): number {
    return this.mayEdit ? this.#lease!.remainingMs : 0;
  }
  /** How long the oldest change that is not stored has waited. */
  get oldestUnstoredMs(): number {
    const [oldest] = this.#tail.edits();
    return oldest ? this.#means.clock.now() - oldest.since : 0;
  }

  /**
   * Typed here. "done": it is in `text` and on its way. "asking": it is put aside until the lease has been asked for; it
   * comes as a `text` event if that is granted. "no": it is not taken.
   */
  edit(change: ChangeJson): "done" | "asking" | "no" {
    validate(change);
    const tail = this.#tail;
    if (lengthBefore(change) !== tail.text.length) {
      throw new RequestError({ code: "wrong_length", fate: "not_done", field: "changes", detail: "changes: they are for a text of another length" });
    }
    this.#means.live.active();
    if (this.mayEdit) {
      tail.edit(change, this.#means.clock.now());
      this.#edited();
      return "done";
    }
    if (this.#absent && !this.#closed) {
      this.#events.emit("refused", noText(this.name));
      return "no";
    }
    if (this.#closed || this.#options.acquire !== "edit" || this.#lease || this.#losing || this.#unsure || changesNothing(change)) return "no";
    if (this.#whose.byOther) {
      this.#events.emit("refused", this.#whose.refusal());
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
  async takeover(options: {
    readonly reason: string;
    /** Of the holding that is meant. Default: of whoever holds it when this is called. */
    readonly token?: number;
    readonly flushMs?: number;
    readonly signal?: AbortSignal;
  }): Promise<void> {
    const reason = reasonOf(options);
    const token = options.token ?? (await this.#tokenNow(options.signal));
    const flush = options.flushMs === undefined ? {} : { flush_ms: options.flushMs };
    const fields = { reason, ...flush, ...(token === undefined ? {} : { token }) };
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
  async ask(options: Asking = {}): Promise<boolean> {
    if (this.#lease) return true;
    const { live, timeoutMs } = this.#means;
    const acquire = (wanting: Wanting): Promise<void> => this.acquire(wanting);
    return askFor(this.name, { live, timeoutMs, acquire, onDeclined: (told) => this.on("declined", told) }, options);
  }

  /** Stores what was typed, then lets it go. */
  async release(): Promise<void> {
    const lease = this.#lease;
    if (lease) await this.#letGo(() => lease.release());
  }

  /** Stores what was typed, then gives it to `to`, before the queue. */
  async transfer(to: string, toSession?: string): Promise<void> {
    const session = toSession === undefined ? {} : { to_session: toSession };
    let passed = false;
    await this.#letGo(async () => {
      const fields = { name: this.name, token: this.#lease!.token, to, ...session };
      await this.#means.live.call("lease.transfer", fields, { timeout: this.#means.timeoutMs });
      this.#lease!.given();
      passed = true;
    });
    if (!passed) throw notHeld(this.name); // Or it was lost while that was stored.
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
    if (this.#tail.empty && !this.#aside) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (how: () => void): void => {
        for (const leave of leaves) leave();
        how();
      };
      const settle = (): void => {
        if (this.#tail.empty && !this.#aside && !this.#losing) end(resolve);
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

  /**
   * Stops following, after what was typed is stored and let go, or has become a draft. Without the server it waits for that;
   * what was typed is kept on this side meanwhile. `signal`: it stays open after all. Says whether it was closed.
   */
  async closeWhenStored({ signal }: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
    this.#obtaining?.abort(closedError()); // Nobody waits for it any more.
    const backoff = new Backoff();
    for (;;) {
      const lease = this.#lease;
      const failed = await this.#letGo(() => lease!.release(), signal).then(() => undefined, (error: unknown) => ({ error }));
      await this.#settled(signal).catch(() => undefined);
      if (signal?.aborted) return false;
      if (this.#closed || this.#lease === undefined) break;
      // It could not be let go, and is held: a server that is behind renews and does not release; or what was typed can
      // never be stored, and is in the way no more.
      const pause = backoff.pause(failed?.error instanceof HoldfastError ? failed.error : undefined);
      if (failed) await paused(pause, signal).catch(() => undefined); // Aborted: the next look at it says so.
    }
    this.close();
    return true;
  }

  /** At once: it is let go of as far as the server can be told, and what is not stored is kept on this side. */
  close(): void {
    if (this.#closed) return;
    this.#keep();
    this.#closed = true;
    this.#obtaining?.abort(closedError());
    this.#means.live.tell("unfollow", { name: this.name });
    const held = this.#lease?.token ?? this.#unsure;
    if (held !== undefined) this.#giveBack(held); // Else it would be renewed for as long as the connection answers.
    this.#lease?.given();
    for (const leave of this.#leave.splice(0)) leave();
    this.#stash.close();
    this.#turns.close();
    clearTimeout(this.#cursorTimer);
    this.#asked?.end();
    this.#sending.fail(closedError(), true);
    this.#means.closed();
    this.#tell();
  }

  // Getting hold of it.

  async #tokenNow(signal: AbortSignal | undefined): Promise<number | undefined> {
    const { live, timeoutMs } = this.#means;
    const state = (await live.call("lease.get", { name: this.name }, { timeout: timeoutMs, signal })) as unknown as LeaseState;
    return state.held ? state.token : undefined;
  }

  /** One at a time: whoever asks meanwhile gets what comes of the first. */
  #get(way: Way, fields: Readonly<Record<string, unknown>>, wanting: Wanting): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#absent) return Promise.reject(noText(this.name));
    this.#acquiring ??= this.#obtain(way, fields, wanting);
    this.#tell();
    return this.#acquiring;
  }

  async #obtain(way: Way, fields: Readonly<Record<string, unknown>>, wanting: Wanting): Promise<void> {
    const stop = (this.#obtaining = new AbortController());
    const stopped = (): void => stop.abort(wanting.signal?.reason);
    if (wanting.signal?.aborted) stopped();
    wanting.signal?.addEventListener("abort", stopped, { once: true });
    try {
      await this.#settledLoss();
      this.#own(await obtain(this.#means, way, { name: this.name, ...fields }, { ...wanting, signal: stop.signal }));
    } finally {
      wanting.signal?.removeEventListener("abort", stopped);
      if (this.#obtaining === stop) this.#obtaining = undefined;
      this.#acquiring = undefined;
      this.#inQueue = false;
      this.#tell();
    }
  }

  /** What an earlier holding left is out of the text before anything new is typed. */
  #settledLoss(): Promise<void> {
    return this.#once(() => this.#losing === undefined);
  }

  /** It is known whether it is owned, and what was lost has become a draft. */
  #settled(signal: AbortSignal | undefined): Promise<void> {
    return unless(signal, this.#once(() => this.#losing === undefined && !this.#unsure && !this.#stash.filing));
  }

  #once(claim: () => boolean): Promise<void> {
    if (this.#closed || claim()) return Promise.resolve();
    return new Promise((resolve) => {
      const look = (): void => {
        if (!this.#closed && !claim()) return;
        for (const leave of leaves) leave();
        resolve();
      };
      const leaves = [this.on("state", look), this.on("saved", look)];
    });
  }

  #own(lease: Lease): void {
    if (this.#closed) {
      lease.release().catch(() => undefined);
      return;
    }
    this.#lease = lease;
    this.#unsure = undefined;
    this.#frozen = false;
    lease.on("lost", (loss) => this.#lost(lease, loss));
    lease.on("doubt", () => this.#tell());
    lease.on("regained", () => this.#tell());
    this.#tell();
    const aside = this.#aside;
    this.#aside = undefined;
    if (aside && this.mayEdit) {
      this.#tail.edit(aside, this.#means.clock.now());
      this.#events.emit("text", { change: aside, origin: "typed", owner: this.#means.live.owner });
      this.#edited();
    }
    this.#turns.kick();
  }

  async #letGo(how: () => Promise<unknown>, signal?: AbortSignal): Promise<void> {
    const lease = this.#lease;
    if (!lease) return;
    this.#frozen = true;
    this.#tell();
    try {
      await unless(signal, this.stored());
      if (this.#lease !== lease) return;
      await how();
      if (this.#lease === lease) this.#lease = undefined;
    } catch (error) {
      if (this.#lease !== lease) return;
      if (lease.standing === "released") this.#doubted(lease.token, true);
      throw error;
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
      this.#doubted(lease.token, false);
      return;
    }
    this.#lose(loss, lease.token);
  }

  /** Nobody has said that it is over. Nothing is typed until it has been asked for by its token. */
  #doubted(token: number, letGo: boolean): void {
    this.#lease = undefined;
    this.#unsure = token;
    this.#tell();
    this.#keep();
    this.#reclaim(token, letGo).catch(() => undefined);
  }

  /** `letGo`: it was to be released, and nobody has said whether that was done. */
  async #reclaim(token: number, letGo: boolean): Promise<void> {
    while (this.#unsure && !this.#closed) {
      try {
        this.#own(await obtain(this.#means, "lease.renew", { name: this.name, token }));
        return;
      } catch (error) {
        if (this.#closed) return;
        if (mayTryAgain(error, true) && !this.#means.live.over) continue;
        this.#unsure = undefined;
        const loss = new LeaseLostError(this.name, error instanceof HoldfastError ? error : undefined);
        if (letGo && loss.reason !== "not_renewed" && loss.by === undefined) this.#tell(); // It is free, as it was meant to be.
        else this.#lose(loss, token);
        return;
      }
    }
  }

  #lose(loss: LeaseLostError, token: number): void {
    this.#losing = { loss, token };
    this.#unsure = undefined;
    this.#sending.fail(loss);
    this.#tell();
    this.#events.emit("lost", loss);
    this.#keep();
    this.#turns.kick();
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
        this.#turns.kick();
        return;
    }
  }

  #happened(data: unknown): void {
    const happened = this.#whose.happened(data);
    if (!happened) return;
    this.#events.emit("owner", this.#whose.holder);
    // Passed on to this session by somebody else, who needs no answer of ours.
    const { begun } = happened;
    if (begun && !begun.asked && !this.#whose.byOther && !this.#lease && !this.#acquiring && !this.#unsure) this.#claim(begun.token);
  }

  /** The name was given to this session without its asking for it. */
  #claim(token: number): void {
    this.#get("lease.renew", { token }, {}).catch(() => this.#giveBack(token)); // It was left meanwhile, say.
  }

  #giveBack(token: number): void {
    this.#means.live.tell("lease.release", { name: this.name, token });
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
        if (answer === "hand over") this.transfer(by, session).catch(() => undefined);
        else if (answer === "later") this.decline(by, words);
        else if (this.#options.whenSilent === "hand_over") this.#givenInSilence(by, session).catch(() => undefined);
      },
    };
    this.#asked?.end();
    this.#asked = new HandOverRequest(by, textAt(push, "message") ?? "", numberAt(push, "answer_within_ms") ?? 30_000, deciding);
    this.#events.emit("requested", this.#asked);
  }

  /** Nobody has said anything. Whoever asked and does not wait any more is given nothing. */
  async #givenInSilence(by: string, session: string | undefined): Promise<void> {
    if (session !== undefined) {
      const { live, timeoutMs } = this.#means;
      const { queue } = await live.call("lease.get", { name: this.name }, { timeout: timeoutMs });
      if (Array.isArray(queue) && !queue.some((one) => isObject(one) && one["session"] === session)) return;
    }
    await this.transfer(by, session);
  }

  // The text.

  #others(change: ChangeJson, origin: TextOrigin, owner: string | undefined): void {
    const tail = this.#tail;
    const shown = tail.others(change);
    this.#cursors.changed(tail.revision, change);
    if (this.#aside) this.#aside = map(this.#aside, shown);
    this.#events.emit("text", { change: shown, origin, owner });
  }

  /** Makes the revisions that were pushed, as far as they follow on what is known. */
  #advance(): void {
    if (!this.#known) return;
    const tail = this.#tail;
    while (this.#buffer !== null) {
      this.#ahead = this.#ahead.filter((push) => (numberAt(push, "revision") ?? 0) > tail.revision);
      const next = this.#ahead.find((push) => (numberAt(push, "base") ?? Infinity) <= tail.revision);
      if (!next) break;
      const changes = next["changes"] as ChangeJson[];
      const kind = textAt(next, "kind") ?? "edit";
      const origin: TextOrigin = kind === "undo" || kind === "redo" || kind === "draft" ? kind : "remote";
      for (const change of changes.slice(tail.revision - (next["base"] as number))) {
        if (lengthBefore(change) !== tail.stored.length) return this.#lookAnew(); // It is of another text than is known here.
        this.#others(change, origin, textAt(next, "owner"));
      }
    }
    // Of what is under way the answer will come, and then these fit; else something is missing.
    if (this.#ahead.length > 0 && tail.underWay === undefined) this.#follows = false;
    this.#turns.kick();
  }

  /** The text is not the one that it was taken for: it is asked for as a whole. */
  #lookAnew(): void {
    this.#buffer = null;
    this.#follows = false;
    this.#turns.kick();
  }

  async #follow(timeout: number, signal?: AbortSignal): Promise<void> {
    const had = this.#known && this.#buffer !== null ? { buffer: this.#buffer, after: this.#tail.revision } : {};
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
    const older = this.#known && buffer === this.#buffer && revision < this.#tail.revision;
    if (older) return;
    if (!this.#known) {
      this.#tail.restart(revision, text ?? "");
      this.#cursors.begin(revision);
    } else if (text !== undefined || buffer !== this.#buffer) this.#restart(revision, text ?? "");
    else this.#caughtUp(said["changes"]);
    this.#known = true;
    this.#absent = buffer === null;
    this.#buffer = buffer;
    if (this.#whose.present(said["lease"], textAt(said, "position"))) this.#events.emit("owner", this.#whose.holder);
    if (Array.isArray(said["members"])) this.#gathered({ ...said, push: "members" });
    if (this.#absent) this.release().catch(() => undefined); // Nothing is left to hold it for.
    this.#advance();
  }

  #caughtUp(changes: unknown): void {
    for (const one of (Array.isArray(changes) ? changes : []) as { revision: number; owner: string; change: ChangeJson }[]) {
      if (one.revision === this.#tail.revision + 1) this.#others(one.change, "remote", one.owner);
    }
  }

  /** The text as the server has it, without a way there. What was typed on top of the old one cannot be carried over. */
  #restart(revision: number, text: string): void {
    const tail = this.#tail;
    if (tail.edits().length > 0) this.#stash.file(this.#token!);
    this.#aside = undefined;
    const change = tail.restart(revision, text);
    this.#sending.fail(new RequestError({ code: "revision_gone", fate: "not_done", detail: "The text is another one." }), true);
    this.#cursors.clear(revision);
    this.#events.emit("text", { change, origin: "reset", owner: undefined });
    this.#edited();
  }

  // What was typed.

  #edited(): void {
    this.#tell();
    this.#turns.kick();
    this.#stash.keepSoon(() => this.#token);
  }

  #connected(): void {
    if (!this.#known) return; // The first look at it is under way.
    this.#follows = false;
    this.#tail.unanswered();
    this.#ahead = [];
    if (this.#lease) this.#lease.renew().catch(() => undefined);
    if (this.#cursor) this.#cursorTimer ??= setTimeout(() => this.#sendCursor(), cursorPause);
    this.#turns.kick();
  }

  /** The token of the holding, or of the one that was lost or is in doubt and whose changes are not settled. */
  get #token(): number | undefined {
    return this.#losing?.token ?? this.#lease?.token ?? this.#unsure;
  }

  #keep(): void {
    void this.#stash.keep(() => this.#token);
  }

  /** Says whether there may be more. */
  async #step(): Promise<boolean> {
    if (this.#closed || !this.#known || this.#means.live.state !== "open") return false;
    const [first] = this.#tail.operations;
    // What was sent and not answered may be in the text. So that is found out before anything is caught up with.
    const sent = first?.seq !== undefined && first.base !== undefined;
    if (sent && (this.#losing || this.#lease)) return this.#send();
    if (sent && this.#unsure) return false;
    if (this.#losing) this.#file(this.#losing.token); // As it was typed, before it is caught up with others.
    // Before anything that is typed later: its numbers are smaller.
    if (this.#stash.filing) {
      await this.#stash.draft();
      return true;
    }
    if (!this.#follows) {
      await this.#follow(this.#means.timeoutMs);
      return true;
    }
    if (first && this.#lease) return this.#send();
    return false;
  }

  async #send(): Promise<boolean> {
    await this.#sending.send(this.#token!);
    return true;
  }

  #sendingTold(): SendingTold {
    return {
      sent: () => this.#tell(),
      made: (operation, change, shown) => this.#made(operation, change, shown),
      unexpected: () => this.#lookAnew(),
      moved: () => (this.#follows = false),
      stale: (error, token) => {
        if (this.#lease?.token === token) this.#lease.ended(error);
        else if (!this.#losing) this.#lose(new LeaseLostError(this.name, error), token);
      },
      never: (error, token) => this.#never(error, token),
    };
  }

  #made(operation: Operation, change: ChangeJson, shown: ChangeJson | undefined): void {
    this.#cursors.changed(this.#tail.revision, change);
    if (operation.kind !== "edit" && shown) this.#events.emit("text", { change: shown, origin: operation.kind, owner: this.#means.live.owner });
    this.#advance();
    this.#tell();
    if (this.#tail.empty) this.#keep();
  }

  /** Neither can what was typed behind it be stored, which was meant for the text with it. */
  #never(error: HoldfastError, token: number): void {
    const { changes } = this.#stash.file(token);
    const change = this.#tail.drop();
    this.#sending.fail(error, true);
    this.#events.emit("text", { change, origin: "reset", owner: undefined });
    this.#events.emit("rejected", { error, changes });
  }

  #askServer(operation: Pick<ServerOperation, "kind" | "draft" | "anyway">): Promise<boolean> {
    if (!this.#lease || this.#frozen || this.#closed) return Promise.reject(notHeld(this.name));
    const done = this.#sending.ask(operation);
    this.#edited();
    return done;
  }

  // What could not be stored.

  /** What an old holding left is to become a draft. */
  #file(token: number): void {
    if (this.#tail.edits().length > 0) this.#stash.file(token);
    const change = this.#tail.drop();
    this.#losing = undefined;
    if (!changesNothing(change)) this.#events.emit("text", { change, origin: "reset", owner: undefined });
    this.#tell();
  }

  /** The page is left: what was typed goes out with it, as far as there is time. */
  #left(): void {
    this.#keep();
    const lease = this.#lease;
    if (!lease) return;
    this.#sending.sendLast(lease.token);
    if (this.#tail.operations.length <= 1) this.#giveBack(lease.token);
  }

  // What is told.

  #sendCursor(): void {
    this.#cursorTimer = undefined;
    if (!this.#cursor || !this.#follows) return;
    // In the text of the newest revision: others do not see yet what was typed on top of it.
    const typed = this.#tail.edits().map(({ change }) => change).reverse();
    const to = (position: number): number => typed.reduce((at, change) => unmapPosition(change, at), position);
    const ranges = this.#cursor.ranges.map(({ anchor, head }) => [to(anchor), to(head)]);
    this.#means.live.tell("cursor", { name: this.name, revision: this.revision, ranges, main: this.#cursor.main });
  }

  #stateNow(): BufferState {
    if (this.#closed) return "closed";
    if (this.#losing) return "lost";
    if (this.#unsure) return "unsure";
    if (this.#lease) return this.#frozen ? "handing_over" : this.#lease.holds() ? "owned" : "unsure";
    if (this.#absent) return "absent";
    if (this.#acquiring) return this.#inQueue ? "waiting" : "acquiring";
    return "following";
  }

  #savedNow(): Saved {
    const tail = this.#tail;
    if (this.#stash.filing) return "kept";
    if (tail.edits().length === 0) return "stored";
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
    if (saved !== savedBefore || (saved === "stored" && this.#tail.empty)) this.#events.emit("saved", saved);
  }
}

/** The work's end, or the reason of `signal` where that comes first. */
async function unless<T>(signal: AbortSignal | undefined, work: Promise<T>): Promise<T> {
  if (!signal) return work;
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => (stop = () => reject(signal.reason)));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

const closedError = (): HoldfastError => new HoldfastError({ code: "closed", fate: "not_done", detail: "The buffer was closed." });

const notHeld = (name: string): StaleError => new StaleError({ code: "nothing_held", fate: "not_done", detail: `${name} is not owned here` });

const noText = (name: string): RequestError =>
  new RequestError({ code: "no_such_text", fate: "not_done", field: "name", detail: `There is no text under ${name}.` });
