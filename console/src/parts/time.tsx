// Times for people: how long ago, for how long, until when. One clock for the whole page, so that nothing shows another
// second than its neighbour.

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { paced } from "../server/pace.js";

/** Date.now(), once a second, and again as soon as a hidden page is shown. */
export const now = signal(Date.now());

const tick = (): void => void (now.value = Date.now());
setInterval(paced(tick, false).soon, 1000); // It costs no repaint of its own, and moves nothing.
document.addEventListener("visibilitychange", tick);

/** "4 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". Below a second: "0.4 s". */
export function span(ms: number): string {
  const left = Math.max(0, ms);
  if (left < 950) return `${(left / 1000).toFixed(1)} s`;
  const s = Math.round(left / 1000);
  if (s < 60) return `${s} s`;
  if (s < 600 && s % 60 !== 0) return `${Math.floor(s / 60)} min ${s % 60} s`;
  const min = Math.floor(s / 60);
  if (min < 60) return `${min} min`;
  const h = Math.floor(min / 60);
  if (h < 24) return min % 60 === 0 ? `${h} h` : `${h} h ${min % 60} min`;
  const d = Math.floor(h / 24);
  return h % 24 === 0 ? `${d} d` : `${d} d ${h % 24} h`;
}

const sameDay = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const otherDay = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false });

/** The time of day, in the reader's zone; with the day where it is another one. */
export function clock(at: number): string {
  const then = new Date(at);
  return (then.toDateString() === new Date(now.value).toDateString() ? sameDay : otherDay).format(then);
}

/** How long ago. The title says when, in both zones. */
export function Ago({ at }: { readonly at: number | string }): JSX.Element {
  const then = typeof at === "number" ? at : Date.parse(at);
  if (Number.isNaN(then)) return <span>-</span>;
  const iso = new Date(then).toISOString();
  return (
    <time dateTime={iso} title={`${clock(then)} (${iso})`}>
      {span(now.value - then)}
    </time>
  );
}
