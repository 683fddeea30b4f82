// What is kept on this side, in memory and in a browser's database; and who may hand it in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory, IDBObjectStore } from "fake-indexeddb";
import { Holdfast } from "../src/index.js";
import { abandoned, abandonedAfter, claim, databaseStore, keptHereOnly, memoryStore, safely, type UnsentStore, type UnsentText } from "../src/unsent.js";
import { FakeServer } from "./support/fake.js";

const unsent = (session: string, more: Partial<UnsentText> = {}): UnsentText => ({
  server: "http://a.example", name: "doc", owner: "alice", session, token: 7, base: 3, seq: 1, changes: [[4, [0, "x", "y"]]], at: 1, ...more,
});

const stores: [string, () => UnsentStore][] = [
  ["memory", memoryStore],
  ["the browser's database", () => databaseStore(new IDBFactory() as never)],
];
for (const [where, make] of stores) {
  test(`in ${where} there is one for each session and name, the last`, async () => {
    const store = make();
    await store.put(unsent("one"));
    await store.put(unsent("two"));
    await store.put(unsent("two", { name: "other" }));
    await store.put(unsent("one", { seq: 2 }));
    const seen = async (): Promise<string[]> => (await store.list()).map(({ session, name, seq }) => `${session} ${name} ${seq}`).sort();
    assert.deepEqual(await seen(), ["one doc 2", "two doc 1", "two other 1"]);
    assert.deepEqual((await store.list()).find(({ session }) => session === "one"), unsent("one", { seq: 2 }));
    await store.remove(unsent("two"));
    assert.deepEqual(await seen(), ["one doc 2", "two other 1"]);
    for (const seq of [2, 3]) await store.put(unsent("one", { seq, refused: true }));
    await store.put(unsent("one", { seq: 4 }));
    assert.deepEqual(await seen(), ["one doc 2", "one doc 3", "one doc 4", "two other 1"], "what was refused is replaced by nothing");
    await store.remove(unsent("one", { seq: 2, refused: true }));
    await store.remove(unsent("one", { seq: 9 }));
    assert.deepEqual(await seen(), ["one doc 3", "two other 1"]);
    for (const more of [{ filed: true }, {}, { filed: true, refused: true }] as const) await store.put(unsent("two", { seq: 5, ...more }));
    assert.deepEqual(await seen(), ["one doc 3", "two doc 5", "two doc 5", "two other 1"], "what is filed and then refused is one");
  });
}

test("in the browser's database it outlives the page", async () => {
  const factory = new IDBFactory() as never;
  await databaseStore(factory).put(unsent("one"));
  assert.equal((await databaseStore(factory).list()).length, 1);
});

test("what the browser's database takes and then undoes was not kept", async () => {
  const factory = new IDBFactory();
  const store = databaseStore(factory as never);
  await store.list(); // Its table is there.
  const { prototype } = IDBObjectStore;
  const { put } = prototype;
  prototype.put = function (this: IDBObjectStore, ...words) {
    const request = put.apply(this, words);
    request.addEventListener("success", () => this.transaction.abort()); // As where there is no room.
    return request;
  };
  try {
    await assert.rejects(store.put(unsent("one")));
  } finally {
    prototype.put = put;
  }
  assert.deepEqual(await store.list(), []);
});

test("what cannot be put where it lasts is here, and it is known that it is only here", async () => {
  const lasting = memoryStore();
  let full = true;
  const store = safely({ ...lasting, put: (one) => (full ? Promise.reject(new Error("full")) : lasting.put(one)) });
  assert.deepEqual([await store.put(unsent("one")), keptHereOnly()], [false, true]);
  assert.deepEqual(await store.list(), [unsent("one")]);
  full = false;
  assert.deepEqual([await store.put(unsent("one", { at: 2 })), keptHereOnly()], [true, false]);
  full = true;
  await store.put(unsent("one", { at: 3 }));
  assert.deepEqual(await store.list(), [unsent("one", { at: 3 })], "the newest");
  await store.remove(unsent("one"));
  assert.deepEqual([await store.list(), keptHereOnly()], [[], false]);
  assert.equal(await safely(undefined).put(unsent("two")), false);
  await safely(undefined).remove(unsent("two"));
});

test("what was removed while it was being put does not come back", async () => {
  let fail: (error: Error) => void = () => undefined;
  const store = safely({ ...memoryStore(), put: () => new Promise((_, reject) => (fail = reject)) });
  const putting = store.put(unsent("one"));
  await store.remove(unsent("one"));
  fail(new Error("full"));
  assert.equal(await putting, false);
  assert.deepEqual([await store.list(), keptHereOnly()], [[], false]);
});

/** As navigator.locks of a browser: held by pages, seen by all of an origin. */
function withLocks(work: () => Promise<void>): Promise<void> {
  const held = new Set<string>();
  const locks = {
    async request(name: string, second: unknown, third?: unknown): Promise<unknown> {
      const run = (third ?? second) as (lock: unknown) => Promise<unknown>;
      if (held.has(name)) return run(null); // Only ever asked for where it is available.
      held.add(name);
      try {
        return await run({ name });
      } finally {
        held.delete(name);
      }
    },
  };
  const had = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { locks }, configurable: true });
  return work().finally(() => {
    if (had) Object.defineProperty(globalThis, "navigator", had);
    else delete (globalThis as { navigator?: unknown }).navigator;
  });
}

test("with locks, what belongs to a page that still runs is known at once", () =>
  withLocks(async () => {
    const leave = claim("one");
    assert.equal(await abandoned(unsent("one", { at: 0 })), false);
    assert.equal(await abandoned(unsent("two", { at: Date.now() })), true);
    leave();
    await new Promise((resolve) => setTimeout(resolve));
    assert.equal(await abandoned(unsent("one")), true);
  }));

test("what a client leaves that was closed is nobody's, and so is that of a connection that another one replaced", () =>
  withLocks(async () => {
    const server = new FakeServer("text");
    const client = new Holdfast({ owner: "alice", webSocket: server.webSocket, server: "http://fake.example" });
    try {
      const first = (await client.openBuffer("doc")).session;
      assert.equal(await abandoned(unsent(first)), false);
      for (const socket of server.sockets) socket.end(4001, "replaced");
      const second = (await client.openBuffer("doc")).session;
      assert.deepEqual(await Promise.all([first, second].map((session) => abandoned(unsent(session)))), [true, false]);
      await client.close();
      assert.equal(await abandoned(unsent(second)), true);
    } finally {
      client.live.close(); // Else it would connect for ever, where this fails.
    }
  }));

test("without them, what was not renewed for a minute is nobody's", async () => {
  assert.equal(await abandoned(unsent("one", { at: Date.now() })), false);
  assert.equal(await abandoned(unsent("one", { at: Date.now() - abandonedAfter - 1 })), true);
});
