// How long a lease still lasts, unless it is renewed.

import type { JSX } from "preact";
import { now, span } from "../parts/time.js";

/** Beyond this nobody wants seconds. */
const coarseMs = 120_000;

/** A bar, and the same as text. */
export function EndsIn({ endsAt, ttlMs }: { readonly endsAt: number | null; readonly ttlMs: number | null }): JSX.Element {
  void now.value; // Each second anew.
  if (endsAt === null || ttlMs === null) {
    return <span title="Until it is released or taken over.">no end</span>;
  }
  const left = Math.max(0, endsAt - performance.now());
  const share = Math.min(1, left / Math.max(1, ttlMs));
  return (
    <span class="ends" title="At most, unless it is renewed.">
      <span class="bar" aria-hidden="true">
        <span class={share < 0.25 ? "left low" : "left"} style={{ width: `${(share * 100).toFixed(0)}%` }} />
      </span>
      {span(left > coarseMs ? Math.round(left / 60_000) * 60_000 : left)}
    </span>
  );
}
