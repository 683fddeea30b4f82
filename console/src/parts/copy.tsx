// A command that does the same in a terminal, to take away.

import type { JSX } from "preact";
import { say } from "./notices.js";
import { told } from "./told.js";

/** One word of a shell's command line, whatever is in it. */
export function word(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

export async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    say("The browser did not let this page copy. Mark the text and copy it by hand.");
  }
}

export function Command({ line }: { readonly line: string }): JSX.Element {
  return (
    <p class="command">
      <code tabIndex={0}>{told(line)}</code>
      <button type="button" onClick={() => void copy(line)} aria-label={`Copy the command ${told(line)}`}>
        Copy
      </button>
    </p>
  );
}
