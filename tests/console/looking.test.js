// What is looked at over time: events, and who held a name before.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { HangingDisk, scratch } from "./support/server.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

const textOf = (page) => page.locator("body").textContent();
async function reads(page, words) {
  await until(async () => words.test(await textOf(page)), `one reads ${words}`, 8000);
}

test("a double click opens a row, and not where it meant the row's menu", async (context) => {
  const world = await World.of(context);
  await world.server.post("/v1/acquire/docs/plan", { owner: "carol", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/ownership");
  const more = page.getByRole("button", { name: "What to do with docs/plan" });
  await more.dblclick();
  await page.getByRole("menu").waitFor();
  assert.match(page.url(), /#\/ownership/);
  await more.click();
  await page.getByRole("menu").waitFor({ state: "detached" });
  assert.equal(await more.getAttribute("aria-expanded"), "false");
  await page.getByRole("row").filter({ has: more }).locator("td.cell-owner").dblclick({ position: { x: 4, y: 4 } });
  await page.waitForURL(/#\/lease\/docs%2Fplan/);
});

test("a menu that the focus has left is closed, and holds nothing up", async (context) => {
  const world = await World.of(context);
  await world.server.post("/v1/acquire/docs/plan", { owner: "carol", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/ownership");
  await page.getByRole("row").filter({ hasText: "carol" }).focus();
  await page.keyboard.press("Shift+F10");
  await page.getByRole("menu").waitFor();
  await page.keyboard.press("/");
  await page.getByRole("menu").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("type")), "search");
  await world.server.post("/v1/acquire/docs/news", { owner: "dave", ttl_ms: 3_600_000 });
  await page.locator('a[title="docs/news"]').waitFor();
});

test("the branches of names are asked for one after the other", async (context) => {
  const world = await World.of(context);
  await world.server.post("/v1/acquire/a/b/c/d/e", { owner: "carol", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const asked = { now: 0, most: 0, prefixes: new Set() };
  await alice.page.route(/\/v1\/tree/, async (route) => {
    asked.most = Math.max(asked.most, (asked.now += 1));
    asked.prefixes.add(new URL(route.request().url()).searchParams.get("prefix"));
    const answer = await route.fetch();
    asked.now -= 1;
    await route.fulfill({ response: answer });
  });
  await alice.go("#/ownership?prefix=a/b/c/d");
  await alice.page.getByRole("treeitem", { name: "e, 1 held" }).waitFor();
  assert.deepEqual([[...asked.prefixes].sort(), asked.most], [[null, "a", "a/b", "a/b/c", "a/b/c/d"].sort(), 1]);
});

test("events are those below the prefix alone, which may be typed as a folder", async (context) => {
  const world = await World.of(context);
  const own = (name) => world.server.post(`/v1/acquire/${name}`, { owner: "carol", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  const below = page.getByRole("searchbox", { name: /Only this name/ });
  const narrow = async (prefix) => {
    await below.fill(prefix);
    await below.press("Enter");
  };
  const connected = () => until(async () => /shown of \d+(?!.*connecting)/.test(await textOf(page)), "it is connected");
  await alice.go("#/events");
  await connected();
  await own("elsewhere/one");
  await reads(page, /1 shown of 1/);
  await narrow("docs/");
  await reads(page, /0 shown of 0/);
  assert.equal(await below.inputValue(), "docs");
  await connected();
  await own("elsewhere/two");
  await own("docs/one");
  await reads(page, /1 shown of 1/);
  assert.match(await page.getByRole("table").textContent(), /docs\/one/);
  await narrow("a//b"); // No name at all.
  await page.getByRole("group", { name: "What went wrong" }).waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByRole("group", { name: "What went wrong" }).waitFor();
  await narrow("docs");
  await page.getByRole("group", { name: "What went wrong" }).waitFor({ state: "detached" });
  await connected();
  await own("docs/two");
  await reads(page, /1 shown of 1/);
});

test("the history says that there was more before it, and shows as much of it as was chosen", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const hold = async (count) => {
    for (let times = 0; times < count; times += 1) {
      const { token } = await server.post("/v1/acquire/busy", { owner: `owner-${times % 3}`, session: "s" });
      await server.post("/v1/release/busy", { owner: `owner-${times % 3}`, session: "s", token });
    }
  };
  await hold(30);
  const [alice] = await world.people("alice");
  const { page } = alice;
  const rows = page.getByRole("table", { name: /Who held it/ }).locator("tbody tr");
  await alice.go("#/lease/busy");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 12);
  await page.getByRole("combobox", { name: /^Show/ }).selectOption("50");
  assert.equal(await rows.count(), 30);
  assert.doesNotMatch(await textOf(page), /held before these/);
  assert.deepEqual(await page.getByRole("combobox", { name: /^Show/ }).locator("option").allTextContents(), ["the last 12", "all 30"]);
  await hold(100);
  const [bob] = await world.people("bob");
  await bob.go("#/lease/busy");
  await reads(bob.page, /It may have been held before these 100, too/);
});

test("while the disk hangs the page of a name shows what is known, and says what is not", { skip: !HangingDisk.available && "HOLDFAST_DISK_SHIM is not set" }, async (context) => {
  const disk = new HangingDisk();
  context.after(() => disk.answerAgain());
  const world = await World.of(context, { data: join(scratch(), "data"), environment: disk.environment });
  await world.server.post("/v1/acquire/docs/plan", { owner: "carol", ttl_ms: 3_600_000 });
  disk.hang();
  const pending = world.server.post("/v1/acquire/late", { owner: "bob" });
  pending.catch(() => undefined);
  const [alice] = await world.people("alice");
  await alice.go("#/lease/docs%2Fplan");
  await reads(alice.page, /carol holds it/);
  await reads(alice.page, /The disk is stuck/);
  await reads(alice.page, /What came since the disk is stuck is not in it yet/);
  await alice.page.getByRole("table", { name: /Who held it/ }).waitFor();
  await reads(alice.page, /The same in a terminal/);
  disk.answerAgain();
  await pending;
  await alice.page.getByRole("table", { name: /Who held it/ }).waitFor({ timeout: 30_000 });
});
