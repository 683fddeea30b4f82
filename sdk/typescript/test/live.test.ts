// The live connection: what it does when the other side is silent, breaks off, or is somebody else's by now.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Holdfast, RequestError, UnavailableError } from "../src/index.js";
import type { Environment } from "../src/client.js";
import { FakeServer } from "./support/fake.js";
import { Page, after, failure, until } from "./support/outside.js";

const open: Holdfast[] = [];
afterEach(() => {
  for (const client of open.splice(0)) client.live.close();
});

function clientOf(server: FakeServer, environment: Partial<Environment> = {}, timeoutMs = 2000): Holdfast {
  const client = new Holdfast({ owner: "alice", webSocket: server.webSocket, timeoutMs, server: "http://fake.example" }, environment);
  open.push(client);
  return client;
}

const callsOf = (server: FakeServer, call: string): number => server.asked.filter((asked) => asked.call === call).length;

test("without a WebSocket it says what to do", async () => {
  const global = globalThis as { WebSocket?: unknown };
  const had = Object.getOwnPropertyDescriptor(globalThis, "WebSocket");
  delete global.WebSocket;
  try {
    const error = await failure(RequestError, new Holdfast({ owner: "alice", server: "http://fake.example" }).openBuffer("doc"));
    assert.equal(error.code, "bad_configuration");
    assert.equal(error.field, "webSocket");
    assert.match(error.message, /Node\.js before 22.*ws.*connect\(\{ owner, webSocket: WebSocket \}\)/);
    assert.throws(() => new Holdfast({ owner: "alice", webSocket: 3 as never, server: "http://fake.example" }), { code: "bad_configuration" });
  } finally {
    if (had) Object.defineProperty(globalThis, "WebSocket", had);
  }
});

test("it greets first, with the protocol's name, and again under the same session when the connection broke", async () => {
  const server = new FakeServer();
  const { live } = clientOf(server);
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  assert.deepEqual(server.asked[0], { id: 1, call: "hello", owner: "alice", session: live.session });
  assert.deepEqual([...server.sockets].map((socket) => (socket as unknown as { protocols: string[] }).protocols), [["holdfast.v1"]]);
  const states: string[] = [];
  live.on("state", (state) => states.push(state));
  server.cut();
  await until(() => live.state === "open", "it is open again");
  assert.deepEqual(states, ["waiting", "connecting", "open"]);
  assert.deepEqual(server.asked.filter(({ call }) => call === "hello").map((asked) => asked["session"]), [live.session, live.session]);
});

test("a request whose answer was lost may have been done; one that was never sent was not", async () => {
  const server = new FakeServer();
  const { live } = clientOf(server);
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  server.instead = ({ call }) => (call === "lease.acquire" ? null : undefined);
  const lost = live.call("lease.acquire", { name: "doc" }, { timeout: 1000 });
  await until(() => callsOf(server, "lease.acquire") === 1, "it is sent");
  server.refusing = true;
  server.cut();
  assert.equal((await failure(UnavailableError, lost)).fate, "maybe_done");
  const unsent = await failure(UnavailableError, live.call("lease.acquire", { name: "doc" }, { timeout: 50 }));
  assert.deepEqual([unsent.code, unsent.fate], ["unreachable", "not_done"]);
  assert.equal(callsOf(server, "lease.acquire"), 1);
});

test("pauses between tries grow, and no two are alike", async () => {
  const server = new FakeServer();
  server.refusing = true;
  const { live } = clientOf(server);
  const pauses: number[] = [];
  live.on("trouble", ({ pauseMs }) => pauses.push(pauseMs));
  live.open();
  await until(() => pauses.length >= 5, "it goes on trying");
  assert.ok(pauses[4]! > pauses[0]! * 3, String(pauses));
  assert.equal(new Set(pauses).size, pauses.length);
});

test("a page that is shown again tries at once", async () => {
  const server = new FakeServer();
  const page = new Page();
  server.refusing = true;
  const { live } = clientOf(server, { surroundings: page });
  let pause = 0;
  live.on("trouble", ({ pauseMs }) => (pause = pauseMs));
  live.open();
  await until(() => pause > 700, "it waits for long");
  server.refusing = false;
  const began = performance.now();
  page.show();
  await until(() => live.state === "open", "it is open");
  assert.ok(performance.now() - began < 500, `${performance.now() - began} of ${pause}`);
});

test("a connection that says nothing is asked, and given up where it does not answer", async () => {
  const server = new FakeServer();
  const { live } = clientOf(server, { silenceMs: 60 });
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  await until(() => callsOf(server, "state") >= 2, "it is asked");
  assert.equal(callsOf(server, "hello"), 1, "and kept, since it answers");
  server.instead = ({ call }) => (call === "state" ? null : undefined);
  await until(() => callsOf(server, "hello") === 2, "it is made again");
});

test("a session that another socket took over is not fought for", async () => {
  const server = new FakeServer();
  const client = clientOf(server);
  const { live } = client;
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  for (const socket of server.sockets) socket.end(4001, "replaced");
  assert.equal(live.state, "ended");
  await after(300);
  assert.equal(callsOf(server, "hello"), 1);
  assert.equal((await failure(UnavailableError, live.call("lease.get", { name: "doc" }, { timeout: 100 }))).code, "session_replaced");
  assert.notEqual(client.live.session, live.session, "whoever goes on does so under another session");
});

test("a wait that is given up is cancelled, and a grant that comes all the same is given back", async () => {
  const server = new FakeServer();
  const { live } = clientOf(server);
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  server.instead = ({ call }) => (call === "lease.acquire" ? null : undefined);
  const stop = new AbortController();
  const waiting = live.call("lease.acquire", { name: "doc", wait_ms: 60_000 }, { timeout: 60_000, signal: stop.signal });
  await until(() => callsOf(server, "lease.acquire") === 1, "it waits");
  const { id } = server.asked.at(-1)!;
  stop.abort(new Error("no more"));
  await assert.rejects(waiting, /no more/);
  assert.deepEqual(server.asked.at(-1), { call: "cancel", request: id });
  server.push({ id, status: 200, body: server.grant("alice", live.session) });
  await until(() => callsOf(server, "lease.release") === 1, "it is given back");
  assert.equal(server.asked.at(-1)!["token"], server.lastToken);
});

test("others are told whether somebody is there", async () => {
  const server = new FakeServer();
  const page = new Page();
  const { live } = clientOf(server, { surroundings: page });
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  page.hide();
  page.show();
  const told = server.asked.filter(({ call }) => call === "state").map((asked) => asked["state"]);
  assert.deepEqual(told, ["hidden", "active"]);
});

test("a message that is none ends the connection, which is made again", async () => {
  const server = new FakeServer();
  const { live } = clientOf(server);
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  for (const socket of server.sockets) socket.receive([] as never);
  await until(() => callsOf(server, "hello") === 2, "it is made again");
});
