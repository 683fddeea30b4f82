// What somebody wants to know who was woken up: is it the server, the disk, or something else.

import type { JSX } from "preact";
import { Command } from "../parts/copy.js";
import { Sheet } from "../parts/sheet.js";
import { Ago, span } from "../parts/time.js";
import { latest } from "../server/figures.js";
import { standing } from "../server/standing.js";
import "./health.css";

type State = "good" | "bad" | "unknown";

interface Check {
  readonly what: string;
  readonly state: State;
  readonly says: string;
}

const bytes = (count: number): string => (count >= 2 ** 30 ? `${(count / 2 ** 30).toFixed(1)} GiB` : count >= 2 ** 20 ? `${(count / 2 ** 20).toFixed(1)} MiB` : `${(count / 1024).toFixed(0)} KiB`);

function checks(): readonly Check[] {
  const { server: last, trouble, tookMs } = standing.value;
  // What it said before it fell silent says nothing of now.
  const server = trouble === undefined ? last : undefined;
  const figures = trouble === undefined ? latest.value : undefined;
  const { gauges } = figures ?? {};
  const state = (good: boolean | undefined): State => (good === undefined ? "unknown" : good ? "good" : "bad");
  const answers = trouble === undefined ? last && true : false;
  const stuckFor = gauges ? gauges.oldestCommit * 1000 : undefined;
  const told = [
    { what: "It answers", state: state(answers), says: answers ? `in ${tookMs} ms` : "no answer" },
    { what: "It is ready", state: state(server?.ready), says: server?.ready ? "requests are served" : "it starts, or it is about to end" },
    { what: "The disk works", state: state(server && !server.journal_failed), says: server?.journal_failed ? "failed: the server decides nothing more, and ends" : "yes" },
    {
      what: "The disk keeps up",
      state: state(server && !server.journal_behind),
      says: server?.journal_behind ? `stuck${stuckFor ? ` for ${span(stuckFor)}` : ""}: nothing new is decided` : figures?.commitP99 != null ? `99 of 100 batches within ${figures.commitP99.toFixed(1)} ms` : "nothing to write just now",
    },
    { what: "There is room on the disk", state: state(server && !server.out_of_room), says: server?.out_of_room ? "full: nothing new can be owned" : "yes" },
    { what: "Never two owners", state: state(gauges && gauges.conflicts === 0), says: gauges ? `${gauges.conflicts} seen` : "not known yet" },
    { what: "No faults injected", state: state(server && server.injections.length === 0), says: server?.injections.join(", ") || "none" },
    { what: "The history is whole", state: state(gauges && gauges.historyMissed === 0), says: gauges?.historyMissed ? `${gauges.historyMissed} changes are missing` : "nothing is missing" },
    { what: "Snapshots work", state: state(gauges && gauges.snapshotFailures === 0), says: gauges?.snapshotFailures ? `${gauges.snapshotFailures} failed` : "none failed" },
  ];
  return told.map((check) => (check.state === "unknown" ? { ...check, says: "not known: no answer to that just now" } : check));
}

const signs: Readonly<Record<State, readonly [string, string]>> = { good: ["✓", "good"], bad: ["✕", "bad"], unknown: ["?", "not known"] };

export default function Health(): JSX.Element {
  const { server } = standing.value;
  const gauges = latest.value?.gauges;
  return (
    <Sheet title="Health" about="Each line says what is looked at, and what was found at the last look.">
      <table class="health" aria-label="Checks">
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">What</th>
            <th scope="col">Found</th>
          </tr>
        </thead>
        <tbody>
          {checks().map(({ what, state, says }) => (
            <tr key={what} class={state}>
              <td>
                <span aria-hidden="true">{signs[state][0]}</span> {signs[state][1]}
              </td>
              <th scope="row">{what}</th>
              <td>{says}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h2>This server</h2>
      <dl class="facts">
        <dt>Version</dt>
        <dd>{server ? `${server.version} (${server.build})` : "-"}</dd>
        <dt>Runs for</dt>
        <dd>{server ? <Ago at={server.started_at} /> : "-"}</dd>
        <dt>Journal</dt>
        <dd>{server?.journal ?? "-"}</dd>
        <dt>Position</dt>
        <dd>{server?.position ?? "-"}</dd>
        <dt>Connections</dt>
        <dd>{gauges ? `${gauges.connections}, of these ${gauges.sockets} live sockets; ${gauges.watchers} watch events` : "-"}</dd>
        <dt>Memory</dt>
        <dd>{gauges ? bytes(gauges.memory) : "-"}</dd>
        <dt>Not yet on the disk</dt>
        <dd>{gauges ? bytes(gauges.pendingBytes) : "-"}</dd>
        <dt>History</dt>
        <dd>{gauges ? bytes(gauges.historyBytes) : "-"}</dd>
      </dl>
      <h2>Elsewhere</h2>
      <p>
        <a href="/metrics">All figures for Prometheus</a>, <a href="/v1/openapi.json">the specification of all calls</a>, and in a terminal:
      </p>
      <Command line="holdfast ready && echo yes" />
    </Sheet>
  );
}
