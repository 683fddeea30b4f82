// Who held a name over time, from the history and from what happens after it was read.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, PastHolding } from "@holdfast/client/operator";
import { Holdings, lanesOf, placeOf, windowOf } from "../src/lease/lanes.js";

const past = (token: number, owner: string, more: Partial<PastHolding> = {}): PastHolding => ({
  name: "n",
  token,
  previous: null,
  owner,
  session: `${owner}-1`,
  holder: "session",
  since: "2026-01-01T00:00:00Z",
  until: null,
  open: true,
  began: "granted",
  waited_ms: 0,
  steps: [],
  ...more,
});
function change(number: number, type: string, token: number, data: Record<string, unknown> = {}): Change {
  const text = (key: string): string | undefined => (typeof data[key] === "string" ? (data[key] as string) : undefined);
  return { kind: "change", position: `1.${number}`, type, name: "n", token, owner: text("owner"), session: text("session"), because: text("because"), by: text("by"), reason: text("reason"), data };
}
const at = (second: number): string => new Date(Date.parse("2026-01-01T00:00:00Z") + second * 1000).toISOString();
const ms = (second: number): number => Date.parse(at(second));
const grant = { holder: "session", ttl_ms: 1000, waited_ms: 0 };

test("a takeover ends one span and begins the next, with who and why", () => {
  const before = Holdings.of([past(1, "alice")], "1.5");
  const after = before.after(change(6, "taken_over", 2, { ...grant, owner: "bob", session: "b", reason: "late", at: at(10) }))!;
  assert.deepEqual(after.spans.map((span) => [span.owner, span.from, span.to]), [["bob", ms(10), undefined], ["alice", ms(0), ms(10)]]);
  assert.deepEqual(after.spans[1]!.ended, { because: "taken_over", by: "bob", reason: "late", to: "" });
  assert.deepEqual([after.spans[0]!.takenFrom, after.spans[0]!.why], ["alice", "late"]);
});

test("a transfer says from whom to whom", () => {
  const after = Holdings.of([past(1, "alice")], "1.5").after(change(6, "transferred", 2, { ...grant, owner: "bob", at: at(3) }))!;
  assert.deepEqual(after.spans[1]!.ended, { because: "transferred", by: "alice", reason: "", to: "bob" });
});

test("release, lapse, return and revocation", () => {
  let now = Holdings.of([past(1, "alice")], "1.5");
  now = now.after(change(6, "lapsed", 1, { owner: "alice", ends: true, at: at(5) }))!;
  assert.deepEqual([now.spans[0]!.to, now.spans[0]!.ended?.because], [ms(5), "lapsed"]);
  now = now.after(change(7, "revived", 1, { owner: "alice", at: at(6) }))!;
  assert.deepEqual([now.spans[0]!.to, now.spans[0]!.ended, now.spans[0]!.marks.map((mark) => mark.what)], [undefined, undefined, ["revived"]]);
  now = now.after(change(8, "revoked", 1, { by: "admin", reason: "left", at: at(9) }))!;
  assert.deepEqual(now.spans[0]!.ended, { because: "revoked", by: "admin", reason: "left", to: "" });
  now = now.after(change(9, "granted", 2, { ...grant, owner: "alice", at: at(10) }))!;
  now = now.after(change(10, "released", 2, { owner: "alice", ends: true, at: at(12) }))!;
  assert.deepEqual(now.spans.map((span) => span.ended?.because), ["released", "revoked"]);
});

test("what befell a holding is marked on it", () => {
  const asked = past(1, "alice", { steps: [{ what: "requested", at: at(1), owner: "bob", message: "please" }] });
  const after = Holdings.of([asked], "1.5").after(change(6, "takeover_asked", 1, { by: "carol", reason: "late", at: at(2) }))!;
  assert.deepEqual(after.spans[0]!.marks, [
    { what: "requested", at: ms(1), by: "bob", text: "please" },
    { what: "takeover_asked", at: ms(2), by: "carol", text: "late" },
  ]);
});

test("what the history knew already is not done twice", () => {
  const before = Holdings.of([past(2, "bob"), past(1, "alice", { open: false, until: at(1), because: "released" })], "1.5");
  assert.equal(before.after(change(5, "granted", 2, { ...grant, owner: "bob", at: at(1) })), before);
  const twice = before.after(change(6, "granted", 2, { ...grant, owner: "bob", at: at(1) }))!;
  assert.equal(twice.spans.length, 2);
});

test("an event of another server cannot be put in its place", () => {
  const other = { ...change(6, "released", 1, { at: at(1) }), position: "2.6" };
  assert.equal(Holdings.of([past(1, "alice")], "1.5").after(other), undefined);
});

test("a lane for each owner, the last holder's first, and one for the rest", () => {
  const spans = Holdings.of([past(4, "carol"), past(3, "alice"), past(2, "bob"), past(1, "alice")], "1.1").spans;
  assert.deepEqual(lanesOf(spans).map((lane) => [lane.owner, lane.spans.length]), [["carol", 1], ["alice", 2], ["bob", 1]]);
  assert.deepEqual(lanesOf(spans, 2).map((lane) => [lane.owner, lane.spans.length]), [["carol", 1], ["alice", 2], ["", 1]]);
});

test("spans lie in the window in proportion, and none is too narrow to be seen", () => {
  const spans = Holdings.of(
    [past(2, "bob", { since: at(60), open: true }), past(1, "alice", { since: at(0), until: at(0.001), open: false })],
    "1.1",
  ).spans;
  const window = windowOf(spans, 10, ms(120));
  assert.ok(window.from < ms(0) && window.to > ms(120));
  const [bobLeft, bobWidth] = placeOf(spans[0]!, window, ms(120))!;
  assert.ok(Math.abs(bobLeft - 50) < 1 && Math.abs(bobWidth - 48.08) < 1, `${bobLeft} ${bobWidth}`);
  const [aliceLeft, aliceWidth] = placeOf(spans[1]!, window, ms(120))!;
  assert.ok(aliceLeft > 0 && aliceLeft < 4 && aliceWidth === 0.5);
  assert.equal(placeOf(spans[1]!, { from: ms(30), to: ms(40) }, ms(120)), undefined);
});

test("it is known whether there were holdings before those that are there", () => {
  const first = past(1, "alice", { open: false, until: at(1) });
  assert.equal(Holdings.of([past(2, "bob", { previous: 1 }), first], "1.5").older, false);
  assert.equal(Holdings.of([first], "1.5", true).older, true, "not read");
  let grown = Holdings.of([first], "1.5");
  for (let token = 2; token <= 201; token += 1) {
    grown = grown.after(change(token + 10, "granted", token, { ...grant, owner: "bob", at: at(token) }))!;
    assert.deepEqual([grown.spans.length, grown.older], token < 201 ? [token, false] : [200, true], "let go of by the page");
  }
});
