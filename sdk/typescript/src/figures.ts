// What GET /metrics says, read: Prometheus' text format, as much of it as the server writes.

/** One reading of all of the server's metrics. */
export class Figures {
  readonly #values: ReadonlyMap<string, number>;
  readonly #buckets: ReadonlyMap<string, ReadonlyMap<number, number>>;

  /** @internal */
  constructor(values: ReadonlyMap<string, number>, buckets: ReadonlyMap<string, ReadonlyMap<number, number>>) {
    this.#values = values;
    this.#buckets = buckets;
  }

  /** Of all its labels together; 0 where the server knows no such metric. */
  value(metric: string): number {
    return this.#values.get(metric) ?? 0;
  }

  /** Of a histogram, over all its labels: how many were at most so much. */
  buckets(metric: string): ReadonlyMap<number, number> {
    return this.#buckets.get(metric) ?? new Map();
  }
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const bound = /(?:^|,)le="([^"]*)"/;

function numberOf(text: string): number {
  return text === "+Inf" ? Infinity : Number(text);
}

/** Lines that it does not understand are left out. */
export function readFigures(text: string): Figures {
  const values = new Map<string, number>();
  const buckets = new Map<string, Map<number, number>>();
  for (const written of text.split("\n")) {
    const [, metric, labels, said] = line.exec(written) ?? [];
    const value = numberOf(said ?? "");
    if (metric === undefined || Number.isNaN(value)) continue;
    const le = bound.exec(labels ?? "")?.[1];
    if (metric.endsWith("_bucket") && le !== undefined) {
      const of = metric.slice(0, -"_bucket".length);
      const counts = buckets.get(of) ?? new Map<number, number>();
      counts.set(numberOf(le), (counts.get(numberOf(le)) ?? 0) + value);
      buckets.set(of, counts);
    } else {
      values.set(metric, (values.get(metric) ?? 0) + value);
    }
  }
  return new Figures(values, buckets);
}

/**
 * What so much a `share` (0 to 1) of what was observed between two readings is at most, about: within a bucket it is
 * taken to be spread evenly. Null where nothing was observed. Beyond the last bound it is that bound.
 */
export function histogramBetween(before: Figures, after: Figures, metric: string, share: number): number | null {
  const earlier = before.buckets(metric);
  const counts = [...after.buckets(metric)]
    .map(([most, count]) => [most, count - (earlier.get(most) ?? 0)] as const)
    .sort((a, b) => a[0] - b[0]);
  const all = counts.at(-1)?.[1] ?? 0;
  if (all <= 0) return null;
  const wanted = share * all;
  let least = 0;
  let below = 0;
  for (const [most, count] of counts) {
    if (count >= wanted) {
      if (most === Infinity) return least;
      return least + ((most - least) * (wanted - below)) / Math.max(1, count - below);
    }
    least = most;
    below = count;
  }
  return least;
}
