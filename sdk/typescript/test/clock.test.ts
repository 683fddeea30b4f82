import assert from "node:assert/strict";
import { test } from "node:test";
import { BeliefClock } from "../src/clock.js";
import { chanceOf } from "./support/chance.js";

class Two {
  steadyAt = 1000;
  wallAt = 1_700_000_000_000;
  readonly clock = new BeliefClock({ steady: () => this.steadyAt, wall: () => this.wallAt });
  both(ms: number): void {
    this.steadyAt += ms;
    this.wallAt += ms;
  }
}

test("the belief's clock goes on while the steady clock stands still", () => {
  const two = new Two();
  const before = two.clock.now();
  two.wallAt += 60_000;
  assert.equal(two.clock.now() - before, 60_000);
  assert.equal(two.clock.jumps, 1);
});

test("the belief's clock goes on while the wall clock is set back", () => {
  const two = new Two();
  const before = two.clock.now();
  two.both(500);
  two.wallAt -= 3_600_000;
  two.both(500);
  assert.equal(two.clock.now() - before, 1000);
  assert.equal(two.clock.jumps, 1);
  two.wallAt += 3_600_000; // And forward again: that may have been a sleep.
  assert.equal(two.clock.now() - before, 3_601_000);
});

test("a small set back hides no later sleep from what is counted from an anchor", () => {
  const two = new Two();
  two.wallAt -= 900;
  two.clock.now();
  const anchor = two.clock.anchor();
  two.wallAt += 900;
  assert.equal(two.clock.now() - anchor, 900);
});

test("clocks with coarse digits that are read often do not make the belief's clock fast", () => {
  let time = 0;
  const clock = new BeliefClock({ steady: () => Math.floor(time / 0.1) * 0.1, wall: () => Math.floor(time) });
  const before = clock.anchor();
  for (; time < 10_000; time += 0.37) clock.now();
  assert.ok(Math.abs(clock.now() - before - 10_000) < 5, `${clock.now() - before}`);
});

test("from any anchor on as much has passed as either clock says, whatever they do", () => {
  for (let seed = 1; seed <= 200; seed += 1) {
    const chance = chanceOf(seed);
    const two = new Two();
    const anchors: { at: number; steady: number; wall: number }[] = [];
    for (let step = 0; step < 200; step += 1) {
      two.both(chance() * 50);
      if (chance() < 0.1) two.wallAt += (chance() - 0.5) * 10 ** (1 + chance() * 5);
      if (chance() < 0.05) two.wallAt += chance() * 5000;
      if (chance() < 0.2) anchors.push({ at: two.clock.anchor(), steady: two.steadyAt, wall: two.wallAt });
      if (chance() < 0.5) continue;
      const now = two.clock.now();
      for (const { at, steady, wall } of anchors) {
        const least = Math.max(two.steadyAt - steady, two.wallAt - wall);
        assert.ok(now - at >= least - 1e-3, `seed ${seed}, step ${step}: ${now - at} < ${least}`);
      }
    }
  }
});
