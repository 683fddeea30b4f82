// What is typed and not stored yet, against a server that is an array of revisions.
import assert from "node:assert/strict";
import { test } from "node:test";
import { apply, lengthBefore, replacing, validate, type ChangeJson } from "../src/changes.js";
import { Tail, type EditOperation } from "../src/tail.js";
import { chanceOf } from "./support/chance.js";

const edit = (tail: Tail, from: number, to: number, insert: string): void =>
  tail.edit(replacing(tail.text.length, from, to, insert), 0);

test("what is typed while one change is under way goes along as one", () => {
  const tail = new Tail(7, "text");
  edit(tail, 0, 0, "a");
  const first = tail.send() as EditOperation;
  assert.deepEqual([first.seq, first.base, first.change], [1, 7, [[0, "a"], 4]]);
  edit(tail, 1, 1, "b");
  edit(tail, 2, 2, "c");
  assert.deepEqual(first.change, [[0, "a"], 4], "what was sent is not added to");
  assert.equal(tail.text, "abctext");
  assert.equal(tail.stored, "text");
  tail.made();
  assert.deepEqual([tail.revision, tail.stored], [8, "atext"]);
  const second = tail.send() as EditOperation;
  assert.deepEqual([second.seq, second.base, second.change], [2, 8, [1, [0, "bc"], 4]]);
  tail.made();
  assert.ok(tail.empty);
  assert.equal(tail.stored, "abctext");
});

test("what was not answered is sent again as it was, under its number; what was refused, for the newest revision", () => {
  const tail = new Tail(0, "");
  edit(tail, 0, 0, "x");
  const sent = { ...(tail.send() as EditOperation) };
  tail.unanswered();
  edit(tail, 1, 1, "y");
  assert.deepEqual(tail.send(), sent);
  tail.refused();
  tail.others([[0, "other"]]);
  const again = tail.send() as EditOperation;
  assert.deepEqual([again.seq, again.base, apply("other", again.change)], [1, 1, "otherx"]);
  assert.equal(tail.text, "otherxy");
});

test("an undo keeps its place between what was typed before and after", () => {
  const tail = new Tail(3, "one two");
  edit(tail, 7, 7, "!");
  const undo = tail.ask({ kind: "undo" });
  edit(tail, 0, 0, "?");
  tail.send();
  tail.made();
  assert.equal(tail.send(), undo);
  assert.deepEqual([undo.seq, undo.base], [2, 4]);
  const shown = tail.made(replacing(8, 7, 8, ""));
  assert.deepEqual(shown, [8, [1]]);
  assert.deepEqual([tail.stored, tail.text, tail.revision], ["one two", "?one two", 5]);
  assert.equal((tail.send() as EditOperation).seq, 3);
});

test("a paste that fits into no message goes in several, none of which parts a pair", () => {
  const tail = new Tail(0, "ab");
  const large = "😀".repeat(200_000);
  edit(tail, 1, 1, large);
  const all: ChangeJson[] = [];
  let stored = "ab";
  for (let seq = 1; !tail.empty; seq += 1) {
    const { change, seq: number, base } = tail.send() as EditOperation;
    assert.deepEqual([number, base], [seq, seq - 1]);
    assert.ok(JSON.stringify(change).length < 1_000_000);
    all.push(validate(change));
    stored = apply(stored, change);
    tail.made();
  }
  assert.ok(all.length > 2);
  assert.equal(stored, `a${large}b`);
  assert.equal(tail.stored, stored);
});

test("what is typed at very many places fits into messages, too, and into few of them", () => {
  const line = "    x\n";
  const lines = 200_000;
  const tail = new Tail(0, line.repeat(lines));
  const change: ChangeJson = Array.from({ length: lines }, () => [[2], 4] as const).flat();
  tail.edit(change, 0);
  tail.edit(replacing(tail.text.length, 0, 0, "\0".repeat(300_000)), 0);
  const after = tail.text;
  let stored = tail.stored;
  let messages = 0;
  for (; !tail.empty; messages += 1) {
    const { change: piece } = tail.send() as EditOperation;
    assert.ok(JSON.stringify(piece).length < 1_000_000 && piece.length < 65_536);
    stored = apply(stored, validate(piece));
    tail.made();
  }
  assert.ok(stored === after && tail.stored === after);
  assert.ok(messages < 30, String(messages));
});

test("what is kept elsewhere has numbers of its own, and the queue is gone", () => {
  const tail = new Tail(0, "x", 41);
  edit(tail, 0, 0, "a");
  tail.send();
  edit(tail, 0, 0, "b");
  assert.equal(tail.numbered(), 42);
  assert.equal(tail.lastSeq, 43);
  assert.deepEqual(tail.drop(), [[2], 1]);
  assert.deepEqual([tail.text, tail.empty], ["x", true]);
  edit(tail, 0, 0, "c");
  assert.equal(tail.send()!.seq, 44);
});

/** One that nobody else writes. */
const letterOf = (number: number): string => String.fromCharCode(0x5000 + number);

test("every letter gets in once, in whatever order things happen", () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const chance = chanceOf(seed);
    const pick = (most: number): number => Math.floor(chance() * most);
    let server = "0123456789";
    let made = 0;
    const tail = new Tail(0, server);
    let [typed, others] = [0, 0];
    let underWay: { change: ChangeJson; base: number } | undefined;
    const pushes: ChangeJson[] = [];
    for (let step = 0; step < 60 || underWay || !tail.empty || pushes.length > 0; step += 1) {
      const what = step < 60 ? pick(6) : 3 + pick(3);
      if (what < 2) {
        const at = pick(tail.text.length + 1);
        edit(tail, at, at, letterOf((typed += 1)));
      } else if (what === 2 && !underWay) {
        // Somebody else writes, and it is told later.
        const at = pick(server.length + 1);
        const change = replacing(server.length, at, at, letterOf(-(others += 1)));
        server = apply(server, change);
        made += 1;
        pushes.push(change);
      } else if (what === 3 && pushes.length > 0) {
        tail.others(pushes.shift()!);
      } else if (what === 4 && !underWay && !tail.empty) {
        const sent = tail.send() as EditOperation;
        underWay = { change: sent.change, base: sent.base! };
      } else if (what === 5 && underWay) {
        const { change, base } = underWay;
        underWay = undefined;
        if (base !== made) tail.refused();
        else if (chance() < 0.2) tail.unanswered();
        else {
          assert.equal(lengthBefore(change), server.length);
          server = apply(server, change);
          made += 1;
          tail.made();
        }
      }
      assert.equal(tail.edits().reduce((text, { change }) => apply(text, change), tail.stored), tail.text, `seed ${seed}`);
    }
    assert.deepEqual([tail.text, tail.revision], [server, made], `seed ${seed}`);
    for (let one = -others; one <= typed; one += 1) {
      if (one !== 0) assert.equal(server.split(letterOf(one)).length, 2, `seed ${seed}: ${one} in ${server}`);
    }
  }
});
