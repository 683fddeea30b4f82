// As whom one acts here.

import type { JSX } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { Told } from "../parts/told.js";
import { owner } from "../server/client.js";

/** What the server takes for an owner: see promises.md. Longer ones are refused by it, with a sentence. */
const bytesMost = 256;

export function Identity(): JSX.Element {
  const [changing, setChanging] = useState(false);
  const [wrong, setWrong] = useState("");
  const button = useRef<HTMLButtonElement>(null);
  const came = useRef(false);
  useLayoutEffect(() => {
    if (!changing && came.current) button.current?.focus();
    came.current ||= changing;
  }, [changing]);
  const leave = (): void => {
    setWrong("");
    setChanging(false);
  };
  if (!changing) {
    return (
      <button type="button" ref={button} class="quiet identity" onClick={() => setChanging(true)} title="Whom you act as; change it">
        You: <Told text={owner.value} />
      </button>
    );
  }
  const choose = (event: SubmitEvent): void => {
    event.preventDefault();
    const said = String(new FormData(event.currentTarget as HTMLFormElement).get("owner") ?? "").trim();
    const bytes = new TextEncoder().encode(said).length;
    if (said === "" || bytes > bytesMost) {
      setWrong(said === "" ? "Say who you are." : `That is ${bytes} bytes; at most ${bytesMost} are taken.`);
      return;
    }
    owner.value = said;
    leave();
  };
  return (
    <form class="identity" onSubmit={choose} onKeyDown={(event) => event.key === "Escape" && leave()}>
      <label>
        You: <input name="owner" defaultValue={owner.value} aria-invalid={wrong !== ""} aria-describedby={wrong ? "owner-wrong" : undefined} autocomplete="username" ref={(input) => input?.focus()} />
      </label>
      <button type="submit">Use</button>
      {wrong && (
        <span id="owner-wrong" role="status" class="wrong">
          {wrong}
        </span>
      )}
    </form>
  );
}
