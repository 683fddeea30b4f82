// A bad network and a bad server between a real one and the client.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after as afterAll, before, test } from "node:test";
import { Holdfast, LeaseLostError, UnavailableError, connect, type Lease } from "../src/index.js";
import { after, failure, until } from "./support/outside.js";
import { Relay } from "./support/relay.js";
import { Server, scratch } from "./support/server.js";

let server: Server;
let direct: Holdfast;

before(async () => {
  server = await Server.start();
  direct = new Holdfast({ server: server.url, owner: "direct" });
});
afterAll(() => server.kill());

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
    sent ||= performance.now();
    return fetch(input, init);
  };
  const client = new Holdfast({ server: relay.url, owner: "alice", fetch: seen });
  relay.delayMs = 150;
  const lease = await client.acquire("slow", { ttlMs: 2000 });
  const now = performance.now();
  assert.ok(now - sent >= 299); // There and back.
  assert.ok(lease.holds() && lease.remainingMs <= sent + 2000 - now, `${lease.remainingMs} of ${sent + 2000 - now}`);
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
  const lease = await client.acquire("cut", { ttlMs: 900 });
  for (let time = 0; time < 6; time += 1) {
    relay.cut();
    await after(200);
    assert.ok(lease.holds());
  }
  relay.refusing = true; // For a while nobody is there at all.
  await after(350);
  relay.refusing = false;
  await after(800);
  assert.ok(lease.holds());
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

test("a grant that was under way for longer than half of its ttl is renewed before it is handed out", async () => {
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
  stuck.pause();
  const error = await failure(UnavailableError, client.acquire("stuck"));
  assert.deepEqual([error.code, error.fate], ["answer_lost", "maybe_done"]);
  stuck.goOn();
  await stuck.kill();
});

/** A server of which a test says each answer. */
async function scripted(answers: readonly (readonly [number, unknown, Record<string, string>?])[]) {
  const asked: { path: string; body: string }[] = [];
  const http = createServer((request, response) => {
    let body = "";
    request.on("data", (bytes: Buffer) => (body += bytes));
    request.on("end", () => {
      const [status, said, headers] = answers[Math.min(asked.length, answers.length - 1)]!;
      asked.push({ path: request.url ?? "", body });
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof said === "string" ? said : JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    asked,
    client: new Holdfast({ server: `http://127.0.0.1:${port}`, owner: "alice", timeoutMs: 2000 }),
    close: () => (http.closeAllConnections(), http.close()),
  };
}

const grant = {
  name: "x",
  token: 7,
  previous: null,
  owner: "alice",
  session: "s",
  ttl_ms: 30_000,
  deadline_in_ms: 30_030,
  waited_ms: 0,
  since: "2026-01-01T00:00:00Z",
  joined: false,
  position: "1.1",
};
const behind = { status: 503, code: "journal_behind", fate: "not_done", detail: "behind" };
const unknown = { status: 503, code: "commit_unknown", fate: "maybe_done", detail: "unknown" };

test("what was not done is tried again after the time that the server asked for", async () => {
  const script = await scripted([[503, behind, { "retry-after": "1" }], [200, grant]]);
  const began = performance.now();
  const lease = await script.client.acquire("x");
  assert.ok(performance.now() - began >= 990);
  assert.equal(lease.token, 7);
  await lease.release();
  script.close();
});

test("what may have been done is asked again under the same session", async () => {
  const script = await scripted([[503, unknown], [502, "<html>bad gateway</html>"], [200, grant]]);
  const lease = await script.client.acquire("x");
  assert.equal(script.asked.length, 3);
  assert.equal(new Set(script.asked.map(({ body }) => body)).size, 1);
  assert.match(script.asked[0]!.body, /"session":"ts-[0-9a-f]{32}"/);
  await lease.release();
  script.close();
});

test("a takeover that may have been done is not sent twice", async () => {
  const script = await scripted([[503, unknown], [200, { name: "x", held: true, token: 6, owner: "bob", session: "t" }]]);
  const error = await failure(UnavailableError, script.client.takeover("x", { reason: "now", token: 6 }));
  assert.deepEqual([error.code, error.fate], ["commit_unknown", "maybe_done"]);
  assert.equal(script.asked.filter(({ path }) => path.startsWith("/v1/takeover")).length, 1);
  script.close();
});

test("an answer that is none of ours is said to be one, and not asked for again", async () => {
  const script = await scripted([[200, "<html>hello</html>"]]);
  const error = await failure(UnavailableError, script.client.get("x"));
  assert.deepEqual([error.code, error.fate, script.asked.length], ["bad_answer", "maybe_done", 1]);
  script.close();
  const moved = await scripted([[302, "", { location: "/login" }]]);
  assert.equal((await failure(UnavailableError, moved.client.get("x"))).code, "answer_lost");
  moved.close();
});

test("failures that pass do not end a lease, a loss does", async () => {
  const stale = { status: 409, code: "stale", fate: "not_done", detail: "old", because: "revoked", by: "root", reason: "left" };
  const script = await scripted([[200, { ...grant, ttl_ms: 900 }], [503, behind], [500, "oops"], [200, { ...grant, ttl_ms: 900 }], [409, stale]]);
  const lease = await script.client.acquire("x", { ttlMs: 900 });
  const loss = await lease.lost;
  assert.deepEqual([loss.reason, loss.by, loss.why, script.asked.length], ["revoked", "root", "left", 5]);
  script.close();
});

test("a server that grants less than was asked for is believed no longer", async () => {
  const script = await scripted([[200, { ...grant, ttl_ms: 500 }], [503, behind]]);
  const lease = await script.client.acquire("x", { ttlMs: 900, signal: AbortSignal.timeout(3000) }).catch((error: unknown) => error);
  assert.ok(lease instanceof Error || (lease as Lease).remainingMs <= 500);
  if (!(lease instanceof Error)) assert.ok((await (lease as Lease).lost) instanceof LeaseLostError);
  script.close();
});
