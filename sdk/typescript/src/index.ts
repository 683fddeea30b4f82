// @holdfast/client: leases and guarded texts of a Holdfast server, for browsers and Node.

export { connect, Holdfast } from "./client.js";
export type { HoldfastOptions } from "./client.js";
export type { HandedIn } from "./handing_in.js";
export * from "./leases.js";
export { GuardedBuffer } from "./buffer.js";
export type { Asking } from "./asking.js";
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
} from "./buffer_events.js";
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
export { databaseStore, keptHereOnly, memoryStore } from "./unsent.js";
export type { UnsentStore, UnsentText } from "./unsent.js";
