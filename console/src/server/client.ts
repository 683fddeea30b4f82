// Who this page is, to the server, and the client that speaks for it.

import { Operator } from "@holdfast/client/operator";
import { computed, signal } from "@preact/signals";
import { keep, kept } from "../shell/kept.js";

function freshOwner(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(3));
  return `visitor-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The owner that acts are done as. Anybody may choose any: there is no login. */
export const owner = signal(kept("owner") || freshOwner());
owner.subscribe((now) => keep("owner", now));

/** Looks, and acts on what others hold. Whoever holds something itself, as the editor does, has a client of its own. */
export const client = computed(() => new Operator({ owner: owner.value }));

/** For looking often: one try, and a short one; the next look is the second. */
export const lookMs = 4000;
