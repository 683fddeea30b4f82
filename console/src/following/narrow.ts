// On a telephone a row has two lines: what it is about, and below that what would be columns elsewhere.

import { signal, type ReadonlySignal } from "@preact/signals";

const asked = matchMedia("(max-width: 520px)");
const present = signal(asked.matches);
asked.addEventListener("change", () => (present.value = asked.matches));

export const narrow: ReadonlySignal<boolean> = present;

/** In pixels. */
export const rowHeight = (): number => (narrow.value ? 58 : 36);
