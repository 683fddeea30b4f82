// Lines over the last five minutes. The picture is for a glance; the figures beside it say the same as text.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "./chart.css";
import { theme } from "../shell/theme.js";

export interface Line {
  readonly label: string;
  /** 1 to 4: a colour and a kind of stroke, so that one can tell them apart without colours. */
  readonly look: 1 | 2 | 3 | 4;
  readonly values: readonly (number | null)[];
}

interface Props {
  readonly title: string;
  /** In seconds since 1970. */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  readonly format: (value: number) => string;
}

const strokes = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
const height = 132;
const windowS = 300;

/** As the theme has it now: the value of a variable alone would still name both themes' colours. */
function colour(of: HTMLElement, name: string): string {
  of.style.color = `var(${name})`;
  return getComputedStyle(of).color;
}
const dark = matchMedia("(prefers-color-scheme: dark)");

function plot(box: HTMLElement, { lines, format }: Props): uPlot {
  const axis = { stroke: colour(box, "--ink-2"), grid: { stroke: colour(box, "--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  const options: uPlot.Options = {
    width: box.clientWidth,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { range: (_, __, most) => [most - windowS, most] },
      y: { range: (_, __, most) => [0, most > 0 ? most * 1.1 : 1] },
    },
    axes: [
      { ...axis, size: 22, space: 60, values: (u, at) => at.map((x) => ago(x - (u.scales["x"]?.max ?? x))) },
      { ...axis, size: 56, space: 30, values: (_, at) => at.map(format) },
    ],
    series: [{}, ...lines.map((line) => ({ label: line.label, stroke: colour(box, `--line-${line.look}`), width: 1.75, dash: strokes[line.look - 1] ?? [], points: { show: false }, spanGaps: false }))],
  };
  return new uPlot(options, [[]], box);
}

const ago = (seconds: number): string => (seconds > -1 ? "now" : `${Math.round(seconds / 60)} min`);

export function Chart(props: Props): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | undefined>(undefined);
  const present = useRef(props);
  present.current = props;
  const draw = (): void => {
    const { times, lines } = present.current;
    drawn.current?.setData([[...times], ...lines.map((line) => [...line.values])] as uPlot.AlignedData);
  };
  const chosen = theme.value;
  useEffect(() => {
    const at = box.current;
    if (!at) return undefined;
    const renew = (): void => {
      drawn.current?.destroy();
      drawn.current = plot(at, present.current);
      draw();
    };
    renew();
    const sized = new ResizeObserver(() => drawn.current?.setSize({ width: at.clientWidth, height }));
    sized.observe(at);
    dark.addEventListener("change", renew);
    return () => {
      dark.removeEventListener("change", renew);
      sized.disconnect();
      drawn.current?.destroy();
      drawn.current = undefined;
    };
  }, [chosen]);
  useEffect(draw, [props.times, props.lines]);
  const latest = (line: Line): string => {
    const value = line.values.at(-1);
    return value === null || value === undefined ? "-" : props.format(value);
  };
  return (
    <figure class="chart">
      <figcaption>
        <h2>{props.title}</h2>
        <ul class="legend">
          {props.lines.map((line) => (
            <li key={line.label}>
              <svg viewBox="0 0 22 4" width="22" height="4" aria-hidden="true" class={`look${line.look}`}>
                <path d="M0 2H22" stroke-dasharray={strokes[line.look - 1]?.join(" ")} />
              </svg>
              {line.label} <strong>{latest(line)}</strong>
            </li>
          ))}
        </ul>
      </figcaption>
      <div ref={box} class="plot" aria-hidden="true" />
    </figure>
  );
}
