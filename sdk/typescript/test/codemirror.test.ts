// CodeMirror editors that are guarded, each with a client of its own, against the real program.
import assert from "node:assert/strict";
import { after as afterAll, afterEach, before, test } from "node:test";
import { beforeInput, closePage, key } from "./support/editor.js";
import { history, undoDepth } from "@codemirror/commands";
import { EditorView } from "@codemirror/view";
import type { GuardedBuffer, Holdfast } from "../src/index.js";
import { guarded, type GuardOptions } from "../src/codemirror.js";
import { FakeServer } from "./support/fake.js";
import { liveClient, next, storedAs } from "./support/live.js";
import { until } from "./support/outside.js";
import { Relay } from "./support/relay.js";
import { Server, over } from "./support/server.js";

let server: Server;
const clients: Holdfast[] = [];
const views: EditorView[] = [];

before(async () => {
  server = await Server.start();
});
afterEach(() => {
  for (const view of views.splice(0)) view.destroy();
  for (const client of clients.splice(0)) client.live.close();
});
afterAll(async () => {
  closePage();
  await over(server);
});

interface Editor {
  readonly view: EditorView;
  readonly buffer: GuardedBuffer;
  readonly client: Holdfast;
  readonly said: string[];
  /** Types at the cursor, as an editor does that thinks it may. */
  type(text: string): void;
  readonly text: string;
}

async function editor(owner: string, name: string, options: GuardOptions = {}, url = server.url, text?: string): Promise<Editor> {
  const client = liveClient(url, owner);
  clients.push(client);
  const buffer = await client.openBuffer(name, text === undefined ? {} : { text });
  const said: string[] = [];
  const listener = EditorView.updateListener.of((update) => {
    for (const transaction of update.transactions) {
      for (const effect of transaction.effects) if (effect.is(EditorView.announce)) said.push(effect.value);
    }
  });
  const view = new EditorView({ doc: buffer.text, extensions: [guarded(buffer, options), history(), listener], parent: document.body });
  views.push(view);
  return {
    view,
    buffer,
    client,
    said,
    type: (typed) => view.dispatch(view.state.replaceSelection(typed), { userEvent: "input.type" }),
    get text() {
      return view.state.doc.toString();
    },
  };
}

const at = (view: EditorView, anchor: number, head = anchor): void => view.dispatch({ selection: { anchor, head } });

test("it can be read and focused, but not changed, until the first key has got hold of it", async () => {
  const alice = await editor("alice", "cm/first", {}, server.url, "text");
  assert.equal(alice.view.state.readOnly, true);
  assert.equal(alice.view.contentDOM.getAttribute("aria-readonly"), "true");
  assert.equal(alice.view.contentDOM.getAttribute("contenteditable"), "true", "it stays focusable");
  at(alice.view, 4);
  assert.equal(beforeInput(alice.view.contentDOM, "insertText", "!"), false, "the browser does not type it by itself");
  assert.equal(beforeInput(alice.view.contentDOM, "insertText", "?"), false);
  await storedAs(alice.buffer, "text!?");
  assert.equal(alice.text, "text!?", "the keys that got hold of it are not lost");
  assert.equal(alice.view.state.readOnly, false);
  assert.equal(alice.view.state.selection.main.head, 6);
  alice.type(" more");
  await storedAs(alice.buffer, "text!? more");
  assert.match(alice.view.contentDOM.getAttribute("aria-label") ?? "", /^cm\/first\. You are editing/);
});

test("a key in what somebody else edits changes nothing, and says who that is", async () => {
  const alice = await editor("alice", "cm/held", {}, server.url, "text");
  const bob = await editor("bob", "cm/held");
  await alice.buffer.acquire();
  await until(() => bob.buffer.owner?.owner === "alice", "he knows");
  assert.equal(beforeInput(bob.view.contentDOM, "insertText", "x"), false);
  bob.type("y"); // A command that does not look whether it may.
  await until(() => bob.said.some((words) => /alice is editing.*not taken/.test(words)), "it is said");
  assert.deepEqual([bob.text, bob.buffer.text], ["text", "text"]);
  assert.equal(bob.view.state.readOnly, true);
});

test("a follower sees the text, the cursor with its owner's name, and has none of it in its own history", async () => {
  const alice = await editor("alice", "cm/follow", {}, server.url, "text");
  const bob = await editor("bob", "cm/follow");
  await alice.buffer.acquire();
  await until(() => !alice.view.state.readOnly, "she may");
  at(alice.view, 4);
  alice.type(" of hers");
  await until(() => bob.text === "text of hers", "he sees it");
  await until(() => bob.view.dom.querySelector(".cm-holdfast-name")?.textContent === "alice", "and her cursor");
  assert.equal(undoDepth(bob.view.state), 0);
  assert.ok(bob.said.some((words) => /alice is editing/.test(words)), String(bob.said));
});

test("undo and redo by keys are the server's: they take back one's own only", async () => {
  const alice = await editor("alice", "cm/undo", {}, server.url, "one");
  const bob = await editor("bob", "cm/undo");
  await alice.buffer.acquire();
  await until(() => !alice.view.state.readOnly, "she may");
  at(alice.view, 3);
  alice.type(" two");
  await storedAs(alice.buffer, "one two");
  await alice.buffer.release();
  await bob.buffer.acquire();
  await until(() => !bob.view.state.readOnly && bob.text === "one two", "he may");
  at(bob.view, 0);
  bob.type("zero ");
  await storedAs(bob.buffer, "zero one two");
  await bob.buffer.release();
  await alice.buffer.acquire();
  await until(() => !alice.view.state.readOnly && alice.text === "zero one two", "she may again");
  assert.equal(key(alice.view.contentDOM, "z", { ctrlKey: true }), false);
  await until(() => alice.text === "zero one", "hers is taken back, his is not");
  assert.equal(key(alice.view.contentDOM, "y", { ctrlKey: true }), false);
  await until(() => alice.text === "zero one two", "and done again");
  await until(() => bob.text === "zero one two", "he sees it");
});

test("at a loss the editor shows the server's text, what was not stored is a draft, and both are said", async () => {
  const relay = await Relay.to(server.port);
  const alice = await editor("alice", "cm/lost", {}, relay.url, "text");
  const bob = await editor("bob", "cm/lost");
  await alice.buffer.acquire();
  await until(() => !alice.view.state.readOnly, "she may");
  relay.swallowing = true;
  at(alice.view, 4);
  alice.type(" unheard");
  assert.equal(alice.text, "text unheard");
  await bob.buffer.takeover({ reason: "the train leaves", flushMs: 0 });
  const drafted = next(alice.buffer, "draft");
  relay.swallowing = false;
  relay.cut();
  const { draft } = await drafted;
  await until(() => alice.text === "text" && alice.view.state.readOnly, "it is the server's");
  await until(() => alice.said.some((words) => words.includes(`draft ${draft}`)), "it is said where it is");
  assert.ok(alice.said.some((words) => /bob has it now: the train leaves/.test(words)), String(alice.said));
  assert.equal(await alice.client.texts.draftFile(draft!), "text unheard");
  relay.close();
});

test("an editor that began with another text shows the buffer's", async () => {
  const client = liveClient(server.url, "alice");
  clients.push(client);
  const buffer = await client.openBuffer("cm/begin", { text: "right" });
  const view = new EditorView({ doc: "wrong", extensions: [guarded(buffer)], parent: document.body });
  views.push(view);
  await until(() => view.state.doc.toString() === "right", "it is made so");
});

test("several cursors, lines, emoji and large deletions are the same on both sides", async () => {
  const alice = await editor("alice", "cm/many", {}, server.url, "one\ntwo\nthree");
  const bob = await editor("bob", "cm/many");
  await alice.buffer.acquire();
  await until(() => !alice.view.state.readOnly, "she may");
  alice.view.dispatch({ changes: [{ from: 0, insert: "😀 " }, { from: 3, to: 8, insert: "\n-\n" }, { from: 13, insert: "é" }] });
  alice.view.dispatch({ changes: { from: 1 + 1, to: 6 } });
  await storedAs(alice.buffer, alice.text);
  await until(() => bob.text === alice.text, "he sees it");
});

test("the panel says how things stand and has a button for what can be done, each a button", async () => {
  const alice = await editor("alice", "cm/panel", { panel: true }, server.url, "text");
  const bob = await editor("bob", "cm/panel", { panel: true });
  const panel = (one: Editor): HTMLElement => one.view.dom.querySelector(".cm-holdfast-panel")!;
  const words = (one: Editor): string[] => [...panel(one).querySelectorAll("button")].map((button) => button.textContent!);
  const press = (one: Editor, word: string): void => [...panel(one).querySelectorAll("button")].find((button) => button.textContent === word)!.click();
  assert.equal(panel(alice).querySelector("[role=status]")!.textContent, "Nobody is editing. Type to begin.");
  assert.deepEqual(words(alice), ["Edit"]);
  press(alice, "Edit");
  await until(() => words(alice).includes("Done"), "she has it");
  await until(() => words(bob).includes("Ask for it"), "he may ask");
  press(bob, "Ask for it");
  await until(() => words(alice).includes("Hand over"), "she is asked");
  assert.deepEqual(words(alice), ["Keep editing", "More time", "Hand over"]);
  assert.match(panel(alice).querySelector("[role=status]")!.textContent!, /bob asks for it.*seconds to answer/);
  press(alice, "Hand over");
  await until(() => words(bob).includes("Done"), "he has it");
  assert.ok([...panel(bob).querySelectorAll("button")].every((button) => button.type === "button"));
});


test("the panel takes over the holding that it shows, and says where that was over before somebody had said why", async (context) => {
  const fake = new FakeServer("text");
  fake.grant("bob", "b");
  const { token } = fake.holder!;
  fake.instead = (asked) => (asked.call === "lease.takeover" && asked["token"] === token ? { status: 409, body: { code: "stale", fate: "not_done", detail: "bob has let go", because: "released" } } : undefined);
  const client = liveClient("http://fake.example", "alice", { webSocket: fake.webSocket });
  clients.push(client);
  const buffer = await client.openBuffer("doc");
  const view = new EditorView({ doc: buffer.text, extensions: [guarded(buffer, { panel: true })], parent: document.body });
  views.push(view);
  const panel = view.dom.querySelector(".cm-holdfast-panel")!;
  context.mock.method(document.defaultView!, "prompt", () => {
    fake.grant("carol", "c"); // While it is asked, a page hears nothing.
    return "the train leaves";
  });
  [...panel.querySelectorAll("button")].find((button) => button.textContent === "Take over")!.click();
  await until(() => /bob has let go/.test(panel.querySelector("[role=status]")!.textContent!), "it is said");
  assert.deepEqual(fake.asked.filter(({ call }) => call === "lease.takeover").map((asked) => asked["token"]), [token]);
});
