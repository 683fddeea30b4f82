// Looking at a server, and acting on what others hold: against a real one.
import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { RequestError, StaleError, UnavailableError } from "../src/index.js";
import { Operator, watchNames, type Branch, type BranchPage, type Released, type ServerState, type SessionPage, type SessionState, type WatchEvent } from "../src/operator.js";
import { Server, over } from "./support/server.js";

let server: Server;
let operator: Operator;
before(async () => {
  server = await Server.start();
  operator = new Operator({ owner: "ops", server: server.url });
});
afterAll(() => over(server));

const take = async (name: string, owner: string, session = `${owner}-1`): Promise<{ name: string; token: number }> => {
  const { token } = await server.post(`/v1/acquire/${name}`, { owner, session, note: "n" });
  assert.ok(typeof token === "number", `${name} is ${owner}'s`);
  return { name, token };
};

/** The same members as the type says, which the compiler sees to. */
function same<T extends object>(answer: T, members: Record<keyof T, true>, what: string): void {
  assert.deepEqual(Object.keys(answer).sort(), Object.keys(members).sort(), what);
}

test("how the server stands", async () => {
  const state = await operator.state();
  same<ServerState>(state, { version: true, build: true, injections: true, journal: true, incarnation: true, position: true, started_at: true, uptime_ms: true, now: true, ready: true, journal_behind: true, journal_failed: true, out_of_room: true, connections: true, console: true, demonstration: true }, "state");
  assert.equal(state.ready, true);
  assert.ok(Math.abs(Date.parse(state.now) - Date.now()) < 60_000);
});

test("the branches of names", async () => {
  await Promise.all(["tree/a/1", "tree/a/2", "tree/b", "trees/other"].map((name) => take(name, "alice")));
  const page = await operator.tree({ prefix: "tree" });
  same<BranchPage>(page, { prefix: true, children: true, next: true, position: true }, "page");
  same<Branch>(page.children[0]!, { name: true, segment: true, held: true, more: true, lease: true }, "branch");
  assert.deepEqual(
    page.children.map(({ name, held, lease }) => [name, held, lease]),
    [["tree/a", 2, false], ["tree/b", 1, true]],
  );
});

test("the sessions, and the end of one", async () => {
  await Promise.all(["s/1", "s/2"].map((name) => take(name, "sam", "sam-tab")));
  const page = await operator.sessions({ owner: "sam" });
  same<SessionPage>(page, { sessions: true, next: true, position: true }, "page");
  const [sam] = page.sessions;
  same<SessionState>(sam!, { owner: true, session: true, leases: true, names: true, waits: true, state: true, connected: true, address: true, heard_ms: true }, "session");
  assert.deepEqual([sam!.session, sam!.leases, [...sam!.names].sort()], ["sam-tab", 2, ["s/1", "s/2"]]);
  await operator.endSession("sam", "sam-tab");
  assert.equal((await operator.get("s/1")).held, false);
  assert.deepEqual((await operator.sessions({ owner: "sam" })).sessions, []);
});

test("one name: who waits, in their order; and from memory, if asked so", async () => {
  await take("q", "alice");
  const gone = new AbortController();
  const waits = ["bob", "carol"].map((owner) => fetch(`${server.url}/v1/acquire/q`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ owner, session: owner, wait_ms: 60_000 }), signal: gone.signal }).catch(() => undefined));
  let lease = await operator.get("q");
  while (lease.held && lease.waiting < 2) lease = await operator.get("q");
  assert.ok(lease.held);
  assert.deepEqual(lease.queue!.map(({ owner }) => owner).sort(), ["bob", "carol"]);
  assert.ok(lease.held_ms! >= 0 && lease.unsettled === undefined);
  assert.equal((await operator.get("q", { unsettled: true })).unsettled, true);
  assert.equal((await operator.list({ prefix: "q", unsettled: true })).unsettled, true);
  gone.abort();
  await Promise.all(waits);
});

test("an act on a holding names it, and never hits a later one", async () => {
  const first = await take("act", "alice");
  await operator.request("act", "please");
  const asked = await operator.get("act");
  assert.deepEqual(asked.held && asked.request, { by: "ops", message: "please" });
  await assert.rejects(operator.revoke(first, ""), RequestError);
  await operator.revoke(first, "left");
  const second = await take("act", "bob");
  await assert.rejects(operator.revoke(first, "left"), StaleError);
  const now = await operator.get("act");
  assert.ok(now.held && now.token === second.token);
});

test("what is one's own is released, once", async () => {
  const mine = await take("own", "ops", "here");
  const first = await operator.release(mine, undefined);
  same<Released>(first, { name: true, released: true, token: true, held: true, position: true }, "release");
  assert.deepEqual([first.released, first.held], [true, false]);
  assert.equal((await operator.release(mine, undefined)).released, false);
});

test("of one's own that several sessions share, the session that is named lets go", async () => {
  const name = "shared";
  for (const session of ["desk", "train"]) await server.post(`/v1/acquire/${name}`, { owner: "ops", session, holder: "owner" });
  const { token } = await operator.get(name);
  assert.ok(typeof token === "number");
  const first = await operator.release({ name, token }, "desk");
  assert.deepEqual([first.released, first.held, first.token], [true, true, token]);
  const last = await operator.release({ name, token }, "train");
  assert.deepEqual([last.released, last.held], [true, false]);
});

test("changes are followed from behind a list, so that none is missing", async () => {
  await take("w/0", "alice");
  const { position, leases } = await operator.list({ prefix: "w" });
  assert.equal(leases.length, 1);
  const made = await take("w/1", "bob");
  const over = new AbortController();
  const seen: WatchEvent[] = [];
  for await (const event of watchNames(operator, { prefix: "w", after: position, signal: over.signal })) {
    if (event.kind !== "change") continue;
    seen.push(event);
    if (seen.length === 1) await operator.revoke(made, "enough");
    if (seen.length === 2) over.abort();
  }
  assert.deepEqual(seen.map((event) => event.kind === "change" && [event.type, event.name]), [["granted", "w/1"], ["revoked", "w/1"]]);
});

test("figures, as the server counts them", async () => {
  const figures = await operator.figures();
  assert.ok(figures.value("holdfast_leases") >= 1);
});

test("one try, and no answer is said at once", async () => {
  const nobody = new Operator({ owner: "ops", server: "http://127.0.0.1:1" });
  await assert.rejects(nobody.state(), UnavailableError);
  let asked = 0;
  const down = new Operator({ owner: "ops", server: server.url, fetch: () => ((asked += 1), Promise.resolve(new Response("no", { status: 503 }))) });
  await assert.rejects(down.list(), UnavailableError);
  assert.equal(asked, 1);
});
