// The branches of the tree of names.
import assert from "node:assert/strict";
import { test } from "node:test";
import { NameTree, type Child } from "../src/ownership/tree.js";

const child = (name: string, held = 2, lease = false): Child => ({ name, segment: name.split("/").at(-1)!, held, more: false, lease });
const lines = (tree: NameTree): string[] => tree.lines().map((line) => `${"  ".repeat(line.level - 1)}${line.child.segment}${line.branch ? (line.open ? " -" : " +") : ""}`);

test("branches open and close", () => {
  const tree = new NameTree();
  tree.page({ prefix: "", children: [child("a", 3, true), child("b", 1, true)], next: null });
  assert.deepEqual(lines(tree), ["a +", "b"]);
  tree.expand("a");
  tree.page({ prefix: "a", children: [child("a/x"), child("a/y", 1, true)], next: null });
  tree.expand("a/x");
  tree.page({ prefix: "a/x", children: [child("a/x/1", 1, true)], next: null });
  assert.deepEqual(lines(tree), ["a -", "  x -", "    1", "  y", "b"]);
  assert.deepEqual(tree.open, ["", "a", "a/x"]);
  tree.collapse("a");
  assert.deepEqual(lines(tree), ["a +", "b"]);
  assert.deepEqual(tree.open, [""]);
});

test("what comes for a branch that was closed meanwhile is not kept", () => {
  const tree = new NameTree();
  tree.page({ prefix: "a", children: [child("a/x")], next: null });
  tree.page({ prefix: "", children: [child("a")], next: "a" });
  assert.deepEqual(lines(tree), ["a +"]);
  tree.expand("a"); // What is below it now is asked for anew.
  assert.deepEqual(lines(tree), ["a -"]);
  assert.equal(tree.hasMore(""), true);
});

test("a branch whose last name was freed has nothing below it", () => {
  const tree = new NameTree();
  tree.page({ prefix: "", children: [child("a", 1, true)], next: null });
  tree.expand("a");
  tree.page({ prefix: "a", children: [], next: null });
  assert.deepEqual(lines(tree), ["a"]);
});

test("everything above a name is opened to show it", () => {
  const tree = new NameTree();
  tree.reveal("a/b/c");
  assert.deepEqual(tree.open, ["", "a", "a/b"]);
});
