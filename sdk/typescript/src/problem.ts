// Why there is no answer that says "done". Each kind of error answers first: did it happen?

import type { Problem } from "./api.js";

/** `not_done`: nothing has changed. `maybe_done`: it may have happened; asking again under the same session finds out. */
export type Fate = "not_done" | "maybe_done";

/** Who holds a name, as a refusal shows it. */
export interface Holder {
  readonly name: string;
  readonly token: number;
  readonly owner: string;
  readonly session: string;
  /** Why they hold it, in their own words. */
  readonly note: string | undefined;
  /** RFC 3339, to show. */
  readonly since: string | undefined;
  /** It ends then at most, unless it is renewed. Undefined: it has no end. */
  readonly endsInMs: number | undefined;
  /** How many wait for it. */
  readonly waiting: number;
}

export interface ErrorFacts {
  readonly code: string;
  readonly fate: Fate;
  readonly detail: string;
  readonly status?: number;
  readonly field?: string | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly problem?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class HoldfastError extends Error {
  /** Stable; docs/reference/errors.md lists them. */
  readonly code: string;
  readonly fate: Fate;
  /** Of HTTP; 0 where no answer came. */
  readonly status: number;
  /** The field of the request that is at fault. */
  readonly field: string | undefined;
  readonly retryAfterMs: number | undefined;
  /** All of the answer, as it came. */
  readonly problem: Readonly<Record<string, unknown>>;

  constructor(facts: ErrorFacts) {
    super(facts.detail, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = facts.code;
    this.fate = facts.fate;
    this.status = facts.status ?? 0;
    this.field = facts.field;
    this.retryAfterMs = facts.retryAfterMs;
    this.problem = facts.problem ?? {};
  }
}

/** Somebody else has it, or was first: asking later may help. An answer rather than a fault. */
export class RefusedError extends HoldfastError {
  /** Who has it instead, where that was said. */
  get holder(): Holder | undefined {
    return holderIn(this.problem);
  }
}

/** The holding that was meant is over, or never was the caller's: stop what it protected. */
export class StaleError extends HoldfastError {
  /** Why it ended: lapsed, taken_over, ... Undefined where that is not remembered. */
  get because(): string | undefined {
    return textAt(this.problem, "because");
  }
  /** Who took it over, transferred or revoked it. */
  get by(): string | undefined {
    return textAt(this.problem, "by");
  }
  /** What they gave as their reason. */
  get reason(): string | undefined {
    return textAt(this.problem, "reason");
  }
  /** The newest token of the name. */
  get newest(): number | undefined {
    return numberAt(this.problem, "newest");
  }
  get holder(): Holder | undefined {
    return holderIn(this.problem);
  }
}

/** Nobody answered, or the server could not do it now: look at `fate`. */
export class UnavailableError extends HoldfastError {}

/** The request is wrong; `field` says where. */
export class RequestError extends HoldfastError {}

const refusals = new Set([
  "held",
  "held_by_you",
  "wait_over",
  "wait_superseded",
  "queue_full",
  "sessions_full",
  "takeover_pending",
]);
const losses = new Set(["stale", "nothing_held", "unknown_token", "not_yours"]);

/** A header with a number of seconds. */
function retryAfterOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}

/** What the server, or something on the way to it, answered instead of 200. */
export function errorOf(status: number, body: unknown, retryAfter: string | null): HoldfastError {
  const problem: Partial<Problem> & Record<string, unknown> = isObject(body) ? body : {};
  // Without a code it is not the server's own: a proxy may answer for a server that has done it.
  const unknownCode = status >= 500 ? "internal" : status >= 400 ? "bad_request" : "bad_answer";
  const code = typeof problem.code === "string" ? problem.code : unknownCode;
  const said = problem.fate === "not_done" || problem.fate === "maybe_done" ? problem.fate : undefined;
  const facts: ErrorFacts = {
    code,
    fate: said ?? (status >= 400 && status < 500 ? "not_done" : "maybe_done"),
    detail: typeof problem.detail === "string" ? problem.detail : `The server answered with status ${status}.`,
    status,
    field: textAt(problem, "field"),
    retryAfterMs: retryAfterOf(retryAfter),
    problem,
  };
  if (refusals.has(code)) return new RefusedError(facts);
  if (losses.has(code)) return new StaleError(facts);
  // 408: it did not arrive in time.
  return status >= 500 || status < 400 || status === 408 ? new UnavailableError(facts) : new RequestError(facts);
}

/** A call that cannot be sent as it is. */
export function badField(field: string, why: string, code = "bad_field"): RequestError {
  return new RequestError({ code, fate: "not_done", detail: `${field}: ${why}`, field });
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function textAt(from: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = from[key];
  return typeof value === "string" ? value : undefined;
}

export function numberAt(from: Readonly<Record<string, unknown>>, key: string): number | undefined {
  const value = from[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function holderIn(problem: Readonly<Record<string, unknown>>): Holder | undefined {
  const [name, token, owner] = [textAt(problem, "name"), numberAt(problem, "token"), textAt(problem, "owner")];
  if (name === undefined || token === undefined || owner === undefined) return undefined;
  return {
    name,
    token,
    owner,
    session: textAt(problem, "session") ?? "",
    note: textAt(problem, "note"),
    since: textAt(problem, "since"),
    endsInMs: numberAt(problem, "deadline_in_ms"),
    waiting: numberAt(problem, "waiting") ?? 0,
  };
}
