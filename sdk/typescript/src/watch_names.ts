// Apart from operator.ts, so that a page that only looks does not load what following takes.

import { BeliefClock, systemClocks } from "./clock.js";
import type { Operator } from "./operator.js";
import { pageSurroundings } from "./surroundings.js";
import { Watch, type WatchOptions } from "./watch.js";

/** Every change of the names below a prefix, as it happens. */
export function watchNames(operator: Operator, options: WatchOptions = {}): Watch {
  const surroundings = pageSurroundings();
  return new Watch(operator.http, options, {
    clock: new BeliefClock(systemClocks),
    onWake: (told) => surroundings.onWake(told),
  });
}
