// Texts that somebody chose in order to be taken for something else: markup, controls, letters that turn the direction of
// writing, very long ones. They are shown as the texts that they are; nothing of them is ever carried out.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { Desk, editRoute } from "./support/person.js";
import { pathOf } from "./support/server.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

const trap = `<img src=x onerror="window.caught='yes'">`;
const turned = "safe\u202Etxt.exe\u202C\u200B\u2066x"; // Looks like "safeexe.txt", with something invisible in it.
const long = "n/".repeat(200) + "é".repeat(56); // 512 bytes.
const names = [`docs/${trap.replaceAll("/", "")}`, `docs/${turned}`, long, "docs/%2e%2e/a&b=c#d?e", "docs/<script>window.caught='yes'<", "docs/{{7*7}}${7*7}", "مرحبا/שלום", "docs/👩‍👩‍👧‍👦"];
const marks = ["⟨202E⟩", "⟨200B⟩", "⟨2066⟩"];

const shown = (page) => page.getByRole("main").textContent();

/** Of what no page may have done with it. */
async function onlyTexts(page, where) {
  const { caught, made, raw, wide } = await page.evaluate(() => ({
    caught: window.caught,
    made: [...document.querySelectorAll("main img:not(.cm-widgetBuffer), main script, main iframe, [onerror], [onclick]")].map((one) => one.outerHTML),
    raw: /[\u202a-\u202e\u2066-\u2069\u200b\u0000-\u0008]/.test(document.body.innerText),
    wide: document.documentElement.scrollWidth - innerWidth,
  }));
  assert.equal(caught, undefined, `${where}: it was carried out`);
  assert.deepEqual(made, [], `${where}: it became an element`);
  assert.equal(raw, false, `${where}: what nobody can see is not marked`);
  assert.ok(wide <= 0, `${where}: ${wide} pixels wider than the window`);
}

async function reads(page, words) {
  await until(async () => (await shown(page)).includes(words), `one reads ${words}`).catch(async (error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(await shown(page))}`);
  });
}

test("names, owners, notes, reasons and texts are texts, on every page", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  for (const name of names) {
    const { token } = await server.post(`/v1/acquire/${pathOf(name)}`, { owner: trap, session: turned, note: `${trap} ${turned}`, ttl_ms: 3_600_000 });
    await server.post(`/v1/request/${pathOf(name)}`, { owner: `${trap}2`, message: trap });
    await server.post(`/v1/takeover/${pathOf(name)}`, { owner: trap, session: `${turned}2`, token, reason: trap, flush_ms: 0, ttl_ms: 3_600_000 });
  }
  const text = `docs/text ${trap.replaceAll("/", "")}`;
  await server.createText(text, `${trap}\n${turned}\u0007\u001b[31m\n</textarea><script>window.caught='yes'</script>\n`, trap);
  const { token } = await server.post(`/v1/acquire/${pathOf(text)}`, { owner: trap, session: "one" });
  const taken = await server.post(`/v1/takeover/${pathOf(text)}`, { owner: "bob", session: "two", token, reason: trap, flush_ms: 0 });
  assert.ok(taken.token > token);
  const late = await server.ask("POST", `/v1/edit/${pathOf(text)}`, { token, owner: trap, session: "one", base: 0, seq: 1, changes: [[[0, trap], (await server.text(text)).length]] });
  assert.ok(late.body.draft, late.text);

  const alice = await world.person(trap); // She is called so herself.
  alice.page.on("dialog", () => assert.fail("it was carried out"));
  for (const width of [1280, 360]) {
    await alice.page.setViewportSize({ width, height: 900 });
    await alice.go("#/ownership");
    await reads(alice.page, "<img src=x onerror=");
    await onlyTexts(alice.page, "ownership");
    for (const mark of marks.slice(0, 2)) await reads(alice.page, mark);
    for (const name of names) {
      await alice.go(`#/lease/${encodeURIComponent(name)}`);
      await reads(alice.page, trap);
      await onlyTexts(alice.page, `the page of ${name}`);
    }
    for (const route of ["#/sessions", "#/drafts", `#/draft/${late.body.draft}`, "#/buffers", `#/edit/${encodeURIComponent(text)}`]) {
      await alice.go(route);
      await reads(alice.page, "<img src=x onerror=");
      await alice.page.getByRole("heading", { level: 1 }).waitFor();
      await onlyTexts(alice.page, route);
    }
    await alice.go("#/events");
    await until(async () => /shown of 0(?!.*connecting)/.test(await shown(alice.page)), "it listens");
    await server.post(`/v1/release/${pathOf(names[0])}`, { owner: trap, token: (await server.lease(names[0])).token });
    await server.post(`/v1/acquire/${pathOf(names[0])}`, { owner: trap, session: turned, note: trap, ttl_ms: 3_600_000 });
    await reads(alice.page, "<img src=x onerror=");
    await onlyTexts(alice.page, "events");
    await alice.go("#/");
  }
});

test("an address may spell a name's letters and their marks apart", async (context) => {
  const world = await World.of(context);
  const { server } = world;
  const [apart, name] = ["docs/cafe\u0301", "docs/caf\u00e9"];
  await server.createText(name, "text", "bob");
  const [alice] = await world.people("alice");
  await alice.go(`#/lease/${encodeURIComponent(apart)}`);
  await reads(alice.page, "Nobody has held it");
  const carols = await server.post(`/v1/acquire/${pathOf(name)}`, { owner: "carol" });
  await alice.page.getByRole("table", { name: /Who held it/ }).getByText("carol").waitFor();
  await server.post(`/v1/release/${pathOf(name)}`, { owner: "carol", token: carols.token });

  await alice.go(editRoute(apart));
  const hers = new Desk(alice, name);
  await hers.toEnd();
  await hers.type("!");
  await until(async () => (await server.text(name)) === "text!", "it is stored");
  await alice.go("#/buffers");
  await until(async () => !(await server.lease(name)).held, "it is let go of when its page is left");
});

test("an address that makes no sense is explained", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  const addresses = ["#/nowhere", "#/lease/%E0%A4%A", "#/lease/", "#/lease/a%2F%2Fb", `#/lease/${"x".repeat(600)}`, "#/lease/\ud800", "#/draft/999999", "#/draft/none", "#/draft/1e9", "#/edit/", "#/edit/..%2F..", "#/edit/not-there", "#/ownership?prefix=%2F%2F&filter=nonsense&sort=up", "#/?", "#nonsense", "#/events?type=<b>&prefix=.."];
  for (const address of addresses) {
    await alice.go(address);
    const heading = () => alice.page.evaluate(() => document.querySelector(".loading") === null && document.querySelector("h1")?.innerText);
    await until(async () => (await heading()) !== false && (await heading()).trim() !== "", `${address} has a heading`);
    const text = await alice.page.getByRole("main").innerText();
    assert.ok(text.trim().length > 20, `${address} is blank: ${text}`);
    await onlyTexts(alice.page, address);
  }
});
