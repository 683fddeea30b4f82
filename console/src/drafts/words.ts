// What is said of drafts.

import type { Draft } from "@holdfast/client/operator";
import { told } from "../parts/told.js";

export const fits: Readonly<Record<NonNullable<Draft["fit"]>, { readonly short: string; readonly long: string }>> = {
  clean: { short: "yes", long: "Nobody has changed the same places since. It can be applied as it is." },
  conflict: { short: "in part", long: "Others have changed the same places since. Applied all the same, it stands beside what they wrote, never over it: look at the result." },
  gone: { short: "text is gone", long: "The text that it was made for is not there any more. Copy or download what you need of it." },
};

const whys: Readonly<Record<string, string>> = {
  lapsed: "the lease ended without a renewal",
  released: "it had been released",
  taken_over: "it was taken over",
  transferred: "it had been passed on",
  moved: "its owner went on in another place",
  revoked: "it was revoked",
};

/** Why it is not in the text. */
export function whyOf({ because, by }: Pick<Draft, "because" | "by">): string {
  const why = because === null ? "it could not be stored" : (whys[because] ?? because);
  return by === null ? why : `${why} by ${told(by)}`;
}
