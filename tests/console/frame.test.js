// What is around every page: questions, notices, alarms, whom one acts as; and what it says while there is no server.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { loadedFor, manifest } from "./support/parts.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

const focused = (page) => page.evaluate(() => document.activeElement?.textContent?.trim());
async function reads(page, words, patience) {
  await until(async () => words.test(await page.locator("body").textContent()), `one reads ${words}`, patience);
}

test("a question is about what stands on the page: it is gone when one goes elsewhere, and nothing was done", async (context) => {
  const world = await World.of(context);
  const hers = await world.server.post("/v1/acquire/job", { owner: "carol", session: "c", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/lease/job");
  const dialog = page.getByRole("alertdialog");
  for (const leave of [() => page.goBack(), () => alice.go("#/sessions")]) {
    await alice.go("#/ownership");
    await alice.go("#/lease/job");
    await page.getByRole("button", { name: "Take over…" }).click();
    await dialog.waitFor();
    await leave();
    await dialog.waitFor({ state: "detached" });
  }
  await page.getByRole("heading", { level: 1, name: "Sessions" }).waitFor();
  assert.equal((await world.server.lease("job")).token, hers.token);
});

test("who may not lose sight of a loss reads it over an open question, and how many more there are", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  const { page } = alice;
  // However much else one holds, and whatever stands before it in a list.
  await Promise.all(Array.from({ length: 1010 }, (_, at) => world.server.post(`/v1/acquire/before/${at}`, { owner: "alice", session: "elsewhere", ttl_ms: 3_600_000 })));
  const names = ["one", "two", "three", "four", "five"];
  for (const name of names) {
    await alice.go(`#/lease/${name}`);
    await page.getByRole("button", { name: "Own it" }).click();
    await until(async () => (await world.server.lease(name)).owner === "alice", `alice has ${name}`);
    await page.getByRole("button", { name: "Release…" }).waitFor();
  }
  await page.getByRole("button", { name: "Release…" }).click();
  await page.getByRole("alertdialog").waitFor();
  const takes = async (name) => world.server.post(`/v1/takeover/${name}`, { owner: "bob", token: (await world.server.lease(name)).token, reason: "the printer waits" });
  await takes("one");
  const alarms = page.getByRole("alert");
  await alarms.getByText(/one is not yours any more: taken over by bob, “the printer waits”/).waitFor({ timeout: 4000 }); // A renewal would have said so later.
  await page.getByRole("alertdialog").waitFor({ state: "detached" }); // What lies over it would keep the alarm out of reach.
  await Promise.all(names.slice(1).map(takes));
  await alarms.getByText("And 2 more.").waitFor();
  const putAway = alarms.getByRole("button", { name: "Put away" });
  assert.equal(await putAway.count(), 3);
  for (const left of ["And 1 more.", undefined]) {
    await putAway.first().click();
    if (left) await alarms.getByText(left).waitFor();
    else await alarms.getByText(/And \d+ more/).waitFor({ state: "detached" });
    assert.equal(await putAway.count(), 3);
  }
  const left = [...(await alarms.textContent()).matchAll(/(\w+) is not yours any more/g)].map(([, name]) => name);
  assert.equal(new Set(left).size, 3, `${left}`);
});

test("what a dead server said of its health is not said of now", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/health");
  const states = () => page.getByRole("table", { name: "Checks" }).locator("tbody tr").evaluateAll((rows) => rows.map((row) => `${row.cells[1].textContent}: ${row.cells[0].textContent.trim()}`));
  await until(async () => (await states()).length > 7 && (await states()).every((line) => /good$/.test(line)), "all is well");
  await world.server.kill();
  const now = async () => (await states()).map((line) => line.replace(/^(.*): .*?(good|bad|not known)$/, "$1: $2"));
  await until(async () => (await now()).includes("It answers: bad"), "it is seen to be dead");
  await until(async () => !(await now()).some((line) => /good$/.test(line)), "nothing is said to be good");
  assert.ok((await now()).filter((line) => /not known$/.test(line)).length >= 7, `${await now()}`);
});

const elsewhere = [["health", "Health"], ["ownership", "Ownership"], ["sessions", "Sessions"], ["events", "Events"], ["buffers", "Texts"], ["drafts", "Drafts"], ["lease/job", "job"]];

test("who has had a page open for a while can go to the others while the server is dead", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  const { page } = alice;
  await page.clock.install();
  const all = manifest();
  const needed = new Set(["overview", ...elsewhere.map(([route]) => route.split("/")[0])].flatMap((name) => [...loadedFor(all, name)]));
  page.on("requestfinished", (request) => needed.delete(new URL(request.url()).pathname.slice(1)));
  await alice.go("#/");
  await reads(page, /as of [\d:]+\s*, live/);
  assert.ok(needed.size > 5, "not all of them come at once");
  await page.clock.fastForward(16_000);
  await until(() => needed.size === 0, "the rest has come");
  await world.server.kill();
  await reads(page, /does not answer/);
  for (const [route, heading] of elsewhere) {
    await alice.go(`#/${route}`);
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  }
  await alice.go("#/edit/job"); // Without the server it would be of no use.
  await reads(page, /could not be loaded/);
});

test("whether anything is left after a restart is said as the journal has it", async (context) => {
  const world = await World.of(context); // In memory.
  await world.server.post("/v1/acquire/job", { owner: "carol", ttl_ms: 3_600_000 });
  const [alice] = await world.people("alice");
  await alice.go("#/ownership");
  await reads(alice.page, /job/);
  await world.server.kill();
  await reads(alice.page, /does not answer/);
  await world.server.startAgain();
  await reads(alice.page, /started anew\. It keeps nothing over that: all that was held is gone\./, 20_000);
  await until(async () => !/job/.test(await alice.page.getByRole("main").textContent()), "it is shown no more");
});

test("whom one acts as is changed by keys alone, and the focus comes back to where it was", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  const { page } = alice;
  let arrive;
  const arrives = new Promise((resolve) => (arrive = resolve));
  await page.route("**/assets/page-*.js", async (route) => {
    await arrives;
    await route.continue();
  });
  await alice.go("#/");
  const you = page.getByRole("button", { name: /You:/ });
  await you.focus();
  arrive();
  await page.getByRole("heading", { level: 1 }).waitFor();
  await until(async () => /^Overview/.test(await page.title()), "the page is there");
  assert.match(await focused(page), /^You:/, "what comes late takes the focus from nobody");
  await page.keyboard.press("Enter");
  const input = page.getByRole("textbox", { name: /You:/ });
  await input.waitFor();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("mallory");
  await page.keyboard.press("Escape");
  await until(async () => /^You:\s*alice/.test(await focused(page)), "Escape leaves it as it was, and the focus is on its button");
  await page.keyboard.press("Enter");
  await input.waitFor();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.press("Enter");
  await reads(page, /Say who you are/);
  await page.keyboard.type("dave");
  await page.keyboard.press("Enter");
  await until(async () => /^You:\s*dave/.test(await focused(page)), "it is another one, and the focus is on its button");
  await alice.go("#/lease/job");
  await page.getByRole("button", { name: "Own it" }).click();
  await until(async () => (await world.server.lease("job")).owner === "dave", "and so it is acted");
});
