// The page that one sees first: is all well, how much is owned, and what is going on.

import type { ComponentChildren, JSX } from "preact";
import { Chart, type Line } from "../parts/chart.js";
import { Command } from "../parts/copy.js";
import { Sheet } from "../parts/sheet.js";
import { latest, samples, type Gauge, type Rate, type Sample } from "../server/figures.js";
import { standing } from "../server/standing.js";
import { href } from "../shell/router.js";
import "./overview.css";

const count = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const exact = new Intl.NumberFormat("en");

const perSecond = (value: number): string => `${value >= 10 || value === 0 ? count.format(value) : value.toFixed(value < 0.1 ? 2 : 1)}/s`;
const milliseconds = (value: number): string => (value >= 1000 ? `${(value / 1000).toFixed(1)} s` : value >= 10 || value === 0 ? `${value.toFixed(0)} ms` : `${value.toFixed(2)} ms`);

interface Tile {
  readonly label: string;
  readonly value: number | undefined;
  readonly to: string;
  /** Anything but 0 is a reason to look. */
  readonly alarms?: boolean;
  readonly about: string;
}

function Figure({ label, value, to, alarms, about }: Tile): JSX.Element {
  const bad = alarms === true && value !== undefined && value > 0;
  return (
    <li>
      <a class={bad ? "tile bad" : "tile"} href={to}>
        <span class="label">
          {bad && <span aria-hidden="true">! </span>}
          {label}
        </span>
        <strong>{value === undefined ? "-" : exact.format(value)}</strong>
        <small>{about}</small>
      </a>
    </li>
  );
}

function line(label: string, look: Line["look"], value: (sample: Sample) => number | null): Line {
  return { label, look, values: samples.value.map(value) };
}
const rate = (label: string, look: Line["look"], of: Rate): Line => line(label, look, (sample) => sample.rates[of]);
const gauge = (label: string, look: Line["look"], of: Gauge): Line => line(label, look, (sample) => sample.gauges[of]);

/** Until something was ever owned here: what one might do. */
function FirstSteps(): JSX.Element {
  return (
    <section class="first" aria-labelledby="first-title">
      <h2 id="first-title">Nothing is owned yet. Two ways to begin:</h2>
      <p>
        <a class="button" href={href("try")}>
          Try it here
        </a>{" "}
        Two people open one file at the same moment. See who gets it, and what the other one sees.
      </p>
      <p>Or in a terminal, hold a name for as long as a command runs:</p>
      <Command line="holdfast run demo -- sleep 30" />
    </section>
  );
}

function Charts({ children }: { readonly children: ComponentChildren }): JSX.Element {
  return <div class="charts">{children}</div>;
}

export default function Overview(): JSX.Element {
  const now = latest.value?.gauges;
  const times = samples.value.map((sample) => sample.at / 1000);
  const { server } = standing.value;
  const fresh = now !== undefined && now.held === 0 && now.texts === 0 && now.drafts === 0;
  return (
    <Sheet title="Overview" about="Every name has at most one owner at a time. This is who owns what on this server, now.">
      <ul class="tiles">
        <Figure label="Held" value={now?.held} to={href("ownership")} about="names with an owner" />
        <Figure label="Waiting" value={now?.waiting} to={href("ownership", "", { filter: "contended" })} about="requests in queues" />
        <Figure label="Contended" value={now?.contended} to={href("ownership", "", { filter: "contended" })} about="names that somebody waits for" />
        <Figure label="Sessions" value={now?.sessions} to={href("sessions")} about="that hold or wait" />
        <Figure label="Drafts" value={now?.drafts} to={href("drafts", "", { whose: "all" })} about="typed too late, kept" />
        <Figure label="Two owners seen" value={now?.conflicts} to={href("health")} alarms about="must stay 0" />
      </ul>
      {fresh && <FirstSteps />}
      <Charts>
        <Chart
          title="Ownership changes"
          times={times}
          format={perSecond}
          lines={[rate("granted", 1, "grants"), rate("released", 2, "releases"), rate("lapsed", 3, "lapses"), rate("taken over", 4, "takeovers")]}
        />
        <Chart title="How long an acquire takes" times={times} format={milliseconds} lines={[line("half within", 1, (s) => s.acquireP50), line("99 of 100 within", 2, (s) => s.acquireP99)]} />
        <Chart title="Held and waiting" times={times} format={(value) => count.format(value)} lines={[gauge("held", 1, "held"), gauge("waiting", 2, "waiting")]} />
        <Chart
          title="Texts"
          times={times}
          format={perSecond}
          lines={[rate("revisions", 1, "revisions"), rate("refused by token", 2, "stale"), rate("became drafts", 3, "lateDrafts")]}
        />
      </Charts>
      {server && (
        <p class="aside">
          Holdfast {server.version}, {server.journal}, position {server.position}. <a href={href("health")}>Health</a>
        </p>
      )}
    </Sheet>
  );
}
