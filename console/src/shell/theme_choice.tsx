import type { JSX } from "preact";
import { theme, type Theme } from "./theme.js";

const next: Readonly<Record<Theme, Theme>> = { system: "light", light: "dark", dark: "system" };
const sign: Readonly<Record<Theme, string>> = { system: "◐", light: "☀", dark: "☾" };

export function ThemeChoice(): JSX.Element {
  const now = theme.value;
  return (
    <button type="button" class="quiet" onClick={() => (theme.value = next[now])} aria-label={`Colours: ${now}. Change to ${next[now]}`} title={`Colours: ${now}`}>
      <span aria-hidden="true">{sign[now]}</span>
    </button>
  );
}
