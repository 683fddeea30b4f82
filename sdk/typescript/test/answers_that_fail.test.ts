// A server that answers what a test says.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { Holdfast, LeaseLostError, RefusedError, UnavailableError, type Lease } from "../src/index.js";
import { failure } from "./support/outside.js";

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
  const script = await scripted([[503, unknown], [502, "<html>bad gateway</html>"], [408, {}], [200, grant]]);
  const lease = await script.client.acquire("x");
  assert.equal(script.asked.length, 4);
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

test("a piece of a wait that was overtaken by an older one is asked for again", async () => {
  const superseded = { status: 409, code: "wait_superseded", fate: "not_done", detail: "superseded" };
  const over = { status: 409, code: "wait_over", fate: "not_done", detail: "over" };
  const script = await scripted([[409, over], [409, superseded], [200, grant]]);
  const lease = await script.client.acquire("x", { waitMs: 5000 });
  assert.equal(script.asked.length, 3);
  await lease.release();
  script.close();
  const other = await scripted([[409, over], [409, superseded]]); // Of a session that others may use it is the answer.
  assert.equal((await failure(RefusedError, other.client.acquire("x", { waitMs: 5000, session: "mine" }))).code, "wait_superseded");
  other.close();
});

test("an answer that is none of ours is said to be one, and not asked for again", async () => {
  const script = await scripted([[200, "<html>hello</html>"]]);
  const error = await failure(UnavailableError, script.client.get("x"));
  assert.deepEqual([error.code, error.fate, script.asked.length], ["bad_answer", "maybe_done", 1]);
  script.close();
  const moved = await scripted([[302, "", { location: "/login" }]]);
  assert.equal((await failure(UnavailableError, moved.client.get("x"))).code, "bad_answer");
  assert.equal(moved.asked.length, 1);
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
