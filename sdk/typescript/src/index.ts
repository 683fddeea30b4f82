// @holdfast/client: leases and guarded texts of a Holdfast server, for browsers and Node.

export { connect, Holdfast } from "./client.js";
export type {
  AcquireOptions,
  HandedIn,
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
export { GuardedBuffer } from "./buffer.js";
export type {
  BufferEvents,
  BufferOptions,
  BufferState,
  DraftMade,
  HandIn,
  Member,
  Saved,
  TextChange,
  TextOrigin,
} from "./buffer.js";
export * as changes from "./changes.js";
export type { ChangeJson, ChangePart } from "./changes.js";
export type { CursorRange, RemoteCursor } from "./cursors.js";
export { HandOverRequest } from "./asked.js";
export type { HandOverAnswer, Silence } from "./asked.js";
export { Live } from "./live.js";
export type { LiveEvents, LiveState, Push, WebSocketClass, WebSocketLike } from "./live.js";
export { Texts } from "./texts.js";
export type {
  Draft,
  DraftPage,
  LineEnds,
  RemovedText,
  Revision,
  TextChanged,
  TextChanges,
  TextEdited,
  TextInfo,
  TextPage,
  TextState,
  WholeDraft,
} from "./text_answers.js";
export { databaseStore, memoryStore } from "./unsent.js";
export type { UnsentStore, UnsentText } from "./unsent.js";
