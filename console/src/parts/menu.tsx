// What can be done with a row. While one is open nothing else in the page moves: see `held` in server/pace.ts.

import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { JSX } from "preact";
import { hold } from "../server/pace.js";
import "./menu.css";

export interface Choice {
  readonly label: string;
  readonly act: () => void;
  readonly danger?: boolean;
  /** Why it cannot be done now; it is shown, and not offered. */
  readonly unless?: string | undefined;
}

/** `label`: whose menu it is, for who cannot see the row. `text`: what stands on the button, where it is no row's. */
export function Menu({ label, text, choices }: { readonly label: string; readonly text?: string; readonly choices: readonly Choice[] }): JSX.Element {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const items = (): HTMLButtonElement[] => [...(list.current?.querySelectorAll<HTMLButtonElement>("[role=menuitem]") ?? [])];

  // By the window and not by the row: a table cuts off what hangs out of it.
  useLayoutEffect(() => {
    const [at, shown] = [button.current?.getBoundingClientRect(), list.current];
    if (!open || !at || !shown) return;
    const below = at.bottom + shown.offsetHeight < innerHeight;
    shown.style.top = `${below ? at.bottom : Math.max(4, at.top - shown.offsetHeight)}px`;
    shown.style.left = `${Math.max(4, at.right - shown.offsetWidth)}px`;
  }, [open]);

  useEffect(() => {
    if (!open) return undefined;
    const letGo = hold();
    items()[0]?.focus({ preventScroll: true });
    const elsewhere = (event: Event): void => {
      const at = event.target;
      // The button itself closes by its click; it would open it again otherwise.
      if (!(at instanceof Node) || !(list.current?.contains(at) || button.current?.contains(at))) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    document.addEventListener("scroll", elsewhere, true);
    // Keys of the page, such as / for its filter, take the focus: it would stay open with nobody in it, and hold everything.
    document.addEventListener("focusin", elsewhere);
    return () => {
      document.removeEventListener("focusin", elsewhere);
      document.removeEventListener("scroll", elsewhere, true);
      document.removeEventListener("pointerdown", elsewhere);
      letGo();
    };
  }, [open]);

  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const key = (event: KeyboardEvent): void => {
    const all = items();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
    if (to !== undefined && all.length > 0) all[to % all.length]?.focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") setOpen(false);
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu">
      <button type="button" ref={button} class={text === undefined ? "quiet" : undefined} aria-haspopup="menu" aria-expanded={open} aria-controls={open ? id : undefined} aria-label={label} onClick={({ detail }) => detail < 2 && setOpen(!open)}>
        {text ?? "⋯"}
      </button>
      {open && (
        <div id={id} ref={list} role="menu" class="choices-list" aria-label={label} onKeyDown={key}>
          {choices.map((choice) => (
            <button
              type="button"
              role="menuitem"
              key={choice.label}
              class={choice.danger ? "danger" : undefined}
              aria-disabled={choice.unless !== undefined}
              tabIndex={-1}
              onClick={() => {
                if (choice.unless !== undefined) return;
                close();
                choice.act();
              }}
            >
              {choice.label}
              {choice.unless !== undefined && <small>{choice.unless}</small>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
