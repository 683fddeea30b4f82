// Who held one name, over time: the history, and what happened since it was read. A lane for each owner, a span for each
// holding.

import type { Change, PastHolding } from "@holdfast/client/operator";
import { positionOf } from "../following/position.js";

/** Something that befell a holding between its beginning and its end. */
export interface Mark {
  /** joined, left, lapsed, revived, requested, takeover_asked, takeover_dropped, given_up. */
  readonly what: string;
  readonly at: number;
  readonly by: string;
  readonly text: string;
}

export interface Ended {
  /** A word of the server: released, lapsed, taken_over, ... Empty: not known. */
  readonly because: string;
  readonly by: string;
  readonly reason: string;
  readonly to: string;
}

/** One holding. Times are the server's, in milliseconds since 1970. */
export interface Span {
  readonly token: number;
  readonly owner: string;
  readonly session: string;
  /** Undefined: its beginning is not kept. */
  readonly from: number | undefined;
  /** Undefined: it goes on. */
  readonly to: number | undefined;
  /** granted, taken_over, moved, transferred. */
  readonly began: string;
  readonly takenFrom: string;
  readonly why: string;
  readonly note: string;
  readonly address: string;
  readonly waitedMs: number;
  readonly ended: Ended | undefined;
  readonly marks: readonly Mark[];
  readonly marksLeftOut: number;
  /** The history has a hole behind it: it may be over. */
  readonly uncertain: boolean;
}

export interface Lane {
  readonly owner: string;
  readonly spans: readonly Span[];
}

export const spansMost = 200;
const marksMost = 50;

const time = (text: unknown): number | undefined => {
  const at = typeof text === "string" ? Date.parse(text) : NaN;
  return Number.isNaN(at) ? undefined : at;
};
const words = (value: unknown): string => (typeof value === "string" ? value : "");
const count = (value: unknown): number => (typeof value === "number" ? value : 0);

export function spanOf(holding: PastHolding): Span {
  const over = !holding.open;
  return {
    token: holding.token,
    owner: holding.owner,
    session: holding.session,
    from: time(holding.since),
    to: over ? (time(holding.until) ?? time(holding.since)) : undefined,
    began: holding.began,
    takenFrom: holding.taken_from ?? "",
    why: holding.taken_because ?? "",
    note: holding.note ?? "",
    address: holding.address ?? "",
    waitedMs: holding.waited_ms,
    ended: over
      ? { because: holding.because ?? "", by: holding.by ?? "", reason: holding.reason ?? "", to: holding.to ?? "" }
      : undefined,
    marks: holding.steps.map((step) => ({
      what: words(step["what"]),
      at: time(step["at"]) ?? 0,
      by: words(step["owner"]),
      text: words(step["message"]) || words(step["reason"]) || words(step["because"]),
    })),
    marksLeftOut: holding.steps_left_out ?? 0,
    uncertain: holding.uncertain ?? false,
  };
}

/** Never changed: what happens gives another one. Newest first. */
export class Holdings {
  readonly spans: readonly Span[];
  /** There were others before these, which are not here. Of those that the server has let go of, nobody knows. */
  readonly older: boolean;
  readonly #position: ReturnType<typeof positionOf>;

  private constructor(spans: readonly Span[], older: boolean, position: ReturnType<typeof positionOf>) {
    this.spans = spans.slice(0, spansMost);
    this.older = older || spans.length > spansMost;
    this.#position = position;
  }

  /** `older`: the server has more. */
  static of(holdings: readonly PastHolding[], position: string, older = false): Holdings {
    return new Holdings(holdings.map(spanOf), older, positionOf(position));
  }

  /** Undefined: it cannot be told what it comes behind. Read the history again. */
  after(change: Change): Holdings | undefined {
    const position = positionOf(change.position);
    if (!position || position.incarnation !== this.#position?.incarnation) return undefined;
    if (position.number <= this.#position.number) return this;
    return new Holdings(this.#changed(change), this.older, position);
  }

  #changed(change: Change): readonly Span[] {
    const at = time(change.data["at"]) ?? 0;
    const { type, token } = change;
    if (type === "granted" || change.data["holder"] !== undefined) return this.#begun(change, at);
    const ends = (type === "released" || type === "lapsed") && change.data["ends"] !== false;
    if (ends || type === "revoked") {
      const by = type === "revoked" ? (change.by ?? "") : type === "released" ? (change.owner ?? "") : "";
      const ended = { because: type, by, reason: change.reason ?? "", to: "" };
      return this.spans.map((span) => (span.token === token && !span.ended ? { ...span, to: at, ended } : span));
    }
    const what = type === "released" ? "left" : type;
    const text = change.reason ?? (words(change.data["message"]) || (change.because ?? ""));
    const mark: Mark = { what, at, by: change.by ?? change.owner ?? "", text };
    return this.spans.map((span) => {
      if (span.token !== token) return span;
      const again = type === "revived" ? { to: undefined, ended: undefined } : {};
      const kept = [...span.marks, mark];
      const leftOut = Math.max(0, kept.length - marksMost);
      return { ...span, ...again, marks: kept.slice(leftOut), marksLeftOut: span.marksLeftOut + leftOut };
    });
  }

  #begun(change: Change, at: number): readonly Span[] {
    const { type, token } = change;
    if (token === undefined || this.spans.some((span) => span.token === token)) return this.spans;
    const owner = change.owner ?? "";
    const displaced = this.spans.find((span) => !span.ended);
    const by = type === "taken_over" ? owner : (displaced?.owner ?? "");
    const ended = { because: type, by, reason: change.reason ?? "", to: type === "taken_over" ? "" : owner };
    const before = this.spans.map((span) => (span === displaced ? { ...span, to: at, ended } : span));
    const span: Span = {
      token,
      owner,
      session: change.session ?? "",
      from: at,
      to: undefined,
      began: type,
      takenFrom: type === "granted" ? "" : (displaced?.owner ?? ""),
      why: change.reason ?? "",
      note: words(change.data["note"]),
      address: "",
      waitedMs: count(change.data["waited_ms"]),
      ended: undefined,
      marks: [],
      marksLeftOut: 0,
      uncertain: false,
    };
    return [span, ...before];
  }
}

/** A lane for each owner, whoever held it last first; beyond `most` of them the rest share one, whose owner is empty. */
export function lanesOf(spans: readonly Span[], most = 12): readonly Lane[] {
  const lanes = new Map<string, Span[]>();
  for (const span of spans) {
    const key = lanes.has(span.owner) || lanes.size < most ? span.owner : "";
    const lane = lanes.get(key);
    if (lane) lane.push(span);
    else lanes.set(key, [span]);
  }
  return [...lanes].map(([owner, of]) => ({ owner, spans: of }));
}

/** From when to when is shown: the newest `holdings`, and a little room. `now`: the server's. */
export function windowOf(spans: readonly Span[], holdings: number, now: number): { readonly from: number; readonly to: number } {
  const shown = spans.slice(0, holdings);
  const open = shown.some((span) => !span.ended);
  const to = open ? now : Math.max(...shown.map((span) => span.to ?? span.from ?? now), 0) || now;
  const from = Math.min(to, ...shown.map((span) => span.from ?? span.to ?? to));
  const room = Math.max(500, (to - from) * 0.02);
  return { from: from - room, to: to + room };
}

/** Where a span lies within the window, in hundredths of its width: `[left, width]`. Undefined: outside. */
export function placeOf(span: Span, window: { readonly from: number; readonly to: number }, now: number): readonly [number, number] | undefined {
  const whole = window.to - window.from;
  const from = Math.max(window.from, span.from ?? window.from);
  const to = Math.min(window.to, span.to ?? now);
  if (to < window.from || from > window.to || whole <= 0) return undefined;
  const left = ((from - window.from) / whole) * 100;
  const width = Math.max(widthLeast, ((to - from) / whole) * 100);
  return [Math.min(left, 100 - width), width];
}

/** So that a holding of a moment is seen, too. */
const widthLeast = 0.5;
