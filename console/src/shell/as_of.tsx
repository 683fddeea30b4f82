// How old what is shown may be: always there, always true.

import type { JSX } from "preact";
import { clock, now, span } from "../parts/time.js";
import { standing } from "../server/standing.js";

/** What is older than this is said to be behind. */
const behindMs = 3000;

export function AsOf(): JSX.Element {
  const { asOf, trouble } = standing.value;
  if (asOf === undefined) return <p class="as-of">{trouble === undefined ? "Asking the server…" : "No answer yet"}</p>;
  const age = now.value - asOf;
  const behind = age > behindMs;
  return (
    <p class={behind ? "as-of behind" : "as-of"}>
      <span class="dot" aria-hidden="true">
        {behind ? "○" : "●"}
      </span>
      as of <time dateTime={new Date(asOf).toISOString()}>{clock(asOf)}</time>
      <span class="age">{behind ? `, ${span(age)} behind` : ", live"}</span>
    </p>
  );
}
