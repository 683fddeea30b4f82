// What is kept on this side, in memory and in a browser's database; and who may hand it in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { IDBFactory } from "fake-indexeddb";
import { abandoned, abandonedAfter, claim, databaseStore, memoryStore, type UnsentStore, type UnsentText } from "../src/unsent.js";

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
  });
}

test("in the browser's database it outlives the page", async () => {
  const factory = new IDBFactory() as never;
  await databaseStore(factory).put(unsent("one"));
  assert.equal((await databaseStore(factory).list()).length, 1);
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

test("without them, what was not renewed for a minute is nobody's", async () => {
  assert.equal(await abandoned(unsent("one", { at: Date.now() })), false);
  assert.equal(await abandoned(unsent("one", { at: Date.now() - abandonedAfter - 1 })), true);
});
