// A text under a new name: empty, or with what is in a file.

import { textsOf } from "@holdfast/client/operator";
import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import { explain } from "../parts/problem.js";
import { client } from "../server/client.js";
import { fromHere, href } from "../shell/router.js";

/** As the server has it: it says so as well, but after all of a file was sent. */
const fileMost = 10 * 1024 * 1024;

export function NewText({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const [wrong, setWrong] = useState("");
  const [sending, setSending] = useState(false);
  const name = useRef<HTMLInputElement>(null);
  const create = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const said = new FormData(event.currentTarget as HTMLFormElement);
    const chosen = said.get("file");
    const file = chosen instanceof File && chosen.name !== "" ? chosen : undefined;
    const wanted = String(said.get("name") ?? "").trim() || (file?.name ?? "");
    if (wanted === "") return setWrong("Give it a name, such as notes/today.");
    if (file && file.size > fileMost) return setWrong(`The file has ${(file.size / (1 << 20)).toFixed(1)} MiB; a text has at most 10.`);
    setSending(true);
    const on = fromHere();
    try {
      await textsOf(client.peek(), 60_000).create(wanted, file ?? "");
      on(href("edit", wanted));
    } catch (error) {
      setWrong(explain(error));
      setSending(false);
    }
  };
  return (
    <form class="new-text" aria-label="New text" onSubmit={(event) => void create(event)} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <label class="field">
        Name
        <input
          name="name"
          ref={(input) => {
            if (input && name.current !== input) input.focus();
            name.current = input;
          }}
          placeholder="notes/today"
          autocomplete="off"
          maxLength={512}
          aria-invalid={wrong !== ""}
          aria-describedby="new-text-wrong"
        />
      </label>
      <label class="field">
        From a file (or leave it out: it begins empty)
        <input name="file" type="file" />
      </label>
      <p id="new-text-wrong" class="wrong" role="status">
        {wrong}
      </p>
      <div class="tools">
        <button type="submit" class="primary" disabled={sending}>
          {sending ? "Sending…" : "Create"}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}
