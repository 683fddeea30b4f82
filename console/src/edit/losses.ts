// What befalls a text that was typed into, told for as long as it is open: also on other pages.

import type { GuardedBuffer, HandIn } from "@holdfast/client";
import { alarm, say } from "../parts/notices.js";
import { told } from "../parts/told.js";
import { words } from "./words.js";

const tellsOf = new WeakSet<GuardedBuffer>();

/** What is lost interrupts, and whatever is typed is accounted for. */
export function tellLosses(buffer: GuardedBuffer): void {
  if (tellsOf.has(buffer)) return;
  tellsOf.add(buffer);
  let taken: HandIn | undefined;
  // One may be on another page by then, with several texts open.
  const of = (said: string): string => `${told(buffer.name)}: ${said}`;
  buffer.on("lost", (loss) => {
    taken = undefined; // Its time was over before it was let go: that is said here.
    if (loss.reason === "moved") say(of("you went on in another place."));
    else alarm(of(words.lost(loss)));
  });
  buffer.on("draft", (made) => alarm(of(words.draft(made))));
  buffer.on("rejected", ({ error }) => alarm(of(words.rejected(error))));
  buffer.on("handIn", (handIn) => {
    taken = handIn;
    say(of(words.handIn(handIn)));
  });
  buffer.on("kept", () => {
    taken = undefined;
    say(of("it is not taken over after all."));
  });
  buffer.on("owner", (holder) => {
    if (taken === undefined || holder?.owner !== taken.by) return;
    // Else it was not let go in time, and is told as lost in a moment.
    if (buffer.saved === "stored") alarm(`${told(taken.by)} has taken over ${told(buffer.name)}: ${told(taken.reason)}. What you had typed is stored.`);
    taken = undefined;
  });
}
