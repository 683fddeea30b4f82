// Somebody asks for what one edits: a countdown, which one key extends. The focus stays where one types; the key is named.

import type { GuardedBuffer, HandOverRequest } from "@holdfast/client";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { now } from "../parts/time.js";
import { Told } from "../parts/told.js";

const moreKey = "F2";

export function Asked({ buffer, request, focus }: { readonly buffer: GuardedBuffer; readonly request: HandOverRequest; readonly focus: () => void }): JSX.Element | null {
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key !== moreKey || !request.open) return;
      event.preventDefault();
      request.extend();
    };
    document.addEventListener("keydown", key);
    return () => document.removeEventListener("keydown", key);
  }, [request]);
  void now.value; // It counts with the page's clock.
  const left = Math.ceil(request.remainingMs / 1000);
  const [, draw] = useState(0);
  if (!request.open) return null;
  const more = (): void => {
    request.extend();
    focus();
  };
  const answer = (how: "later" | "hand over") => () => {
    request.answer(how);
    draw((times) => times + 1);
    focus();
  };
  return (
    <div class="banner warn asked" role="group" aria-label="Somebody asks for this text">
      <span class="sign" aria-hidden="true">
        !
      </span>
      <div>
        <p>
          <strong>
            <Told text={request.by} /> asks for it
          </strong>
          {request.message !== "" && (
            <>
              : <q>
                <Told text={request.message} />
              </q>
            </>
          )}
          . Without an answer {request.whenSilent === "hand_over" ? "it is handed over" : "you keep it"} in{" "}
          <strong class="count" role="timer">
            {left} s
          </strong>
          . {moreKey} gives you 30 s more. What you typed is stored in any case.
        </p>
        <button type="button" onClick={more} aria-keyshortcuts={moreKey}>
          Keep editing ({moreKey})
        </button>
        <button type="button" onClick={answer("later")}>
          Not now
        </button>
        <button type="button" class="primary" onClick={answer("hand over")} disabled={buffer.state !== "owned"}>
          Hand over
        </button>
      </div>
    </div>
  );
}
