// Light or dark: as the system says, until somebody chooses.

import { signal } from "@preact/signals";
import { kept, keep } from "./kept.js";

export type Theme = "system" | "light" | "dark";

const stored = kept("theme");
export const theme = signal<Theme>(stored === "light" || stored === "dark" ? stored : "system");

theme.subscribe((now) => {
  if (now === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = now;
  keep("theme", now);
});
