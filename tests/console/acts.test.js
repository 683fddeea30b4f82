// What can be done to others' holdings, by keys alone: it says who is affected, the safe choice is at hand, and those whom it
// befalls are told.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim());
async function reads(page, words) {
  await until(async () => words.test(await page.locator("body").textContent()), `one reads ${words}`);
}

/** From the row of a name to one of its menu's entries. */
async function choose(page, name, entry) {
  const row = page.getByRole("row").filter({ has: page.locator(`a[title="${name}"]`) });
  await row.focus();
  await page.keyboard.press("Shift+F10");
  await page.getByRole("menu").waitFor();
  for (let steps = 0; (await focused(page)) !== entry; steps += 1) {
    assert.ok(steps < 12, `${entry} is not in the menu`);
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Enter");
}

test("a takeover names whom it befalls, is not done by a stray Enter or Escape, and needs a reason", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const hers = await server.post("/v1/acquire/docs/plan", { owner: "carol", session: "carol-laptop", note: "chapter 3", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/ownership");
  await page.locator('a[title="docs/plan"]').waitFor();

  for (const escape of ["Escape", "Enter"]) { // Enter presses what has the focus: the safe choice.
    await choose(page, "docs/plan", "Take over…");
    const dialog = page.getByRole("alertdialog");
    await dialog.waitFor();
    for (const word of ["carol", "carol-laptop", "docs/plan", "chapter 3"]) assert.ok((await dialog.textContent()).includes(word), `${word} is not said`);
    await until(async () => (await focused(page)) === "Leave it", "the focus is on the safe choice");
    await page.keyboard.press(escape);
    await dialog.waitFor({ state: "detached" });
    assert.equal((await server.lease("docs/plan")).token, hers.token, "nothing was done");
  }

  await choose(page, "docs/plan", "Take over…");
  const dialog = page.getByRole("alertdialog");
  const reason = dialog.getByRole("textbox");
  await reason.focus();
  await page.keyboard.press("Enter"); // Without a reason nothing happens.
  assert.ok(await dialog.isVisible());
  await page.keyboard.type("the printer waits");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await until(async () => (await server.lease("docs/plan")).owner === "alice", "alice has it");
  const stale = await server.ask("POST", "/v1/renew/docs/plan", { owner: "carol", session: "carol-laptop", token: hers.token });
  assert.deepEqual([stale.status, stale.body.because, stale.body.by, stale.body.reason], [409, "taken_over", "alice", "the printer waits"]);
  await reads(page, /taken from carol/);

  // It is shown in its history, as lanes and as words.
  await alice.go("#/lease/docs%2Fplan");
  await reads(page, /the printer waits/);
});

test("whoever acts on a holding that has ended meanwhile does nothing to the next one", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const first = await server.post("/v1/acquire/job", { owner: "carol", session: "one", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/ownership");
  await page.locator('a[title="job"]').waitFor();
  await choose(page, "job", "Take over…");
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("textbox").fill("too late");
  await server.post("/v1/release/job", { owner: "carol", session: "one", token: first.token });
  const second = await server.post("/v1/acquire/job", { owner: "dave", ttl_ms: 3_600_000 });
  await dialog.getByRole("button", { name: "Take over" }).click();
  await reads(page, /Nothing was done/);
  assert.equal((await server.lease("job")).token, second.token);
});

test("the command that does the same can be taken away", async (context) => {
  const world = await World.of(context);
  await world.server.post("/v1/acquire/a%20job%3B%20rm", { owner: "alice", ttl_ms: 3_600_000 });
  const alice = await world.person("alice", { permissions: ["clipboard-read", "clipboard-write"] });
  await alice.go("#/lease/a%20job%3B%20rm");
  await alice.page.getByRole("button", { name: /Copy the command holdfast show/ }).click();
  await reads(alice.page, /Copied/);
  assert.equal(await alice.page.evaluate(() => navigator.clipboard.readText()), "holdfast show 'a job; rm'");
});

test("nobody is asked for what is shown: the console's own looking is in no figure and no session", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  for (const route of ["#/", "#/ownership", "#/sessions", "#/events"]) await alice.go(route);
  await alice.go("#/sessions");
  await reads(alice.page, /nobody|no session|0 sessions/i);
  assert.equal((await world.server.get("/v1/sessions")).body.sessions.length, 0);
});

test("whoever is asked is who was named: an owner that came meanwhile hears nothing", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const hers = await server.post("/v1/acquire/docs/plan", { owner: "carol", session: "one", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  const dialog = page.getByRole("alertdialog");
  await alice.go("#/lease/docs%2Fplan");
  await page.getByRole("button", { name: "Ask for it…" }).click();
  await dialog.getByRole("textbox").fill("for carol alone");
  await server.post("/v1/release/docs/plan", { owner: "carol", session: "one", token: hers.token });
  await server.post("/v1/acquire/docs/plan", { owner: "dave", session: "two", ttl_ms: 3_600_000 });
  await dialog.getByRole("button", { name: "Ask", exact: true }).click();
  await reads(page, /Nobody was asked: carol's holding of docs\/plan ended in the meantime\. dave has it\./);
  assert.equal((await server.lease("docs/plan")).request, undefined);

  await until(async () => /dave holds it/.test(await page.locator("main").textContent()), "the page shows dave");
  await page.getByRole("button", { name: "Ask for it…" }).click();
  await dialog.getByRole("textbox").fill("for dave");
  await dialog.getByRole("button", { name: "Ask", exact: true }).click();
  await reads(page, /dave was asked for docs\/plan/);
  assert.deepEqual([(await server.lease("docs/plan")).request.by, (await server.lease("docs/plan")).request.message], ["alice", "for dave"]);
});

test("a session is not ended with more than was said", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  await server.post("/v1/acquire/a", { owner: "carol", session: "laptop", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  const dialog = page.getByRole("alertdialog");
  const end = async () => {
    await page.getByRole("button", { name: "What to do with session laptop" }).click();
    await page.getByRole("menuitem", { name: "End session…" }).click();
    await dialog.waitFor();
  };
  await alice.go("#/sessions");
  await end();
  await server.post("/v1/acquire/b", { owner: "carol", session: "laptop", ttl_ms: 3_600_000 });
  await dialog.getByRole("button", { name: "End the session" }).click();
  await reads(page, /Nothing was done: in the meantime session laptop of carol holds or waits for something else/);
  assert.deepEqual([(await server.lease("a")).held, (await server.lease("b")).held], [true, true]);
  await until(async () => (await page.getByRole("row").filter({ hasText: "laptop" }).locator(".holds strong").textContent()) === "2", "both are shown");
  await end();
  assert.match(await dialog.textContent(), /2 names/);
  await dialog.getByRole("button", { name: "End the session" }).click();
  await reads(page, /was ended/);
  assert.deepEqual([(await server.lease("a")).held, (await server.lease("b")).held], [false, false]);
});

test("what this page took under another name is said to be, and can be released", async (context) => {
  const world = await World.of(context);
  const [bob] = await world.people("bob");
  const { page } = bob;
  await bob.go("#/lease/mine");
  await page.getByRole("button", { name: "Own it" }).click();
  await reads(page, /That is you, on this page/);
  await page.getByRole("button", { name: "You: bob" }).click();
  await page.getByRole("textbox", { name: "You:" }).fill("carol");
  await page.keyboard.press("Enter");
  await reads(page, /It is held by this page, as bob/);
  await page.getByRole("button", { name: "Release…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Release" }).click();
  await until(async () => !(await world.server.lease("mine")).held, "it is free");
  await reads(page, /mine was released/);
});

test("to go on in the editor with what one's page of the name owns is no loss", async (context) => {
  const world = await World.of(context);
  await world.server.createText("docs/mine", "one\n");
  const [bob] = await world.people("bob");
  const { page } = bob;
  await bob.go("#/lease/docs%2Fmine");
  await page.getByRole("button", { name: "Own it" }).click();
  await reads(page, /That is you, on this page/);
  const { token } = await world.server.lease("docs/mine");
  await bob.go("#/edit/docs%2Fmine");
  await page.getByRole("button", { name: "Continue here" }).click();
  await until(async () => (await world.server.lease("docs/mine")).token > token, "it moved");
  await page.evaluate(() => dispatchEvent(new Event("online"))); // What may have changed is asked at once.
  await reads(page, /docs\/mine goes on in another session of yours/);
  assert.doesNotMatch(await page.locator("body").textContent(), /not yours any more/);
});

test("whoever waits on the page of a name has it next, and gives the place up by leaving", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const waiting = async () => (await server.lease("job")).waiting ?? 0;
  const his = await server.post("/v1/acquire/job", { owner: "dave", session: "d", ttl_ms: 3_600_000 });
  const [alice, bob] = await world.people("alice", "bob");
  for (const person of [alice, bob]) await person.go("#/lease/job");
  await alice.page.getByRole("button", { name: "Wait for it" }).click();
  await until(async () => (await waiting()) === 1, "alice waits");
  await reads(alice.page, /You wait for it here, as alice/);
  await bob.page.getByRole("button", { name: "Wait for it" }).click();
  await until(async () => (await waiting()) === 2, "bob waits");
  await bob.go("#/sessions");
  await until(async () => (await waiting()) === 1, "bob has left");
  await bob.go("#/lease/job");
  await bob.page.getByRole("button", { name: "Wait for it" }).click();
  await until(async () => (await waiting()) === 2, "bob waits again");
  await bob.page.getByRole("button", { name: "Wait no more" }).click();
  await until(async () => (await waiting()) === 1, "bob waits no more");
  await server.post("/v1/release/job", { owner: "dave", session: "d", token: his.token });
  await reads(alice.page, /That is you, on this page/);
  assert.equal((await server.lease("job")).owner, "alice");
});

test("what could not be released is said to be renewed no more, and can be released again", async (context) => {
  const world = await World.of(context);
  const [bob] = await world.people("bob");
  const { page } = bob;
  const release = async () => {
    await page.getByRole("button", { name: "Release…" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Release" }).click();
  };
  await bob.go("#/lease/mine");
  await page.getByRole("button", { name: "Own it" }).click();
  await reads(page, /it is renewed while this page is open/);
  const problem = { code: "out_of_room", status: 400, fate: "not_done", detail: "The disk is stuck." };
  await page.route(/\/v1\/release\//, (route) => route.fulfill({ status: 400, contentType: "application/problem+json", body: JSON.stringify(problem) }));
  await release();
  await reads(page, /The disk is stuck\. It is not renewed here any more\./);
  await reads(page, /That is you, on this page, but it is not renewed here any more/);
  assert.equal((await world.server.lease("mine")).held, true);
  await page.unroute(/\/v1\/release\//);
  await release();
  await reads(page, /mine was released/);
  assert.equal((await world.server.lease("mine")).held, false);
});

test("of what several sessions share, one is released, and it is said that the others keep it", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  for (const session of ["desk", "train"]) await server.post("/v1/acquire/job", { owner: "alice", session, holder: "owner", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  const dialog = page.getByRole("alertdialog");
  await alice.go("#/lease/job");
  await page.getByRole("button", { name: "Release…" }).click();
  await dialog.waitFor();
  const { session } = await server.lease("job");
  const asked = await dialog.textContent();
  assert.ok(asked.includes(`It ends for session ${session}`) && /Your other session keeps it/.test(asked), asked);
  assert.doesNotMatch(asked, /free/);
  await dialog.getByRole("button", { name: "Release" }).click();
  await reads(page, new RegExp(`Session ${session} holds job no more\\. You hold it still, by another session`));
  const left = await server.lease("job");
  assert.ok(left.held && left.session !== session);
  await until(async () => (await page.locator("dd").filter({ hasText: left.session }).count()) === 1, "the page shows the session that is left");
  await page.getByRole("button", { name: "Release…" }).click();
  assert.match(await dialog.textContent(), /It is free then/);
  await dialog.getByRole("button", { name: "Release" }).click();
  await reads(page, /job was released/);
  assert.equal((await server.lease("job")).held, false);
});

test("two tabs of a browser may wait, and a third is told that there is no room for it until one waits no more", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const names = ["one", "two", "three"];
  for (const name of names) await server.post(`/v1/acquire/${name}`, { owner: "dave", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const tabs = [alice.page, await alice.newTab(), await alice.newTab()];
  for (const [at, tab] of tabs.entries()) await alice.go(`#/lease/${names[at]}`, tab);
  const wait = (at) => tabs[at].getByRole("button", { name: "Wait for it" }).click();
  const waits = (at) => until(async () => (await server.lease(names[at])).waiting === 1, `${names[at]} is waited for`);
  for (const at of [0, 1]) {
    await wait(at);
    await waits(at);
  }
  await wait(2);
  await reads(tabs[2], /Two pages of this browser wait for something already/);
  await tabs[2].getByRole("button", { name: "Wait for it" }).waitFor();
  assert.equal((await server.lease("three")).waiting, 0);
  await tabs[1].close();
  await until(async () => (await server.lease("two")).waiting === 0, "the second tab waits no more");
  await wait(2);
  await waits(2);
});
