// An error, for people: what happened, whether it was done, and what to do.

import { HoldfastError } from "@holdfast/client/operator";
import type { JSX } from "preact";
import { told } from "./told.js";

/** Why somebody who only looked saw nothing. */
export function explainLook(error: unknown): string {
  if (error instanceof TypeError && /import|module/i.test(error.message)) return "A part of this page could not be loaded: the server does not answer, or was upgraded and has another version of it by now. Load the page anew.";
  if (!(error instanceof HoldfastError)) return told(error instanceof Error ? error.message : String(error));
  const said = told(error.message);
  return /[.!?]$/.test(said) ? said : `${said}.`;
}

/** Why something that was to be done was not, or may have been. */
export function explain(error: unknown): string {
  const unknown = error instanceof HoldfastError && error.fate === "maybe_done";
  return explainLook(error) + (unknown ? " Nobody knows whether it was done: look before you try again." : "");
}

/** The look just before something is done: where that comes to nothing, so does the act. */
export async function lookedFirst<Answer>(look: Promise<Answer>): Promise<Answer> {
  try {
    return await look;
  } catch (error) {
    throw new Error(`Nothing was done: ${explainLook(error)}`);
  }
}

/** Something that was looked for and did not come. */
export function Problem({ error, again }: { readonly error: unknown; readonly again?: () => void }): JSX.Element {
  return (
    <div class="problem" role="group" aria-label="What went wrong">
      <p>{explainLook(error)}</p>
      {again && (
        <button type="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
