import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after as afterAll, before, test } from "node:test";
import { BeliefClock } from "../src/clock.js";
import { Http } from "../src/http.js";
import { Holdfast, Watch, type Change, type WatchEvent } from "../src/index.js";
import { SseReader, type SseEvent } from "../src/sse.js";
import { MovedClocks, Page, failure, until } from "./support/outside.js";
import { chanceOf } from "./support/chance.js";
import { Relay } from "./support/relay.js";
import { Server, over } from "./support/server.js";
import { RequestError } from "../src/problem.js";

let server: Server;
let alice: Holdfast;

before(async () => {
  server = await Server.start();
  alice = new Holdfast({ server: server.url, owner: "alice" });
});
afterAll(() => over(server));

async function times(name: string, count: number): Promise<void> {
  for (let time = 0; time < count; time += 1) await (await alice.acquire(name)).release();
}

/** Collects until `enough`, then stops. */
async function collect(watch: Watch, enough: (events: WatchEvent[]) => boolean, each?: (event: WatchEvent) => void) {
  const events: WatchEvent[] = [];
  for await (const event of watch) {
    events.push(event);
    each?.(event);
    if (enough(events)) break;
  }
  return events;
}

test("a watch tells each change once and in order, and begins by saying where", async () => {
  const watch = alice.watch({ prefix: "seen" });
  const watching = collect(watch, (events) => events.length === 5, (event) => {
    if (event.kind === "begin") void times("seen/it", 2).then(() => times("unseen", 1));
  });
  const [begin, ...changes] = await watching;
  assert.equal(begin?.kind, "begin");
  assert.deepEqual(changes.map((event) => (event as Change).type), ["granted", "released", "granted", "released"]);
  assert.ok(changes.every((event) => (event as Change).name === "seen/it" && (event as Change).owner === "alice"));
  assert.equal(watch.position, changes.at(-1)!.position);
});

test("who lists and then watches from there misses nothing", async () => {
  const { position } = await alice.list();
  await times("behind", 1);
  const events = await collect(alice.watch({ prefix: "behind", after: position }), (all) => all.some((event) => event.kind === "change" && event.type === "released"));
  assert.deepEqual(events.filter((event) => event.kind === "change").map((event) => (event as Change).type), ["granted", "released"]);
});

test("a connection that breaks is opened again behind the last event: nothing twice, nothing missed", async () => {
  const relay = await Relay.to(server.port);
  const far = new Holdfast({ server: relay.url, owner: "bob" });
  let troubles = 0;
  const watch = far.watch({ prefix: "broken", onTrouble: () => (troubles += 1) });
  const positions: string[] = [];
  const watching = collect(watch, (events) => events.filter((event) => event.kind === "change").length === 40, (event) => {
    positions.push(event.position);
    if (positions.length === 1) void times("broken", 20);
    if (positions.length % 9 === 0) relay.cut();
  });
  const events = await watching;
  assert.equal(events.filter((event) => event.kind === "begin").length, 1);
  assert.equal(new Set(positions).size, positions.length);
  const tokens = events.flatMap((event) => (event.kind === "change" && event.type === "granted" ? [event.token] : []));
  assert.equal(new Set(tokens).size, 20);
  assert.ok(troubles >= 1, `${troubles}`);
  relay.close();
});

test("a server that forgot what came after a position says so: a gap, and then it goes on", async () => {
  const first = await Server.start();
  const client = new Holdfast({ server: first.url, owner: "alice" });
  let second: Server | undefined;
  const events = await collect(client.watch(), (all) => all.some((event) => event.kind === "change" && event.type === "released"), (event) => {
    if (event.kind === "begin") {
      void first.kill().then(async () => (second = await Server.start(["--journal", "memory"], first.port)));
    } else if (event.kind === "gap") {
      void client.acquire("later").then((lease) => lease.release());
    }
  });
  assert.deepEqual(events.map((event) => event.kind), ["begin", "gap", "change", "change"]);
  assert.equal((events[1] as { code: string }).code, "position_foreign");
  await second!.kill();
});

test("a stream that falls silent is opened again", async () => {
  const relay = await Relay.to(server.port);
  const http = new Http(relay.url, fetch);
  const codes: string[] = [];
  const stop = new AbortController();
  const watch = new Watch(http, { prefix: "silence", signal: stop.signal, onTrouble: (error) => codes.push(error.code) }, { silenceMs: 200, clock: new BeliefClock(), onWake: () => () => undefined });
  const events: WatchEvent[] = [];
  const watching = (async () => {
    for await (const event of watch) {
      events.push(event);
      if (events.length === 1) relay.swallowing = true;
      if (event.kind === "change") stop.abort();
    }
  })();
  await until(() => codes.length > 0, "the silence is noticed");
  relay.swallowing = false;
  relay.cut();
  await times("silence", 1);
  await watching;
  assert.equal(codes[0], "answer_lost");
  assert.deepEqual(events.map((event) => event.kind), ["begin", "change"]);
  relay.close();
});

test("after a sleep a stream is opened again at once, and one that was just heard of is not", async () => {
  const [relay, clocks, page] = [await Relay.to(server.port), new MovedClocks(), new Page()];
  const far = new Holdfast({ server: relay.url, owner: "bob" }, { clocks, surroundings: page });
  const codes: string[] = [];
  const watch = far.watch({ prefix: "slept", onTrouble: (error) => codes.push(error.code) });
  const watching = collect(watch, (events) => events.length === 3, (event) => {
    if (event.kind !== "begin") return;
    page.show(); // Nothing was slept.
    assert.deepEqual(codes, []);
    setTimeout(() => {
      relay.swallowing = true; // As a connection of which only the other end knows that it is over.
      clocks.sleep(60_000);
      page.show();
      relay.swallowing = false;
      void times("slept", 1);
    }, 50);
  });
  assert.equal((await watching).length, 3);
  assert.deepEqual(codes, ["answer_lost"]);
  assert.equal(page.listeners, 0);
  relay.close();
});

test("a watch ends when it is told to, and throws what is refused for good", async () => {
  const stop = new AbortController();
  const watching = collect(alice.watch({ signal: stop.signal }), () => false, () => stop.abort());
  assert.equal((await watching).length, 1);
  const error = await failure(RequestError, collect(alice.watch({ after: "nonsense" }), () => true));
  assert.equal(error.field, "after");
});

test("who leaves the loop leaves the connection", async () => {
  let open = 0;
  const http = createServer((_, response) => {
    open += 1;
    response.on("close", () => (open -= 1));
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write('id: 1.1\nevent: begin\ndata: {"position":"1.1"}\n\n');
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const client = new Holdfast({ server: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, owner: "alice" });
  await collect(client.watch(), () => true);
  await until(() => open === 0, "the connection is closed");
  http.close();
});

test("events are read whole, wherever their bytes were cut", () => {
  const text = 'retry: 1000\n\n: a comment\nid: 1.1\nevent: begin\ndata: {"position":"1.1"}\r\n\r\nid: 1.2\n\nevent: granted\nid: 1.3\ndata: {"note":"žluť 🔒",\ndata: "x":1}\n\n';
  const bytes = new TextEncoder().encode(text);
  const read = (cuts: () => number): SseEvent[] => {
    const [reader, events] = [new SseReader(), [] as SseEvent[]];
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(bytes.length, at + 1 + cuts());
      events.push(...reader.read(bytes.subarray(at, end)));
      at = end;
    }
    return events;
  };
  const whole = read(() => bytes.length);
  assert.deepEqual(whole.map(({ type, id }) => [type, id]), [["begin", "1.1"], [undefined, "1.2"], ["granted", "1.3"]]);
  assert.equal(whole[2]!.data, '{"note":"žluť 🔒",\n"x":1}');
  for (let seed = 1; seed <= 50; seed += 1) {
    const chance = chanceOf(seed);
    assert.deepEqual(read(() => Math.floor(chance() * 9)), whole);
  }
  assert.throws(() => [...new SseReader().read(new Uint8Array(5 * 1024 * 1024).fill(120))], RangeError);
});
