// What the editor says, to those who read it and to those who hear it.

import type { HandOverRequest } from "./asked.js";
import type { DraftMade, HandIn } from "./buffer_events.js";
import type { Guard } from "./codemirror.js";
import type { LeaseLostError } from "./loss.js";
import type { HoldfastError } from "./problem.js";
import { RefusedError } from "./problem.js";

export interface GuardWords {
  /** How things stand, in one sentence. */
  state(guard: Guard): string;
  /** What is worth being said aloud of a change; undefined: nothing. */
  news(before: Guard, now: Guard): string | undefined;
  refused(error: HoldfastError): string;
  lost(loss: LeaseLostError): string;
  draft(draft: DraftMade): string;
  rejected(error: HoldfastError): string;
  requested(request: HandOverRequest): string;
  declined(by: string, message: string): string;
  handIn(handIn: HandIn): string;
  /** What stands beside somebody's cursor. */
  flag(owner: string): string;
  readonly edit: string;
  readonly done: string;
  readonly ask: string;
  readonly takeOver: string;
  readonly continueHere: string;
  readonly keepEditing: string;
  readonly handOver: string;
  readonly moreTime: string;
  /** Asked for a reason, before it is taken over. */
  readonly why: string;
}

const colon = (text: string | undefined): string => (text ? `: ${text}` : "");
const stateOf = ({ state, owner, saved }: Guard): string => {
  switch (state) {
    case "absent":
      return "There is no text under this name.";
    case "owned":
      return saved === "stored" ? "You are editing. All is stored." : saved === "kept" ? "You are editing. The server is away; what you type is kept here." : "You are editing.";
    case "acquiring":
      return "Asking for it.";
    case "waiting":
      return `Waiting for ${owner ?? "it"}.`;
    case "unsure":
      return "Asking the server whether you still hold it. You can read on meanwhile.";
    case "handing_over":
      return "Storing what you typed, then letting go.";
    case "lost":
      return "You do not hold it any more. What was not stored is kept as a draft.";
    case "closed":
      return "Closed.";
    case "following":
      return owner === undefined ? "Nobody is editing. Type to begin." : `${owner} is editing.`;
  }
};

export const guardWords: GuardWords = {
  state: stateOf,
  news(before, now) {
    if (before.state === now.state && (before.owner === now.owner || now.state !== "following")) return undefined;
    return now.state === "acquiring" || now.state === "lost" ? undefined : stateOf(now);
  },
  refused: (error) =>
    error instanceof RefusedError && error.holder
      ? error.code === "held_by_you"
        ? "You are editing this in another place."
        : `${error.holder.owner} is editing${colon(error.holder.note)}. What you typed was not taken.`
      : error.code === "no_such_text"
        ? "There is no text under this name, so nothing can be typed."
        : `It is not to be had now: ${error.message}`,
  lost: (loss) => (loss.by === undefined ? `You do not hold it any more (${loss.reason}).` : `${loss.by} has it now${colon(loss.why)}.`),
  draft: (made) => (made.draft === undefined ? `What was not stored is ${made.keptHereOnly ? "in this tab only: do not close it" : "kept on this device"}. ${made.error?.message ?? ""}`.trim() : `What was not stored is kept as draft ${made.draft}.`),
  rejected: (error) => `What you typed cannot be stored: ${error.message}`,
  requested: ({ by, message, remainingMs, whenSilent }) =>
    `${by} asks for it${colon(message)}. ${Math.round(remainingMs / 1000)} seconds to answer; ${whenSilent === "hand_over" ? "then it is handed over" : "then you keep it"}.`,
  declined: (by, message) => `${by} keeps it for now${colon(message)}.`,
  handIn: ({ by, reason }) => `${by} takes it over${colon(reason)}. What you typed is being stored.`,
  flag: (owner) => owner,
  edit: "Edit",
  done: "Done",
  ask: "Ask for it",
  takeOver: "Take over",
  continueHere: "Continue here",
  keepEditing: "Keep editing",
  handOver: "Hand over",
  moreTime: "More time",
  why: "Why do you take it over? They will be told.",
};
