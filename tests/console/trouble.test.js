// A server that answers slowly, wrongly, or not at all; that is gone, comes back, or comes back as another. The page is what
// one looks at then: it says what is the matter, is never blank, and is right again as soon as the server is.
import assert from "node:assert/strict";
import { cpSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after as afterAll, before, describe, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { misdeeds } from "./support/misbehaving.js";
import { dist } from "./support/places.js";
import { HangingDisk, scratch } from "./support/server.js";
import { settle } from "./support/town.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

const shown = (page) => page.locator("body").textContent();
async function reads(page, words, patience = 12_000) {
  let now;
  await until(async () => words.test((now = await shown(page))), `one reads ${words}`, patience).catch((error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(now)}`);
  });
}
const isLive = (page) => reads(page, /as of [\d:]+\s*, live/);
/** Somebody who looks at it knows what it is, and that it is about something. */
async function isNotBlank(page) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  const text = await page.getByRole("main").innerText();
  assert.ok(text.trim().length > 40, `blank: ${JSON.stringify(text)}`);
}

const ofServer = (path) => path.startsWith("/v1/") || path === "/metrics";
const complains = /does not answer|no answer|not answer|did not answer|behind|wrong|cannot|could not/i;

const everyPage = (town) => ["#/ownership", "#/sessions", "#/events", "#/buffers", "#/drafts", "#/health", `#/lease/${encodeURIComponent(town.contended)}`];

/** They mostly wait, so several are looked at side by side. */
describe("where every answer of the server", { concurrency: 4 }, () => {
  let world;
  let town;
  before(async () => {
    world = await World.of();
    town = await settle(world.server);
  });
  afterAll(async () => {
    town?.leave();
    await world?.end();
  });
  for (const misdeed of Object.keys(misdeeds)) {
    test(`${misdeed}, the page explains it and recovers`, () => staysUseful(world, town, misdeed));
  }
});

async function staysUseful(world, town, misdeed) {
  const proxy = await world.misbehaving();
  const alice = await world.person("alice", {}, proxy);
  const routes = misdeed === "is JSON of another kind" ? everyPage(town) : everyPage(town).slice(0, 2);
  for (const route of [...routes, "#/"]) await alice.go(route); // The parts of the page are here by now; only the server errs.
  await isLive(alice.page);

  proxy.rule = (path) => (ofServer(path) ? misdeed : undefined);
  const stranger = await world.person("bob", {}, proxy); // Who knows nothing yet.
  await stranger.go("#/ownership");
  if (misdeed === "is slow") {
    await alice.go("#/ownership");
    await reads(alice.page, /docs\/handbook\/chapter-1/);
  } else {
    await reads(alice.page, /The server does not answer/);
    for (const route of routes) {
      await alice.go(route);
      await isNotBlank(alice.page);
    }
    assert.match(await shown(alice.page), complains);
    await reads(stranger.page, complains);
    assert.doesNotMatch(await shown(stranger.page), /0 names held|Nothing is held/, "what is not known is not shown as nothing");
  }
  await isNotBlank(stranger.page);
  assert.ok(proxy.happened[misdeed] > 3, "it has happened");

  proxy.rule = () => undefined;
  for (const person of [alice, stranger]) {
    await person.go("#/ownership");
    const again = person.page.getByRole("button", { name: "Ask now" });
    if (await again.isVisible()) await again.click({ timeout: 1000 }).catch(() => undefined); // It may have gone by itself.
    await isLive(person.page);
    await reads(person.page, /docs\/handbook\/chapter-1/);
  }
}

test("a server that is killed and comes back: the page says so, and shows what is true then", async (context) => {
  const world = await World.of(context, { data: join(scratch(), "data") });
  await world.server.post("/v1/acquire/kept", { owner: "bob", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  await alice.go("#/ownership");
  await reads(alice.page, /kept/);
  await world.server.kill();
  await reads(alice.page, /The server does not answer/);
  assert.match(await shown(alice.page), /kept/, "what was known stays in sight");
  await world.server.startAgain();
  await world.server.post("/v1/acquire/newcomer", { owner: "carol", ttl_ms: 3_600_000 });
  await reads(alice.page, /started (anew|again)|restarted/i, 20_000);
  await isLive(alice.page);
  await reads(alice.page, /newcomer/);
  await reads(alice.page, /kept/);
});

/** The same console, every file of it under another name: what an upgrade leaves of the old one. */
function upgraded() {
  const folder = join(scratch(), "dist");
  cpSync(dist, folder, { recursive: true });
  const assets = join(folder, "assets");
  const files = readdirSync(assets).filter((name) => !/\.(br|gz)$/.test(name));
  const renamed = new Map(files.map((name) => [name, name.replace(/-([\w-]{8})\./, (_, hash) => `-${[...hash].reverse().join("")}.`)]));
  const translate = (text) => [...renamed].reduce((now, [from, to]) => now.replaceAll(from, to), text);
  for (const file of files) {
    if (!file.endsWith(".svg")) writeFileSync(join(assets, file), translate(readFileSync(join(assets, file), "utf8")));
    renameSync(join(assets, file), join(assets, renamed.get(file)));
  }
  for (const packed of readdirSync(assets).filter((name) => /\.(br|gz)$/.test(name))) renameSync(join(assets, packed), join(assets, `${packed}.old`));
  writeFileSync(join(folder, "index.html"), translate(readFileSync(join(folder, "index.html"), "utf8")));
  return folder;
}

test("a page of before an upgrade says so, and that a part of it is not there any more, until it is loaded anew", async (context) => {
  const world = await World.of(context, { data: join(scratch(), "data") });
  const [alice] = await world.people("alice");
  await alice.go("#/");
  await isLive(alice.page);
  await world.server.stop();
  await world.server.startAgain({ webRoot: upgraded() });
  await reads(alice.page, /was upgraded/, 20_000);
  await alice.go("#/ownership");
  await reads(alice.page, /could not be loaded/);
  await isNotBlank(alice.page);
  await alice.page.getByRole("main").getByRole("button", { name: "Load the page anew" }).last().click();
  await alice.page.getByRole("table", { name: "Names that are held" }).waitFor();
  await isLive(alice.page);
  assert.doesNotMatch(await shown(alice.page), /was upgraded|could not be loaded/);
});

test("while the disk hangs everything can be looked at, and one reads that it hangs", { skip: !HangingDisk.available && "HOLDFAST_DISK_SHIM is not set" }, async (context) => {
  const disk = new HangingDisk();
  context.after(() => disk.answerAgain());
  const world = await World.of(context, { data: join(scratch(), "data"), environment: disk.environment });
  const town = await settle(world.server);
  context.after(() => town.leave());
  const [alice] = await world.people("alice");
  await alice.go("#/");
  await isLive(alice.page);
  disk.hang();
  const pending = world.server.post("/v1/acquire/late", { owner: "bob" });
  pending.catch(() => undefined);
  await reads(alice.page, /The disk is stuck/);
  const bob = await world.person("bob"); // The page itself comes without the disk, too.
  for (const person of [alice, bob]) {
    await person.go("#/ownership");
    await reads(person.page, /docs\/handbook\/chapter-1/);
    await reads(person.page, /The disk is stuck/);
    await isLive(person.page);
    await person.go(`#/lease/${encodeURIComponent(town.contended)}`);
    await reads(person.page, /ci-runner/);
    await person.go("#/sessions");
    await reads(person.page, /alice-laptop/);
    await person.go("#/health");
    await reads(person.page, /stuck/);
  }
  disk.answerAgain();
  await pending;
  await until(async () => !/The disk is stuck/.test(await shown(alice.page)), "it is said no more", 12_000);
  await alice.go("#/ownership");
  await reads(alice.page, /late/);
});

test("that the disk failed is read, also when the server is gone", async (context) => {
  const world = await World.of(context);
  const alice = await world.person("alice");
  // The server says so for the moment before it ends.
  await alice.page.route("**/v1/server", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), journal_behind: true, journal_failed: true } });
  });
  await alice.go("#/sessions");
  await reads(alice.page, /The disk failed/);
  assert.doesNotMatch(await shown(alice.page), /The disk is stuck/);
  await alice.page.unroute("**/v1/server");
  await alice.page.route("**/v1/server", (route) => route.abort());
  await reads(alice.page, /does not answer/);
  assert.match(await shown(alice.page), /The disk failed/);
});

test("only where something was to be done is it said that nobody knows whether it was", async (context) => {
  const world = await World.of(context);
  await world.server.post("/v1/acquire/job", { owner: "alice", ttl_ms: 3_600_000 });
  await world.server.post("/v1/acquire/hers", { owner: "carol", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/buffers");
  await isLive(page);
  await page.route(/\/v1\//, (route) => route.abort());
  await alice.go("#/drafts");
  await page.getByRole("group", { name: "What went wrong" }).getByText("No answer came: Failed to fetch.", { exact: true }).waitFor();
  await reads(page, /leases go on by themselves\. No answer came: Failed to fetch\./);
  assert.doesNotMatch(await shown(page), /Nobody knows/);
  await page.unroute(/\/v1\//);
  await page.route(/\/v1\/release\//, (route) => route.abort());
  await alice.go("#/lease/job");
  await page.getByRole("button", { name: "Release…" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Release" }).click();
  await reads(page, /No answer came: Failed to fetch\. Nobody knows whether it was done: look before you try again\./);
  assert.equal((await world.server.lease("job")).held, true);

  await page.unroute(/\/v1\/release\//);
  await alice.go("#/lease/hers");
  await page.getByRole("button", { name: "Ask for it…" }).click();
  await page.route(/\/v1\/leases\/hers/, (route) => route.abort()); // The look just before.
  await page.getByRole("alertdialog").getByRole("button", { name: "Ask", exact: true }).click();
  await reads(page, /Nothing was done: No answer came: Failed to fetch\.(?! Nobody)/);
  assert.equal((await world.server.lease("hers")).request, undefined);
});
