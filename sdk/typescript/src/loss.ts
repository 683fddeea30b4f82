// Why something is not held any more.

import { HoldfastError, StaleError } from "./problem.js";

export type LossReason =
  | "not_renewed" // No renewal was answered in time; nobody said that the lease is over.
  | "lapsed"
  | "released" // Under this session and token, by somebody else.
  | "taken_over"
  | "transferred"
  | "moved"
  | "revoked"
  | "unknown"; // The server knows of no such holding, or of a reason that this version does not.

const said = new Set<string>(["lapsed", "released", "taken_over", "transferred", "moved", "revoked"]);

/** A lease is not held any more. Final. */
export class LeaseLostError extends HoldfastError {
  readonly reason: LossReason;
  /** Who took it over, transferred or revoked it, where that was said. */
  readonly by: string | undefined;
  /** What they gave as their reason. */
  readonly why: string | undefined;

  constructor(name: string, trouble: HoldfastError | undefined) {
    const stale = trouble instanceof StaleError ? trouble : undefined;
    const because = stale?.because ?? "";
    const reason = !stale ? "not_renewed" : said.has(because) ? (because as LossReason) : "unknown";
    const by = stale?.by === undefined ? "" : ` by ${stale.by}`;
    const why = stale?.reason === undefined ? "" : `: ${stale.reason}`;
    super({
      code: "lease_lost",
      fate: "not_done",
      detail: `${name} is not held any more (${reason}${by}${why})`,
      status: trouble?.status ?? 0,
      problem: trouble?.problem ?? {},
      cause: trouble,
    });
    this.reason = reason;
    this.by = stale?.by;
    this.why = stale?.reason;
  }
}
