// What is said before a session is ended must still be so when it is ended.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { SessionState } from "@holdfast/client/operator";
import { sameHoldings } from "../src/sessions/order.js";

const session = (names: readonly string[], more: Partial<SessionState> = {}): SessionState => ({
  owner: "carol",
  session: "laptop",
  leases: names.length,
  names,
  waits: 0,
  state: "active",
  connected: true,
  address: null,
  heard_ms: 1,
  ...more,
});

test("a session that holds what was shown, or less, may be ended", () => {
  const shown = session(["a", "b"], { waits: 1 });
  assert.equal(sameHoldings(shown, session(["a", "b"], { waits: 1, heard_ms: 900, state: "idle" })), true);
  assert.equal(sameHoldings(shown, session(["b"])), true);
  assert.equal(sameHoldings(shown, undefined), true);
});

test("one that holds or waits for anything else may not", () => {
  const shown = session(["a", "b"]);
  assert.equal(sameHoldings(shown, session(["a", "c"])), false, "another name");
  assert.equal(sameHoldings(shown, session(["a", "b", "c"])), false, "one more");
  assert.equal(sameHoldings(shown, session(["a", "b"], { waits: 1 })), false, "a place in a queue");
});

test("of one that holds more than are named nothing may have changed that is seen", () => {
  const shown = session(["a", "b"], { leases: 30 });
  assert.equal(sameHoldings(shown, session(["a", "b"], { leases: 30 })), true);
  assert.equal(sameHoldings(shown, session(["a", "c"], { leases: 30 })), false);
  assert.equal(sameHoldings(shown, session(["a", "b"], { leases: 31 })), false);
});
