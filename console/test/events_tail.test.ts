// The newest events: bounded, paused, filtered, exported.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change } from "@holdfast/client/operator";
import { EventTail, ndjson, prefixOf, type TailFilter } from "../src/events/tail.js";

const everything: TailFilter = { text: "", type: "", own: true };
const change = (number: number, more: Record<string, unknown> = {}): Change => {
  const data = { position: `1.${number}`, type: "granted", name: `n${number}`, owner: "alice", session: "s", ...more };
  return { kind: "change", position: data.position, type: data.type as string, name: data.name, token: number, owner: data.owner, session: data.session, because: undefined, by: data["by" as never], reason: data["reason" as never], data };
};
const tail = (most = 5): EventTail => new EventTail((session) => session === "mine", most);
const numbers = (of: EventTail, filter = everything): number[] => of.shown(filter).map(({ change: { token } }) => token!);

test("the newest stay, first of all, and what went is counted", () => {
  const events = tail(3);
  for (let number = 0; number < 20; number += 1) events.add(change(number), number);
  assert.deepEqual(numbers(events), [19, 18, 17]);
  assert.deepEqual([events.heard, events.dropped], [20, 17]);
});

test("while it is paused nothing moves, and nothing is lost that there is room for", () => {
  const events = tail(3);
  events.add(change(1), 0);
  events.pause();
  for (let number = 2; number < 9; number += 1) events.add(change(number), 0);
  assert.deepEqual(numbers(events), [1]);
  assert.equal(events.waiting, 7);
  events.resume();
  assert.deepEqual(numbers(events), [8, 7, 6]);
  assert.equal(events.dropped, 5);
});

test("what the console did itself is hidden, by the session that held or that acted", () => {
  const events = tail();
  events.add(change(1, { session: "mine" }), 0);
  events.add(change(2, { by: "me", by_session: "mine" }), 0);
  events.add(change(3, { session: "mine", by_session: "other" }), 0);
  assert.deepEqual(numbers(events, { ...everything, own: false }), [3]);
  assert.equal(events.ownHidden({ ...everything, own: false }), 2);
  assert.equal(events.ownHidden(everything), 0);
});

test("filtered by kind and by what was said", () => {
  const events = tail();
  events.add(change(1, { type: "released" }), 0);
  events.add(change(2, { note: "Chapter THREE" }), 0);
  events.add(change(3), 0);
  assert.deepEqual(numbers(events, { ...everything, type: "released" }), [1]);
  assert.deepEqual(numbers(events, { ...everything, text: "three" }), [2]);
});

test("exported as the server sent it, the oldest first", () => {
  const events = tail();
  events.add(change(1, { note: "a\nb" }), 0);
  events.add(change(2), 0);
  const lines = ndjson(events.shown(everything)).split("\n");
  assert.equal(lines.length, 3);
  assert.deepEqual(lines.slice(0, 2).map((line) => JSON.parse(line).name), ["n1", "n2"]);
  assert.equal(JSON.parse(lines[0]!).note, "a\nb");
});

test("cleared, it begins anew and goes on", () => {
  const events = tail();
  events.add(change(1), 0);
  events.clear();
  events.add(change(2), 0);
  assert.deepEqual(numbers(events), [2]);
});

test("a prefix may be typed as a folder", () => {
  assert.deepEqual(["docs", " docs/ ", "docs/a//", "/", ""].map(prefixOf), ["docs", "docs", "docs/a", "", ""]);
});
