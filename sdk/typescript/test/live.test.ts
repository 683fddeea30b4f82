// The live connection: what it does when the other side is silent, breaks off, or is somebody else's by now.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Holdfast, memoryStore, RequestError, UnavailableError, type GuardedBuffer } from "../src/index.js";
import type { Environment } from "../src/leases.js";
import { FakeServer } from "./support/fake.js";
import { Page, after, failure, until } from "./support/outside.js";

const open: Holdfast[] = [];
const buffers: GuardedBuffer[] = [];
afterEach(() => {
  for (const buffer of buffers.splice(0)) buffer.close();
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

test("where the network is gone the connection is asked at once, and given up where it does not answer", async () => {
  const server = new FakeServer();
  const page = new Page();
  const { live } = clientOf(server, { surroundings: page, silenceMs: 2500 }); // By itself it would be asked after that.
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  const asked = performance.now();
  page.offline();
  await until(() => callsOf(server, "state") === 1, "it is asked");
  assert.ok(performance.now() - asked < 2000, "at once");
  assert.equal(live.state, "open", "and kept, since it answers");
  server.instead = ({ call }) => (call === "state" ? null : undefined);
  server.refusing = true;
  const began = performance.now();
  page.offline();
  await until(() => live.state !== "open", "it is given up");
  assert.ok(performance.now() - began < 4500);
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

test("a text of a connection that is over is opened anew over the next one, and what was typed before is still kept", async () => {
  const server = new FakeServer("text");
  const unsent = memoryStore();
  const client = new Holdfast({ owner: "alice", webSocket: server.webSocket, unsent, server: "http://fake.example" });
  open.push(client);
  const before = await client.openBuffer("doc");
  await before.acquire();
  server.instead = ({ call }) => (call === "buffer.edit" ? null : undefined);
  before.replace(4, 4, "!");
  await until(async () => (await unsent.list()).length === 1, "it is kept");
  for (const socket of server.sockets) socket.end(4001, "replaced");
  const again = await client.openBuffer("doc").finally(() => before.close());
  assert.deepEqual([before.state, again.state, again.text], ["closed", "following", "text"]);
  assert.deepEqual((await unsent.list()).map(({ session }) => session), [before.session]);
});

test("a client that was closed connects no more", async () => {
  const server = new FakeServer("text");
  const client = clientOf(server);
  const buffer = await client.openBuffer("doc");
  const { live } = client;
  server.instead = ({ call }) => (call === "lease.get" ? null : undefined);
  const underWay = live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  underWay.catch(() => undefined);
  await until(() => callsOf(server, "lease.get") === 1, "it is asked");
  await client.close();
  assert.equal((await failure(UnavailableError, underWay)).fate, "maybe_done", "nobody knows what came of it");
  await assert.rejects(client.openBuffer("doc"), { code: "closed", fate: "not_done" });
  await assert.rejects(client.live.call("lease.get", { name: "doc" }, { timeout: 1000 }), { code: "closed", fate: "not_done" });
  await assert.rejects(buffer.acquire(), { code: "closed" });
  assert.equal(callsOf(server, "hello"), 1);
  assert.equal(client.live, live);
});

test("one that is closed while it opens a text opens none", async () => {
  const server = new FakeServer("text");
  let close: () => Promise<void> = async () => undefined;
  const fetch = async (): Promise<Response> => (await close(), new Response("{}"));
  const client = new Holdfast({ owner: "alice", webSocket: server.webSocket, server: "http://fake.example", fetch });
  close = () => client.close();
  await assert.rejects(client.openBuffer("doc", { text: "new" }), { code: "closed" });
  await after(20);
  assert.equal(callsOf(server, "follow"), 0);
});

test("a text is open once, also where it is opened twice at the same time", async () => {
  const server = new FakeServer("text");
  const client = new Holdfast({ owner: "alice", webSocket: server.webSocket, server: "http://fake.example", fetch: async () => new Response("{}") });
  open.push(client);
  const [first, second] = await Promise.allSettled([client.openBuffer("doc", { text: "text" }), client.openBuffer("doc", { text: "text" })]);
  assert.equal(first.status, "fulfilled");
  assert.deepEqual(second.status === "rejected" && second.reason.code, "bad_name");
  assert.equal(callsOf(server, "follow"), 1);
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

test("a takeover that is given up in its window is cancelled; what comes all the same, also of a move, is given back", async () => {
  const server = new FakeServer();
  const { live } = clientOf(server);
  await live.call("lease.get", { name: "doc" }, { timeout: 1000 });
  for (const call of ["lease.takeover", "lease.move"]) {
    server.instead = (asked) => (asked.call === call ? null : undefined);
    const stop = new AbortController();
    const taking = live.call(call, { name: "doc", token: 7 }, { timeout: 60_000, signal: stop.signal });
    await until(() => callsOf(server, call) === 1, "it is asked for");
    const { id } = server.asked.at(-1)!;
    stop.abort(new Error("no more"));
    await assert.rejects(taking, /no more/);
    if (call === "lease.takeover") assert.deepEqual(server.asked.at(-1), { call: "cancel", request: id });
    server.push({ id, status: 200, body: server.grant("alice", live.session) });
    await until(() => server.holder === undefined, "it is given back");
    assert.deepEqual(server.asked.at(-1), { call: "lease.release", name: "doc", token: server.lastToken });
  }
});

/** A buffer that asks for its text, and what is told where the answer to that comes after it was asked for again. */
async function askedTwice(): Promise<{ server: FakeServer; buffer: GuardedBuffer; asking: Promise<void>; ids: number[] }> {
  const server = new FakeServer("text");
  const client = clientOf(server, {}, 100);
  const buffer = await client.openBuffer("doc");
  buffers.push(buffer);
  const ids: number[] = [];
  server.instead = ({ call, id }) => (call === "lease.acquire" ? (ids.push(id!), null) : undefined);
  const asking = buffer.acquire();
  await until(() => ids.length === 2, "nobody waits for the first answer any more, and it is asked again");
  server.instead = undefined;
  return { server, buffer, asking, ids };
}

test("a grant that comes after it was asked for again is not given back: the next answer has the same one", async () => {
  const { server, buffer, asking, ids } = await askedTwice();
  const body = server.grant("alice", buffer.session);
  for (const id of ids) server.push({ id, status: 200, body });
  await asking;
  await buffer.acquire();
  assert.deepEqual([buffer.state, callsOf(server, "lease.release")], ["owned", 0]);
  assert.equal(server.holder?.token, buffer.token);
});

test("nor does it stay with whoever was refused when asking again, heard or not", async () => {
  for (const heard of [true, false]) {
    const { server, buffer, asking, ids } = await askedTwice();
    if (!heard) await assert.rejects(asking, { code: "answer_lost" });
    const body = server.grant("alice", buffer.session);
    server.push({ id: ids[0], status: 200, body });
    server.push({ id: ids[1], status: 400, body: { code: "bad_request", fate: "not_done", detail: "no" } });
    if (heard) await assert.rejects(asking, { code: "bad_request" });
    await until(() => server.holder === undefined, "it is given back");
  }
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

test("a message that the server would not read is not sent: it would end the connection, each time", async () => {
  const server = new FakeServer();
  const { live } = clientOf(server);
  const ask = (message: string): Promise<unknown> => live.call("lease.request", { name: "doc", message }, { timeout: 1000 });
  const error = await failure(RequestError, ask("€".repeat(372_000)));
  assert.deepEqual([error.code, error.fate, callsOf(server, "lease.request")], ["body_too_large", "not_done", 0]);
  await ask("€".repeat(371_000));
  assert.equal(callsOf(server, "hello"), 1);
});
