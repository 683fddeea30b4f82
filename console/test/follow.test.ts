// The rows follow a server whose pages, events, gaps and failures a test has in its hands.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Change, HeldState, LeaseState, WatchEvent } from "@holdfast/client/operator";
import { follow, refresh, type Reads } from "../src/ownership/follow.js";
import { OwnershipStore, type ListedPage, type Scope } from "../src/ownership/store.js";

const all: Scope = { prefix: "", owner: "", contended: false };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function lease(name: string, owner: string): HeldState {
  return { name, held: true, token: 7, previous: null, owner, session: "s", holder: "session", since: "2026-01-01T00:00:00Z", ttl_ms: 1000, deadline_in_ms: 500, waiting: 0 };
}

/** A server of which each answer is made when a test says so. */
class Fake implements Reads {
  readonly held = new Map<string, string>();
  incarnation = 1;
  number = 10;
  perPage = 2;
  /** Fails so many pages. */
  failing = 0;
  readonly asked: string[] = [];
  readonly looked: string[] = [];
  readonly watches: { after: string; tell: (event: WatchEvent | undefined) => void }[] = [];
  #pauses: { readonly ms: number; readonly resolve: () => void }[] = [];

  list({ after, limit }: Scope & { readonly after: string; readonly limit: number }): Promise<ListedPage> {
    this.asked.push(after);
    if (this.failing-- > 0) return Promise.reject(new Error("away"));
    const rest = [...this.held].filter(([name]) => name > after).sort();
    const most = Math.min(limit, this.perPage);
    const leases = rest.slice(0, most).map(([name, owner]) => lease(name, owner));
    return Promise.resolve({ leases, next: rest.length > most ? leases.at(-1)!.name : null, position: `${this.incarnation}.${this.number}` });
  }
  get(name: string): Promise<LeaseState> {
    this.looked.push(name);
    const owner = this.held.get(name);
    const position = `${this.incarnation}.${this.number}`;
    return Promise.resolve(owner === undefined ? { name, held: false, token: 7, position } : { ...lease(name, owner), position });
  }
  watch({ after }: { readonly after: string }, signal: AbortSignal): AsyncIterable<WatchEvent> & { readonly position: string } {
    const waiting: (WatchEvent | undefined)[] = [];
    let wake = (): void => undefined;
    const tell = (event: WatchEvent | undefined): void => (waiting.push(event), wake());
    signal.addEventListener("abort", () => tell(undefined));
    this.watches.push({ after, tell });
    return {
      position: after,
      async *[Symbol.asyncIterator]() {
        for (;;) {
          while (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          const next = waiting.shift();
          if (!next) return;
          yield next;
        }
      },
    };
  }
  pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pauses.push({ ms, resolve });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }
  /** Whatever pauses for no longer than that goes on. */
  async goOn(msMost = Infinity): Promise<void> {
    for (let times = 0; times < 3; times += 1) {
      const over = this.#pauses.filter(({ ms }) => ms <= msMost);
      this.#pauses = this.#pauses.filter(({ ms }) => ms > msMost);
      for (const { resolve } of over) resolve();
      for (let turns = 0; turns < 10; turns += 1) await turn();
    }
  }
  async settled(): Promise<void> {
    for (let turns = 0; turns < 30; turns += 1) await turn();
  }
  happens(type: string, name: string, owner: string): Change {
    this.number += 1;
    if (type === "granted") this.held.set(name, owner);
    else this.held.delete(name);
    const data = type === "granted" ? { holder: "session", ttl_ms: 1000, waited_ms: 0 } : { ends: true };
    const event: Change = { kind: "change", position: `${this.incarnation}.${this.number}`, type, name, token: this.number, owner, session: "s", because: undefined, by: undefined, reason: undefined, data };
    return event;
  }
}

function begun(fake: Fake) {
  const store = new OwnershipStore({ steady: () => 0, wall: () => 0 });
  const troubles: unknown[] = [];
  const stop = new AbortController();
  const ended = follow(store, all, fake, { changed: () => undefined, heard: () => undefined, trouble: (error) => troubles.push(error) }, stop.signal);
  return { store, troubles, stop, ended, names: () => store.rows().map(({ name, owner }) => `${name}:${owner}`).join(" ") };
}

test("all pages, and from the first one on the events", async () => {
  const fake = new Fake();
  for (const name of ["a", "b", "c", "d", "e"]) fake.held.set(name, "x");
  const { store, names, stop, ended } = begun(fake);
  await fake.settled();
  assert.deepEqual(fake.asked, ["", "b", "d"]);
  assert.equal(fake.watches[0]!.after, "1.10");
  assert.equal(store.complete, true);
  fake.watches[0]!.tell(fake.happens("granted", "bb", "y"));
  fake.watches[0]!.tell(fake.happens("released", "a", "x"));
  await fake.settled();
  assert.equal(names(), "b:x bb:y c:x d:x e:x");
  stop.abort();
  await ended;
});

test("a round refreshes what no event says, and mends what was missed", async () => {
  const fake = new Fake();
  fake.held.set("a", "x");
  const { names, stop, ended } = begun(fake);
  await fake.settled();
  fake.happens("granted", "b", "y"); // Told to nobody.
  await fake.goOn();
  assert.equal(names(), "a:x b:y");
  stop.abort();
  await ended;
});

test("after a gap all is read anew, and nothing goes blank meanwhile", async () => {
  const fake = new Fake();
  fake.held.set("a", "x").set("b", "x");
  const { names, stop, ended } = begun(fake);
  await fake.settled();
  fake.held.delete("a");
  fake.number += 5;
  fake.watches[0]!.tell({ kind: "gap", position: "1.15", code: "position_gone" });
  await fake.settled();
  assert.equal(names(), "a:x b:x");
  await fake.goOn();
  assert.equal(names(), "b:x");
  assert.equal(fake.watches.length, 2);
  assert.equal(fake.watches[1]!.after, "1.15");
  stop.abort();
  await ended;
});

test("a server that was started anew is noticed by an event as well as by a page", async () => {
  for (const by of ["event", "page"]) {
    const fake = new Fake();
    fake.held.set("a", "x");
    const { names, stop, ended } = begun(fake);
    await fake.settled();
    fake.incarnation = 2;
    fake.number = 1;
    fake.held.set("a", "y");
    if (by === "event") fake.watches[0]!.tell(fake.happens("granted", "z", "z"));
    else fake.happens("granted", "z", "z");
    await fake.goOn(by === "event" ? 1000 : Infinity); // The rounds come later.
    assert.equal(names(), "a:y z:z", by);
    stop.abort();
    await ended;
  }
});

test("a page that does not come is said, and asked for again", async () => {
  const fake = new Fake();
  fake.held.set("a", "x");
  fake.failing = 2;
  const { names, troubles, stop, ended } = begun(fake);
  await fake.settled();
  assert.equal(troubles.length, 1);
  await fake.goOn();
  assert.equal(names(), "a:x");
  assert.equal(troubles.length, 2);
  stop.abort();
  await ended;
});

test("what is in sight is asked for as one page where the names follow one another, else each by itself", async () => {
  const fake = new Fake();
  for (const name of ["a", "b", "c", "d"]) fake.held.set(name, "x");
  fake.perPage = 100;
  const { store, names, stop, ended } = begun(fake);
  await fake.settled();
  fake.asked.length = 0;
  fake.happens("released", "b", "x");
  await refresh(store, fake, ["b", "c"], "a", stop.signal);
  assert.deepEqual([fake.asked, fake.looked], [["a"], []]);
  assert.equal(names(), "a:x c:x d:x");
  fake.happens("released", "d", "x");
  await refresh(store, fake, ["d", "a"], undefined, stop.signal);
  assert.deepEqual(fake.looked, ["d", "a"]);
  assert.equal(names(), "a:x c:x");
  stop.abort();
  await ended;
});
