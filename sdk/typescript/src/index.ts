// @holdfast/client: leases of a Holdfast server, for browsers and Node.

export { connect, Holdfast } from "./client.js";
export type {
  AcquireOptions,
  HistoryOptions,
  HoldfastOptions,
  HoldOptions,
  ListOptions,
  TakeoverOptions,
} from "./client.js";
export { Lease } from "./lease.js";
export type { LeaseEvents, LeaseStanding, RequestWish, TakeoverWish } from "./lease.js";
export { Watch } from "./watch.js";
export type { Begin, Change, Gap, WatchEvent, WatchOptions } from "./watch.js";
export {
  HoldfastError,
  LeaseLostError,
  RefusedError,
  RequestError,
  StaleError,
  UnavailableError,
} from "./problem.js";
export type { Fate, Holder, LossReason } from "./problem.js";
export type {
  Current,
  FreeState,
  HeldState,
  HistoryGap,
  HistoryPage,
  LeasePage,
  LeaseState,
  PastHolding,
  Requested,
  RequestOf,
  TakeoverAhead,
} from "./answers.js";
export type { Bodies, Codes, OperationId, Problem, Queries } from "./api.js";
