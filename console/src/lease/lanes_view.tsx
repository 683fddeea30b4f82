// The history as a picture, a lane for each owner, and as a table, which says the same and more.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { clock, now, span as lasting } from "../parts/time.js";
import { Told, told } from "../parts/told.js";
import { standing } from "../server/standing.js";
import { lanesOf, placeOf, spansMost, windowOf, type Holdings, type Span } from "./lanes.js";
import { beginning, ending, marked, sign } from "./words.js";

/** By the server's clock, as far as that is known. */
function serverNow(): number {
  const { server, asOf } = standing.value;
  return now.value + (server && asOf !== undefined ? Date.parse(server.now) - asOf : 0);
}

/** By the server, of one name. */
const keptMost = 100;
const choices = [12, 50, spansMost] as const;

const sentence = (span: Span): string => {
  const from = span.from === undefined ? "an unknown time" : clock(span.from);
  return `${told(span.owner)} from ${from}${span.to === undefined ? "" : ` to ${clock(span.to)}`}: ${beginning(span)}; ${ending(span)}`;
};

function Lane({ spans, window, at }: { readonly spans: readonly Span[]; readonly window: { from: number; to: number }; readonly at: number }): JSX.Element {
  return (
    <svg class="lane" width="100%" height="28">
      <line x1="0" x2="100%" y1="14" y2="14" class="rule" />
      {spans.map((span) => {
        const place = placeOf(span, window, at);
        if (!place) return null;
        const [left, width] = place;
        return (
          <g key={span.token}>
            <title>{sentence(span)}</title>
            <rect x={`${left}%`} width={`${width}%`} y="6" height="16" rx="3" class={span.ended ? (span.uncertain ? "past unsure" : "past") : "present"} />
            {span.marks.map((mark, index) => {
              const x = ((mark.at - window.from) / (window.to - window.from)) * 100;
              return x >= 0 && x <= 100 ? <circle key={index} cx={`${x}%`} cy="14" r="3.5" class="mark-dot" /> : null;
            })}
            {width > 1.5 && (
              <text x={`${left + width}%`} dx="-5" y="18" text-anchor="end">
                {sign(span)}
              </text>
            )}
          </g>
        );
      })}
    </svg>
  );
}

function Picture({ spans, newest }: { readonly spans: readonly Span[]; readonly newest: number }): JSX.Element {
  const at = serverNow();
  const shown = spans.slice(0, newest);
  const window = windowOf(shown, newest, at);
  const middle = (window.from + window.to) / 2;
  return (
    <div class="lanes" aria-hidden="true">
      {lanesOf(shown).map((lane) => (
        <div class="lane-row" key={lane.owner}>
          <span class="lane-owner">{lane.owner === "" ? "others" : <Told text={lane.owner} title />}</span>
          <Lane spans={lane.spans} window={window} at={at} />
        </div>
      ))}
      <div class="lane-row axis">
        <span />
        <span class="axis-times">
          <span>{clock(window.from)}</span>
          <span>{clock(middle)}</span>
          <span>{clock(window.to)}</span>
        </span>
      </div>
      <p class="aside key">○ released &nbsp; … lapsed &nbsp; ✕ taken over or revoked &nbsp; → passed on &nbsp; ● something befell it; the filled one is held now</p>
    </div>
  );
}

function Lasted({ span }: { readonly span: Span }): JSX.Element {
  if (span.from === undefined) return <span>-</span>;
  return <>{lasting((span.to ?? serverNow()) - span.from)}</>;
}

function Row({ span }: { readonly span: Span }): JSX.Element {
  const { from, note, marks, marksLeftOut } = span;
  return (
    <tr>
      <th scope="row">
        <Told text={span.owner} />
      </th>
      <td>{from === undefined ? "-" : <time dateTime={new Date(from).toISOString()}>{clock(from)}</time>}</td>
      <td>
        <Lasted span={span} />
      </td>
      <td>
        {beginning(span)}; {ending(span)}
        {note !== "" && (
          <p class="aside">
            Why: “<Told text={note} />”
          </p>
        )}
        {marks.map((mark, index) => (
          <p class="aside" key={index}>
            {clock(mark.at)}: {marked(mark)}
          </p>
        ))}
        {marksLeftOut > 0 && <p class="aside">and {marksLeftOut} things more</p>}
      </td>
      <td class="wide">
        <small>{span.token}</small>
      </td>
    </tr>
  );
}

export function History({ holdings }: { readonly holdings: Holdings }): JSX.Element {
  const { spans, older } = holdings;
  const [newest, setNewest] = useState<number>(choices[0]);
  // Of those that show everything there is, only the first.
  const offered = choices.filter((_, index) => index === 0 || choices[index - 1]! < spans.length);
  if (spans.length === 0) return <p>Nobody has held it, as far as the history goes back.</p>;
  return (
    <>
      {spans.length > choices[0] && (
        <label>
          Show
          <select value={newest} onChange={(event) => setNewest(Number(event.currentTarget.value))}>
            {offered.map((choice) => (
              <option key={choice} value={choice}>
                {choice < spans.length || older || spans.length >= keptMost ? `the last ${Math.min(choice, spans.length)}` : `all ${spans.length}`}
              </option>
            ))}
          </select>
          holdings
        </label>
      )}
      {older && <p class="aside">It was held before these {spans.length}, too: they are the newest.</p>}
      {!older && spans.length >= keptMost && <p class="aside">It may have been held before these {spans.length}, too: of each name the server keeps the last {keptMost} holdings.</p>}
      <Picture spans={spans} newest={newest} />
      <div class="holdings" tabIndex={0} role="group" aria-label="Who held it">
        <table aria-label="Who held it, the newest first">
          <thead>
            <tr>
              <th scope="col">Owner</th>
              <th scope="col">From</th>
              <th scope="col">For</th>
              <th scope="col">What happened</th>
              <th scope="col" class="wide">
                Token
              </th>
            </tr>
          </thead>
          <tbody>
            {spans.slice(0, newest).map((span) => (
              <Row key={span.token} span={span} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
