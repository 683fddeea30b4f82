// Written by tools/generate.mjs from the server's OpenAPI document. Change the server's catalogue, not this file.
/* eslint-disable */

export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly fate: "not_done" | "maybe_done";
  readonly field?: string;
}

export interface LeaseAcquireBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The tab, device, process or run of the owner. Default: a fresh one, given in the answer. Name it, and asking again after a lost answer gives the same grant. */
  readonly session?: string;
  /** How long the lease lasts without a renewal. Default 30000. null: until it is released or taken over. */
  readonly ttl_ms?: number | null;
  /** How long to wait in the queue while somebody else holds it. Default 0. */
  readonly wait_ms?: number;
  /** exclusive, the default. */
  readonly mode?: "exclusive";
  /** session, the default: sessions exclude each other. owner: sessions of one owner share the holding. */
  readonly holder?: "session" | "owner";
  /** Why you hold it; shown to whoever is refused. At most 1 KiB. */
  readonly note?: string;
  /** A JSON object to carry along. At most 4 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface LeaseRenewBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
  /** A new ttl. Default: as before. */
  readonly ttl_ms?: number | null;
}

export interface LeaseReleaseBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
}

export interface LeaseTakeoverBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Why: told to whoever loses the name, and kept in the history. At most 1 KiB. */
  readonly reason?: string;
  /** The token of the holding that is meant. Needed where the name is held. */
  readonly token?: number;
  /** How long the holder may hand in what it has, before the name changes hands. Default 0; where the name has a text, 5000. */
  readonly flush_ms?: number;
  /** The tab, device, process or run of the owner. Default: a fresh one, given in the answer. Name it, and asking again after a lost answer gives the same grant. */
  readonly session?: string;
  /** How long the lease lasts without a renewal. Default 30000. null: until it is released or taken over. */
  readonly ttl_ms?: number | null;
  /** session, the default: sessions exclude each other. owner: sessions of one owner share the holding. */
  readonly holder?: "session" | "owner";
  /** Why you hold it; shown to whoever is refused. At most 1 KiB. */
  readonly note?: string;
  /** A JSON object to carry along. At most 4 KiB. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface LeaseMoveBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session of yours that is to hold it. */
  readonly session: string;
}

export interface LeaseRequestBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Which session of yours asks. */
  readonly session?: string;
  /** Shown to the holder. At most 1 KiB. */
  readonly message?: string;
}

export interface LeaseTransferBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
  /** The owner who is to have it. */
  readonly to: string;
  /** Which session of that owner. Default: the first that waits for it, else a fresh one, given in the answer. */
  readonly to_session?: string;
}

export interface LeaseRevokeBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Which session of yours asks. */
  readonly session?: string;
  /** Why: told to whoever loses the name, and kept in the history. At most 1 KiB. */
  readonly reason?: string;
  /** The token of the holding that is meant. Default: whichever there is. */
  readonly token?: number;
}

export interface SessionRenewBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** A new ttl for all of them. Default: each as before. */
  readonly ttl_ms?: number | null;
}

export interface SessionEndBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
}

export interface LeaseCheckBody {
  /** The token of the holding that is meant. */
  readonly token: number;
}

export interface LeaseGetQuery {
  /** 1: answer from memory at once, also what is not yet durable, and say so. */
  readonly unsettled?: boolean;
}

export interface LeaseListQuery {
  /** Only this name and those below it; whole segments. */
  readonly prefix?: string;
  /** Only what this owner holds. */
  readonly owner?: string;
  /** 1: only what somebody waits for. */
  readonly contended?: boolean;
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most so many names are looked at. Default 100. */
  readonly limit?: number;
  /** 1: answer from memory at once, also what is not yet durable, and say so. */
  readonly unsettled?: boolean;
}

export interface LeaseTreeQuery {
  /** What lies right below this. Default: the first segments of all names. */
  readonly prefix?: string;
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most so many children. Default 100. */
  readonly limit?: number;
  /** 1: answer from memory at once, also what is not yet durable, and say so. */
  readonly unsettled?: boolean;
}

export interface SessionListQuery {
  /** Only this owner's. */
  readonly owner?: string;
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most so many sessions. Default 100. */
  readonly limit?: number;
  /** 1: answer from memory at once, also what is not yet durable, and say so. */
  readonly unsettled?: boolean;
}

export interface EventsWatchQuery {
  /** Only events of this name and those below it; whole segments. */
  readonly prefix?: string;
  /** Only what came after this `position` of an answer or event. Default: from now on. */
  readonly after?: string;
}

export interface BufferAcquireBody {
  /** The project of the file. */
  readonly project?: string;
  /** The file's path in it. */
  readonly path?: string;
  /** Instead of both: the number that an earlier answer gave. */
  readonly buffer_id?: number;
  /** Who opens it. */
  readonly user: string;
  /** The tab, device, process or run of the owner. Default: a fresh one, given in the answer. Name it, and asking again after a lost answer gives the same grant. */
  readonly session?: string;
}

export interface BufferAcquireInProjectBody {
  /** The file's path in the project. */
  readonly path: string;
  /** Who opens it. */
  readonly user: string;
  /** The tab, device, process or run of the owner. Default: a fresh one, given in the answer. Name it, and asking again after a lost answer gives the same grant. */
  readonly session?: string;
}

export interface HistoryGetQuery {
  /** Only what this owner held. */
  readonly owner?: string;
  /** Only what was held at this time or later. */
  readonly from?: string;
  /** Only what was held at this time or earlier. */
  readonly to?: string;
  /** The `next` of the page before: only holdings of lesser tokens. */
  readonly after?: number;
  /** At most so many holdings. Default 100. */
  readonly limit?: number;
}

export interface HistoryListQuery {
  /** Only this name and those below it; whole segments. */
  readonly prefix?: string;
  /** Only what this owner held. */
  readonly owner?: string;
  /** Only what was held at this time or later. */
  readonly from?: string;
  /** Only what was held at this time or earlier. */
  readonly to?: string;
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most so many holdings. Default 100. */
  readonly limit?: number;
}

export interface BufferPutBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Which session of yours asks. */
  readonly session?: string;
  /** At most 10 MiB. Line ends are kept as they are. Instead of JSON, the body may be the file itself as text/plain, with the other fields in the query. */
  readonly text: string;
}

export interface BufferGetQuery {
  /** The text as it was then. Default: the newest. */
  readonly revision?: number;
  /** 0: not the text itself. Default 1. */
  readonly text?: boolean;
  /** 1: who wrote what of the newest text, in its order. */
  readonly blame?: boolean;
  /** Whose `undo` and `redo` are shown: how much may be taken back, and redone. */
  readonly owner?: string;
}

export interface BufferDeleteBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Which session of yours asks. */
  readonly session?: string;
  /** Of your holding. Needed where you hold the name. */
  readonly token?: number;
}

export interface BufferListQuery {
  /** Only this name and those below it; whole segments. */
  readonly prefix?: string;
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most so many. Default 100. */
  readonly limit?: number;
}

export interface BufferEditBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
  /** The revision that the first change was made for. */
  readonly base: number;
  /** The number of the first change among those of your session, from 1 on; the following ones have the next. What was made already is not made again. Needs `session`. */
  readonly seq?: number;
  /** 1 to 1000 changes as CodeMirror writes them (ChangeSet.toJSON), each for the text that the one before it left. All are made, or none. */
  readonly changes: readonly (readonly unknown[])[];
}

export interface BufferUndoBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
  /** As of an edit of one change. Sent again, it is not done again. */
  readonly seq?: number;
  /** Refused where this is not the newest revision. */
  readonly base?: number;
}

export interface BufferRedoBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
  /** As of an edit of one change. Sent again, it is not done again. */
  readonly seq?: number;
  /** Refused where this is not the newest revision. */
  readonly base?: number;
}

export interface BufferChangesQuery {
  /** Only changes behind this revision. Default 0. */
  readonly after?: number;
  /** At most so many. Default 1000. */
  readonly limit?: number;
  /** The `buffer` of an earlier answer: refused where the name has another text by now. */
  readonly buffer?: number;
  /** 1: where the changes are gone or too many, the newest text instead. */
  readonly text?: boolean;
}

export interface DraftKeepBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
  /** The revision that the first change was made for. */
  readonly base: number;
  /** The number of the first change among those of your session, from 1 on; the following ones have the next. What was made already is not made again. Needs `session`. */
  readonly seq?: number;
  /** 1 to 1000 changes as CodeMirror writes them (ChangeSet.toJSON), each for the text that the one before it left. All are made, or none. */
  readonly changes: readonly (readonly unknown[])[];
}

export interface DraftListQuery {
  /** Only of this text. */
  readonly name?: string;
  /** Only this owner's. */
  readonly owner?: string;
  /** The `next` of the page before. */
  readonly after?: number;
  /** At most so many. Default 100. */
  readonly limit?: number;
}

export interface DraftDiscardBody {
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** Which session of yours asks. */
  readonly session?: string;
}

export interface DraftApplyBody {
  /** The token of the holding that is meant. */
  readonly token: number;
  /** Who asks: a user, a service, an agent. */
  readonly owner: string;
  /** The session that is meant. Default: the holding's only one. */
  readonly session?: string;
  /** As of an edit of one change. Sent again, it is not done again. */
  readonly seq?: number;
  /** true: also where others changed the same places since. */
  readonly anyway?: boolean;
}

/** Where each operation is asked for. */
export const operations = {
  "lease.acquire": { method: "POST", path: "/v1/acquire/{name}" },
  "lease.renew": { method: "POST", path: "/v1/renew/{name}" },
  "lease.release": { method: "POST", path: "/v1/release/{name}" },
  "lease.takeover": { method: "POST", path: "/v1/takeover/{name}" },
  "lease.move": { method: "POST", path: "/v1/move/{name}" },
  "lease.request": { method: "POST", path: "/v1/request/{name}" },
  "lease.transfer": { method: "POST", path: "/v1/transfer/{name}" },
  "lease.revoke": { method: "POST", path: "/v1/revoke/{name}" },
  "session.renew": { method: "POST", path: "/v1/sessions/{session}/renew" },
  "session.end": { method: "POST", path: "/v1/sessions/{session}/end" },
  "lease.check": { method: "POST", path: "/v1/check/{name}" },
  "lease.get": { method: "GET", path: "/v1/leases/{name}" },
  "lease.list": { method: "GET", path: "/v1/leases" },
  "lease.tree": { method: "GET", path: "/v1/tree" },
  "session.list": { method: "GET", path: "/v1/sessions" },
  "server.get": { method: "GET", path: "/v1/server" },
  "events.watch": { method: "GET", path: "/v1/events" },
  "buffer.acquire": { method: "POST", path: "/api/buffers/acquire" },
  "buffer.acquire_in_project": { method: "POST", path: "/api/projects/{project}/buffers" },
  "history.get": { method: "GET", path: "/v1/history/{name}" },
  "history.list": { method: "GET", path: "/v1/history" },
  "buffer.put": { method: "PUT", path: "/v1/buffers/{name}" },
  "buffer.get": { method: "GET", path: "/v1/buffers/{name}" },
  "buffer.delete": { method: "DELETE", path: "/v1/buffers/{name}" },
  "buffer.list": { method: "GET", path: "/v1/buffers" },
  "buffer.edit": { method: "POST", path: "/v1/edit/{name}" },
  "buffer.undo": { method: "POST", path: "/v1/undo/{name}" },
  "buffer.redo": { method: "POST", path: "/v1/redo/{name}" },
  "buffer.changes": { method: "GET", path: "/v1/changes/{name}" },
  "draft.keep": { method: "POST", path: "/v1/draft/{name}" },
  "draft.list": { method: "GET", path: "/v1/drafts" },
  "draft.get": { method: "GET", path: "/v1/drafts/{draft}" },
  "draft.discard": { method: "DELETE", path: "/v1/drafts/{draft}" },
  "draft.apply": { method: "POST", path: "/v1/drafts/{draft}/apply" },
} as const;

export type OperationId = keyof typeof operations;

/** The body of each operation. */
export interface Bodies {
  "lease.acquire": LeaseAcquireBody;
  "lease.renew": LeaseRenewBody;
  "lease.release": LeaseReleaseBody;
  "lease.takeover": LeaseTakeoverBody;
  "lease.move": LeaseMoveBody;
  "lease.request": LeaseRequestBody;
  "lease.transfer": LeaseTransferBody;
  "lease.revoke": LeaseRevokeBody;
  "session.renew": SessionRenewBody;
  "session.end": SessionEndBody;
  "lease.check": LeaseCheckBody;
  "lease.get": undefined;
  "lease.list": undefined;
  "lease.tree": undefined;
  "session.list": undefined;
  "server.get": undefined;
  "events.watch": undefined;
  "buffer.acquire": BufferAcquireBody;
  "buffer.acquire_in_project": BufferAcquireInProjectBody;
  "history.get": undefined;
  "history.list": undefined;
  "buffer.put": BufferPutBody;
  "buffer.get": undefined;
  "buffer.delete": BufferDeleteBody;
  "buffer.list": undefined;
  "buffer.edit": BufferEditBody;
  "buffer.undo": BufferUndoBody;
  "buffer.redo": BufferRedoBody;
  "buffer.changes": undefined;
  "draft.keep": DraftKeepBody;
  "draft.list": undefined;
  "draft.get": undefined;
  "draft.discard": DraftDiscardBody;
  "draft.apply": DraftApplyBody;
}

/** The query of each operation. */
export interface Queries {
  "lease.acquire": undefined;
  "lease.renew": undefined;
  "lease.release": undefined;
  "lease.takeover": undefined;
  "lease.move": undefined;
  "lease.request": undefined;
  "lease.transfer": undefined;
  "lease.revoke": undefined;
  "session.renew": undefined;
  "session.end": undefined;
  "lease.check": undefined;
  "lease.get": LeaseGetQuery;
  "lease.list": LeaseListQuery;
  "lease.tree": LeaseTreeQuery;
  "session.list": SessionListQuery;
  "server.get": undefined;
  "events.watch": EventsWatchQuery;
  "buffer.acquire": undefined;
  "buffer.acquire_in_project": undefined;
  "history.get": HistoryGetQuery;
  "history.list": HistoryListQuery;
  "buffer.put": undefined;
  "buffer.get": BufferGetQuery;
  "buffer.delete": undefined;
  "buffer.list": BufferListQuery;
  "buffer.edit": undefined;
  "buffer.undo": undefined;
  "buffer.redo": undefined;
  "buffer.changes": BufferChangesQuery;
  "draft.keep": undefined;
  "draft.list": DraftListQuery;
  "draft.get": undefined;
  "draft.discard": undefined;
  "draft.apply": undefined;
}

/** With which codes each operation may refuse or fail, besides those of any request. */
export interface Codes {
  "lease.acquire": "bad_field" | "held" | "held_by_you" | "wait_over" | "wait_superseded" | "text_is_single" | "queue_full" | "sessions_full" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.renew": "bad_field" | "session_needed" | "not_yours" | "nothing_held" | "stale" | "unknown_token" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.release": "bad_field" | "session_needed" | "not_yours" | "nothing_held" | "stale" | "unknown_token" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.takeover": "bad_field" | "wait_superseded" | "stale" | "takeover_pending" | "unknown_token" | "reason_missing" | "token_needed" | "text_is_single" | "sessions_full" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.move": "bad_field" | "not_yours" | "nothing_held" | "stale" | "takeover_pending" | "unknown_token" | "to_oneself" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.request": "bad_field" | "nothing_held" | "to_oneself" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.transfer": "bad_field" | "session_needed" | "not_yours" | "nothing_held" | "stale" | "takeover_pending" | "unknown_token" | "to_oneself" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.revoke": "bad_field" | "nothing_held" | "stale" | "unknown_token" | "reason_missing" | "journal_behind" | "stopping" | "commit_unknown";
  "session.renew": "bad_field" | "nothing_of_session" | "journal_behind" | "stopping" | "commit_unknown" | "partly_done";
  "session.end": "bad_field" | "journal_behind" | "stopping" | "commit_unknown" | "partly_done";
  "lease.check": "bad_field" | "stale" | "unknown_token" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.get": "bad_field" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.list": "bad_field" | "journal_behind" | "stopping" | "commit_unknown";
  "lease.tree": "bad_field" | "journal_behind" | "stopping" | "commit_unknown";
  "session.list": "bad_field" | "journal_behind" | "stopping" | "commit_unknown";
  "server.get": "bad_field" | "journal_behind" | "stopping" | "commit_unknown";
  "events.watch": "bad_field" | "journal_behind" | "stopping" | "commit_unknown" | "too_many_watchers";
  "buffer.acquire": "bad_field" | "unknown_buffer" | "held" | "held_by_you" | "buffers_full" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.acquire_in_project": "bad_field" | "unknown_buffer" | "held" | "held_by_you" | "buffers_full" | "journal_behind" | "stopping" | "commit_unknown";
  "history.get": "bad_field" | "history_off" | "journal_behind" | "stopping" | "commit_unknown" | "history_busy";
  "history.list": "bad_field" | "history_off" | "journal_behind" | "stopping" | "commit_unknown" | "history_busy";
  "buffer.put": "bad_field" | "held" | "held_by_you" | "buffer_exists" | "text_too_large" | "bad_text" | "text_is_single" | "texts_full" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.get": "bad_field" | "no_such_text" | "revision_gone" | "revision_future" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.delete": "bad_field" | "not_yours" | "no_such_text" | "held" | "stale" | "unknown_token" | "token_needed" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.list": "bad_field" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.edit": "bad_field" | "session_needed" | "bad_changes" | "not_yours" | "no_such_text" | "stale" | "base_moved" | "revision_gone" | "changes_too_large" | "text_too_large" | "unknown_token" | "wrong_length" | "bad_boundary" | "revision_future" | "drafts_full" | "texts_full" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.undo": "bad_field" | "session_needed" | "not_yours" | "no_such_text" | "stale" | "base_moved" | "nothing_to_undo" | "text_too_large" | "unknown_token" | "texts_full" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.redo": "bad_field" | "session_needed" | "not_yours" | "no_such_text" | "stale" | "base_moved" | "nothing_to_undo" | "text_too_large" | "unknown_token" | "texts_full" | "journal_behind" | "stopping" | "commit_unknown";
  "buffer.changes": "bad_field" | "no_such_text" | "revision_gone" | "revision_future" | "journal_behind" | "stopping" | "commit_unknown";
  "draft.keep": "bad_field" | "session_needed" | "bad_changes" | "no_such_text" | "revision_gone" | "changes_too_large" | "text_too_large" | "wrong_length" | "bad_boundary" | "revision_future" | "drafts_full" | "journal_behind" | "stopping" | "commit_unknown";
  "draft.list": "bad_field" | "journal_behind" | "stopping" | "commit_unknown";
  "draft.get": "bad_field" | "no_such_draft" | "journal_behind" | "stopping" | "commit_unknown";
  "draft.discard": "bad_field" | "not_your_draft" | "no_such_draft" | "journal_behind" | "stopping" | "commit_unknown";
  "draft.apply": "bad_field" | "session_needed" | "not_yours" | "no_such_text" | "no_such_draft" | "stale" | "draft_conflicts" | "revision_gone" | "text_too_large" | "unknown_token" | "texts_full" | "journal_behind" | "stopping" | "commit_unknown";
}
