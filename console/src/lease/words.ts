// How a holding began and ended, in words.

import { span as lasting } from "../parts/time.js";
import { told } from "../parts/told.js";
import type { Mark, Span } from "./lanes.js";

const by = (who: string): string => (who === "" ? "" : ` by ${told(who)}`);
const because = (why: string): string => (why === "" ? "" : `: “${told(why)}”`);

export function beginning({ began, takenFrom, why, waitedMs }: Span): string {
  const from = takenFrom === "" ? "" : ` from ${told(takenFrom)}`;
  if (began === "taken_over") return `taken over${from}${because(why)}`;
  if (began === "transferred") return `transferred${from}`;
  if (began === "moved") return "moved from another session";
  return waitedMs > 0 ? `granted after ${lasting(waitedMs)} in the queue` : "granted";
}

export function ending({ ended, uncertain }: Span): string {
  if (!ended) return uncertain ? "not known: the history has a hole here" : "held now";
  const { because: word, by: who, reason, to } = ended;
  if (word === "released") return "released";
  if (word === "lapsed") return "lapsed: it was not renewed in time";
  if (word === "taken_over") return `taken over${by(who)}${because(reason)}`;
  if (word === "transferred") return `transferred to ${told(to)}`;
  if (word === "moved") return "moved to another session";
  if (word === "revoked") return `revoked${by(who)}${because(reason)}`;
  return word === "" ? "not known" : told(word.replaceAll("_", " "));
}

const marks: Readonly<Record<string, string>> = {
  joined: "another session joined",
  left: "a session left",
  lapsed: "a session's part lapsed",
  revived: "came back in time",
  requested: "asked for",
  takeover_asked: "takeover announced",
  takeover_dropped: "takeover dropped",
  given_up: "the right to come back was given up",
};

export const marked = ({ what, by: who, text }: Mark): string => `${marks[what] ?? told(what)}${by(who)}${because(text)}`;

/** One sign for each kind of end, so that a colour is not needed to tell them apart. */
export function sign({ ended }: Span): string {
  if (!ended) return "";
  return { released: "○", lapsed: "…", taken_over: "✕", revoked: "✕", transferred: "→", moved: "→" }[ended.because] ?? "?";
}
