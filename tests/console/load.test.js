// What a browser really loads for each page, and when the first of it is seen. The sizes are held to the same bounds as what
// the build says of itself; the times are told, since they are the machine's as much as the page's.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { after, until } from "./support/from_sdk.js";
import { loadedFor, manifest, packedSize, pages, shell, sizeOf } from "./support/parts.js";
import { settle } from "./support/town.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

const KB = 1024;
const all = manifest();
const frame = shell(all);
const editors = new Set(["edit", "draft", "try"]);

/** Opens it in a browser that has nothing of it yet. */
async function open(world, route) {
  const stranger = await world.person("alice");
  const files = [];
  const bad = [];
  stranger.page.on("response", (response) => {
    const path = new URL(response.url()).pathname;
    if (!path.startsWith("/assets/")) return;
    files.push(path.slice(1));
    const { "content-encoding": encoding, "cache-control": kept } = response.headers();
    if (response.status() !== 200 || !/^(br|gzip)$/.test(encoding ?? "") || !/immutable/.test(kept ?? "")) bad.push(`${path}: ${response.status()} ${encoding} ${kept}`);
  });
  await stranger.go(route);
  await stranger.page.getByRole("heading", { level: 1 }).waitFor();
  await until(() => stranger.page.evaluate(() => document.querySelector(".loading") === null && /, live/.test(document.querySelector(".as-of").textContent)), route);
  for (let before = -1; before < files.length; ) { // Until nothing has come for a while.
    before = files.length;
    await after(250);
  }
  const paint = await stranger.page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime);
  assert.deepEqual(bad, [], "packed, and kept for ever");
  await stranger.close();
  return { files: [...new Set(files)].filter((file) => !file.endsWith(".svg")), paint };
}

test("what is loaded for each page is what was promised", async (context) => {
  const world = await World.of(context);
  const town = await settle(world.server);
  context.after(() => town.leave());
  const subjects = { lease: encodeURIComponent(town.contended), edit: encodeURIComponent(town.text), draft: town.draft };
  const tooLarge = [];
  for (const page of pages(all)) {
    const route = `#/${page === "overview" ? "" : page}${subjects[page] === undefined ? "" : `/${subjects[page]}`}`;
    const { files, paint } = await open(world, route);
    const size = editors.has(page) ? sizeOf(files.filter((file) => !frame.has(file))) : sizeOf(files) + packedSize("index.html");
    const most = (editors.has(page) ? 110 : 40) * KB;
    context.diagnostic(`${page}: ${(size / KB).toFixed(1)} KB${editors.has(page) ? " beyond the frame" : ""}, first paint after ${paint?.toFixed(0)} ms`);
    for (const file of loadedFor(all, page)) assert.ok(files.includes(file), `${page} did not load ${file}`);
    if (size > most) tooLarge.push(`${page} loads ${size} bytes, of ${most}`);
  }
  assert.deepEqual(tooLarge, []);
});

test("the second visit asks for nothing but the page itself", async (context) => {
  const world = await World.of(context);
  const [alice] = await world.people("alice");
  await alice.go("#/");
  await alice.page.getByRole("heading", { level: 1 }).waitFor();
  const again = [];
  alice.page.on("response", (response) => {
    const path = new URL(response.url()).pathname;
    if (path === "/" || path.startsWith("/assets/")) again.push({ path, status: response.status(), cached: response.fromServiceWorker() || response.request().timing().requestStart < 0 });
  });
  await alice.page.reload();
  await alice.page.getByRole("heading", { level: 1 }).waitFor();
  const etag = (await world.server.get("/")).headers.get("etag");
  const answer = await fetch(world.server.url, { headers: { "if-none-match": etag } });
  assert.equal(answer.status, 304);
  const sizes = await alice.page.evaluate(() => performance.getEntriesByType("resource").filter(({ name }) => name.includes("/assets/")).map(({ name, transferSize }) => [name, transferSize]));
  assert.ok(sizes.length > 2);
  for (const [name, transferred] of sizes) assert.equal(transferred, 0, `${name} came over the wire again`);
  assert.ok(again.some(({ path }) => path === "/"));
});
