// Guarded texts through the client, against the real program.
import assert from "node:assert/strict";
import { after as afterAll, afterEach, before, test } from "node:test";
import { Holdfast, HoldfastError, RefusedError, memoryStore, type BufferOptions, type DraftMade, type GuardedBuffer } from "../src/index.js";
import { replacing } from "../src/changes.js";
import { Operator, textsOf } from "../src/operator.js";
import { Tail } from "../src/tail.js";
import { Screen, liveClient, next, storedAs } from "./support/live.js";
import { Page, after, failure, until } from "./support/outside.js";
import { Relay } from "./support/relay.js";
import { Server, over, scratch } from "./support/server.js";

let server: Server;
const open: Holdfast[] = [];

before(async () => {
  server = await Server.start();
});
afterEach(() => {
  for (const client of open.splice(0)) client.live.close();
});
afterAll(() => over(server));

function clientOf(owner: string, ...[more, environment, url]: [Parameters<typeof liveClient>[2]?, Parameters<typeof liveClient>[3]?, string?]): Holdfast {
  const client = liveClient(url ?? server.url, owner, more, environment);
  open.push(client);
  return client;
}

async function both(name: string, text: string, options: BufferOptions = {}, more: Parameters<typeof liveClient>[2] = {}): Promise<{ alice: GuardedBuffer; bob: GuardedBuffer; alices: Holdfast; bobs: Holdfast }> {
  const [alices, bobs] = [clientOf("alice", more), clientOf("bob")];
  const alice = await alices.openBuffer(name, { text, ...options });
  return { alice, bob: await bobs.openBuffer(name, options), alices, bobs };
}

test("whoever types first owns it, and the other sees it letter by letter", async () => {
  const { alice, bob } = await both("first", "text");
  const [hers, his] = [new Screen(alice), new Screen(bob)];
  assert.equal(hers.append("!"), "asking");
  await storedAs(alice, "text!");
  for (const letter of "😀 ok\n") hers.append(letter);
  await storedAs(alice, "text!😀 ok\n");
  await until(() => bob.text === "text!😀 ok\n", "he sees it");
  assert.deepEqual([hers.text, his.text], [alice.text, bob.text]);
  assert.equal(bob.owner?.owner, "alice");
  assert.equal(bob.mayEdit, false);
  const refused = next(bob, "refused");
  assert.equal(his.append("?"), "no");
  assert.equal(((await refused) as RefusedError).holder?.owner, "alice");
  await alice.release();
  await until(() => bob.owner === undefined, "it is free");
  assert.equal(his.append("?"), "asking");
  await storedAs(bob, "text!😀 ok\n?");
});

test("undo takes back what its owner did and nothing else, after a reload and a hand-over too", async () => {
  const { alice, bob, alices } = await both("undo", "one");
  const screen = new Screen(alice);
  screen.append(" two");
  await storedAs(alice, "one two");
  await alice.release();
  await until(() => bob.owner === undefined, "he knows that it is free");
  new Screen(bob).type(0, 0, "zero ");
  await storedAs(bob, "zero one two");
  await bob.release();
  alice.close();
  const again = await alices.openBuffer("undo");
  await again.acquire();
  assert.equal(await again.undo(), true);
  assert.equal(again.text, "zero one");
  assert.equal(await again.redo(), true);
  assert.equal(again.text, "zero one two");
  assert.equal(await again.undo(), true);
  assert.equal(await again.undo(), false, "nothing of hers is left");
  assert.equal(again.text, "zero one");
  await until(() => bob.text === "zero one", "he sees it");
});

test("an undo waits for what was typed before it, and what is typed meanwhile stays", async () => {
  const { alice } = await both("undo/order", "base ");
  await alice.acquire();
  const screen = new Screen(alice);
  screen.append("typed");
  const undone = alice.undo();
  screen.type(0, 0, "kept ");
  assert.equal(await undone, true);
  await storedAs(alice, "kept base ");
  assert.equal(screen.text, "kept base ");
});

test("a takeover lets its holder hand in what it has, by itself", async () => {
  const { alice, bob } = await both("takeover/auto", "text");
  await alice.acquire();
  const screen = new Screen(alice);
  const told = next(alice, "handIn");
  screen.append(" typed");
  const taking = bob.takeover({ reason: "it is urgent" });
  const { by, reason, windowMs } = await told;
  assert.deepEqual([by, reason], ["bob", "it is urgent"]);
  assert.ok(windowMs > 1000 && windowMs <= 5000);
  await taking;
  await until(() => bob.text === "text typed", "he has what she typed");
  assert.equal(bob.mayEdit, true);
  await until(() => alice.state === "following" && alice.owner?.owner === "bob", "she follows, and sees who has it");
});

test("a takeover that is stopped in its window takes nothing, nor does that of whoever leaves", async () => {
  const { alice, bob } = await both("takeover/stopped", "text", { handIn: "ask" });
  await alice.acquire();
  for (const stopped of ["stopped", "left"]) {
    const stop = new AbortController();
    const told = next(alice, "handIn");
    let kept = false;
    alice.on("kept", () => (kept = true));
    const taking = bob.takeover({ reason: "now", signal: stop.signal });
    await told;
    if (stopped === "stopped") stop.abort(new Error("no more"));
    else await bob.closeWhenStored();
    await assert.rejects(taking);
    await until(() => kept, "she keeps it", 3000);
    assert.equal(alice.mayEdit, true);
  }
});

test("one that is left to its holder ends with the window, and what was typed then is a draft to apply", async () => {
  const { alice, bob, alices } = await both("takeover/ask", "text", { handIn: "ask" });
  await alice.acquire();
  const screen = new Screen(alice);
  const lost = next(alice, "lost");
  await bob.takeover({ reason: "now", flushMs: 200 });
  const loss = await lost;
  assert.deepEqual([loss.reason, loss.by, loss.why], ["taken_over", "bob", "now"]);
  assert.equal(screen.append("x"), "no");
  await alice.release(); // There is nothing to release; it is no error.
  assert.equal(bob.mayEdit, true);
  await bob.release();
  await alices.close();
});

test("what was typed without hearing of a loss becomes a draft: never an edit, and the text is the server's", async () => {
  const relay = await Relay.to(server.port);
  const alices = clientOf("alice", {}, {}, relay.url);
  const alice = await alices.openBuffer("draft", { text: "text" });
  const bob = await clientOf("bob").openBuffer("draft");
  await alice.acquire();
  const screen = new Screen(alice);
  relay.swallowing = true; // She hears nothing any more, and nobody hears her.
  screen.append(" unheard");
  await bob.takeover({ reason: "she is gone", flushMs: 0 });
  new Screen(bob).type(0, 0, "his ");
  await storedAs(bob, "his text");
  const drafted = next(alice, "draft");
  const lost = next(alice, "lost");
  relay.swallowing = false;
  relay.cut();
  assert.equal((await lost).by, "bob");
  const { draft } = await drafted;
  await until(() => alice.state === "following" && alice.text === "his text", "she follows");
  assert.equal(screen.text, "his text");
  const kept = await alices.texts.draft(draft!);
  assert.deepEqual([kept.base_text, kept.owner, kept.because, kept.by, kept.fit], ["text", "alice", "taken_over", "bob", "clean"]);
  assert.equal(await alices.texts.draftFile(draft!), "text unheard");
  assert.deepEqual((await alices.texts.drafts({ name: "draft", owner: "alice" })).drafts.map((one) => one.draft), [draft]);
  await bob.release();
  await alice.acquire();
  await alice.applyDraft(draft!);
  assert.equal(alice.text, "his text unheard");
  await until(() => bob.text === "his text unheard", "he sees it");
  await assert.rejects(alices.texts.draft(draft!), { code: "no_such_draft" });
  relay.close();
});

test("a broken connection loses and doubles nothing, and catches up with all that was missed", async () => {
  const relay = await Relay.to(server.port);
  const alice = await clientOf("alice", {}, {}, relay.url).openBuffer("resume", { text: "" });
  const follower = await clientOf("carol", {}, {}, relay.url).openBuffer("resume");
  const witness = await clientOf("bob").openBuffer("resume");
  await alice.acquire();
  const [hers, carols] = [new Screen(alice), new Screen(follower)];
  let expected = "";
  for (let round = 0; round < 20; round += 1) {
    for (let letter = 0; letter < 5; letter += 1) {
      const typed = String.fromCharCode(0x5000 + round * 5 + letter);
      assert.equal(hers.append(typed), "done", `${round}: ${alice.state}`);
      expected += typed;
    }
    if (round % 3 === 0) relay.swallowingAnswers = true; // Made, and not heard of.
    await after(round % 4);
    relay.cut();
    relay.swallowingAnswers = false;
  }
  await storedAs(alice, expected);
  await until(() => witness.text === expected && follower.text === expected, "all see it");
  assert.deepEqual([hers.text, carols.text], [expected, expected]);
  assert.equal(alice.state, "owned");
  relay.close();
});

test("a restart of the server ends nothing", async () => {
  const folder = scratch();
  let own = await Server.start(["--data", folder.path]);
  const { port } = own;
  const alice = await clientOf("alice", {}, {}, own.url).openBuffer("restart", { text: "" });
  const bob = await clientOf("bob", {}, {}, own.url).openBuffer("restart");
  await alice.acquire();
  const screen = new Screen(alice);
  screen.append("before");
  await storedAs(alice, "before");
  screen.append(" during");
  await own.kill();
  screen.append(" it");
  own = await Server.start(["--data", folder.path], port);
  await storedAs(alice, "before during it");
  await until(() => bob.text === "before during it", "he sees it");
  assert.equal(alice.state, "owned");
  await own.kill();
  folder.remove();
});

test("somebody asks, and is given it: before that all is stored", async () => {
  const { alice, bob } = await both("ask/yes", "text");
  await alice.acquire();
  const screen = new Screen(alice);
  const asked = next(alice, "requested");
  const asking = bob.ask({ message: "may I?" });
  const request = await asked;
  assert.deepEqual([request.by, request.message, request.whenSilent], ["bob", "may I?", "hand_over"]);
  assert.ok(request.remainingMs > 20_000 && request.remainingMs <= 30_000);
  screen.append(" last words");
  const losses: string[] = [];
  alice.on("lost", ({ reason }) => losses.push(reason));
  request.answer("hand over");
  assert.equal(screen.append("x"), "no", "nothing is typed while it is handed over");
  assert.equal(await asking, true);
  await until(() => bob.text === "text last words" && bob.mayEdit, "he has it, with all of it");
  await until(() => alice.state === "following", "she follows");
  assert.deepEqual(losses, [], "what one gives is not lost");
});

test("somebody asks, and is told: not now", async () => {
  const { alice, bob } = await both("ask/no", "text");
  await alice.acquire();
  const asked = next(alice, "requested");
  const declined = next(bob, "declined");
  const asking = bob.ask();
  (await asked).answer("later", "in five minutes");
  assert.deepEqual(await declined, { by: "alice", message: "in five minutes" });
  assert.equal(await asking, false);
  assert.equal(alice.mayEdit, true);
  await until(() => bob.state === "following", "he does not wait any more");
});

test("the holder's other tab is told so, and may go on there at once", async () => {
  const client = clientOf("alice");
  const here = await client.openBuffer("move", { text: "text" });
  await here.acquire();
  const there = await clientOf("alice").openBuffer("move");
  const refused = await failure(RefusedError, there.acquire());
  assert.equal(refused.code, "held_by_you");
  const lost = next(here, "lost");
  await there.move();
  assert.equal(there.mayEdit, true);
  assert.equal((await lost).reason, "moved");
  assert.equal(new Screen(there).append("!"), "done");
  await until(() => here.text === "text!", "the first one follows");
});

test("a place in the queue is told, and served in order", async () => {
  const { alice, bob } = await both("queue", "text");
  const carol = await clientOf("carol").openBuffer("queue");
  await alice.acquire();
  const [his, hers] = [next(bob, "queue"), next(carol, "queue")];
  const waiting = bob.acquire({ waitMs: 60_000 });
  assert.equal((await his).place, 1);
  assert.equal(bob.state, "waiting");
  const behind = carol.acquire({ waitMs: 60_000 });
  assert.equal((await hers).place, 2);
  await alice.release();
  await waiting;
  await bob.release();
  await behind;
  assert.equal(carol.mayEdit, true);
});

test("cursors and who is there", async () => {
  const { alice, bob } = await both("cursors", "0123456789");
  await alice.acquire();
  const seen = until(() => bob.cursors.length > 0, "he sees hers");
  alice.setCursor([{ anchor: 2, head: 5 }]);
  await seen;
  assert.deepEqual(bob.cursors.map(({ owner, ranges }) => [owner, ranges]), [["alice", [{ anchor: 2, head: 5 }]]]);
  new Screen(alice).type(0, 0, "ab");
  await until(() => bob.cursors[0]?.ranges[0]?.head === 7, "it moves with the text");
  const members = (): string => bob.members.map(({ owner, holder }) => `${owner} ${holder}`).sort().join();
  await until(() => members() === "alice true,bob false", "both are there, and who holds it");
});

test("whoever comes later is shown the cursors of those who are there, in the text as it is", async () => {
  const { alice } = await both("cursors/later", "0123456789");
  await alice.acquire();
  new Screen(alice).type(0, 0, "ab");
  await storedAs(alice, "ab0123456789");
  alice.setCursor([{ anchor: 4, head: 4 }]);
  const carol = await clientOf("carol").openBuffer("cursors/later");
  await until(() => carol.cursors.length === 1, "she sees it");
  assert.deepEqual(carol.cursors[0]!.ranges, [{ anchor: 4, head: 4 }]);
});

test("a name without a text is told apart from an empty one, and comes to life when somebody creates it", async () => {
  const [alices, bobs] = [clientOf("alice"), clientOf("bob")];
  const alice = await alices.openBuffer("absent");
  assert.deepEqual([alice.state, alice.text, alice.mayEdit], ["absent", "", false]);
  const refused = next(alice, "refused");
  assert.equal(alice.replace(0, 0, "x"), "no");
  assert.equal((await refused).code, "no_such_text");
  await assert.rejects(alice.acquire(), { code: "no_such_text" });
  const screen = new Screen(alice);
  await bobs.texts.create("absent", "here now");
  await until(() => alice.state === "following", "she follows");
  assert.deepEqual([alice.text, screen.text], ["here now", "here now"]);
  assert.equal(screen.append("!"), "asking");
  await storedAs(alice, "here now!");
  await bobs.texts.remove("absent").catch((error: HoldfastError) => assert.equal(error.code, "held"));
  await alices.texts.remove("absent", { token: alice.token!, session: alice.session });
  await until(() => alice.state === "absent", "it is gone");
  assert.deepEqual([screen.text, alice.mayEdit], ["", false]);
  await until(async () => !(await alices.get("absent")).held, "nothing is held for nothing");
});

test("a takeover without a reason is refused in words", async () => {
  const { alice, bob, bobs } = await both("unreasoned", "text");
  await alice.acquire();
  const without = undefined as unknown as { reason: string };
  await assert.rejects(bob.takeover(without), { name: "RequestError", code: "reason_missing", field: "reason" });
  await assert.rejects(bobs.takeover("unreasoned", without), { name: "RequestError", code: "reason_missing", field: "reason" });
  assert.equal(alice.mayEdit, true);
});

test("what a page that is gone had typed is handed in as a draft by the next one, never as an edit", async () => {
  const unsent = memoryStore();
  const relay = await Relay.to(server.port);
  const first = clientOf("alice", { unsent, timeoutMs: 300 }, {}, relay.url);
  const alice = await first.openBuffer("unsent", { text: "text" });
  await alice.acquire();
  relay.swallowing = true;
  new Screen(alice).append(" typed in vain");
  await until(async () => (await unsent.list()).length === 1, "it is kept on this side");
  alice.close(); // As a page that crashes: nothing is said to anybody.
  first.live.close();
  const [kept] = await unsent.list();
  await unsent.put({ ...kept!, server: server.url, at: Date.now() - 120_000 }); // Two minutes later.
  const later = clientOf("alice", { unsent });
  const [handed] = await later.handInUnsent();
  assert.equal(handed?.error, undefined);
  assert.equal(await later.texts.draftFile(handed!.draft!), "text typed in vain");
  assert.equal((await later.texts.get("unsent")).text, "text");
  assert.deepEqual((await unsent.list()).filter((one) => one.server === server.url), []);
  relay.close();
});

test("whoever leaves a text with something unsent loses nothing of it, though it is taken over meanwhile", async () => {
  const unsent = memoryStore();
  const relay = await Relay.to(server.port);
  const alices = clientOf("alice", { unsent, timeoutMs: 1000 }, {}, relay.url);
  const alice = await alices.openBuffer("left/unsent", { text: "text" });
  const bob = await clientOf("bob").openBuffer("left/unsent");
  await alice.acquire();
  relay.swallowing = true;
  const screen = new Screen(alice);
  screen.append(" L");
  await after(10); // It is under way, and the rest behind it.
  screen.append("OST TEXT");
  const drafted = next(alice, "draft");
  const closing = alice.closeWhenStored();
  await bob.takeover({ reason: "she is gone", flushMs: 0 });
  relay.swallowing = false;
  relay.cut();
  const { draft } = await drafted;
  assert.equal(await closing, true);
  assert.equal(await alices.texts.draftFile(draft!), "text LOST TEXT");
  assert.deepEqual(await unsent.list(), []);
  relay.close();
});

test("what was kept on this side is handed in also where its beginning was a draft before that is gone", async () => {
  const unsent = memoryStore();
  const alices = clientOf("alice");
  const alice = await alices.openBuffer("left/twice", { text: "text" });
  await alice.acquire();
  const { token, session } = alice;
  const taken = await clientOf("bob").takeover("left/twice", { reason: "now", flushMs: 0 });
  const first = [4, [0, "L"]] as const;
  const { draft } = await alices.texts.keepDraft("left/twice", { token: token!, session, base: 0, seq: 1, changes: [first] });
  await taken.release();
  await alice.acquire();
  await alice.applyDraft(draft);
  await alice.release();
  const changes = [first, [5, [0, "OST"]] as const];
  await unsent.put({ server: server.url, name: "left/twice", owner: "alice", session, token: token!, base: 0, seq: 1, changes, at: Date.now() - 120_000 });
  const [handed] = await clientOf("alice", { unsent }).handInUnsent();
  assert.equal(handed?.error, undefined);
  assert.equal(await alices.texts.draftFile(handed!.draft!), "textLOST");
  assert.deepEqual(await unsent.list(), []);
});

test("what the server had no room for is handed in when it has, also while its page still runs", async () => {
  const unsent = memoryStore();
  const alices = clientOf("alice", { unsent });
  const alice = await alices.openBuffer("left/refused", { text: "text" });
  await alice.acquire();
  const { token, session } = alice;
  const taken = await clientOf("bob").takeover("left/refused", { reason: "now", flushMs: 0 });
  await until(() => alice.state === "following", "what she lost is settled");
  const kept = { server: server.url, name: "left/refused", owner: "alice", session, token: token!, base: 0, seq: 1, changes: [[4, [0, "MORE"]]] as const, at: Date.now() };
  await unsent.put(kept);
  await unsent.put({ ...kept, refused: true });
  const handed = await alices.handInUnsent();
  assert.deepEqual(handed.map(({ unsent: one, error }) => [one.refused, error]), [[true, undefined]]);
  assert.equal(await alices.texts.draftFile(handed[0]!.draft!), "textMORE");
  assert.deepEqual(await unsent.list(), [kept], "what is not refused is this page's own affair");
  await taken.release();
});

/** More than one message may have, and one body over HTTP. */
const book = "0123456789😀\n".repeat(170_000);

test("what fits into no message becomes one draft, and keeps no connection from standing", async () => {
  const relay = await Relay.to(server.port);
  const alices = clientOf("alice", {}, {}, relay.url);
  const alice = await alices.openBuffer("draft/large", { text: "ab" });
  const bob = await clientOf("bob").openBuffer("draft/large");
  await alice.acquire();
  relay.swallowing = true;
  relay.cut();
  await until(() => alices.live.state !== "open", "she is cut off");
  const screen = new Screen(alice);
  screen.type(1, 1, book);
  await bob.takeover({ reason: "she is gone", flushMs: 0 });
  const made: DraftMade[] = [];
  alice.on("draft", (one) => made.push(one));
  relay.swallowing = false;
  relay.cut();
  await until(() => made.length > 0, "it is a draft");
  assert.deepEqual([made[0]!.error, alices.live.state], [undefined, "open"]);
  assert.ok((await alices.texts.draftFile(made[0]!.draft!)) === `a${book}b`);
  await until(() => alice.state === "following" && alice.text === "ab", "she follows");
  assert.equal((await alices.texts.drafts({ name: "draft/large" })).drafts.length, 1);
  relay.close();
});

test("what fits into no message is handed in as one draft by the next page, whatever of it is one already", async () => {
  const unsent = memoryStore();
  const alices = clientOf("alice");
  const alice = await alices.openBuffer("left/large", { text: "ab" });
  await alice.acquire();
  const { token, session } = alice;
  await clientOf("bob").takeover("left/large", { reason: "now", flushMs: 0 });
  await until(() => alice.state === "following", "what she lost is settled");
  const kept = { server: server.url, name: "left/large", owner: "alice", session, token: token!, base: 0, seq: 1, at: Date.now() - 120_000 };
  const tail = new Tail(0, "ab");
  tail.edit(replacing(2, 1, 1, book), 0);
  const changes = tail.edits().map(({ change }) => change);
  await unsent.put({ ...kept, changes });
  await unsent.put({ ...kept, changes, filed: true });
  const handed = await clientOf("alice", { unsent }).handInUnsent();
  assert.deepEqual(handed.map(({ error }) => error), [undefined, undefined]);
  assert.equal(handed[0]!.draft, handed[1]!.draft);
  assert.ok((await alices.texts.draftFile(handed[0]!.draft!)) === `a${book}b`);
  assert.deepEqual(await unsent.list(), []);
});

test("a change at more places than are taken at once is stored", async () => {
  const lines = 40_000;
  const texts = clientOf("alice").texts;
  await texts.create("indented", "  x\n".repeat(lines));
  const { alice } = await both("indented", "");
  await alice.acquire();
  alice.edit(Array.from({ length: lines }, () => [[2], 2] as const).flat());
  await until(() => alice.saved === "stored", "it is stored", 20_000);
  assert.ok(alice.storedText === "x\n".repeat(lines));
});

test("a text that is being closed stays open where somebody comes back to it", async () => {
  const relay = await Relay.to(server.port);
  const alice = await clientOf("alice", {}, {}, relay.url).openBuffer("back", { text: "text" });
  await alice.acquire();
  relay.swallowing = true;
  const screen = new Screen(alice);
  screen.append(" typed");
  const back = new AbortController();
  const closing = alice.closeWhenStored({ signal: back.signal });
  assert.equal(alice.mayEdit, false, "it is being let go");
  back.abort();
  assert.equal(await closing, false);
  assert.equal(screen.append(" on"), "done");
  relay.swallowing = false;
  relay.cut();
  await storedAs(alice, "text typed on");
  relay.close();
});

test("what is closed at once is free at once, though its connection goes on, and what was typed is a draft later", async () => {
  const unsent = memoryStore();
  const { alice, bob, alices } = await both("close/at/once", "text", {}, { unsent });
  await alices.openBuffer("close/other", { text: "text" });
  await alice.acquire();
  new Screen(alice).append(" typed");
  alice.close();
  await bob.acquire({ waitMs: 5000 });
  assert.equal(alices.live.state, "open");
  await alices.close();
  const [kept] = await unsent.list();
  await unsent.put({ ...kept!, at: Date.now() - 120_000 }); // Two minutes later.
  const later = clientOf("alice", { unsent });
  const [handed] = await later.handInUnsent();
  assert.equal(handed?.error, undefined);
  assert.equal(await later.texts.draftFile(handed!.draft!), "text typed");
});

test("whoever closes a text waits for it no more", async () => {
  const { alice, bob } = await both("close/waiting", "text");
  await alice.acquire();
  const queued = next(bob, "queue");
  const waiting = bob.acquire({ waitMs: 60_000 });
  await queued;
  assert.equal(await bob.closeWhenStored(), true);
  await assert.rejects(waiting, { code: "closed" });
  await alice.release();
  await until(() => alice.owner === undefined, "nobody has it");
  await after(50);
  assert.equal(alice.owner, undefined);
});

test("what was let go without hearing of it is no loss, and whoever waited has it", async () => {
  const relay = await Relay.to(server.port);
  const alice = await clientOf("alice", {}, {}, relay.url).openBuffer("done/unheard", { text: "text" });
  const bob = await clientOf("bob").openBuffer("done/unheard");
  await alice.acquire();
  await until(() => bob.owner?.owner === "alice", "he sees who has it");
  const losses: string[] = [];
  alice.on("lost", ({ reason }) => losses.push(reason));
  relay.swallowingAnswers = true;
  const done = alice.release();
  await until(() => bob.owner === undefined, "it is free");
  relay.swallowingAnswers = false;
  relay.cut();
  await assert.rejects(done, { fate: "maybe_done" });
  await until(() => alice.state === "following", "she follows");
  assert.deepEqual(losses, []);
  await bob.acquire();
  await until(() => alice.owner?.owner === "bob", "she sees who has it");
  relay.close();
});

test("silence gives nothing to somebody who waits no more", async () => {
  const { alice, bob } = await both("silence", "text");
  await alice.acquire();
  const asked = next(alice, "requested");
  const stop = new AbortController();
  const asking = bob.ask({ signal: stop.signal });
  const request = await asked;
  stop.abort(new Error("no more"));
  await assert.rejects(asking, /no more/);
  await until(() => bob.state === "following", "he does not wait");
  (request as unknown as { answer(how: string): void }).answer("silence"); // As its time does.
  await after(100);
  assert.equal(alice.mayEdit, true);
  const again = next(alice, "requested");
  const carol = await clientOf("carol").openBuffer("silence");
  const waits = carol.ask();
  const second = await again;
  await until(() => carol.state === "waiting", "she waits");
  (second as unknown as { answer(how: string): void }).answer("silence");
  assert.equal(await waits, true);
});

test("what another page still has under way is left alone", async () => {
  const unsent = memoryStore();
  const relay = await Relay.to(server.port);
  const alice = await clientOf("alice", { unsent }, {}, relay.url).openBuffer("unsent/alive", { text: "text" });
  await alice.acquire();
  relay.delayMs = 400;
  const screen = new Screen(alice);
  screen.append(" slowly");
  await until(async () => (await unsent.list()).length === 1, "it is kept on this side, too");
  const [kept] = await unsent.list();
  await unsent.put({ ...kept!, server: server.url });
  assert.deepEqual(await clientOf("alice", { unsent }).handInUnsent(), []);
  relay.delayMs = 0;
  await storedAs(alice, "text slowly");
  relay.close();
});

test("a page that is left stores what it has and lets go", async () => {
  const page = new Page();
  const alice = await clientOf("alice", {}, { surroundings: page }).openBuffer("left", { text: "text" });
  const bob = await clientOf("bob").openBuffer("left");
  await alice.acquire();
  new Screen(alice).append(" bye");
  page.leave();
  await until(() => bob.owner === undefined && bob.text === "text bye", "it is free, with all of it");
});

test("a large paste arrives whole", async () => {
  const { alice, bob } = await both("paste", "ab");
  await alice.acquire();
  const large = "0123456789😀\n".repeat(60_000);
  new Screen(alice).type(1, 1, large);
  await storedAs(alice, `a${large}b`, 20_000);
  await until(() => bob.text === alice.text, "he sees it", 20_000);
});

test("a name is the same one however its letters are put together", async () => {
  const [alices, bobs] = [clientOf("alice"), clientOf("bob")];
  const alice = await alices.openBuffer("cafe\u0301", { text: "text" });
  const bob = await bobs.openBuffer("caf\u00e9");
  assert.equal(new Screen(bob).append("!"), "asking");
  await until(() => alice.text === "text!", "she sees it");
  assert.equal(alice.owner?.owner, "bob");
  assert.equal(alice.name, bob.name);
  await assert.rejects(alices.openBuffer("caf\u00e9"), { code: "bad_name" });
});

test("an operator's texts are the same ones, one try each", async () => {
  const operator = new Operator({ server: server.url, owner: "oscar" });
  const texts = textsOf(operator);
  const made = await texts.create("operator/a", "one");
  assert.deepEqual([made.created_by, made.text ?? (await texts.get("operator/a")).text], ["oscar", "one"]);
  assert.equal(await texts.file("operator/a"), "one");
  let tries = 0;
  const broken = new Operator({ server: server.url, owner: "oscar", fetch: async () => ((tries += 1), new Response("{}", { status: 503 })) });
  await assert.rejects(textsOf(broken).list(), { name: "UnavailableError" });
  assert.equal(tries, 1);
  assert.equal((await texts.remove("operator/a", { keepalive: true })).removed, true);
});

test("a takeover takes the holding that is meant, and no later one", async () => {
  const { alice, bob } = await both("takeover/meant", "text");
  await alice.acquire();
  const { token } = alice;
  await alice.release();
  await alice.acquire();
  await assert.rejects(bob.takeover({ reason: "too late", token: token! }), { name: "StaleError" });
  assert.equal(alice.mayEdit, true);
  await bob.takeover({ reason: "now", token: alice.token!, flushMs: 0 });
  assert.equal(bob.mayEdit, true);
});

test("texts and files, one call each", async () => {
  const { texts } = clientOf("alice");
  const made = await texts.create("files/a", new TextEncoder().encode("one\r\ntwo\r\n"));
  assert.deepEqual([made.ends, made.revision, made.length], ["crlf", 0, 8]);
  assert.equal(await texts.file("files/a"), "one\r\ntwo\r\n");
  assert.equal((await texts.get("files/a")).text, "one\ntwo\n");
  assert.equal((await texts.get("files/a", { text: false })).text, undefined);
  await texts.create("files/b", "b");
  assert.deepEqual((await texts.list({ prefix: "files" })).buffers.map(({ name }) => name), ["files/a", "files/b"]);
  await assert.rejects(texts.create("files/b", "other"), { code: "buffer_exists" });
  assert.deepEqual((await texts.changes("files/b", 0)).changes, []);
  assert.equal((await texts.remove("files/b")).removed, true);
  await assert.rejects(texts.get("files/b"), { code: "no_such_text" });
});
