// The file as one of the two sees it: what the other types comes letter by letter, and typing oneself asks for it.

import { changes } from "@holdfast/client";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { say } from "../parts/notices.js";
import { told } from "../parts/told.js";
import type { Actor } from "./actor.js";

function stateOf({ buffer }: Actor): string {
  const other = buffer.owner?.owner;
  switch (buffer.state) {
    case "owned":
      return "owns the file and types";
    case "acquiring":
      return "asks for the file";
    case "waiting":
      return `waits until ${other ? told(other) : "it"} is done`;
    case "following":
      return other === undefined ? "reads; the file is nobody's" : `reads what ${told(other)} types`;
    case "handing_over":
      return "is done, and lets go";
    default:
      return "was told: it is not yours any more";
  }
}

export function Pane({ actor, busy }: { readonly actor: Actor; readonly busy: boolean }): JSX.Element {
  const [, draw] = useState(0);
  const area = useRef<HTMLTextAreaElement>(null);
  const { buffer } = actor;
  useEffect(() => {
    const now = (): void => draw((times) => times + 1);
    const show = (change?: changes.ChangeJson): void => {
      const shown = area.current;
      if (!shown || shown.value === buffer.text) return;
      const to = (at: number): number => (change && shown.value.length === changes.lengthBefore(change) ? changes.mapPosition(change, at, 1) : Math.min(at, buffer.text.length));
      const [from, end] = [to(shown.selectionStart), to(shown.selectionEnd)];
      shown.value = buffer.text;
      if (document.activeElement === shown) shown.setSelectionRange(from, end);
      shown.scrollTop = shown.scrollHeight;
    };
    show();
    const leave = [
      buffer.on("state", () => {
        show();
        now();
      }),
      buffer.on("owner", now),
      buffer.on("saved", () => show()), // What is typed by the demonstration itself is no event of its own.
      buffer.on("text", ({ change }) => show(change)),
      buffer.on("refused", () => {
        show();
        if (!busy) say(`${actor.owner} cannot type: ${told(buffer.owner?.owner ?? "somebody")} has the file.`);
      }),
    ];
    return () => leave.forEach((one) => one());
  }, [buffer, busy]);
  const typed = (): void => {
    const shown = area.current;
    if (!shown || buffer.edit(changes.difference(buffer.text, shown.value)) === "done") return;
    shown.value = buffer.text; // Until it is granted nothing is shown that may have to go again.
  };
  const mine = buffer.state === "owned";
  const free = buffer.state === "acquiring" || (buffer.state === "following" && buffer.owner === undefined);
  return (
    <section class={`pane ${mine ? "mine" : ""}`} aria-label={`${actor.owner}'s window`}>
      <h3>
        {actor.owner}
        <button type="button" onClick={() => void buffer.release().catch(() => undefined)} disabled={!mine || busy}>
          Done
        </button>
      </h3>
      <p role="status">
        <span aria-hidden="true">{mine ? "✎ " : buffer.state === "waiting" ? "… " : "○ "}</span>
        {stateOf(actor)}
      </p>
      <textarea ref={area} aria-label={`The file, as ${actor.owner} sees it`} readOnly={busy || !(mine || free)} spellcheck={false} rows={9} onInput={typed} />
    </section>
  );
}
