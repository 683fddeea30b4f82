// A bad network and a bad server between a real one and the client.
import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { Holdfast, UnavailableError, connect, type Lease } from "../src/index.js";
import { after, failure, until } from "./support/outside.js";
import { Relay } from "./support/relay.js";
import { Server, over, scratch } from "./support/server.js";

let server: Server;
let direct: Holdfast;

before(async () => {
  server = await Server.start();
  direct = new Holdfast({ server: server.url, owner: "direct" });
});
afterAll(() => over(server));

async function through(owner = "alice"): Promise<{ relay: Relay; client: Holdfast }> {
  const relay = await Relay.to(server.port);
  return { relay, client: new Holdfast({ server: relay.url, owner, timeoutMs: 3000 }) };
}

/** The last moment at which it was believed, once it is lost. */
async function lastBelieved(lease: Lease): Promise<number> {
  let believed = 0;
  const watching = setInterval(() => {
    if (lease.holds()) believed = performance.now();
  }, 1);
  await lease.lost;
  clearInterval(watching);
  return believed;
}

test("over a slow network belief counts from when the request was sent", async () => {
  const relay = await Relay.to(server.port);
  let sent = 0;
  const seen: typeof fetch = (input, init) => {
    if (String(input).includes("/v1/acquire/")) sent = performance.now();
    return fetch(input, init);
  };
  const client = new Holdfast({ server: relay.url, owner: "alice", fetch: seen });
  relay.delayMs = 150;
  const lease = await client.acquire("slow", { ttlMs: 3000 });
  const now = performance.now();
  assert.ok(now - sent >= 299); // There and back.
  assert.ok(lease.holds() && lease.remainingMs <= sent + 3000 - now, `${lease.remainingMs} of ${sent + 3000 - now}`);
  relay.swallowing = true;
  const believed = await lastBelieved(lease);
  const next = await direct.acquire("slow", { waitMs: 5000 });
  // Never before the end of belief, here on one clock.
  assert.ok(performance.now() > believed);
  await next.release();
  relay.close();
});

test("a renewal that is never answered ends belief in time, and says so", async () => {
  const { relay, client } = await through();
  const lease = await client.acquire("silent", { ttlMs: 900 });
  relay.swallowing = true;
  const waiting = direct.acquire("silent", { waitMs: 10_000 });
  const believed = await lastBelieved(lease);
  const loss = await lease.lost;
  assert.equal(loss.reason, "not_renewed");
  assert.ok(loss.cause instanceof UnavailableError && loss.cause.code === "answer_lost");
  const next = await waiting;
  assert.ok(performance.now() >= believed);
  assert.ok(next.token > lease.token);
  await next.release();
  relay.close();
});

test("renewals whose answers are lost keep the server's lease, not our belief", async () => {
  const { relay, client } = await through();
  const lease = await client.acquire("one/way", { ttlMs: 900 });
  relay.swallowingAnswers = true;
  const began = performance.now();
  assert.equal((await lease.lost).reason, "not_renewed");
  assert.ok(performance.now() - began < 900);
  relay.close();
});

test("a connection that is cut is made again, and the lease is kept", async () => {
  const { relay, client } = await through();
  const lease = await client.acquire("cut", { ttlMs: 1500 });
  const ends = performance.now() + 1800; // Longer than it would last.
  for (let time = 0; performance.now() < ends; time += 1) {
    relay.refusing = time % 2 === 1; // By turns nobody is there at all.
    relay.cut();
    await after(150);
    assert.ok(lease.holds(), lease.standing);
  }
  relay.refusing = false;
  await lease.release();
  relay.close();
});

test("an acquire whose answer was lost is asked again under the same session, and gives the same grant", async () => {
  const { relay, client } = await through();
  relay.swallowingAnswers = true;
  const asking = client.acquire("answer/lost");
  await until(async () => (await direct.get("answer/lost")).held, "it is granted");
  const { token } = await direct.get("answer/lost");
  relay.swallowingAnswers = false;
  relay.cut();
  const lease = await asking;
  assert.equal(lease.token, token);
  assert.ok(lease.holds());
  await lease.release();
  relay.close();
});

test("nothing is left behind by an acquire that was given up", async () => {
  const { relay, client } = await through();
  relay.swallowingAnswers = true;
  const stop = new AbortController();
  const asking = client.acquire("given/up", { signal: stop.signal });
  await until(async () => (await direct.get("given/up")).held, "it is granted");
  relay.swallowingAnswers = false;
  stop.abort(new Error("enough"));
  await assert.rejects(asking, /enough/);
  await until(async () => !(await direct.get("given/up")).held, "it is released");
  relay.close();
});

test("a takeover whose answer was lost is not sent again, and is found", async () => {
  const { relay, client } = await through();
  const lease = await direct.acquire("takeover/lost");
  const { token } = await client.get("takeover/lost");
  relay.swallowingAnswers = true;
  const taking = client.takeover("takeover/lost", { reason: "now", token: token! });
  await until(async () => (await direct.get("takeover/lost")).token !== token, "it is taken over");
  relay.swallowingAnswers = false;
  relay.cut();
  const taken = await taking;
  assert.equal(taken.token, (await direct.get("takeover/lost")).token);
  assert.equal(taken.previous, lease.token);
  assert.equal(await lease.release(), false);
  await taken.release();
  relay.close();
});

test("a grant that was under way for longer than half of its ttl is asked for again before it is handed out", async () => {
  const { relay, client } = await through();
  await client.get("late"); // The connection is there.
  relay.delayMs = 250;
  const asking = client.acquire("late", { ttlMs: 900 });
  await until(async () => (await direct.get("late")).held, "it is granted");
  await after(20); // Its answer is under way.
  relay.delayMs = 0;
  const lease = await asking;
  assert.ok(lease.holds() && lease.remainingMs > 600, `${lease.remainingMs}`);
  await lease.release();
  relay.close();
});

test("a grant that is always under way for longer than its ttl is no lease, and is not left behind", async () => {
  const { relay, client } = await through();
  await client.get("too/late");
  relay.delayMs = 200;
  const error = await failure(UnavailableError, client.acquire("too/late", { ttlMs: 300 }));
  assert.deepEqual([error.code, error.fate], ["answer_lost", "maybe_done"]);
  relay.delayMs = 0;
  await until(async () => !(await direct.get("too/late")).held, "it is free");
  relay.close();
});

test("who waits keeps waiting over a restart of the server, and who holds keeps its lease", async () => {
  const data = scratch();
  const first = await Server.start(["--data", data.path]);
  const holder = new Holdfast({ server: first.url, owner: "alice", timeoutMs: 5000 });
  const lease = await holder.acquire("restart", { ttlMs: 3000 });
  const waiting = new Holdfast({ server: first.url, owner: "bob", timeoutMs: 5000 }).acquire("restart", { waitMs: 20_000 });
  await until(async () => waitersOf(await holder.get("restart")) === 1, "bob waits");
  await first.kill();
  const second = await Server.start(["--data", data.path], first.port);
  await until(async () => waitersOf(await holder.get("restart")) === 1, "bob waits again");
  await lease.renew();
  assert.ok(lease.holds());
  assert.equal((await holder.get("restart")).token, lease.token);
  await lease.release();
  const next = await waiting;
  assert.ok(next.token > lease.token);
  await next.release();
  await second.kill();
  data.remove();
});

const waitersOf = (state: Awaited<ReturnType<Holdfast["get"]>>): number => (state.held ? state.waiting : 0);

test("a server that forgot everything ends the lease", async () => {
  const first = await Server.start();
  const client = new Holdfast({ server: first.url, owner: "alice" });
  const lease = await client.acquire("forgotten", { ttlMs: 1500 });
  await first.kill();
  const second = await Server.start(["--journal", "memory"], first.port);
  assert.equal((await lease.lost).reason, "unknown");
  await second.kill();
});

test("where nobody is there it says so, and that nothing was done", async () => {
  const gone = await Server.start();
  await gone.kill();
  const began = performance.now();
  const error = await failure(UnavailableError, connect({ server: gone.url, owner: "alice", timeoutMs: 400 }));
  assert.deepEqual([error.code, error.fate], ["unreachable", "not_done"]);
  assert.ok(performance.now() - began < 2000);
});

test("a server that stands still makes no call wait for longer than its time", async () => {
  const stuck = await Server.start();
  const client = await connect({ server: stuck.url, owner: "alice", timeoutMs: 300 });
  await stuck.pause();
  const error = await failure(UnavailableError, client.acquire("stuck"));
  assert.deepEqual([error.code, error.fate], ["answer_lost", "maybe_done"]);
  stuck.goOn();
  await stuck.kill();
});
