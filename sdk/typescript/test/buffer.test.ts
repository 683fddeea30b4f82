// A buffer, where the server says things in an order that the real one seldom chooses. What belongs to everyday use is
// tested against the real program, in guarded.test.ts.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { Holdfast, memoryStore, type BufferOptions, type GuardedBuffer, type TextChange, type UnsentStore } from "../src/index.js";
import { apply, replacing, type ChangeJson } from "../src/changes.js";
import { FakeServer, type Asked } from "./support/fake.js";
import { Page, after, until } from "./support/outside.js";

const open: Holdfast[] = [];
const buffers: GuardedBuffer[] = [];
afterEach(() => {
  for (const buffer of buffers.splice(0)) buffer.close(); // It would connect anew, to keep what it owns.
  for (const client of open.splice(0)) client.live.close();
});

interface Opened {
  readonly server: FakeServer;
  readonly buffer: GuardedBuffer;
  readonly page: Page;
  /** What an editor would show that makes each change that it is told. */
  shown(): string;
  readonly told: TextChange[];
  readonly store: UnsentStore;
}

async function opened(text: string, options: BufferOptions = {}, store: UnsentStore = memoryStore()): Promise<Opened> {
  const server = new FakeServer(text);
  const page = new Page();
  const client = new Holdfast({ owner: "alice", webSocket: server.webSocket, unsent: store, server: "http://fake.example" }, { surroundings: page });
  open.push(client);
  const buffer = await client.openBuffer("doc", options);
  buffers.push(buffer);
  let shown = buffer.text;
  const told: TextChange[] = [];
  buffer.on("text", (change) => {
    told.push(change);
    shown = apply(shown, change.change);
  });
  const edit = buffer.edit.bind(buffer);
  buffer.edit = (change) => {
    const result = edit(change);
    if (result === "done") shown = apply(shown, change);
    return result;
  };
  return { server, buffer, page, told, store, shown: () => shown };
}

const editsOf = (server: FakeServer): Asked[] => server.asked.filter(({ call }) => call === "buffer.edit");
const stored = (buffer: GuardedBuffer, text: string): Promise<void> => until(() => buffer.storedText === text && buffer.saved === "stored", `it is ${text}`);

const tooLarge = { status: 413, body: { code: "text_too_large", fate: "not_done", detail: "too large" } };

test("the first edit asks for it, and comes when it is granted", async () => {
  const { server, buffer, shown } = await opened("text");
  assert.equal(buffer.state, "following");
  assert.equal(buffer.replace(4, 4, "!"), "asking");
  assert.equal(buffer.text, "text", "nothing is shown that may have to go again");
  assert.equal(buffer.replace(4, 4, "?"), "asking");
  await stored(buffer, "text!?");
  assert.equal(buffer.state, "owned");
  assert.deepEqual([server.text, shown()], ["text!?", "text!?"]);
});

test("what was put aside fits behind what others wrote meanwhile", async () => {
  const { server, buffer, shown } = await opened("text");
  server.write(replacing(4, 0, 0, "unseen "), "bob", true); // Its push never comes.
  assert.equal(buffer.replace(4, 4, "!"), "asking");
  await stored(buffer, "unseen text!");
  assert.deepEqual([server.text, shown()], ["unseen text!", "unseen text!"]);
});

test("an edit of what somebody else holds is not taken, and says who has it", async () => {
  const { server, buffer } = await opened("text");
  server.grant("bob", "b");
  const refused: string[] = [];
  buffer.on("refused", (error) => refused.push(error.code));
  assert.equal(buffer.replace(0, 0, "x"), "asking"); // Nobody has told of it yet.
  await until(() => refused.length === 1, "it is refused");
  assert.deepEqual([refused, buffer.text, buffer.state], [["held"], "text", "following"]);
  const opened2 = await opened("text");
  opened2.server.push({ push: "event", event: "granted", data: { type: "granted", name: "doc", token: 200, owner: "bob", session: "b" } });
  const calls = opened2.server.asked.length;
  assert.equal(opened2.buffer.replace(0, 0, "x"), "no");
  assert.equal(opened2.server.asked.length, calls, "what is known is not asked for");
  assert.equal(opened2.buffer.owner?.owner, "bob");
});

test("one request is under way at a time, and the rest goes together", async () => {
  const { server, buffer } = await opened("");
  await buffer.acquire();
  for (let at = 0; at < 20; at += 1) {
    buffer.replace(at, at, String.fromCharCode(97 + at));
    if (at === 0) await Promise.resolve(); // It leaves with the turn.
  }
  await stored(buffer, "abcdefghijklmnopqrst");
  const edits = editsOf(server);
  assert.deepEqual(edits.map((edit) => [edit["seq"], edit["base"]]), [[1, 0], [2, 1]]);
});

test("a lost answer: it is sent again under the same number, before anything is caught up with", async () => {
  const { server, buffer, shown } = await opened("text");
  await buffer.acquire();
  let made: Asked | undefined;
  server.instead = (asked) => {
    if (asked.call !== "buffer.edit" || asked["seq"] !== 1) return undefined;
    if (!made) {
      made = asked;
      server.make((asked["changes"] as ChangeJson[])[0]!, "alice");
      setTimeout(() => server.cut());
      return null; // It was made, and nobody hears of it.
    }
    return { status: 200, body: { name: "doc", buffer: 1, base: 0, revision: 1, again: true, undo: 1, redo: 0, position: "1.1" } };
  };
  buffer.replace(0, 0, "a");
  await until(() => editsOf(server).length === 1, "it is sent");
  buffer.replace(1, 1, "b");
  await stored(buffer, "abtext");
  assert.deepEqual([server.text, shown()], ["abtext", "abtext"]);
  const [first, again] = editsOf(server);
  const { id: _first, ...one } = first!;
  const { id: _again, ...two } = again!;
  assert.deepEqual(one, two);
  const calls = server.asked.map(({ call }) => call);
  assert.ok(calls.lastIndexOf("hello") < calls.indexOf("buffer.edit", calls.lastIndexOf("hello")));
  assert.ok(calls.indexOf("buffer.edit", calls.lastIndexOf("hello")) < calls.lastIndexOf("follow"));
});

test("a token that is over: all that was typed is one draft, and the text is the server's again", async () => {
  const { server, buffer, shown, told } = await opened("text");
  await buffer.acquire();
  const drafts: (number | undefined)[] = [];
  buffer.on("draft", ({ draft }) => drafts.push(draft));
  const losses: string[] = [];
  buffer.on("lost", ({ reason, by, why }) => losses.push(`${reason} ${by} ${why}`));
  server.grant("bob", "b");
  buffer.replace(4, 4, " one");
  while (editsOf(server).length === 0) await Promise.resolve(); // Sent, and not answered.
  assert.equal(buffer.replace(8, 8, " two"), "done");
  await until(() => drafts.length === 1 && buffer.state === "following", "it is a draft");
  assert.deepEqual([losses, drafts], [["taken_over bob now"], [1]]);
  assert.deepEqual([server.text, buffer.text, shown()], ["text", "text", "text"]);
  assert.equal(told.at(-1)!.origin, "reset");
  assert.equal(server.drafts.length, 1);
  assert.equal((server.drafts[0]!["changes"] as ChangeJson[]).reduce(apply, "text"), "text one two");
  await after(50);
  assert.equal(editsOf(server).length, 1, "it is never sent as an edit later");
});

test("when it is told as lost, typing stops at once", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  const { token } = server.holder!;
  server.grant("bob", "b");
  server.push({ push: "lost", name: "doc", token, because: "taken_over", by: "bob", reason: "now" });
  assert.equal(buffer.mayEdit, false);
  assert.equal(buffer.replace(0, 0, "x"), "no");
  await until(() => buffer.state === "following", "it is settled");
  assert.equal(server.asked.filter(({ call }) => call === "draft.keep").length, 0, "there was nothing to keep");
});

test("revisions that arrive out of order, twice, or with a gap lead to the server's text", async () => {
  const { server, buffer, shown } = await opened("0123456789");
  const pushes = [0, 1, 2, 3].map((base) => {
    const change = replacing(10 + base, base * 2, base * 2, "x");
    server.make(change, "bob");
    return { push: "revision", name: "doc", buffer: 1, base, revision: base + 1, owner: "bob", session: "b", kind: "edit", changes: [change] };
  });
  for (const at of [1, 0, 0, 1]) server.push(pushes[at]!);
  await until(() => buffer.revision >= 2, "the first two are in");
  server.push(pushes[3]!); // The third is missing.
  await until(() => buffer.revision === 4, "it catches up");
  assert.deepEqual([buffer.text, shown()], [server.text, server.text]);
});

test("a push of several revisions of which some are known makes the others", async () => {
  const { server, buffer } = await opened("ab");
  const changes = [replacing(2, 0, 0, "1"), replacing(3, 0, 0, "2")];
  for (const change of changes) server.make(change, "bob");
  const push = { push: "revision", name: "doc", buffer: 1, base: 0, owner: "bob", session: "b", kind: "edit" };
  server.push({ ...push, revision: 1, changes: [changes[0]] });
  server.push({ ...push, revision: 2, changes });
  await until(() => buffer.revision === 2, "both are in");
  assert.equal(buffer.text, "21ab");
});

test("a revision that cannot be one of the text that is known here has it asked for as a whole", async () => {
  const { server, buffer, shown } = await opened("text");
  server.text = "another text";
  server.revision = 1;
  server.instead = ({ call, after }) =>
    call === "follow" ? { status: 200, body: { name: "doc", buffer: 1, revision: 1, lease: { held: false }, members: [], position: "1.1", ...(after === undefined ? { text: "another text" } : { changes: [] }) } } : undefined;
  server.push({ push: "revision", name: "doc", buffer: 1, base: 0, revision: 1, owner: "bob", session: "b", kind: "edit", changes: [[11, [0, "t"]]] });
  await until(() => buffer.text === "another text", "it is the server's");
  assert.deepEqual([buffer.revision, shown()], [1, "another text"]);
});

test("whoever cannot ask for it does not wait for it either", async () => {
  const { server, buffer } = await opened("text");
  server.grant("bob", "b");
  server.instead = ({ call }) =>
    call === "lease.acquire" ? null : call === "lease.request" ? { status: 400, body: { code: "bad_field", fate: "not_done", detail: "too long", field: "message" } } : undefined;
  await assert.rejects(buffer.ask({ message: "may I?" }), { code: "bad_field" });
  await until(() => server.asked.some(({ call }) => call === "cancel"), "the place in the queue is given up");
  assert.equal(buffer.state, "following");
});

test("resync, and another text under the name, are caught up with", async () => {
  const { server, buffer, shown } = await opened("old");
  server.text = "other";
  server.revision = 5;
  server.instead = ({ call }) => (call === "follow" ? { status: 200, body: { name: "doc", buffer: 2, revision: 5, lease: { held: false }, text: "other", members: [], position: "1.1" } } : undefined);
  server.push({ push: "resync", name: "doc", code: "too_slow" });
  await until(() => buffer.text === "other", "it is the new one");
  assert.deepEqual([buffer.revision, shown()], [5, "other"]);
});

test("what the server will never store is taken out, kept, and told", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  server.instead = ({ call }) => (call === "buffer.edit" ? tooLarge : undefined);
  const rejected: string[] = [];
  buffer.on("rejected", ({ error }) => rejected.push(error.code));
  buffer.replace(0, 0, "x");
  await until(() => rejected.length === 1, "it is told");
  assert.deepEqual([rejected, buffer.text, buffer.state], [["text_too_large"], "text", "owned"]);
  assert.equal(server.drafts.length, 1);
});

test("what the server will not even have as a draft stays on this side, whatever is typed later", async () => {
  const { server, buffer, store } = await opened("text");
  const full = { code: "drafts_full", fate: "not_done", detail: "As many drafts are kept as may be." };
  server.instead = ({ call }) => (call === "draft.keep" ? { status: 429, body: full } : undefined);
  const told: [number | undefined, string | undefined][] = [];
  buffer.on("draft", ({ draft, error }) => told.push([draft, error?.code]));
  for (const typed of [" one", " two"]) {
    await buffer.acquire();
    server.grant("bob", "b");
    const before = told.length;
    buffer.replace(4, 4, typed);
    await until(() => told.length > before && buffer.state === "following" && buffer.text === "text", "it is lost");
    server.holder = undefined;
  }
  assert.deepEqual(told, [[undefined, "drafts_full"], [undefined, "drafts_full"]]);
  const kept = await store.list();
  assert.deepEqual(kept.map(({ changes }) => changes.reduce(apply, "text")), ["text one", "text two"]);
  await buffer.acquire();
  buffer.replace(0, 0, "stored ");
  await stored(buffer, "stored text");
  await after(250); // What was kept of it meanwhile is forgotten.
  assert.deepEqual(await store.list(), kept);
});

test("it is said where what is not stored is in this program only, and that a draft could not be kept elsewhere", async () => {
  const full = { ...memoryStore(), put: () => Promise.reject(new Error("full")) };
  const { server, buffer } = await opened("text", {}, full);
  await buffer.acquire();
  server.instead = ({ call }) => (call === "buffer.edit" ? null : call === "draft.keep" ? { status: 429, body: { code: "drafts_full", fate: "not_done", detail: "full" } } : undefined);
  assert.equal(buffer.keptHereOnly, false);
  buffer.replace(4, 4, "!");
  await until(() => buffer.keptHereOnly, "it is known");
  const only: boolean[] = [];
  buffer.on("draft", ({ keptHereOnly }) => only.push(keptHereOnly, buffer.keptHereOnly));
  const { token } = server.holder!;
  server.grant("bob", "b");
  server.instead = ({ call }) => (call === "draft.keep" ? { status: 429, body: { code: "drafts_full", fate: "not_done", detail: "full" } } : undefined);
  server.push({ push: "lost", name: "doc", token, because: "taken_over", by: "bob", reason: "now" });
  server.cut();
  await until(() => only.length > 0 && buffer.state === "following", "it is lost");
  assert.deepEqual(only, [true, false], "nothing of it is in the text");
});

test("a server that is behind is asked again, and nothing is lost", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  let times = 0;
  server.instead = ({ call }) =>
    call === "buffer.edit" && (times += 1) < 3 ? { status: 503, body: { code: "journal_behind", fate: "not_done", detail: "behind" } } : undefined;
  buffer.replace(0, 0, "x");
  await stored(buffer, "xtext");
  assert.deepEqual(editsOf(server).map((edit) => edit["seq"]), [1, 1, 1]);
});

const behind = { status: 503, body: { code: "journal_behind", fate: "not_done", detail: "behind" } };

test("what could not be let go is still owned, and can be let go later", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  server.instead = ({ call }) => (call === "lease.release" ? behind : undefined);
  await assert.rejects(buffer.release(), { code: "journal_behind" });
  await until(() => buffer.state === "owned", "it is owned");
  assert.equal(buffer.replace(4, 4, "!"), "done");
  server.instead = undefined;
  await buffer.release();
  assert.deepEqual([server.text, server.holder, buffer.state], ["text!", undefined, "following"]);
});

test("what was taken while it could not be let go is told as lost", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  const losses: string[] = [];
  buffer.on("lost", ({ reason, by }) => losses.push(`${reason} by ${by}`));
  const taken = { status: 409, body: { code: "stale", fate: "not_done", detail: "stale", because: "taken_over", by: "bob" } };
  server.instead = ({ call }) => (call === "lease.release" ? behind : call === "lease.renew" ? taken : undefined);
  await assert.rejects(buffer.release(), { code: "journal_behind" });
  await until(() => buffer.state === "following", "it is followed");
  assert.deepEqual(losses, ["taken_over by bob"]);
});

test("whoever leaves a text that cannot be let go tries it again, with pauses, until it is", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  const times: number[] = [];
  server.instead = ({ call }) => (call === "lease.release" && times.push(performance.now()) < 4 ? behind : undefined);
  assert.equal(await buffer.closeWhenStored(), true);
  assert.deepEqual([server.holder, times.length], [undefined, 4]);
  assert.ok(times[3]! - times[0]! > 150, String(times));
});

test("whoever leaves a text does not keep it for what can never be stored", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  server.instead = ({ call }) => (call === "buffer.edit" ? tooLarge : undefined);
  buffer.replace(4, 4, "!");
  assert.equal(await buffer.closeWhenStored(), true);
  assert.equal(server.holder, undefined);
});

test("what is closed at once is let go of, after what was typed is kept on this side", async () => {
  const { server, buffer, store } = await opened("text");
  await buffer.acquire();
  const { token } = buffer;
  buffer.replace(4, 4, "!");
  buffer.close();
  assert.deepEqual((await store.list()).map((unsent) => [unsent.token, unsent.changes]), [[token, [[4, [0, "!"]]]]]);
  assert.deepEqual([server.holder, server.text], [undefined, "text"]);
});

test("what nobody knows to be owned any more is let go of on closing, too", async () => {
  const { server, buffer } = await opened("text", { ttlMs: 300 });
  server.instead = (asked) => {
    if (asked.call === "lease.renew") return null;
    return asked.call === "lease.acquire" ? { status: 200, body: { ...server.grant("alice", buffer.session), ttl_ms: 300 } } : undefined;
  };
  await buffer.acquire();
  await until(() => buffer.state === "unsure", "it is not believed any more");
  assert.notEqual(server.holder, undefined);
  buffer.close();
  assert.equal(server.holder, undefined);
});

test("what was passed on to whoever leaves is let go of", async () => {
  const { server, buffer } = await opened("text");
  server.instead = ({ call }) => (call === "lease.renew" ? null : undefined);
  server.grant("alice", buffer.session);
  server.push({ push: "event", event: "transferred", data: { type: "transferred", name: "doc", position: "1.2", ...server.holder } });
  await until(() => server.asked.some(({ call }) => call === "lease.renew"), "it is asked for by its token");
  assert.equal(await buffer.closeWhenStored(), true);
  assert.equal(server.holder, undefined);
});

test("what comes of a takeover that was given up is given back, and not taken for one's own", async () => {
  const { server, buffer } = await opened("text");
  server.grant("bob", "b");
  server.instead = ({ call }) => (call === "lease.takeover" ? null : undefined);
  const stop = new AbortController();
  const taking = buffer.takeover({ reason: "now", signal: stop.signal });
  await until(() => server.asked.some(({ call }) => call === "lease.takeover"), "it is asked for");
  const { id } = server.asked.at(-1)!;
  stop.abort(new Error("no more"));
  await assert.rejects(taking, /no more/);
  const body = server.grant("alice", buffer.session); // Before the cancel had come.
  server.push({ push: "event", event: "taken_over", data: { type: "taken_over", name: "doc", position: "1.2", ...server.holder } });
  server.push({ id, status: 200, body });
  await after(0); // All of it has been taken in.
  assert.equal(buffer.state, "following");
  assert.equal(server.holder, undefined, "it is given back");
});

test("what is not held any more is not passed on, and that is said", async () => {
  const { server, buffer } = await opened("text");
  await assert.rejects(buffer.transfer("carol"), { code: "nothing_held" });
  await buffer.acquire();
  const { token } = buffer;
  server.instead = ({ call }) => (call === "buffer.edit" ? null : undefined);
  buffer.replace(4, 4, "!");
  const passing = buffer.transfer("carol");
  server.push({ push: "lost", name: "doc", token, because: "taken_over", by: "bob", reason: "now" });
  await assert.rejects(passing, { code: "nothing_held" });
  assert.equal(server.asked.some(({ call }) => call === "lease.transfer"), false);
});

test("cursors are told in the positions of the newest revision", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  server.instead = ({ call }) => (call === "buffer.edit" ? null : undefined); // Never answered.
  buffer.replace(0, 0, "abc");
  buffer.setCursor([{ anchor: 3, head: 5 }]);
  await until(() => server.asked.some(({ call }) => call === "cursor"), "it is told");
  const told = server.asked.filter(({ call }) => call === "cursor");
  assert.deepEqual(told, [{ call: "cursor", name: "doc", revision: 0, ranges: [[0, 2]], main: 0 }]);
});

test("a wrong edit is refused before anything is done", async () => {
  const { buffer } = await opened("text");
  await buffer.acquire();
  assert.throws(() => buffer.edit([5]), { code: "wrong_length" });
  assert.throws(() => buffer.edit([[0, "a\nb"], 4] as never), { code: "bad_changes" });
  assert.throws(() => buffer.replace(3, 9, ""), { code: "bad_changes" });
  assert.equal(buffer.text, "text");
});

test("without the lease there is nothing to undo, and a buffer is open once", async () => {
  const { buffer } = await opened("text");
  await assert.rejects(buffer.undo(), { code: "nothing_held" });
  await assert.rejects(open[0]!.openBuffer("doc"), { code: "bad_name" });
  buffer.close();
  assert.equal(buffer.state, "closed");
  assert.equal(buffer.replace(0, 0, "x"), "no");
  assert.equal((await open[0]!.openBuffer("doc")).text, "text");
});

test("an answer that what was pushed has overtaken changes nothing", async () => {
  const { server, buffer } = await opened("text");
  const answer = async (position: string): Promise<() => void> => {
    let held: (() => void) | undefined;
    server.instead = (asked, socket) => {
      if (asked.call !== "follow") return undefined;
      const body = { name: "doc", buffer: 1, revision: 0, lease: { name: "doc", held: false }, text: "text", members: [], position };
      held = () => socket.receive({ id: asked.id, status: 200, body });
      return null;
    };
    server.push({ push: "resync", name: "doc", code: "too_slow" });
    await until(() => held !== undefined, "it is asked");
    return held!;
  };
  const first = await answer("1.2");
  server.push({ push: "event", event: "granted", data: { position: "1.9", type: "granted", name: "doc", token: 200, owner: "bob", session: "b" } });
  first();
  await after(0); // All of it has been taken in.
  assert.equal(buffer.owner?.owner, "bob", "not free again");
  const second = await answer("1.10");
  server.write(replacing(4, 4, 4, "!"));
  second();
  await after(0);
  assert.deepEqual([buffer.text, buffer.revision], ["text!", 1]);
});

test("what was typed is not called stored while it is put aside, nor where it never will be", async () => {
  const { server, buffer } = await opened("text");
  assert.equal(buffer.replace(0, 0, "x"), "asking");
  await buffer.stored();
  assert.deepEqual([server.text, buffer.saved], ["xtext", "stored"]);
  server.instead = ({ call }) => (call === "buffer.edit" ? tooLarge : undefined);
  buffer.replace(0, 0, "y");
  await assert.rejects(buffer.stored(), { code: "text_too_large" });
});

const draftsOf = (server: FakeServer): Asked[] => server.asked.filter(({ call }) => call === "draft.keep");

test("a draft whose making was not answered is made again under the same number, whatever others write meanwhile", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  const drafts: (number | undefined)[] = [];
  buffer.on("draft", ({ draft }) => drafts.push(draft));
  server.refusing = true;
  server.cut();
  assert.equal(buffer.replace(4, 4, " typed"), "done");
  server.grant("bob", "b");
  let times = 0;
  server.instead = (asked, socket) => {
    if (asked.call !== "draft.keep" || (times += 1) > 1) return undefined;
    server.keep(asked); // It was made, and nobody hears of it.
    server.write(replacing(4, 0, 0, "his "));
    setTimeout(() => socket.end(1006));
    return null;
  };
  server.refusing = false;
  await until(() => drafts.length === 1 && buffer.text === "his text", "it is a draft");
  const [first, again] = draftsOf(server).map(({ id: _, ...asked }) => asked);
  assert.deepEqual(again, first);
  assert.equal(draftsOf(server).length, 2);
});

test("what was taken out of the text is kept until the server has it, though the server is behind and other things are typed", async () => {
  const { server, buffer, store } = await opened("text");
  await buffer.acquire();
  const drafts: (number | undefined)[] = [];
  buffer.on("draft", ({ draft }) => drafts.push(draft));
  let refuse: (() => void) | undefined;
  server.instead = (asked, socket) => {
    if (asked.call === "draft.keep") return behind;
    if (asked.call !== "buffer.edit") return undefined;
    refuse = () => socket.receive({ id: asked.id, ...tooLarge });
    return null;
  };
  buffer.replace(4, 4, " large");
  await until(async () => (await store.list()).length === 1, "it is kept on this side");
  refuse!();
  await until(() => buffer.text === "text", "it is taken out");
  await after(300); // Nothing is left that is not stored, as far as the text is concerned.
  const kept = (): Promise<string[]> => store.list().then((all) => all.map(({ changes }) => changes.reduce(apply, "text")));
  assert.deepEqual(await kept(), ["text large"]);
  assert.equal(buffer.saved, "kept");
  assert.equal(buffer.replace(4, 4, "!"), "done");
  await until(async () => (await store.list()).length === 2, "what is typed next is kept, too");
  assert.deepEqual((await kept()).sort(), ["text large", "text!"]);
  server.instead = undefined;
  await stored(buffer, "text!");
  assert.deepEqual(drafts, [1]);
  await until(async () => (await store.list()).length === 0, "the server has all of it");
  const calls = server.asked.map(({ call }) => call);
  assert.ok(calls.lastIndexOf("draft.keep") < calls.lastIndexOf("buffer.edit"), "numbers go on from there");
});

test("whoever leaves a text whose draft is not made yet waits for it", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  let free = false;
  server.instead = ({ call }) => (call === "buffer.edit" ? tooLarge : call === "draft.keep" && !free ? behind : undefined);
  buffer.replace(4, 4, " large");
  await until(() => draftsOf(server).length > 0, "it is tried");
  let closed = false;
  const closing = buffer.closeWhenStored().then((done) => (closed = done));
  await until(() => server.holder === undefined, "it is let go");
  await after(0); // All of it has been taken in.
  assert.equal(closed, false);
  free = true;
  await closing;
  assert.deepEqual([closed, server.drafts.length], [true, 1]);
});

test("what nobody knows to be owned any more, and cannot be carried over, becomes a draft under its old token", async () => {
  const { server, buffer, store, page } = await opened("text", { ttlMs: 300 });
  server.instead = (asked) => (asked.call === "lease.acquire" ? { status: 200, body: { ...server.grant("alice", buffer.session), ttl_ms: 300 } } : undefined);
  await buffer.acquire();
  const { token } = buffer;
  server.refusing = true;
  server.cut();
  assert.equal(buffer.replace(4, 4, " typed"), "done");
  await until(() => buffer.state === "unsure" && buffer.token === undefined, "it is not believed any more");
  for (const one of await store.list()) await store.remove(one);
  page.hide();
  assert.deepEqual((await store.list()).map((one) => one.token), [token], "it is kept on this side");
  server.text = "another text";
  server.revision = 2000;
  server.instead = ({ call, after: since }) => {
    if (call === "lease.renew") return null;
    if (call !== "follow") return undefined;
    return { status: 200, body: { name: "doc", buffer: 1, revision: 2000, lease: { held: false }, members: [], position: "1.1", ...(since === 2000 ? { changes: [] } : { text: "another text" }) } };
  };
  server.refusing = false;
  await until(() => draftsOf(server).length > 0 && buffer.text === "another text", "it is handed in");
  assert.equal(buffer.state, "unsure");
  assert.deepEqual(draftsOf(server).map((asked) => asked["token"]), [token]);
});

test("an undo behind what can never be stored, or in a text that is another one by now, is refused", async () => {
  const { server, buffer } = await opened("text");
  await buffer.acquire();
  server.instead = ({ call }) => (call === "buffer.edit" ? tooLarge : undefined);
  const refused: string[] = [];
  const asked = (): void => void buffer.undo().catch(({ code }: { code: string }) => refused.push(code));
  buffer.replace(4, 4, " large");
  asked();
  await until(() => refused.length === 1, "it is told");
  server.instead = (asking) =>
    asking.call === "follow" ? { status: 200, body: { name: "doc", buffer: 2, revision: 5, lease: { held: false }, text: "other", members: [], position: "1.1" } } : undefined;
  server.refusing = true;
  server.cut();
  asked();
  server.refusing = false;
  await until(() => refused.length === 2, "it is told");
  assert.deepEqual([refused, buffer.text], [["text_too_large", "revision_gone"], "other"]);
});
