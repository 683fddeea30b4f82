// Whose turn it is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Turns } from "../src/acts/turns.js";

test("of a few each has its turn each time", () => {
  const turns = new Turns(3);
  for (let times = 0; times < 3; times += 1) assert.deepEqual([...turns.next(["a", "b"])].sort(), ["a", "b"]);
  assert.deepEqual(turns.next([]), []);
  assert.deepEqual(turns.next(["c"]), ["c"]);
});

test("of many each has its turn, and nobody twice before the last", () => {
  const turns = new Turns(3);
  const all = ["a", "b", "c", "d", "e", "f", "g"];
  const seen = [...turns.next(all), ...turns.next(all), ...turns.next(all)];
  assert.deepEqual(seen, [...all, "a", "b"]);
  const fewer = all.slice(0, 4); // The turn was beyond these, or is.
  assert.deepEqual(new Set([...turns.next(fewer), ...turns.next(fewer)]), new Set(fewer));
});
