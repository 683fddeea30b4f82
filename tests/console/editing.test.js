// Editing when something comes between: the network, another tab, a takeover, a nap of the machine. Nothing that was typed
// is lost, and nobody writes who may not.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { eye } from "./support/eye.js";
import { after, until } from "./support/from_sdk.js";
import { Desk, editRoute } from "./support/person.js";
import { PlainTab } from "./support/plain_tab.js";
import { pathOf } from "./support/server.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

/** Runs in a page: its leases last as long as a test can wait for. */
function shortLeases(ms) {
  const { send } = WebSocket.prototype;
  WebSocket.prototype.send = function (text) {
    return send.call(this, typeof text === "string" ? text.replace('"ttl_ms":30000', `"ttl_ms":${ms}`) : text);
  };
}

/** Runs in a page: how many texts are kept in this browser that no server has. */
async function unsentHere() {
  const name = "holdfast-unsent";
  if (!(await indexedDB.databases()).some((one) => one.name === name)) return 0; // Opening it would make it.
  const result = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await result(indexedDB.open(name));
  const kept = database.objectStoreNames.contains("unsent") ? await result(database.transaction("unsent").objectStore("unsent").count()) : 0;
  database.close();
  return kept;
}

const draftsOf = async (server, owner) => (await server.get(`/v1/drafts?owner=${owner}`)).body.drafts;
async function oneDraft(server, owner) {
  let drafts = [];
  await until(async () => (drafts = await draftsOf(server, owner)).length > 0, `${owner} has a draft`);
  assert.equal(drafts.length, 1);
  return (await server.get(`/v1/drafts/${drafts[0].draft}`)).body;
}
async function takeOver(server, name, owner, reason = "it is urgent") {
  const { token } = await server.lease(name);
  return server.post(`/v1/takeover/${pathOf(name)}`, { owner, token, reason, flush_ms: 0 });
}

/** Somebody without a page writes behind what is there. */
async function append(server, name, { owner, token }, text) {
  const { revision, length } = (await server.get(`/v1/buffers/${pathOf(name)}`)).body;
  await server.post(`/v1/edit/${pathOf(name)}`, { owner, token, base: revision, changes: [[length, [0, text]]] });
}

test("what was typed while the network is away becomes a draft when somebody else has taken the text", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/train", "BEGIN ");
  const relay = await world.relay();
  const alice = await world.person("alice", {}, relay);
  const desk = await Desk.open(alice, "notes/train");
  await desk.toEnd();
  await desk.type("online ");
  await until(async () => (await world.server.text("notes/train")) === "BEGIN online ", "it is stored");

  relay.refusing = true;
  relay.cut();
  await alice.context.setOffline(true);
  await desk.type("offline");
  await desk.shows("BEGIN online offline"); // It goes on while the lease may be believed.
  await desk.says(/away|offline|not answer|kept here|kept on this/i);
  await append(world.server, "notes/train", await takeOver(world.server, "notes/train", "bob"), "bob's");

  relay.refusing = false;
  await alice.context.setOffline(false);
  await desk.shows("BEGIN online bob's", 15_000);
  await desk.mayNotType();
  const draft = await oneDraft(world.server, "alice");
  assert.deepEqual([draft.inserted, draft.deleted, draft.change.at(-1)], [7, 0, [0, "offline"]]);
  await desk.says(/draft/i);
  assert.equal(await world.server.text("notes/train"), "BEGIN online bob's");
});

test("a second tab is told that it is the same person, and goes on in the place of the first", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/tabs", "BEGIN ");
  const [alice] = await world.people("alice");
  const first = await Desk.open(alice, "notes/tabs");
  await first.toEnd();
  await first.type("first ");
  await until(async () => (await world.server.text("notes/tabs")) === "BEGIN first ", "it is stored");

  const second = await Desk.open(alice, "notes/tabs", await alice.newTab());
  await second.shows("BEGIN first ");
  await second.mayNotType();
  await second.page.getByRole("button", { name: "Continue here" }).click();
  await second.mayType();
  await first.mayNotType();
  await second.toEnd();
  await second.type("second");
  await first.shows("BEGIN first second");
  assert.equal(await world.server.text("notes/tabs"), "BEGIN first second");
  assert.deepEqual(await draftsOf(world.server, "alice"), []);
});

test("a tab that was hidden and frozen for longer than its lease lasts goes on where nobody came in between, and else follows", async (context) => {
  const world = await World.of(context);
  for (const name of ["notes/alone", "notes/taken"]) {
    await world.server.createText(name, "BEGIN ");
    const tab = await PlainTab.open(`${world.server.url}/${editRoute(name)}`, [[(owner) => localStorage.setItem("holdfast.owner", owner), "alice"], [eye], [shortLeases, 1200]]);
    const look = () => tab.run(() => window.eye?.look());
    const shows = (text) =>
      until(async () => (await look())?.text === text, `alice sees ${text}`).catch(async (error) => {
        throw new Error(`${error.message}; it is ${JSON.stringify(await look())}`);
      });
    await shows("BEGIN ");
    await tab.run(() => document.querySelector(".cm-content").focus());
    await tab.toEnd();
    await tab.type("before ");
    await shows("BEGIN before ");
    await until(async () => (await world.server.text(name)) === "BEGIN before ", "it is stored");
    await tab.run(() => window.eye.watch());
    await tab.hide();
    await tab.freeze();
    await until(async () => !(await world.server.lease(name)).held, "the lease has lapsed");
    if (name === "notes/taken") await append(world.server, name, await world.server.post(`/v1/acquire/${pathOf(name)}`, { owner: "bob" }), "bob's ");
    await tab.thaw();
    await tab.show();
    await tab.type("after"); // In the very moment in which it is shown again: what is taken is shown, and the other way round.
    if (name === "notes/alone") {
      await until(async () => (await look()).takesKeys, "alice may type again");
      await tab.type("!");
      await until(async () => (await look()).text.endsWith("!"), "alice sees what she types");
      const { text } = await look();
      assert.match(text, /^BEGIN before a?f?t?e?r?!$/);
      await until(async () => (await world.server.text(name)) === text, "it is stored");
    } else {
      await shows("BEGIN before bob's ");
      assert.equal((await look()).takesKeys, false);
      assert.equal(await world.server.text(name), "BEGIN before bob's ");
      const seen = await tab.run(() => window.eye.seen.map(({ text }) => text));
      assert.ok(seen.every((text) => /^BEGIN before (bob's )?$/.test(text)), `a key was taken before anybody was asked: ${JSON.stringify(seen)}`);
      assert.deepEqual(await draftsOf(world.server, "alice"), []);
    }
    await tab.close();
  }
});

test("what a tab had not sent when it was killed is a draft when its owner comes back", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/killed", "BEGIN ");
  const relay = await world.relay();
  const alice = await world.person("alice", { init: shortLeases, given: 1200 }, relay);
  const desk = await Desk.open(alice, "notes/killed");
  await desk.toEnd();
  await desk.type("sent ");
  await until(async () => (await world.server.text("notes/killed")) === "BEGIN sent ", "it is stored");
  relay.swallowing = true;
  await desk.type("unsent");
  await desk.shows("BEGIN sent unsent");
  await until(() => desk.page.evaluate(unsentHere), "it is kept in this browser");
  const crashed = new Promise((resolve) => desk.page.once("crash", resolve));
  const cdp = await alice.context.newCDPSession(desk.page);
  cdp.send("Page.crash").catch(() => undefined); // It is never answered.
  await crashed;
  relay.swallowing = false;
  relay.cut();
  await until(async () => !(await world.server.lease("notes/killed")).held, "nobody holds it any more");

  const again = await Desk.open(alice, "notes/killed", await alice.newTab());
  await again.shows("BEGIN sent ");
  const draft = await oneDraft(world.server, "alice");
  assert.deepEqual(draft.change, [11, [0, "unsent"]]);
  await again.toEnd();
  await again.type("again");
  await until(async () => (await world.server.text("notes/killed")) === "BEGIN sent again", "the next one writes");
});

test("a takeover in the midst of a composition leaves no half of it behind", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/ime", "BEGIN ");
  const [alice, bob] = await world.people("alice", "bob");
  const [hers, his] = [await Desk.open(alice, "notes/ime"), await Desk.open(bob, "notes/ime")];
  await hers.toEnd();
  await hers.type("typed ");
  await his.shows("BEGIN typed ");
  const cdp = await alice.context.newCDPSession(hers.page);
  const compose = (text) => cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  await compose("に");
  await compose("にほ");
  await hers.shows("BEGIN typed にほ");
  await takeOver(world.server, "notes/ime", "bob");
  await hers.mayNotType();
  await compose("にほん").catch(() => undefined);
  await cdp.send("Input.insertText", { text: "日本" }); // The composition ends.
  await until(async () => (await world.server.text("notes/ime")) === (await hers.text()), "she sees what is stored");
  const stored = await world.server.text("notes/ime");
  assert.match(stored, /^BEGIN typed (にほ?)?$/);
  if (!stored.endsWith("にほ")) assert.match(JSON.stringify((await oneDraft(world.server, "alice")).change), /にほ/); // B2
  await his.shows(stored);
  await after(300); // Nothing comes behind.
  assert.equal(await hers.text(), stored);
  assert.equal(await world.server.text("notes/ime"), stored);
});

test("asking for a text and handing it over need no mouse", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/keys", "BEGIN ");
  const [alice, bob] = await world.people("alice", "bob");
  const [hers, his] = [await Desk.open(alice, "notes/keys"), await Desk.open(bob, "notes/keys")];
  await hers.toEnd();
  await hers.type("alice's ");
  await his.shows("BEGIN alice's ");
  await pressOn(his.page, /^Ask/);
  await hers.page.getByRole("button", { name: /Hand.* over/ }).waitFor();
  await hers.type("and more "); // A question takes nothing away.
  await his.shows("BEGIN alice's and more ");
  await pressOn(hers.page, /Hand.* over/);
  await his.mayType();
  await hers.mayNotType();
  await his.toEnd();
  await his.type("bob's");
  await hers.shows("BEGIN alice's and more bob's");
});

/** Goes to a button by Tab alone, as far as that takes, and presses it. */
async function pressOn(page, name) {
  const wanted = page.getByRole("button", { name }).first();
  await wanted.waitFor();
  for (let steps = 0; steps < 60; steps += 1) {
    if (await wanted.evaluate((button) => button === document.activeElement)) return page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
  }
  throw new Error(`no way by keys to ${name}`);
}
