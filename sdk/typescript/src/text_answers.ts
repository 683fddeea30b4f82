// What the server answers about texts and drafts, as it is spelled on the wire. A test compares these members with real
// answers.

import type { HeldState, FreeState } from "./answers.js";
import type { ChangeJson } from "./changes.js";

export type LineEnds = "lf" | "crlf" | "cr" | "mixed";

/** A text in a list. */
export interface TextInfo {
  readonly name: string;
  /** Tells it from an earlier text of the same name. */
  readonly buffer: number;
  /** The newest, */
  readonly revision: number;
  /** and the oldest that is known. */
  readonly oldest: number;
  /** In UTF-16 units. */
  readonly length: number;
  readonly bytes: number;
  readonly lines: number;
  readonly ends: LineEnds;
  readonly byte_order_mark: boolean;
  readonly created_by: string;
  readonly created_at: string;
  readonly changed_by: string;
  readonly changed_at: string;
  /** How many drafts of it there are. */
  readonly drafts: number;
}

export interface TextState extends TextInfo {
  /** The revision of `text`. */
  readonly shown?: number;
  readonly text?: string;
  /** Who wrote the newest text, part by part. */
  readonly blame?: readonly { readonly length: number; readonly owner: string }[];
  /** How much this owner may take back, */
  readonly undo: number;
  /** and do again. */
  readonly redo: number;
  /** Of one that was to be created: it had been, in the same way. */
  readonly again?: boolean;
  readonly position: string;
}

export interface TextPage {
  readonly buffers: readonly TextInfo[];
  readonly next: string | null;
  readonly position: string;
}

/** To an edit. */
export interface TextEdited {
  readonly name: string;
  readonly buffer: number;
  /** The revision that it was made for, */
  readonly base: number;
  /** and that it came to. */
  readonly revision: number;
  /** It had been made before. */
  readonly again: boolean;
  readonly undo: number;
  readonly redo: number;
  readonly position: string;
}

/** To an undo, a redo, or a draft that was applied: with what it did. */
export interface TextChanged extends TextEdited {
  readonly changes: readonly ChangeJson[];
}

export interface Revision {
  readonly revision: number;
  readonly owner: string;
  readonly change: ChangeJson;
}

export interface TextChanges {
  readonly name: string;
  readonly buffer: number;
  readonly revision: number;
  readonly changes?: readonly Revision[];
  /** There are more behind these. */
  readonly more?: boolean;
  /** Instead of changes, where there are too many or they are gone. */
  readonly text?: string;
  readonly position: string;
}

export interface RemovedText {
  readonly name: string;
  readonly buffer: number;
  readonly removed: true;
  readonly position: string;
}

/** What an owner could not get in. */
export interface Draft {
  readonly draft: number;
  readonly name: string;
  readonly buffer: number;
  readonly owner: string;
  readonly session: string | null;
  readonly token: number;
  readonly base: number;
  readonly seq: number | null;
  /** Why its owner had lost the text. */
  readonly because: string | null;
  readonly by: string | null;
  readonly at: string;
  /** Units of text that it brings, */
  readonly inserted: number;
  /** and takes away. */
  readonly deleted: number;
  /** Whether others changed the same places since; `gone`: the text is not there any more. In lists, where it is known at once. */
  readonly fit?: "clean" | "conflict" | "gone";
}

export interface WholeDraft extends Draft {
  /** The text that it was made for, and what it does to that. */
  readonly base_text?: string;
  readonly change: ChangeJson;
  /** What it would do to the newest text. */
  readonly now?: ChangeJson;
  readonly position: string;
}

export interface DraftPage {
  readonly drafts: readonly Draft[];
  readonly next: number | null;
  readonly position: string;
}

/** To `hello`. */
export interface Greeting {
  readonly owner: string;
  readonly session: string;
  readonly incarnation: number;
  readonly ping_ms: number;
  readonly grace_ms: number;
}

/** To `follow`. */
export interface Followed {
  readonly name: string;
  /** Null: the name has no text. */
  readonly buffer: number | null;
  readonly revision: number | null;
  readonly lease: HeldState | FreeState;
  readonly text?: string;
  readonly changes?: readonly Revision[];
  readonly more?: boolean;
  readonly members: readonly { readonly owner: string; readonly session: string; readonly state: string; readonly holder: boolean }[];
  readonly position: string;
}
