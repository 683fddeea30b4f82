// A name without a text: said, and not shown as an empty one.

import { RefusedError } from "@holdfast/client";
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { explain } from "../parts/problem.js";
import { Told } from "../parts/told.js";
import { href } from "../shell/router.js";
import { typist } from "./typist.js";

export function Absent({ name }: { readonly name: string }): JSX.Element {
  const [error, setError] = useState<unknown>(undefined);
  // Whoever follows the name is told when it has a text: nothing else is to be done here.
  const create = (): void => void typist().texts.create(name, "").catch(setError);
  return (
    <div class="absent">
      <p>
        There is no text under <Told text={name} />. It was removed, or never made; it is shown here as soon as somebody makes it.
      </p>
      <p class="tools">
        <button type="button" class="primary" onClick={create}>
          Make an empty one
        </button>
        <a href={href("buffers")}>All texts</a>
      </p>
      {error !== undefined && <p role="status">{error instanceof RefusedError ? "Somebody holds this name, so only they can make it." : explain(error)}</p>}
    </div>
  );
}
