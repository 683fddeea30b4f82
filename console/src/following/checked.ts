// Answers of something that is no Holdfast server, or of another version of it: said as that, instead of shown as nothing.

import { UnavailableError } from "@holdfast/client/operator";
import { positionOf } from "./position.js";

type Kind = "string" | "number" | "boolean";

/** The answer, if under `key` it has a list of objects with these members, and a position. */
export function checked<Answer extends object>(answer: Answer, key: keyof Answer & string, members: Readonly<Record<string, Kind>>): Answer {
  const list: unknown = answer[key];
  const { position } = answer as { readonly position?: unknown };
  const fits = (one: unknown): boolean =>
    typeof one === "object" && one !== null && Object.entries(members).every(([member, kind]) => typeof (one as Record<string, unknown>)[member] === kind);
  if (typeof position === "string" && positionOf(position) && Array.isArray(list) && list.every(fits)) return answer;
  throw notUnderstood();
}

export function notUnderstood(): UnavailableError {
  const detail = "The answer is not what this page understands. Is this a Holdfast server, and of the page's version?";
  return new UnavailableError({ code: "bad_answer", fate: "not_done", detail, status: 200 });
}
