// What the server counts, over the last five minutes: read every two seconds for as long as the page is open, so that
// whoever comes back to the overview finds no hole. The console's own reads are in none of these figures.

import { histogramBetween, type Figures } from "@holdfast/client/operator";
import { computed, signal } from "@preact/signals";
import { now } from "../parts/time.js";
import { client, lookMs } from "./client.js";
import { lookEvery } from "./look.js";

const everyMs = 2000;
const kept = 150; // Five minutes.

export interface Sample {
  /** Date.now(). */
  readonly at: number;
  /** Of each rate, per second since the sample before; null where there is none, or the server was started in between. */
  readonly rates: Readonly<Record<Rate, number | null>>;
  /** Of acquires since the sample before, waits included; null where there were none. In ms. */
  readonly acquireP50: number | null;
  readonly acquireP99: number | null;
  /** Of batches made durable. In ms. */
  readonly commitP99: number | null;
  readonly gauges: Readonly<Record<Gauge, number>>;
}

const rateOf = {
  grants: "holdfast_grants_total",
  releases: "holdfast_releases_total",
  lapses: "holdfast_lapses_total",
  takeovers: "holdfast_takeovers_total",
  revisions: "holdfast_revisions_total",
  stale: "holdfast_stale_writes_total",
  lateDrafts: "holdfast_drafts_kept_total",
} as const;
export type Rate = keyof typeof rateOf;

const gaugeOf = {
  held: "holdfast_leases",
  waiting: "holdfast_waiters",
  contended: "holdfast_contended",
  sessions: "holdfast_sessions",
  texts: "holdfast_texts",
  drafts: "holdfast_drafts",
  watchers: "holdfast_watchers",
  sockets: "holdfast_live_sockets",
  connections: "holdfast_connections",
  conflicts: "buffer_conflicts_total",
  memory: "process_resident_memory_bytes",
  pendingBytes: "holdfast_journal_pending_bytes",
  oldestCommit: "holdfast_journal_oldest_commit_seconds",
  historyBytes: "holdfast_history_bytes",
  historyMissed: "holdfast_history_missed_effects_total",
  snapshotFailures: "holdfast_journal_snapshot_failures_total",
} as const;
export type Gauge = keyof typeof gaugeOf;

export const samples = signal<readonly Sample[]>([]);

interface Read {
  readonly at: number;
  readonly figures: Figures;
}

function mapped<Key extends string, Value>(from: Readonly<Record<Key, string>>, value: (metric: string) => Value): Record<Key, Value> {
  return Object.fromEntries(Object.entries<string>(from).map(([key, metric]) => [key, value(metric)])) as Record<Key, Value>;
}

const started = "process_start_time_seconds";

function sampleOf(read: Read, before: Read | undefined): Sample {
  const same = before && before.figures.value(started) === read.figures.value(started) ? before : undefined;
  const seconds = same ? (read.at - same.at) / 1000 : 0;
  const inMs = (metric: string, share: number): number | null => {
    const quantile = same ? histogramBetween(same.figures, read.figures, metric, share) : null;
    return quantile === null ? null : quantile * 1000;
  };
  return {
    at: read.at,
    rates: mapped(rateOf, (metric) => (same && seconds > 0 ? Math.max(0, read.figures.value(metric) - same.figures.value(metric)) / seconds : null)),
    acquireP50: inMs("buffer_acquisition_duration_seconds", 0.5),
    acquireP99: inMs("buffer_acquisition_duration_seconds", 0.99),
    commitP99: inMs("holdfast_journal_commit_seconds", 0.99),
    gauges: mapped(gaugeOf, (metric) => read.figures.value(metric)),
  };
}

/** Until when what was read last is worth showing. */
const goodForMs = 10_000;

/** The newest ones; undefined where there are none, or they are of another time. */
export const latest = computed(() => {
  const sample = samples.value.at(-1);
  return sample && now.value - sample.at < goodForMs ? sample : undefined;
});

let last: Read | undefined;

/** From now on. To be called once. */
export function recordFigures(): void {
  lookEvery(everyMs, async (signal) => {
    const at = Date.now();
    const read = { at, figures: await client.peek().figures({ signal, timeoutMs: lookMs }) };
    if (read.figures.value(started) === 0) throw new Error("These are no figures of a Holdfast server.");
    samples.value = [...samples.value.slice(1 - kept), sampleOf(read, last)];
    last = read;
  });
}
