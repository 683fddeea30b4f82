// The page for whoever has just come: two people at one file, on this server and, beside it, on one with the bug put back.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { barriers } from "./support/axe.js";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { picture } from "./support/person.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

/** Presses it, and what one is told then. */
async function round(place) {
  const button = place.getByRole("button", { name: "Both type now" });
  await button.click();
  const verdict = place.locator(".verdict");
  await until(async () => (await button.isEnabled()) && (await verdict.count()) > 0, "the verdict", 15_000);
  return verdict.textContent();
}

test("the sound server has one owner each time, the one beside it two, and both say so in words", async (context) => {
  const world = await World.of(context, { more: ["--demonstration"] });
  const [alice] = await world.people("alice");
  const { page } = alice;
  await alice.go("#/try");
  const sound = page.getByRole("region").filter({ hasText: "As it should be" }).or(page.locator("section").filter({ has: page.getByRole("heading", { name: "As it should be" }) })).first();
  const frame = page.frameLocator("iframe");
  await frame.getByRole("button", { name: "Both type now" }).waitFor();
  for (let times = 0; times < 3; times += 1) {
    assert.match(await round(sound), /One owner, the other waited; nothing lost/);
  }
  let bad = 0;
  for (let times = 0; times < 5 && bad === 0; times += 1) {
    const told = await round(frame.locator("body"));
    if (/Both were told that they own it/.test(told)) bad += 1;
    else assert.match(told, /One owner/);
  }
  assert.ok(bad > 0, "the bug shows");
  for (const pane of ["Ann", "Ben"]) assert.match(await sound.getByRole("textbox", { name: `The file, as ${pane} sees it` }).inputValue(), /Ann/);
  assert.deepEqual(await barriers(page), []);
  await picture(page, "try-both-1280");

  // It cannot be shown within a page of another machine.
  const { demonstration } = (await world.server.get("/v1/server")).body;
  const policy = (await fetch(demonstration)).headers.get("content-security-policy");
  assert.match(policy, /frame-ancestors( http:\/\/(127\.0\.0\.1|localhost):(\d+|\*))+(;|$)/);
  assert.match((await fetch(world.server.url)).headers.get("content-security-policy"), /frame-ancestors 'none'/);
});

test("without a second server the page says how to get one", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  await alice.go("#/try");
  await until(async () => /holdfast serve --demonstration/.test(await alice.page.getByRole("main").textContent()), "the command");
  assert.equal(await alice.page.locator("iframe").count(), 0);
});
