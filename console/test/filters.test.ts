// Which rows are shown, and in which order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { filtered, noFilters, sorted, type Filters } from "../src/ownership/order.js";
import type { Row } from "../src/ownership/row.js";

const row = (name: string, more: Partial<Row> = {}): Row => ({
  name,
  owner: "alice",
  session: "s1",
  sessions: 1,
  address: undefined,
  since: 0,
  ttlMs: 1000,
  endsAt: 1000,
  token: 1,
  waiting: 0,
  note: undefined,
  request: undefined,
  takeover: undefined,
  text: false,
  lookedAt: 0,
  at: 1,
  ...more,
});
const rows = [
  row("a", { owner: "carol", since: 50, endsAt: null, waiting: 1 }),
  row("b", { owner: "alice", since: 10, endsAt: 500, note: "Nightly Import" }),
  row("c", { owner: "bob", since: 99, endsAt: 900, session: "quiet" }),
];
const around = { me: "bob", isIdle: (_: string, session: string) => session === "quiet" };
const names = (of: readonly Row[]): string => of.map((one) => one.name).join("");
const shown = (filters: Partial<Filters>): string => names(filtered(rows, { ...noFilters, ...filters }, around));

test("each filter, and two together", () => {
  assert.equal(shown({}), "abc");
  assert.equal(shown({ text: "nightly" }), "b");
  assert.equal(shown({ text: "CAROL" }), "a");
  assert.equal(shown({ owner: "alice" }), "b");
  assert.equal(shown({ contended: true }), "a");
  assert.equal(shown({ mine: true }), "c");
  assert.equal(shown({ idle: true }), "c");
  assert.equal(shown({ idle: true, contended: true }), "");
});

test("each order, both ways; equal ones stay by name", () => {
  const order = (by: Parameters<typeof sorted>[1]["by"], down = false): string => names(sorted(rows, { by, down }));
  assert.equal(order("name", true), "cba");
  assert.equal(order("owner"), "bca");
  assert.equal(order("held"), "cab"); // The shortest held first.
  assert.equal(order("held", true), "bac");
  assert.equal(order("ends"), "bca"); // What never ends comes last.
  assert.equal(order("waiting", true), "abc");
});
