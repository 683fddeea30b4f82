// Questions before something that cannot be taken back. The browser's own <dialog>: it keeps the focus inside, gives it back
// at the end, and Escape closes it.

import { render, type ComponentChildren, type JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { interruption } from "./notices.js";
import "./dialog.css";

export interface Question {
  readonly title: string;
  /** Who is affected, and how. */
  readonly text: ComponentChildren;
  /** The word on the button that does it: a verb. */
  readonly act: string;
  /** Nobody loses anything by it. */
  readonly calm?: boolean;
  /** The word on the one that does not. Default: Stay. */
  readonly stay?: string;
  /** A line to be filled in: a reason, mostly. */
  readonly field?: { readonly label: string; readonly required?: boolean; readonly value?: string; readonly maxLength?: number };
}

interface Asked extends Question {
  readonly answer: (said: string | undefined) => void;
}

const ends = ["hashchange", interruption];

/** A question that is open now is answered by that: it is not to be done. */
let drop: (() => void) | undefined;

/** What was filled in, or "" where nothing could be; undefined: it is not to be done. */
export function ask(question: Question): Promise<string | undefined> {
  drop?.();
  const place = document.body.appendChild(document.createElement("div"));
  return new Promise((resolve) => {
    const answer = (said: string | undefined): void => {
      if (drop) for (const event of ends) removeEventListener(event, drop);
      drop = undefined;
      render(null, place);
      place.remove();
      resolve(said);
    };
    drop = () => answer(undefined);
    // It is about what stands on the page: who goes elsewhere, or is told otherwise meanwhile, has not agreed.
    for (const event of ends) addEventListener(event, drop);
    render(<Open question={{ ...question, answer }} />, place);
  });
}

function Open({ question }: { readonly question: Asked }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const safe = useRef<HTMLButtonElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const answered = useRef(false);
  const answer = (said: string | undefined): void => {
    answered.current = true;
    dialog.current?.close();
    question.answer(said);
  };
  // Before anything else happens: no key that was meant for it goes to the page.
  useLayoutEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    safe.current?.focus();
    return () => shown?.close();
  }, []);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    answer(input.current?.value.trim() ?? "");
  };
  const closed = (): void => {
    if (!answered.current) answer(undefined);
  };
  const { field } = question;
  return (
    <dialog ref={dialog} role="alertdialog" aria-modal="true" aria-labelledby="asked-title" aria-describedby="asked-text" onClose={closed}>
      <form onSubmit={submit}>
        <h2 id="asked-title">{question.title}</h2>
        <div id="asked-text">{question.text}</div>
        {field && (
          <label class="field">
            {field.label}
            <input ref={input} type="text" required={field.required ?? false} maxLength={field.maxLength ?? 1024} defaultValue={field.value ?? ""} autocomplete="off" />
          </label>
        )}
        <div class="choices">
          <button type="button" ref={safe} onClick={() => answer(undefined)}>
            {question.stay ?? "Stay"}
          </button>
          <button type="submit" class={question.calm ? "primary" : "danger"}>
            {question.act}
          </button>
        </div>
      </form>
    </dialog>
  );
}
