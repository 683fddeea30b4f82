// What one does with a text and its drafts, as one does it: by buttons, keys and what is written there.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { Desk } from "./support/person.js";
import { pathOf } from "./support/server.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

const button = (page, name) => page.getByRole("button", { name, exact: typeof name === "string" });
/** A dialog has the focus a frame after it was asked for. */
async function hasFocus(page, button) {
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.trim());
  await until(async () => (await focused()) === button, `the focus is on ${button}`);
}

/** Alice edits and Bob looks on. */
async function two(context, name, text = "BEGIN ") {
  const world = await World.of(context);
  await world.server.createText(name, text, "alice");
  const [alice, bob] = await world.people("alice", "bob");
  const [hers, his] = [await Desk.open(alice, name), await Desk.open(bob, name)];
  await hers.toEnd();
  await hers.type("alice's ");
  await his.shows(`${text}alice's `);
  return { world, hers, his };
}

/** What Alice typed too late: it is kept by the server as a draft. */
async function draftOf(server, name, change) {
  const { revision, length } = (await server.get(`/v1/buffers/${pathOf(name)}`)).body;
  const session = `train-${revision}`; // Under one session a number is one change for ever.
  const { token } = await server.post(`/v1/acquire/${pathOf(name)}`, { owner: "alice", session });
  const bobs = await server.post(`/v1/takeover/${pathOf(name)}`, { owner: "bob", session: "desk", token, reason: "she is gone", flush_ms: 0 });
  const late = await server.ask("POST", `/v1/edit/${pathOf(name)}`, { owner: "alice", session, token, base: revision, seq: 1, changes: [change(length)] });
  assert.equal(late.body.code, "stale");
  /** What she typed behind it: sent again with more, it is the same draft. */
  const grows = (behind) => server.ask("POST", `/v1/edit/${pathOf(name)}`, { owner: "alice", session, token, base: revision, seq: 1, changes: [change(length), behind] });
  return { draft: late.body.draft, bobs, revision, length, grows };
}

test("whoever is asked has time, and one key gives more of it", async (context) => {
  const { hers, his } = await two(context, "notes/asked");
  await button(his.page, "Ask for it").click();
  const timer = hers.page.getByRole("timer");
  await timer.waitFor();
  const left = async () => Number.parseInt(await timer.textContent(), 10);
  assert.ok((await left()) >= 20);
  await until(async () => (await left()) <= 28, "it counts down");
  await hers.page.keyboard.press("F2"); // With the caret in the text.
  await until(async () => (await left()) >= 29, "there is more time");
  await hers.shows("BEGIN alice's ");
  await button(hers.page, "Keep editing (F2)").click();
  await hers.type("again "); // It goes where it went before.
  await his.shows("BEGIN alice's again ");
  await button(hers.page, "Not now").click();
  await his.says(/alice keeps it for now/);
  await his.mayNotType();
  await hers.mayType();
  assert.equal(await timer.count(), 0);
});

test("what is said over a text does not move it", async (context) => {
  const { hers, his } = await two(context, "notes/still");
  const top = () => hers.page.locator(".cm-content").evaluate((content) => content.getBoundingClientRect().top);
  const before = await top();
  await button(his.page, "Ask for it").click();
  await hers.page.getByRole("timer").waitFor();
  assert.equal(await top(), before);
});

test("a takeover says whom it befalls, begins with the safe choice, and takes only the holding that was shown", async (context) => {
  const { world, hers, his } = await two(context, "notes/taken");
  const dialog = his.page.getByRole("alertdialog");
  await button(his.page, "Take over…").click();
  await dialog.waitFor();
  assert.match(await dialog.textContent(), /Take it over from alice\?/);
  await hasFocus(his.page, "Leave it to them");
  await his.page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await hers.mayType();

  await button(his.page, "Take over…").click();
  await dialog.getByRole("textbox").fill("too late");
  await button(hers.page, "Done").click();
  await until(async () => !(await world.server.lease("notes/taken")).held, "it is free");
  const carols = await world.server.post("/v1/acquire/notes/taken", { owner: "carol" });
  await button(dialog, "Take over").click();
  await his.says(/Nothing was done/);
  assert.equal((await world.server.lease("notes/taken")).token, carols.token);
  await world.server.post("/v1/release/notes/taken", { owner: "carol", token: carols.token });

  await hers.toEnd();
  await hers.type("again ");
  await his.shows("BEGIN alice's again ");
  await button(his.page, "Take over…").click();
  await dialog.getByRole("textbox").fill("the train leaves");
  await button(dialog, "Take over").click();
  await his.mayType();
  await hers.says(/notes\/taken: bob takes it over: the train leaves/);
  await hers.mayNotType();
  await his.shows("BEGIN alice's again "); // She handed in what she had.
  assert.deepEqual((await world.server.get("/v1/drafts?owner=alice")).body.drafts, []);
});

test("who is done passes it on, and undo takes back what is one's own", async (context) => {
  const { world, hers, his } = await two(context, "notes/passed");
  await hers.page.getByRole("list", { name: "Who is here" }).getByText("bob").waitFor();
  await button(hers.page, "Pass it on").click();
  await hers.page.getByRole("menuitem", { name: /To bob/ }).click();
  await his.mayType();
  await his.toEnd();
  await his.type("bob's");
  await hers.shows("BEGIN alice's bob's");
  const unmade = async (page, text) => {
    await button(page, "Undo mine").click();
    await until(async () => (await world.server.text("notes/passed")) === text, `it is ${text}`);
  };
  await unmade(his.page, "BEGIN alice's ");
  await button(his.page, "Undo mine").click();
  await his.says(/nothing of yours to undo/);
  assert.equal(await world.server.text("notes/passed"), "BEGIN alice's ");
  await button(his.page, "Redo").click();
  await his.shows("BEGIN alice's bob's");
});

/** Calls of a page over its live connections that do not get through to the server, as long as they are in the way. */
async function inTheWay(page, ...calls) {
  const way = { calls: new Set(calls), seen: [], again: () => undefined };
  await page.routeWebSocket(/\/v1\/live$/, (here) => {
    const there = here.connectToServer();
    way.again = () => there.close(); // What did not get through is sent again over the next one.
    here.onMessage((message) => {
      const { call } = JSON.parse(message);
      way.seen.push(call);
      if (!way.calls.has(call)) there.send(message);
    });
  });
  return way;
}

test("what was not stored before its time was over is not said to be", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/late", "BEGIN ", "alice");
  const [alice] = await world.people("alice");
  const way = await inTheWay(alice.page);
  const hers = await Desk.open(alice, "notes/late");
  await hers.toEnd();
  await hers.type("hers ");
  await until(async () => (await world.server.text("notes/late")) === "BEGIN hers ", "it is stored");
  way.calls.add("buffer.edit");
  await hers.type("late");
  const { token } = await world.server.lease("notes/late");
  await world.server.post("/v1/takeover/notes/late", { owner: "bob", session: "desk", token, reason: "the train leaves", flush_ms: 300 });
  await hers.says(/bob has it now: the train leaves/);
  way.calls.clear();
  await way.again();
  await hers.says(/kept as draft/);
  assert.doesNotMatch(await hers.page.locator("body").innerText(), /What you had typed is stored/);
});

test("whoever asks for a text that is free can stop that", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/slow", "BEGIN ", "alice");
  const [alice] = await world.people("alice");
  const way = await inTheWay(alice.page, "lease.acquire");
  const hers = await Desk.open(alice, "notes/slow");
  await button(hers.page, "Edit").click();
  await until(() => way.seen.includes("lease.acquire"), "it is asked for");
  await button(hers.page, "Stop waiting").click();
  way.calls.clear();
  await button(hers.page, "Edit").click({ timeout: 3000 }); // Long before anybody would give it up by itself.
  await hers.mayType();
});

test("the text as it was, and who wrote what", async (context) => {
  const { hers, his } = await two(context, "notes/past", "one\n");
  await button(hers.page, "Done").click();
  await button(his.page, "Edit").click();
  await his.mayType();
  await his.page.keyboard.press("Control+Home");
  await his.type("bob's\n");
  await hers.shows("bob's\none\nalice's ");
  await button(hers.page, "Who wrote what").click();
  const names = () => hers.page.locator(".blame-names .cm-gutterElement").allTextContents();
  await until(async () => (await names()).filter(Boolean).join() === "bob,alice,alice", "each line's owner is named").catch(async (error) => assert.fail(`${error.message}: ${await names()}`));
  await button(hers.page, "As it was").click();
  const slider = hers.page.getByRole("slider", { name: "Revision" });
  await slider.press("Home");
  const shown = hers.page.getByRole("textbox", { name: /as it was/ });
  await until(async () => (await shown.innerText()).trim() === "one", "the first revision is shown");
  await slider.press("ArrowRight");
  await until(async () => /^one\na/.test(await shown.innerText()), "the next one");
  await hers.says(/Revision 1 of \d+, by alice/);
  await button(hers.page, "Back to now").click();
  await hers.shows("bob's\none\nalice's ");
});

test("a name without a text is not shown as an empty one", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  await alice.go("#/edit/not%2Fthere");
  await alice.page.getByText(/There is no text under/).waitFor();
  assert.equal(await alice.page.locator(".cm-content").count(), 0);
  await world.server.createText("not/there", "now it is", "bob");
  await alice.page.locator(".cm-content").waitFor();
  assert.equal(await alice.page.locator(".cm-content").innerText(), "now it is");
  await alice.go("#/edit/");
  await alice.page.getByRole("heading", { name: "No name is given" }).waitFor();
});

test("a draft is found, looked at and applied", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  await server.createText("notes/draft", "one\ntwo\n", "alice");
  const { bobs } = await draftOf(server, "notes/draft", (length) => [length, [0, "three", ""]]);
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/drafts");
  await page.getByRole("link", { name: "notes/draft" }).click();
  await page.getByRole("heading", { name: /^Draft \d+ of notes\/draft/ }).waitFor();
  await page.locator(".compare .cm-changedText, .compare .cm-changedLine").first().waitFor();
  await button(page, "Apply").click();
  await page.getByText(/bob holds the text now/).waitFor();
  assert.equal(await server.text("notes/draft"), "one\ntwo\n");
  await server.post("/v1/release/notes/draft", { owner: "bob", session: "desk", token: bobs.token });
  await button(page, "Apply").click();
  await until(async () => (await server.text("notes/draft")) === "one\ntwo\nthree\n", "it is in the text");
  await page.getByRole("heading", { name: "notes/draft", exact: true }).waitFor(); // One is shown where it went.
  assert.deepEqual((await server.get("/v1/drafts?owner=alice")).body.drafts, []);
});

test("a draft of what others have changed needs a second word, and one is thrown away only when that is said", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  await server.createText("notes/conflict", "one\ntwo\n", "alice");
  const { draft, bobs, revision } = await draftOf(server, "notes/conflict", () => [[3, "HERS"], 5]);
  await server.post("/v1/edit/notes/conflict", { owner: "bob", session: "desk", token: bobs.token, base: revision, seq: 1, changes: [[[3, "his"], 5]] });
  await server.post("/v1/release/notes/conflict", { owner: "bob", session: "desk", token: bobs.token });
  const [alice] = await world.people("alice");
  const { page } = alice;
  const dialog = page.getByRole("alertdialog");
  await alice.go(`#/draft/${draft}`);
  await page.getByText(/Others have changed the same places/).waitFor();
  await button(page, "Discard…").click();
  await hasFocus(page, "Keep it");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  assert.equal((await server.get(`/v1/drafts/${draft}`)).status, 200);
  await button(page, "Apply anyway…").click();
  await hasFocus(page, "Leave it a draft");
  await button(dialog, "Apply anyway").click();
  await until(async () => /his/.test(await server.text("notes/conflict")) && /HERS/.test(await server.text("notes/conflict")), "both are there");
  await page.locator(".text .cm-content").waitFor(); // One is shown where it went.
  const second = await draftOf(server, "notes/conflict", (length) => [length, [0, "never mind"]]);
  assert.notEqual(second.draft, draft);
  await alice.go(`#/draft/${second.draft}`);
  await page.getByText(/never mind/).first().waitFor();
  await button(page, "Discard…").click();
  await button(dialog, "Throw it away").click();
  await until(async () => (await server.get(`/v1/drafts/${second.draft}`)).status === 404, "it is gone");
});

test("what was changed while one is asked about it is not removed, nor thrown away", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const name = "notes/asked";
  await server.createText(name, "one\ntwo\n", "alice");
  const { draft, bobs, revision, length, grows } = await draftOf(server, name, (length) => [length, [0, "three", ""]]);
  const bob = { owner: "bob", session: "desk", token: bobs.token };
  const [alice] = await world.people("alice");
  const { page } = alice;
  const dialog = page.getByRole("alertdialog");

  await alice.go(`#/draft/${draft}`);
  await button(page, "Discard…").click();
  await dialog.getByText(/6 characters that were typed/).waitFor();
  assert.equal((await grows([length, [0, "four", ""], 6])).body.draft, draft);
  await button(dialog, "Throw it away").click();
  await page.getByText("Nothing was done: it was changed meanwhile.").waitFor();
  assert.equal((await server.get(`/v1/drafts/${draft}`)).body.inserted, 11);
  await page.getByText(/11 characters more/).waitFor(); // And it was looked at again.

  const remove = async () => {
    await button(page, `What to do with ${name}`).click();
    await page.getByRole("menuitem", { name: "Remove…" }).click();
    await dialog.waitFor();
  };
  await server.post(`/v1/release/${pathOf(name)}`, bob);
  await alice.go("#/buffers");
  await page.reload(); // Without what was said before.
  await remove();
  const { token } = await server.post(`/v1/acquire/${pathOf(name)}`, { owner: "bob", session: "desk" });
  await server.post(`/v1/edit/${pathOf(name)}`, { ...bob, token, base: revision, seq: 9, changes: [[length, [0, "a chapter", ""]]] });
  await server.post(`/v1/release/${pathOf(name)}`, { ...bob, token });
  await button(dialog, "Remove it").click();
  await page.getByText("Nothing was done: it was changed meanwhile.").waitFor();
  assert.equal(await server.text(name), "one\ntwo\na chapter\n");
  await page.getByRole("row").filter({ hasText: name }).getByText("bob").first().waitFor(); // And it was looked at again.
  await remove();
  await button(dialog, "Remove it").click();
  await page.getByText("It is removed.").waitFor();
  assert.equal((await server.get(`/v1/buffers/${pathOf(name)}`)).status, 404);
});

test("a comparison stays as it is while somebody types in the text, and shows what becomes of the draft", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const name = "notes/compared";
  await server.createText(name, "one\ntwo\n", "alice");
  const { draft, bobs, revision, length, grows } = await draftOf(server, name, (length) => [length, [0, "three", ""]]);
  const [alice] = await world.people("alice");
  const { page } = alice;
  const whole = [];
  page.on("request", (request) => new RegExp(`/v1/drafts/${draft}$`).test(request.url()) && whole.push(request.url()));
  // Whoever comes back to a page sees it looked at at once.
  const lookedAt = async (what) => {
    await Promise.all([page.waitForResponse(what), page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")))]);
  };
  await alice.go(`#/draft/${draft}`);
  await page.locator(".compare .cm-editor").first().evaluate((editor) => (editor.dataset.seen = "before"));
  const same = page.locator(".compare .cm-editor[data-seen]");
  await lookedAt(new RegExp(`/v1/buffers/${pathOf(name)}\\?.*text=0`));
  assert.equal(whole.length, 1, "what has not changed is not loaded again");

  await server.post(`/v1/edit/${pathOf(name)}`, { owner: "bob", session: "desk", token: bobs.token, base: revision, seq: 1, changes: [[[0, "zero", ""], length]] });
  await lookedAt(new RegExp(`/v1/drafts/${draft}$`));
  await button(page, "How the text stands now").click();
  await page.locator(".compare").getByText("zero").waitFor();
  await button(page, "What was typed").click();
  await page.locator(".compare").getByText("zero").waitFor({ state: "detached" });
  await page.locator(".compare .cm-editor").first().evaluate((editor) => (editor.dataset.seen = "before"));
  await server.post(`/v1/edit/${pathOf(name)}`, { owner: "bob", session: "desk", token: bobs.token, base: revision + 1, seq: 2, changes: [[[0, "and "], length + 5]] });
  await lookedAt(new RegExp(`/v1/drafts/${draft}$`));
  await lookedAt(new RegExp(`/v1/buffers/${pathOf(name)}\\?.*text=0`)); // So the one before is shown.
  assert.equal(await same.count(), 1);

  assert.equal((await grows([[4], length + 2])).body.draft, draft); // Less by "one" and its line end.
  await lookedAt(new RegExp(`/v1/drafts/${draft}$`));
  await page.getByText(/6 characters more, 4 less/).waitFor();
  await same.waitFor({ state: "detached" });
});

test("what applying would do is shown of the text beside it, also where that is typed into while it is read", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const name = "notes/moving";
  await server.createText(name, "one\ntwo\n", "alice");
  const { draft, bobs, revision, length } = await draftOf(server, name, (length) => [length, [0, "three", ""]]);
  const [alice] = await world.people("alice");
  const { page } = alice;
  let typed = false;
  await page.route(new RegExp(`/v1/buffers/${pathOf(name)}\\?(?!.*text=0)`), async (route) => {
    if (!typed) await server.post(`/v1/edit/${pathOf(name)}`, { owner: "bob", session: "desk", token: bobs.token, base: revision, seq: 1, changes: [[[0, "zero", ""], length]] });
    typed = true;
    await route.continue();
  });
  await alice.go(`#/draft/${draft}`);
  await button(page, "What applying would do").click();
  const shown = () => page.locator(".compare .cm-content").allInnerTexts();
  await until(async () => (await shown()).some((text) => /^zero\s+one\s+two\s+three\s*$/.test(text)), "it is in the text as it is");
  assert.equal(await page.getByText("This page broke").count(), 0);
  assert.ok(typed);
});

test("a text is made from a file, and comes back as that file", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/buffers");
  await button(page, "New text").click();
  await button(page, "Create").click();
  await page.getByText(/Give it a name/).waitFor();
  const bytes = Buffer.from("a\r\nb\r\n");
  await page.getByLabel(/From a file/).setInputFiles({ name: "today.txt", mimeType: "text/plain", buffer: bytes });
  await page.getByRole("textbox", { name: "Name" }).fill("up/today.txt");
  await button(page, "Create").click();
  await page.locator(".cm-content").waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), button(page, "Download").click()]);
  assert.equal(download.suggestedFilename(), "today.txt");
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  assert.deepEqual(Buffer.concat(chunks), bytes);
});

test("whoever leaves a text with something unsent is told on any page that it became a draft, all of it", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  await server.createText("notes/left", "BEGIN ", "alice");
  const relay = await world.relay();
  const alice = await world.person("alice", {}, relay);
  await alice.go("#/drafts"); // So that it is loaded.
  await alice.page.getByRole("heading", { name: "Drafts" }).waitFor();
  const desk = await Desk.open(alice, "notes/left");
  await desk.toEnd();
  await desk.type("sent ");
  await until(async () => (await server.text("notes/left")) === "BEGIN sent ", "it is stored");
  relay.swallowing = true;
  await desk.type("LOST TEXT");
  await desk.shows("BEGIN sent LOST TEXT");
  await alice.go("#/drafts");
  await desk.page.getByRole("heading", { name: "Drafts" }).waitFor();
  const { token } = await server.lease("notes/left");
  await server.post("/v1/takeover/notes/left", { owner: "bob", token, reason: "she is gone", flush_ms: 0 });
  relay.swallowing = false;
  relay.cut();
  const alarms = desk.page.getByRole("alert");
  await alarms.getByText(/^notes\/left: .* draft/).first().waitFor({ timeout: 20_000 });
  await alarms.getByText("notes/left: bob has it now: she is gone.", { exact: true }).waitFor(); // Of which text, as one is elsewhere.
  const { drafts } = (await server.get("/v1/drafts?owner=alice")).body;
  assert.equal(drafts.length, 1);
  assert.equal((await server.get(`/v1/drafts/${drafts[0].draft}`)).body.inserted, "LOST TEXT".length);
});

test("whoever leaves a text while the server is away finds it as it was on coming back", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/back", "BEGIN ", "alice");
  const relay = await world.relay();
  const alice = await world.person("alice", {}, relay);
  const desk = await Desk.open(alice, "notes/back");
  await desk.toEnd();
  await desk.type("sent ");
  await until(async () => (await world.server.text("notes/back")) === "BEGIN sent ", "it is stored");
  relay.refusing = true;
  relay.cut();
  await desk.type("away ");
  await alice.go("#/drafts"); // Whose part of the page is not here yet, and cannot be had.
  await alice.go("#/edit/notes%2Fback");
  await desk.shows("BEGIN sent away ");
  await desk.mayType();
  await desk.toEnd();
  await desk.type("again");
  relay.refusing = false;
  await until(async () => (await world.server.text("notes/back")) === "BEGIN sent away again", "all of it is stored", 20_000);
});

test("whoever goes on as somebody else while editing leaves all of it stored, and the text free", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  await server.createText("notes/owner", "BEGIN ", "alice");
  const relay = await world.relay();
  const alice = await world.person("alice", {}, relay);
  const desk = await Desk.open(alice, "notes/owner");
  await desk.toEnd();
  await desk.type("sent ");
  await until(async () => (await server.text("notes/owner")) === "BEGIN sent ", "it is stored");
  relay.delayMs = 300;
  await desk.type("last words");
  await button(alice.page, /You:/).click();
  await alice.page.getByRole("textbox", { name: /You:/ }).fill("dave");
  await alice.page.keyboard.press("Enter");
  await until(async () => (await server.text("notes/owner")) === "BEGIN sent last words", "all of it is stored");
  await until(async () => !(await server.lease("notes/owner")).held, "it is free");
  relay.delayMs = 0;
  await desk.says(/Nobody is editing/);
  await desk.toEnd();
  await desk.type(", and his");
  await until(async () => (await server.text("notes/owner")) === "BEGIN sent last words, and his", "he types on");
});

test("a text is opened while its draft is being applied", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  await server.createText("notes/both", "one", "alice");
  await server.createText("notes/first", "", "alice");
  const { draft, bobs } = await draftOf(server, "notes/both", (length) => [length, [0, " two"]]);
  await server.post("/v1/release/notes/both", { owner: "bob", session: "desk", token: bobs.token });
  const relay = await world.relay();
  const alice = await world.person("alice", {}, relay);
  await Desk.open(alice, "notes/first"); // So that what it needs is loaded.
  await alice.go(`#/draft/${draft}`);
  await button(alice.page, "Apply").waitFor();
  relay.delayMs = 300;
  await button(alice.page, "Apply").click();
  const desk = await Desk.open(alice, "notes/both");
  await desk.shows("one two");
});

test("where nothing can be kept in the browser one reads so, and is asked before the page is closed", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/here", "BEGIN ", "alice");
  const relay = await world.relay();
  const init = () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException("full", "QuotaExceededError");
    };
  };
  const alice = await world.person("alice", { init }, relay);
  const desk = await Desk.open(alice, "notes/here");
  const closes = () => alice.page.evaluate(() => dispatchEvent(new Event("beforeunload", { cancelable: true })));
  await desk.toEnd();
  await desk.type("sent ");
  await until(async () => (await world.server.text("notes/here")) === "BEGIN sent ", "it is stored");
  await until(closes, "it may be closed");
  relay.refusing = true;
  relay.cut();
  await desk.type("away");
  await desk.says(/in this tab only: do not close it/);
  assert.equal(await closes(), false);
  relay.refusing = false;
  await until(async () => (await world.server.text("notes/here")) === "BEGIN sent away", "it is stored");
  await until(closes, "it may be closed");
});

test("what is in this browser only can be taken along", async (context) => {
  const world = await World.of(context);
  await world.server.createText("notes/here", "BEGIN ", "alice");
  const relay = await world.relay();
  const alice = await world.person("alice", {}, relay);
  const { page } = alice;
  await alice.go("#/drafts");
  await page.getByRole("heading", { name: "Drafts" }).waitFor();
  const desk = await Desk.open(alice, "notes/here");
  await desk.toEnd();
  await desk.type("sent ");
  await until(async () => (await world.server.text("notes/here")) === "BEGIN sent ", "it is stored");
  assert.equal(await page.getByRole("heading", { name: "In this browser only" }).count(), 0);
  relay.refusing = true;
  relay.cut();
  await desk.type("unsent");
  await alice.go("#/drafts");
  await page.getByRole("heading", { name: "In this browser only" }).waitFor({ timeout: 15_000 });
  await page.getByText(/6 characters/).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("region").or(page.locator(".kept-here")).getByRole("button", { name: "Download" }).click()]);
  const chunks = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk);
  assert.equal(String(Buffer.concat(chunks)), "unsent"); // The server is away: that alone.
});

test("what the server has no room for stays in this browser, until it has", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  await server.createText("notes/full", "BEGIN ", "alice");
  const grant = await server.post("/v1/acquire/notes/full", { owner: "alice", session: "before" });
  const lost = await server.post("/v1/takeover/notes/full", { owner: "bob", session: "desk", token: grant.token, reason: "she is gone", flush_ms: 0 });
  const late = (number) => ({ owner: "alice", session: `before-${number}`, token: grant.token, base: 0, seq: 1, changes: [[6, [0, `${number}`]]] });
  const made = await Promise.all(Array.from({ length: 1000 }, (_, number) => server.post("/v1/draft/notes/full", late(number))));
  await server.post("/v1/release/notes/full", { owner: "bob", session: "desk", token: lost.token });

  const relay = await world.relay();
  const alice = await world.person("alice", {}, relay);
  const { page } = alice;
  const desk = await Desk.open(alice, "notes/full");
  await desk.toEnd();
  await desk.type("sent ");
  await until(async () => (await server.text("notes/full")) === "BEGIN sent ", "it is stored");
  relay.refusing = true;
  relay.cut();
  await desk.type("unsent");
  const hers = await server.lease("notes/full");
  await server.post("/v1/takeover/notes/full", { owner: "bob", session: "desk", token: hers.token, reason: "she is gone again", flush_ms: 0 });
  relay.refusing = false;
  await desk.says(/kept on this device.*As many drafts of this owner are kept as may be/s, 15_000);
  await desk.shows("BEGIN sent ");

  await alice.go("#/drafts");
  const here = page.locator(".kept-here");
  await here.getByText(/6 characters, which the server would not have/).waitFor({ timeout: 15_000 });
  await button(here, "Discard…").click();
  await hasFocus(page, "Keep it");
  await page.keyboard.press("Escape");
  await server.ask("DELETE", `/v1/drafts/${made[0].draft}`, { owner: "alice" });
  await page.reload();
  await page.getByText(/A draft was made of what was kept in this browser/).waitFor();
  await here.waitFor({ state: "detached" });
  const drafts = (await server.get("/v1/drafts?owner=alice&limit=1000")).body.drafts;
  const last = drafts.reduce((newest, one) => (one.draft > newest.draft ? one : newest));
  assert.deepEqual([drafts.length, last.inserted], [1000, 6]);
});
