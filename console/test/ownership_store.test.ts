// The rows of the ownership page, put together from pages and events in every order in which they can come.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, HeldState } from "@holdfast/client/operator";
import { byName } from "../src/ownership/order.js";
import { OwnershipStore, type ListedPage, type Scope } from "../src/ownership/store.js";

const all: Scope = { prefix: "", owner: "", contended: false };
const start = Date.parse("2026-01-01T00:00:00Z");

function clocks() {
  const at = { now: 0 };
  return { at, steady: () => at.now, wall: () => start + at.now };
}

function lease(name: string, owner = "alice", more: Partial<HeldState> = {}): HeldState {
  return {
    name,
    held: true,
    token: 7,
    previous: null,
    owner,
    session: `${owner}-1`,
    holder: "session",
    since: "2025-12-31T23:59:00Z",
    ttl_ms: 30_000,
    deadline_in_ms: 20_000,
    waiting: 0,
    ...more,
  };
}

function change(number: number, type: string, name: string, data: Record<string, unknown> = {}, incarnation = 1): Change {
  const text = (key: string): string | undefined => (typeof data[key] === "string" ? (data[key] as string) : undefined);
  return {
    kind: "change",
    position: `${incarnation}.${number}`,
    type,
    name,
    token: typeof data["token"] === "number" ? data["token"] : undefined,
    owner: text("owner"),
    session: text("session"),
    because: text("because"),
    by: text("by"),
    reason: text("reason"),
    data: { type, name, ...data },
  };
}
const granted = (number: number, name: string, owner: string, more: Record<string, unknown> = {}): Change =>
  change(number, "granted", name, { owner, session: `${owner}-9`, token: 100 + number, holder: "session", ttl_ms: 30_000, at: "2026-01-01T00:00:00Z", waited_ms: 0, ...more });
const released = (number: number, name: string, owner = "alice"): Change => change(number, "released", name, { owner, token: 7, ends: true });
const page = (number: number, leases: readonly HeldState[], next: string | null = null, incarnation = 1): ListedPage => ({ leases, next, position: `${incarnation}.${number}` });

function store(most?: number) {
  const time = clocks();
  const made = new OwnershipStore(time, most);
  made.begin(all);
  return { made, time };
}
const names = (from: OwnershipStore): string[] => from.rows().map((row) => row.name);

test("pages are put together, and are complete at the last one", () => {
  const { made } = store();
  assert.equal(made.page(made.asking(""), page(5, [lease("a"), lease("b")], "b")), "b");
  assert.equal(made.complete, false);
  assert.equal(made.page(made.asking("b"), page(6, [lease("c")])), null);
  assert.equal(made.complete, true);
  assert.deepEqual(names(made), ["a", "b", "c"]);
});

test("events grant, pass on and free", () => {
  const { made, time } = store();
  made.page(made.asking(""), page(5, [lease("a", "alice", { waiting: 2, text: true })]));
  time.at.now = 1000;
  assert.ok(made.event(granted(6, "b", "bob")));
  assert.deepEqual(names(made), ["a", "b"]);
  made.event(change(7, "taken_over", "a", { owner: "carol", session: "c", token: 9, holder: "session", ttl_ms: null, waited_ms: 0, reason: "now", at: "2026-01-01T00:00:01Z" }));
  const row = made.row("a")!;
  assert.deepEqual([row.owner, row.token, row.endsAt, row.waiting, row.text], ["carol", 9, null, 2, true]);
  made.event(released(8, "b", "bob"));
  made.event(change(9, "revoked", "a", { token: 9, by: "admin", reason: "gone" }));
  assert.deepEqual(names(made), []);
});

test("who comes from the queue waits no more", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a", "alice", { waiting: 2 })]));
  made.event(change(6, "transferred", "a", { owner: "bob", session: "b", token: 8, holder: "session", ttl_ms: 1000, waited_ms: 40 }));
  assert.equal(made.row("a")!.waiting, 1);
});

test("one session less of a shared holding is still a holding", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a", "alice", { sessions: 2 })]));
  made.event(change(6, "lapsed", "a", { owner: "alice", token: 7, ends: false }));
  assert.equal(made.row("a")!.sessions, 1);
});

test("a request and a takeover ahead are shown, until they are over", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a")]));
  made.event(change(6, "requested", "a", { token: 7, by: "bob", message: "please" }));
  made.event(change(7, "takeover_asked", "a", { token: 7, by: "carol", reason: "late", flush_ms: 5000 }));
  assert.deepEqual(made.row("a")!.request, { by: "bob", message: "please" });
  assert.deepEqual(made.row("a")!.takeover, { by: "carol", reason: "late", endsAt: 5000 });
  made.event(change(8, "takeover_dropped", "a", { token: 7, by: "carol" }));
  assert.equal(made.row("a")!.takeover, undefined);
});

test("an event that a page knew already changes nothing", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a")], "a"));
  made.page(made.asking("a"), page(9, [])); // b came and went, between 5 and 9.
  made.event(granted(6, "b", "bob"));
  assert.deepEqual(names(made), ["a"]);
  made.event(released(7, "b", "bob"));
  made.event(granted(10, "b", "carol"));
  assert.equal(made.row("b")!.owner, "carol");
});

test("an event that comes twice is one", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, []));
  made.event(granted(6, "a", "bob"));
  made.event(released(7, "a", "bob"));
  made.event(granted(6, "a", "bob"));
  assert.deepEqual(names(made), []);
});

test("a page that was under way does not bring back what an event has freed since", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a")]));
  const question = made.asking("");
  made.event(released(8, "a"));
  made.page(question, page(7, [lease("a")]));
  assert.deepEqual(names(made), []);
});

test("a page that was under way does not undo a grant that came since", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, []));
  const question = made.asking("");
  made.event(granted(8, "a", "bob"));
  made.page(question, page(7, []));
  assert.equal(made.row("a")!.owner, "bob");
});

test("a page takes away what it does not have any more, within its range only", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a"), lease("b"), lease("c")]));
  made.page(made.asking("a"), page(9, [], "b"));
  assert.deepEqual(names(made), ["a", "c"]);
});

test("one look at a name renews it, or takes it away", () => {
  const { made, time } = store();
  made.page(made.asking(""), page(5, [lease("a"), lease("b")]));
  time.at.now = 3000;
  made.look({ ...lease("a", "alice", { deadline_in_ms: 30_000, waiting: 4 }), position: "1.6" });
  assert.deepEqual([made.row("a")!.endsAt, made.row("a")!.waiting], [33_000, 4]);
  made.look({ name: "b", held: false, token: 7, position: "1.6" });
  assert.deepEqual(names(made), ["a"]);
});

test("another server, or one that was started anew, is noticed", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a")], "a"));
  assert.equal(made.page(made.asking("a"), page(6, [], null, 2)), "anew");
  assert.equal(made.event(change(7, "granted", "b", {}, 2)), false);
});

test("after a gap rows stay until pages replace them", () => {
  const { made } = store();
  made.page(made.asking(""), page(500, [lease("a"), lease("b")]));
  made.begin(all);
  assert.deepEqual(names(made), ["a", "b"]);
  assert.equal(made.complete, false);
  made.page(made.asking(""), page(3, [lease("b", "bob")], null, 2)); // Its numbers begin anew.
  assert.deepEqual(names(made), ["b"]);
  assert.equal(made.row("b")!.owner, "bob");
});

test("an answer to a question from before is not listened to", () => {
  const { made } = store();
  const question = made.asking("");
  made.begin({ ...all, prefix: "x" });
  assert.equal(made.page(question, page(5, [lease("a")])), null);
  assert.deepEqual(names(made), []);
});

test("no more rows than there is room for: the first by name, and it says so", () => {
  const { made } = store(3);
  assert.equal(made.page(made.asking(""), page(5, ["a", "b", "c", "d"].map((name) => lease(name)), "d")), null);
  assert.deepEqual(names(made), ["a", "b", "c"]);
  assert.equal(made.complete, false);
  assert.equal(made.loading, false);
  made.event(granted(6, "e", "bob")); // Behind what is kept.
  assert.deepEqual(names(made), ["a", "b", "c"]);
  made.event(granted(7, "aa", "bob"));
  assert.deepEqual(names(made), ["a", "aa", "b"]);
  assert.equal(made.size, 3);
});

test("where there is room again the next round fills it", () => {
  const { made } = store(3);
  made.page(made.asking(""), page(5, ["a", "b", "c", "d"].map((name) => lease(name))));
  assert.equal(made.complete, false);
  made.event(released(6, "a"));
  made.event(released(7, "b"));
  assert.equal(made.page(made.asking(""), page(8, ["c", "d"].map((name) => lease(name)))), null);
  assert.deepEqual(names(made), ["c", "d"]);
  assert.equal(made.complete, true);
});

test("rows of one owner only: what somebody else takes is gone from them", () => {
  const time = clocks();
  const made = new OwnershipStore(time);
  made.begin({ prefix: "", owner: "alice", contended: false });
  made.page(made.asking(""), page(5, [lease("a")]));
  made.event(granted(6, "b", "bob"));
  made.event(change(7, "taken_over", "a", { owner: "bob", session: "b", token: 9, holder: "session", ttl_ms: 1 }));
  assert.deepEqual(names(made), []);
});

test("held for counts by this page's clock, however far the server's is off", () => {
  const { made } = store();
  made.page(made.asking(""), page(5, [lease("a", "alice", { since: "2030-01-01T00:00:00Z", held_ms: 5000 })]));
  assert.equal(made.row("a")!.since, start - 5000);
  made.event(granted(6, "b", "bob", { at: "2030-01-01T00:00:05Z" }));
  assert.equal(made.row("b")!.since, start);
});

test("names are in the order of their bytes", () => {
  const sorted = ["a", "a-b", "a/b", "a0", "\u{ffee}", "\u{1f600}"];
  assert.deepEqual([...sorted].reverse().sort(byName), sorted);
  const bytes = [...sorted].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(bytes, sorted);
});

test("whatever the order of pages and events: in the end it is what the server has", () => {
  let seed = 1;
  const random = (below: number): number => ((seed = (seed * 48271) % 2147483647) / 2147483647 * below) | 0;
  const alphabet = ["a", "a/b", "b", "c", "d/e", "f", "g"];
  for (let round = 0; round < 2000; round += 1) {
    const { made } = store(random(2) ? 4 : 100);
    const held = new Map<string, string>();
    const stream: Change[] = [];
    let number = 10;
    let heard = 0;
    const act = (): void => {
      number += 1 + random(2);
      const name = alphabet[random(alphabet.length)]!;
      const owner = held.get(name);
      if (owner && random(2)) {
        held.delete(name);
        stream.push(released(number, name, owner));
      } else {
        const next = `o${random(3)}`;
        held.set(name, next);
        stream.push(granted(number, name, next));
      }
    };
    const answer = (after: string): ListedPage => {
      const rest = [...held].filter(([name]) => after === "" || byName(name, after) > 0).sort(([a], [b]) => byName(a, b));
      const cut = rest.slice(0, 2);
      return page(number, cut.map(([name, owner]) => lease(name, owner)), rest.length > 2 ? cut.at(-1)![0] : null);
    };
    const read = (): void => {
      let next: string | null | "anew" = "";
      while (next !== null && next !== "anew") {
        const question = made.asking(next);
        const told = answer(next);
        for (let times = random(4); times > 0; times -= 1) act();
        for (let times = random(4); times > 0 && heard < stream.length; times -= 1) made.event(stream[heard++]!);
        next = made.page(question, told);
      }
    };
    for (let times = 5; times > 0; times -= 1) act();
    // What was before the first page is not heard.
    const before = made.asking("");
    made.page(before, answer(""));
    heard = stream.length;
    read();
    for (let times = random(6); times > 0; times -= 1) act();
    while (heard < stream.length) made.event(stream[heard++]!);
    if (made.most < 100) read(), read(); // What had no room comes with the next rounds.
    while (heard < stream.length) made.event(stream[heard++]!);
    const expected = [...held].sort(([a], [b]) => byName(a, b)).slice(0, made.most);
    const shown = made.rows().map((row): [string, string] => [row.name, row.owner]);
    if (made.most === 100) assert.deepEqual(shown, expected, `round ${round}`);
    else for (const [name, owner] of shown) assert.equal(held.get(name), owner, `round ${round}: ${name}`);
  }
});
