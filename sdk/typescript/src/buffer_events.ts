// What a buffer is opened with, and what it tells.

import type { HeldState } from "./answers.js";
import type { HandOverRequest, Silence } from "./asked.js";
import type { ChangeJson } from "./changes.js";
import type { RemoteCursor } from "./cursors.js";
import type { LeaseLostError } from "./loss.js";
import type { HoldfastError } from "./problem.js";

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
  | "absent" // There is no text under this name; nothing can be typed. It is followed, and comes when somebody creates it.
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
  /** Why it could only be kept on this side. */
  readonly error: HoldfastError | undefined;
  /** It is neither at the server nor where it outlives this page. */
  readonly keptHereOnly: boolean;
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
