// Changes, beside CodeMirror's own: the same outcome part by part, for random texts with pairs of surrogates and lines.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ChangeSet, Text } from "@codemirror/state";
import {
  apply, compose, difference, invert, lengthAfter, lengthBefore, map, mapPosition, replacing, split, unitsInserted, unmapPosition, validate,
  type ChangeJson,
} from "../src/changes.js";
import { chanceOf } from "./support/chance.js";

const letters = ["a", "b", " ", "\n", "é", "😀", "👩‍🚀", "ش", "e\u0301"];

function textOf(chance: () => number, most: number): string {
  let text = "";
  for (let left = Math.floor(chance() * most); left > 0; left -= 1) text += letters[Math.floor(chance() * letters.length)]!;
  return text;
}

/** Between two units of a pair there is no place to change. */
function placeIn(text: string, chance: () => number): number {
  const at = Math.floor(chance() * (text.length + 1));
  return at > 0 && at < text.length && /[\uD800-\uDBFF]/.test(text[at - 1]!) ? at - 1 : at;
}

function changeOf(text: string, chance: () => number): ChangeSet {
  const edits = Array.from({ length: 1 + Math.floor(chance() * 3) }, () => {
    const [one, two] = [placeIn(text, chance), placeIn(text, chance)];
    const insert = chance() < 0.7 ? textOf(chance, 5) : "";
    return chance() < 0.4 ? { from: one, insert } : { from: Math.min(one, two), to: Math.max(one, two), insert };
  });
  return ChangeSet.of(edits, text.length);
}

const jsonOf = (change: ChangeSet): ChangeJson => change.toJSON() as ChangeJson;
const rounds = 3000;

test("changes are applied, composed and taken back as CodeMirror does", () => {
  const chance = chanceOf(11);
  for (let round = 0; round < rounds; round += 1) {
    const text = textOf(chance, 30);
    const first = changeOf(text, chance);
    const doc = Text.of(text.split("\n"));
    const then = first.apply(doc).toString();
    const second = changeOf(then, chance);
    const what = `round ${round}: ${JSON.stringify([text, first, second])}`;
    assert.equal(apply(text, validate(jsonOf(first))), then, what);
    assert.deepEqual([lengthBefore(jsonOf(first)), lengthAfter(jsonOf(first))], [text.length, then.length], what);
    assert.deepEqual(compose(jsonOf(first), jsonOf(second)), jsonOf(first.compose(second)), what);
    assert.deepEqual(invert(jsonOf(first), text), jsonOf(first.invert(doc)), what);
  }
});

test("changes are mapped as CodeMirror does, and both ways round lead to the same text", () => {
  const chance = chanceOf(12);
  for (let round = 0; round < rounds; round += 1) {
    const text = textOf(chance, 20);
    const [ours, theirs] = [changeOf(text, chance), changeOf(text, chance)];
    const what = `round ${round}: ${JSON.stringify([text, ours, theirs])}`;
    const [mine, other] = [map(jsonOf(ours), jsonOf(theirs), true), map(jsonOf(theirs), jsonOf(ours), false)];
    assert.deepEqual(mine, jsonOf(ours.map(theirs, true)), what);
    assert.deepEqual(other, jsonOf(theirs.map(ours, false)), what);
    assert.equal(apply(apply(text, jsonOf(theirs)), mine), apply(apply(text, jsonOf(ours)), other), what);
  }
});

test("positions are mapped as CodeMirror does, and back to where they were", () => {
  const chance = chanceOf(13);
  for (let round = 0; round < rounds; round += 1) {
    const text = textOf(chance, 20);
    const change = changeOf(text, chance);
    for (let at = 0; at <= text.length; at += 1) {
      const what = `round ${round}, ${at}: ${JSON.stringify([text, change])}`;
      for (const side of [-1, 1] as const) assert.equal(mapPosition(jsonOf(change), at, side), change.mapPos(at, side), what);
    }
    const touched = new Set<number>();
    change.iterChangedRanges((from, to) => {
      for (let at = from; at <= to; at += 1) touched.add(at);
    }, true);
    for (let at = 0; at <= text.length; at += 1) {
      if (!touched.has(at)) assert.equal(unmapPosition(jsonOf(change), mapPosition(jsonOf(change), at)), at);
    }
  }
  assert.throws(() => mapPosition([3], 4), { code: "bad_changes" });
});

test("what is split comes to the same, in small pieces that part no pair", () => {
  const chance = chanceOf(14);
  for (let round = 0; round < rounds; round += 1) {
    const text = textOf(chance, 20);
    const change = jsonOf(changeOf(text, chance));
    const pieces = split(change, 2);
    for (const piece of pieces) assert.ok(unitsInserted(validate(piece)) <= 2, JSON.stringify(piece));
    assert.equal(pieces.reduce(apply, text), apply(text, change));
  }
});

test("a difference leads from one text to the other and parts no pair", () => {
  const chance = chanceOf(15);
  for (let round = 0; round < rounds; round += 1) {
    const [before, now] = [textOf(chance, 12), textOf(chance, 12)];
    assert.equal(apply(before, validate(difference(before, now))), now);
  }
  assert.deepEqual(difference("a😀b", "a😁b"), [1, [2, "😁"], 1]);
  assert.deepEqual(difference("same", "same"), [4]);
});

test("a replacement has line feeds, and stays within the text", () => {
  assert.deepEqual(replacing(3, 1, 2, "x\r\ny\rz"), [1, [1, "x", "y", "z"], 1]);
  assert.deepEqual(replacing(0, 0, 0, ""), []);
  for (const [from, to] of [[-1, 0], [2, 1], [0, 4], [0.5, 1]] as const) {
    assert.throws(() => replacing(3, from, to, ""), { code: "bad_changes", field: "changes" });
  }
});

test("what is no change is refused, and says why", () => {
  const wrong: [unknown, string, RegExp][] = [
    ["x", "bad_changes", /array/],
    [[-1], "bad_changes", /whole number/],
    [[1.5], "bad_changes", /whole number/],
    [[0], "bad_changes", /nothing/],
    [[[0]], "bad_changes", /nothing/],
    [[[0, ""]], "bad_changes", /nothing/],
    [[[1, 2]], "bad_changes", /strings/],
    [[[0, "a\nb"]], "bad_changes", /line break/],
    [[[0, "a\rb"]], "bad_changes", /line break/],
    [[[0, "\ud83d"]], "bad_boundary", /surrogate/],
    [[[0, "\ude00x"]], "bad_boundary", /surrogate/],
    [[2 ** 31], "bad_changes", /so long/],
  ];
  for (const [value, code, detail] of wrong) {
    assert.throws(() => validate(value), (error: { code: string; message: string }) => error.code === code && detail.test(error.message), JSON.stringify(value));
  }
  assert.throws(() => apply("ab", [3]), { code: "wrong_length" });
  assert.throws(() => compose([[1], 1], [2]), { code: "wrong_length" });
  assert.throws(() => map([1], [2]), { code: "wrong_length" });
});
