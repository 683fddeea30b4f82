import assert from "node:assert/strict";
import { after as afterAll, before, test } from "node:test";
import { Holdfast, LeaseLostError, RefusedError, RequestError, StaleError, connect, type TakeoverWish } from "../src/index.js";
import { after, failure, until } from "./support/outside.js";
import { Relay } from "./support/relay.js";
import { Server, over } from "./support/server.js";

let server: Server;
let alice: Holdfast;
let bob: Holdfast;

before(async () => {
  server = await Server.start();
  alice = await connect({ server: server.url, owner: "alice" });
  bob = await connect({ server: server.url, owner: "bob" });
});
afterAll(() => over(server));

test("a free name is granted, under a token, and is free after the release", async () => {
  const lease = await alice.acquire("free/name", { note: "chapter 3", metadata: { page: 4 } });
  assert.ok(lease.holds());
  assert.equal(lease.standing, "held");
  assert.ok(lease.remainingMs > 29_000 && lease.remainingMs <= 30_000);
  const shown = await bob.get("free/name");
  assert.ok(shown.held);
  assert.deepEqual([shown.token, shown.owner, shown.session], [lease.token, "alice", lease.session]);
  assert.deepEqual([shown.note, shown.metadata], ["chapter 3", { page: 4 }]);
  assert.equal(await lease.release(), true);
  assert.ok(!lease.holds());
  assert.equal(lease.standing, "released");
  assert.equal((await bob.get("free/name")).held, false);
  assert.equal(await lease.release(), true); // The same answer again.
});

test("who is refused hears who has it, since when and why", async () => {
  const lease = await alice.acquire("taken", { note: "chapter 3" });
  const refusal = await failure(RefusedError, bob.acquire("taken"));
  assert.deepEqual([refusal.code, refusal.fate, refusal.status], ["held", "not_done", 409]);
  assert.deepEqual([refusal.holder?.owner, refusal.holder?.note, refusal.holder?.token], ["alice", "chapter 3", lease.token]);
  assert.ok(refusal.holder!.endsInMs! > 20_000);
  assert.equal((await failure(RefusedError, alice.acquire("taken"))).code, "held_by_you"); // Another session of hers.
  await lease.release();
});

test("a lease is renewed by itself, for longer than its ttl", async () => {
  const lease = await alice.acquire("renewed", { ttlMs: 400 });
  const ends = performance.now() + 1500;
  while (performance.now() < ends) {
    assert.ok(lease.holds());
    await after(20);
  }
  const shown = await bob.get("renewed");
  assert.ok(shown.held && shown.token === lease.token);
  await lease.release();
});

test("one winner of many who ask at once", async () => {
  const all = await Promise.allSettled(Array.from({ length: 16 }, () => bob.acquire("race")));
  const won = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  assert.equal(won.length, 1);
  for (const one of all) if (one.status === "rejected") assert.equal((one.reason as RefusedError).code, "held_by_you");
  await won[0]!.release();
});

test("a wait is granted when the name becomes free, in the order of asking", async () => {
  const first = await alice.acquire("queue");
  const order: string[] = [];
  const second = bob.acquire("queue", { waitMs: 10_000 }).then((lease) => (order.push("second"), lease));
  await until(async () => waitersOf(await bob.get("queue")) === 1, "the second waits");
  const third = alice.acquire("queue", { waitMs: 10_000 }).then((lease) => (order.push("third"), lease));
  await until(async () => waitersOf(await bob.get("queue")) === 2, "the third waits");
  await first.release();
  const held = await second;
  assert.ok(held.token > first.token);
  assert.equal(held.previous, first.token);
  assert.ok(held.holds());
  await held.release();
  await (await third).release();
  assert.deepEqual(order, ["second", "third"]);
});

const waitersOf = (state: Awaited<ReturnType<Holdfast["get"]>>): number => (state.held ? state.waiting : 0);

test("a wait that is over says who has it", async () => {
  const lease = await alice.acquire("wait/over");
  const refusal = await failure(RefusedError, bob.acquire("wait/over", { waitMs: 150 }));
  assert.deepEqual([refusal.code, refusal.holder?.owner], ["wait_over", "alice"]);
  await lease.release();
});

test("a wait that is stopped leaves the queue at once", async () => {
  const lease = await alice.acquire("stopped");
  const stop = new AbortController();
  const waiting = bob.acquire("stopped", { waitMs: 60_000, signal: stop.signal });
  await until(async () => waitersOf(await bob.get("stopped")) === 1, "it waits");
  stop.abort(new Error("enough"));
  await assert.rejects(waiting, /enough/);
  await until(async () => waitersOf(await bob.get("stopped")) === 0, "it has left");
  await lease.release();
  assert.equal((await bob.get("stopped")).held, false);
  await assert.rejects(bob.acquire("stopped", { signal: stop.signal }), /enough/);
});

test("a long wait is asked for in pieces and keeps its place in the queue", async () => {
  const relay = await Relay.to(server.port);
  relay.delayMs = 100;
  const patient = new Holdfast({ server: relay.url, owner: "carol" }, { waitPieceMs: 150 });
  const lease = await alice.acquire("pieces");
  const waiting = patient.acquire("pieces", { waitMs: 20_000, ttlMs: 1500 });
  await until(async () => waitersOf(await bob.get("pieces")) === 1, "it waits");
  const behind = bob.acquire("pieces", { waitMs: 20_000 });
  await until(async () => waitersOf(await bob.get("pieces")) === 2, "bob waits behind");
  relay.delayMs = 200; // Each piece is longer on its way than the one before.
  await after(400);
  relay.delayMs = 300;
  await after(400); // Longer than several pieces.
  assert.equal(waitersOf(await bob.get("pieces")), 2);
  await lease.release();
  const got = await waiting;
  assert.ok(got.holds());
  assert.equal(waitersOf(await bob.get("pieces")), 1);
  await got.release();
  await (await behind).release();
  relay.close();
});

test("a takeover tells the holder who and why, and wins", async () => {
  const lease = await alice.acquire("over", { ttlMs: 600 });
  const told: LeaseLostError[] = [];
  lease.on("lost", (loss) => told.push(loss));
  const taken = await bob.takeover("over", { reason: "the release waits for it" });
  assert.ok(taken.token > lease.token);
  assert.equal(taken.previous, lease.token);
  const loss = await lease.lost;
  assert.deepEqual([loss.reason, loss.by, loss.why], ["taken_over", "bob", "the release waits for it"]);
  assert.deepEqual(told, [loss]);
  assert.ok(lease.signal.aborted && lease.signal.reason === loss);
  assert.ok(!lease.holds());
  assert.equal(lease.standing, "lost");
  assert.equal(await lease.release(), false);
  assert.equal((await bob.get("over")).token, taken.token); // A late release frees nobody else's.
  await failure(LeaseLostError, lease.renew());
  await taken.release();
});

test("after a loss nothing is asked any more that could take it back", async () => {
  const lease = await alice.acquire("no/way/back", { ttlMs: 300 });
  const taken = await bob.takeover("no/way/back", { reason: "now" });
  await lease.lost;
  await taken.release();
  await after(400); // As long as several renewals would take.
  assert.equal((await bob.get("no/way/back")).held, false);
});

test("a takeover with a window is told to the holder, who may let go sooner", async () => {
  const lease = await alice.acquire("window", { ttlMs: 600 });
  const wish = new Promise<TakeoverWish>((resolve) => lease.on("takeover", resolve));
  const began = performance.now();
  const taking = bob.takeover("window", { reason: "urgent", flushMs: 20_000 });
  const { by, reason, endsInMs } = await wish;
  assert.deepEqual([by, reason], ["bob", "urgent"]);
  assert.ok(endsInMs > 15_000 && endsInMs <= 20_000);
  await lease.release();
  const taken = await taking;
  assert.ok(performance.now() - began < 10_000);
  assert.ok(taken.holds());
  await taken.release();
});

test("who does not let go in the window is not believed after it", async () => {
  const lease = await alice.acquire("window/over", { ttlMs: 900 });
  let believedAt = 0;
  const watching = setInterval(() => {
    if (lease.holds()) believedAt = performance.now();
  }, 1);
  const taken = await bob.takeover("window/over", { reason: "urgent", flushMs: 700 });
  const takenAt = performance.now() - 50; // The answer was under way, and the watcher has ticks of its own.
  assert.equal((await lease.lost).reason, "taken_over");
  clearInterval(watching);
  assert.ok(believedAt <= takenAt + 50, `${believedAt - takenAt}`);
  await taken.release();
});

test("a request is told to the holder once", async () => {
  const lease = await alice.acquire("asked", { ttlMs: 300 });
  const told: unknown[] = [];
  lease.on("request", (wish) => told.push(wish));
  assert.equal((await bob.request("asked", { message: "may I?" })).requested, true);
  await until(() => told.length > 0, "it is told");
  await after(350);
  assert.deepEqual(told, [{ by: "bob", message: "may I?" }]);
  await lease.release();
});

test("with follow a loss is known at once, not with the next renewal", async () => {
  const lease = await alice.acquire("followed", { ttlMs: 60_000, follow: true });
  const began = performance.now();
  const taken = await bob.takeover("followed", { reason: "now" });
  assert.equal((await lease.lost).reason, "taken_over");
  assert.ok(performance.now() - began < 5000);
  await taken.release();
});

test("a token is current until the holding ends, then stale, with the reason", async () => {
  const lease = await alice.acquire("checked");
  assert.equal((await bob.check("checked", lease.token)).current, true);
  await lease.release();
  const stale = await failure(StaleError, bob.check("checked", lease.token));
  assert.deepEqual([stale.code, stale.because, stale.newest], ["stale", "released", lease.token]);
});

test("an error says which field is at fault, and that nothing was done", async () => {
  const late = await failure(RequestError, alice.acquire("field", { ttlMs: 20 }));
  assert.deepEqual([late.code, late.field, late.fate], ["bad_field", "ttlMs", "not_done"]);
  const note = await failure(RequestError, alice.acquire("field", { note: "n".repeat(2000) }));
  assert.deepEqual([note.code, note.field, note.fate, note.status], ["bad_field", "note", "not_done", 400]);
  assert.equal((await failure(RequestError, alice.takeover("field", { reason: "" }))).code, "reason_missing");
  assert.throws(() => new Holdfast({ owner: "" }), { code: "owner_missing", field: "owner" });
  assert.throws(() => new Holdfast({ owner: "a", server: "nonsense" }), { field: "server" });
});

test("names are sent as they are, and what a path would swallow is refused", async () => {
  for (const name of ["projects/a b/ü?#%2F&.c", "dots/.../x", "emoji/🔒", "a;b=c,d@e:f"]) {
    const lease = await alice.acquire(name);
    assert.equal(lease.name, name);
    assert.equal((await bob.get(name)).token, lease.token);
    await lease.release();
  }
  for (const name of ["", ".", "..", "a/../b", "a/./b", "half/\ud83d"]) {
    const error = await failure(RequestError, alice.acquire(name));
    assert.deepEqual([error.code, error.field, error.fate], ["bad_name", "name", "not_done"], JSON.stringify(name));
  }
  assert.equal((await failure(RequestError, alice.acquire("a//b"))).code, "bad_name");
});

test("what lists are asked for may have spaces and any other letters in it", async () => {
  for (const owner of ["Ana María", "a+b", "100 % & more = ?", "#1"]) {
    const somebody = await connect({ server: server.url, owner });
    const lease = await somebody.acquire(`spaces/${owner}`);
    assert.deepEqual((await bob.list({ owner })).leases.map(({ name }) => name), [lease.name]);
    assert.deepEqual((await bob.list({ prefix: lease.name })).leases.map(({ name }) => name), [lease.name]);
    await lease.release();
  }
});

test("lists and histories come in pages that leave nothing out", async () => {
  const leases = await Promise.all(Array.from({ length: 7 }, (_, at) => alice.acquire(`pages/${at}`)));
  const names: string[] = [];
  for await (const state of bob.listAll({ prefix: "pages", limit: 3 })) names.push(state.name);
  assert.deepEqual(names, leases.map((lease) => lease.name).sort());
  const first = await bob.list({ prefix: "pages", limit: 3 });
  assert.ok(first.leases.length <= 3 && first.next !== null);
  await Promise.all(leases.map((lease) => lease.release()));

  const tokens: number[] = [];
  for (let time = 0; time < 5; time += 1) {
    const lease = await alice.acquire("past");
    tokens.unshift(lease.token);
    await lease.release();
  }
  const seen: number[] = [];
  for await (const holding of bob.historyAll("past", { limit: 2 })) {
    seen.push(holding.token);
    assert.deepEqual([holding.owner, holding.because], ["alice", "released"]);
  }
  assert.deepEqual(seen, tokens);
  assert.equal((await bob.historyBelow("pages", { limit: 2 })).holdings.length, 2);
});

test("withLease holds while the work runs, and gives its result", async () => {
  const result = await alice.withLease("work", {}, async (signal, lease) => {
    assert.ok(!signal.aborted && lease.holds());
    assert.equal((await bob.get("work")).held, true);
    return 42;
  });
  assert.equal(result, 42);
  assert.equal((await bob.get("work")).held, false);
  await assert.rejects(
    alice.withLease("work", {}, () => Promise.reject(new Error("the work's own"))),
    /the work's own/,
  );
  assert.equal((await bob.get("work")).held, false);
});

test("withLease aborts the work when the lease is lost, and rejects with the loss", async () => {
  let aborted: unknown;
  const working = alice.withLease("work/lost", { ttlMs: 3000 }, async (signal) => {
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    aborted = signal.reason;
    return "too late";
  });
  working.catch(() => undefined);
  await until(async () => (await bob.get("work/lost")).held, "it works");
  const taken = await bob.takeover("work/lost", { reason: "now" });
  const loss = await failure(LeaseLostError, working);
  assert.equal(loss.reason, "taken_over");
  assert.equal(aborted, loss);
  await taken.release();
});

test("withLease passes on that somebody outside wants it to end", async () => {
  const stop = new AbortController();
  const working = alice.withLease("work/stopped", { signal: stop.signal }, async (signal) => {
    queueMicrotask(() => stop.abort(new Error("outside")));
    await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  });
  await assert.rejects(working, /outside/);
  assert.equal((await bob.get("work/stopped")).held, false);
});
