// A page that sleeps, is hidden and left, and clocks that are set: a real server, and surroundings that a test moves.
import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { Holdfast, LeaseLostError, type Lease } from "../src/index.js";
import { MovedClocks, Page, after, failure, until } from "./support/outside.js";
import { Relay } from "./support/relay.js";
import { Server, over } from "./support/server.js";

let server: Server;
let bob: Holdfast;

before(async () => {
  server = await Server.start();
  bob = new Holdfast({ server: server.url, owner: "bob" });
});
afterAll(() => over(server));

function inPage(url = server.url): { client: Holdfast; clocks: MovedClocks; page: Page } {
  const [clocks, page] = [new MovedClocks(), new Page()];
  return { client: new Holdfast({ server: url, owner: "alice" }, { clocks, surroundings: page }), clocks, page };
}

const eventsOf = (lease: Lease): string[] => {
  const told: string[] = [];
  lease.on("doubt", () => told.push("doubt"));
  lease.on("regained", () => told.push("regained"));
  lease.on("lost", (loss) => told.push(loss.reason));
  return told;
};

test("a page that is shown again believes nothing before it has asked", async () => {
  const { client, page } = inPage();
  const lease = await client.acquire("shown");
  const told = eventsOf(lease);
  page.show();
  assert.ok(!lease.holds());
  assert.equal(lease.standing, "doubtful");
  await until(() => lease.holds(), "it is believed again");
  assert.deepEqual(told, ["doubt", "regained"]);
  await lease.release();
});

test("a renewal from before the page woke does not give belief back", async () => {
  const relay = await Relay.to(server.port);
  const { client, page } = inPage(relay.url);
  const lease = await client.acquire("before/wake", { ttlMs: 3000 });
  relay.delayMs = 150;
  const renewal = lease.renew();
  renewal.catch(() => undefined);
  await after(200); // The server has it; its answer is under way.
  page.show();
  const shown = performance.now();
  await assert.rejects(renewal, { code: "answer_lost" });
  await until(() => lease.holds(), "it is believed again");
  assert.ok(performance.now() - shown >= 295, `${performance.now() - shown}`); // There and back.
  relay.close();
});

test("after a sleep within the ttl it asks, and goes on", async () => {
  const { client, clocks } = inPage();
  const lease = await client.acquire("nap");
  clocks.sleep(12_000); // No event tells of it.
  assert.ok(!lease.holds());
  await until(() => lease.holds(), "it is believed again");
  await lease.release();
});

test("after a sleep longer than the ttl it asks, and goes on if nobody came in between", async () => {
  const { client, clocks } = inPage();
  const lease = await client.acquire("sleep/free");
  const told = eventsOf(lease);
  clocks.sleep(3_600_000);
  assert.ok(!lease.holds());
  assert.equal(lease.remainingMs, 0);
  await until(() => lease.holds(), "it is believed again");
  assert.deepEqual(told, ["doubt", "regained"]);
  await lease.release();
});

test("after a sleep in which somebody else got it, it is lost, and says why", async () => {
  const { client, clocks } = inPage();
  const lease = await client.acquire("sleep/lost");
  const told = eventsOf(lease);
  const taken = await bob.takeover("sleep/lost", { reason: "you slept" });
  clocks.sleep(3_600_000);
  assert.ok(!lease.holds());
  const loss = await lease.lost;
  assert.deepEqual([loss.reason, loss.by, loss.why], ["taken_over", "bob", "you slept"]);
  assert.deepEqual(told, ["doubt", "taken_over"]);
  assert.ok(taken.holds());
  await taken.release();
});

test("after a sleep without a network it gives up in the end, and never believes meanwhile", async () => {
  const relay = await Relay.to(server.port);
  const { client, clocks } = inPage(relay.url);
  const lease = await client.acquire("sleep/offline", { ttlMs: 1000 });
  relay.refusing = true;
  relay.cut();
  clocks.sleep(60_000);
  let believed = false;
  const watching = setInterval(() => (believed ||= lease.holds()), 2);
  assert.equal((await lease.lost).reason, "not_renewed");
  clearInterval(watching);
  assert.ok(!believed);
  relay.close();
});

test("withLease stops its work after a sleep longer than the ttl", async () => {
  const { client, clocks } = inPage();
  const working = client.withLease("sleep/work", {}, async (signal) => {
    clocks.sleep(60_000);
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  assert.equal((await failure(LeaseLostError, working)).reason, "not_renewed");
});

test("an event loop that stood still for longer than the ttl believes nothing, then asks", async () => {
  const { client } = inPage();
  const lease = await client.acquire("blocked", { ttlMs: 300 });
  const ends = performance.now() + 500;
  while (performance.now() < ends);
  assert.ok(!lease.holds()); // At once, before any timer has run.
  await until(() => lease.holds(), "it is believed again");
  await lease.release();
});

test("a wall clock that is set back lengthens no belief, and makes it ask", async () => {
  const relay = await Relay.to(server.port);
  const { client, clocks } = inPage(relay.url);
  const lease = await client.acquire("set/back", { ttlMs: 1500 });
  relay.swallowing = true;
  const began = performance.now();
  clocks.wallBy -= 86_400_000;
  assert.ok(!lease.holds());
  assert.equal((await lease.lost).reason, "not_renewed");
  assert.ok(performance.now() - began < 2000);
  relay.close();
});

test("a wall clock that is set forward ends belief until it has asked, not the lease", async () => {
  const { client, clocks } = inPage();
  const lease = await client.acquire("set/forward");
  clocks.wallBy += 86_400_000;
  assert.ok(!lease.holds());
  await until(() => lease.holds(), "it is believed again");
  await lease.release();
});

test("a hidden page asks for a ttl that outlasts throttled timers, and for the usual one when it is shown", async () => {
  const { client, page } = inPage();
  const lease = await client.acquire("hidden", { ttlMs: 20_000 });
  const ttl = async (): Promise<number | null> => {
    const state = await bob.get("hidden");
    return state.held ? state.ttl_ms : 0;
  };
  page.hide();
  await until(async () => (await ttl()) === 150_000, "the longer one is asked for");
  await until(() => lease.remainingMs > 140_000, "it is believed as long");
  page.show();
  assert.ok(lease.remainingMs <= 20_000);
  await until(async () => (await ttl()) === 20_000, "the usual one is asked for");
  await until(() => lease.holds(), "it is believed again");
  assert.ok(lease.remainingMs <= 20_000);
  await lease.release();
});

test("a page that is left releases, and one that does not want to does not", async () => {
  const { client, page } = inPage();
  const lease = await client.acquire("left");
  const kept = await client.acquire("left/kept", { releaseOnLeave: false });
  page.leave();
  assert.ok(!lease.holds());
  await until(async () => !(await bob.get("left")).held, "it is released");
  assert.ok((await bob.get("left/kept")).held);
  await kept.release();
});

test("a lease that has ended listens to nothing any more", async () => {
  const { client, page } = inPage();
  const lease = await client.acquire("listens", { ttlMs: 300 });
  assert.equal(page.listeners, 3);
  await lease.release();
  assert.equal(page.listeners, 0);
  const lost = await client.acquire("listens", { ttlMs: 300 });
  await (await bob.takeover("listens", { reason: "now" })).release();
  await lost.lost;
  assert.equal(page.listeners, 0);
});
