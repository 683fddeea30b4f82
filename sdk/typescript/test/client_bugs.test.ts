// Mistakes that other clients made with leases of texts, one test each, against the real program.
import assert from "node:assert/strict";
import { after as afterAll, afterEach, before, test } from "node:test";
import type { GuardedBuffer, Holdfast } from "../src/index.js";
import { Screen, liveClient, next, storedAs } from "./support/live.js";
import { MovedClocks, Page, until } from "./support/outside.js";
import { Relay } from "./support/relay.js";
import { Server, over } from "./support/server.js";

let server: Server;
let relay: Relay;
const open: Holdfast[] = [];

before(async () => {
  server = await Server.start();
  relay = await Relay.to(server.port);
});
afterEach(() => {
  for (const client of open.splice(0)) client.live.close();
  Object.assign(relay, { delayMs: 0, swallowing: false, swallowingAnswers: false, refusing: false });
});
afterAll(() => {
  relay.close();
  return over(server);
});

async function held(name: string, ttlMs: number): Promise<{ buffer: GuardedBuffer; screen: Screen; clocks: MovedClocks; page: Page; client: Holdfast }> {
  const [clocks, page] = [new MovedClocks(), new Page()];
  const client = liveClient(relay.url, "alice", { timeoutMs: 1000 }, { clocks, surroundings: page });
  open.push(client);
  const buffer = await client.openBuffer(name, { text: "text", ttlMs });
  await buffer.acquire();
  return { buffer, screen: new Screen(buffer), clocks, page, client };
}

async function other(name: string): Promise<GuardedBuffer> {
  const bob = liveClient(server.url, "bob");
  open.push(bob);
  return bob.openBuffer(name);
}

/** Typing stops within `ttlMs` after `since`, however late this one looks. */
async function stops(buffer: GuardedBuffer, since: number, ttlMs: number): Promise<void> {
  await until(() => {
    const passed = performance.now() - since;
    if (!buffer.mayEdit) return true;
    assert.ok(passed < ttlMs, `it may still be typed after ${passed} ms`);
    return false;
  }, "typing has stopped");
}

test("1. belief counts from before the renewal was sent: late answers do not keep an editor open too long", async () => {
  const ttlMs = 1200;
  const { buffer } = await held("bug/1", ttlMs);
  relay.delayMs = 250; // Half a second there and back.
  await buffer.stored();
  relay.swallowing = true;
  const last = performance.now(); // No renewal that is answered was sent after this.
  await stops(buffer, last, ttlMs);
});

test("2. the end is a deadline of its own: a renewal that is never answered keeps nothing writable", async () => {
  const ttlMs = 600;
  const { buffer, screen } = await held("bug/2", ttlMs);
  relay.swallowingAnswers = true; // The server has each renewal, and no request here ever ends.
  const began = performance.now();
  await stops(buffer, began, ttlMs);
  assert.equal(screen.append("x"), "no");
  await until(() => buffer.state === "unsure", "it is not believed any more");
  assert.equal(buffer.text, "text");
});

test("3. a question that fails does not make what somebody else holds writable", async () => {
  const bob = await other("bug/3/none").catch(() => undefined);
  assert.ok(bob, "a name without a text can be followed");
  const { buffer: theirs } = await held("bug/3", 30_000);
  const client = liveClient(relay.url, "carol", { timeoutMs: 300 });
  open.push(client);
  const carol = await client.openBuffer("bug/3");
  assert.equal(carol.owner?.owner, "alice");
  relay.refusing = true;
  relay.cut();
  await until(() => client.live.state === "waiting", "she is cut off");
  await assert.rejects(carol.acquire(), { code: "unreachable" });
  assert.equal(carol.owner?.owner, "alice", "what was confirmed last stays");
  assert.equal(new Screen(carol).append("x"), "no");
  assert.equal(theirs.text, "text");
});

test("4. after it was taken over nothing is renewed, and nothing takes it back", async () => {
  const { buffer, screen } = await held("bug/4", 300);
  const bob = await other("bug/4");
  const lost = next(buffer, "lost");
  await bob.takeover({ reason: "now", flushMs: 0 });
  await lost;
  const { token } = bob;
  await until(() => buffer.state === "following", "it is settled");
  assert.equal(screen.append("x"), "no");
  new Screen(bob).append("!");
  await storedAs(bob, "text!");
  // Three renewals would have been due by now, had it gone on.
  const ends = performance.now() + 400;
  await until(() => performance.now() > ends, "time passes");
  assert.deepEqual([bob.token, bob.mayEdit, buffer.owner?.owner], [token, true, "bob"]);
});

test("5. what ran out while the server was away goes on where nobody came in between", async () => {
  const { buffer, screen } = await held("bug/5/kept", 500);
  relay.swallowing = true;
  screen.append(" typed");
  await until(() => buffer.state === "unsure", "it is not believed any more");
  assert.equal(buffer.saved, "kept");
  assert.equal(buffer.text, "text typed", "it is still shown");
  relay.swallowing = false;
  relay.cut();
  await storedAs(buffer, "text typed");
  assert.equal(buffer.mayEdit, true);
});

test("5b. and is a draft where somebody did, and the text is theirs", async () => {
  const { buffer, screen, client } = await held("bug/5/draft", 500);
  const bob = await other("bug/5/draft");
  relay.swallowing = true;
  relay.cut();
  screen.append(" typed");
  await bob.acquire({ waitMs: 30_000 });
  new Screen(bob).type(0, 0, "his ");
  await storedAs(bob, "his text");
  const drafted = next(buffer, "draft");
  relay.swallowing = false;
  relay.cut();
  const { draft } = await drafted;
  await until(() => buffer.text === "his text" && buffer.state === "following", "it is his");
  assert.equal(await client.texts.draftFile(draft!), "text typed");
  assert.equal(bob.text, "his text");
});

test("6. what a displaced client had not got in is not sent later, when it owns the text again", async () => {
  const { buffer, screen } = await held("bug/6", 30_000);
  const bob = await other("bug/6");
  relay.swallowing = true;
  screen.append(" in vain");
  await bob.takeover({ reason: "now", flushMs: 0 });
  const drafted = next(buffer, "draft");
  relay.swallowing = false;
  relay.cut();
  await drafted;
  await bob.release();
  await until(() => buffer.state === "following" && buffer.owner === undefined, "it is free");
  await buffer.acquire();
  screen.append("!");
  await storedAs(buffer, "text!");
  await until(() => bob.text === "text!", "nothing of it is in his");
});

test("a page that is shown again lets nobody type before the server was asked", async () => {
  const { buffer, screen, page, clocks } = await held("bug/shown", 30_000);
  page.hide();
  clocks.sleep(10_000);
  page.show();
  assert.equal(screen.append("x"), "no");
  await until(() => buffer.mayEdit, "it is asked, and goes on");
  assert.equal(screen.append("x"), "done");
  await storedAs(buffer, "textx");
});

test("a machine that slept for an hour finds out who has it before anybody types", async () => {
  const { buffer, screen, clocks } = await held("bug/sleep", 30_000);
  const bob = await other("bug/sleep");
  relay.swallowing = true;
  await bob.takeover({ reason: "asleep", flushMs: 0 });
  clocks.sleep(3_600_000);
  assert.equal(screen.append("x"), "no");
  const lost = next(buffer, "lost");
  relay.swallowing = false;
  relay.cut();
  assert.deepEqual([(await lost).reason, (await lost).by], ["taken_over", "bob"]);
});
