// Others' cursors, carried on through what changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { replacing } from "../src/changes.js";
import { Cursors } from "../src/cursors.js";

const said = (revision: number, ...ranges: [number, number][]): Record<string, unknown> => ({
  push: "cursor", name: "x", owner: "alice", session: "a", revision, ranges, main: 0,
});
const headsOf = (cursors: Cursors, ...typed: Parameters<Cursors["shown"]>[0]): number[][] =>
  cursors.shown(typed).map(({ ranges }) => ranges.map(({ head }) => head));

test("a cursor moves with the text around it", () => {
  const cursors = new Cursors(3);
  cursors.said(said(3, [2, 5]));
  cursors.changed(4, replacing(10, 0, 0, "xx"));
  assert.deepEqual(cursors.shown([]).map(({ ranges }) => ranges), [[{ anchor: 4, head: 7 }]]);
});

test("one that is said for an older revision catches up, and one for a newer waits for it", () => {
  const cursors = new Cursors(0);
  cursors.changed(1, replacing(5, 0, 0, "ab"));
  cursors.changed(2, replacing(7, 7, 7, "c"));
  cursors.said(said(0, [1, 1]));
  assert.deepEqual(headsOf(cursors), [[3]]);
  cursors.said(said(3, [9, 9]));
  assert.deepEqual(headsOf(cursors), [], "not where it would be wrong");
  cursors.changed(3, replacing(8, 8, 8, "d"));
  assert.deepEqual(headsOf(cursors), [[9]], "at the end, too");
});

test("it is shown where it lies with what was typed here", () => {
  const cursors = new Cursors(0);
  cursors.said(said(0, [4, 4]));
  assert.deepEqual(headsOf(cursors, replacing(5, 0, 0, "xyz")), [[7]]);
});

test("it goes with whoever had it, and with the text", () => {
  const cursors = new Cursors(0);
  cursors.said(said(0, [1, 1]));
  cursors.only(new Set(["b"]));
  assert.deepEqual(headsOf(cursors), []);
  cursors.said(said(0, [1, 1]));
  cursors.said(said(0));
  assert.deepEqual(headsOf(cursors), []);
  cursors.said(said(0, [1, 1]));
  cursors.clear(9);
  assert.deepEqual(headsOf(cursors), []);
});

test("what is no cursor is none", () => {
  const cursors = new Cursors(0);
  for (const push of [{}, { owner: "a" }, { ...said(0), ranges: "x" }, { ...said(0), ranges: [[1]] }]) cursors.said(push);
  assert.deepEqual(headsOf(cursors), []);
});
