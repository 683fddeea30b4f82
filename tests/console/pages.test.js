// Every page, in both themes, at three widths: nobody is kept out of it, nothing moves under the pointer, nothing sticks
// out. The pictures that this makes are for people to look at.
import assert from "node:assert/strict";
import { after as afterAll, describe, test } from "node:test";
import { barriers } from "./support/axe.js";
import { closeBrowser } from "./support/browser.js";
import { until } from "./support/from_sdk.js";
import { manifest, pages } from "./support/parts.js";
import { picture } from "./support/person.js";
import { settle } from "./support/town.js";
import { World } from "./support/world.js";

const widths = [1280, 768, 360];

const of = encodeURIComponent;
const routesOf = ({ contended, text, draft }) => ({
  overview: "#/",
  ownership: "#/ownership",
  lease: `#/lease/${of(contended)}`,
  buffers: "#/buffers",
  edit: `#/edit/${of(text)}`,
  drafts: "#/drafts",
  draft: `#/draft/${draft}`,
  sessions: "#/sessions",
  events: "#/events",
  health: "#/health",
  try: "#/try",
});

describe("every page", { concurrency: 2 }, () => {
  /** Each theme has a server to itself: what one does there is not to move what the other looks at. */
  async function inhabited(context) {
    const world = await World.of(context);
    const town = await settle(world.server);
    context.after(() => town.leave());
    return { world, routes: routesOf(town) };
  }
  afterAll(closeBrowser);

  test("is one that is looked at here", () => {
    assert.deepEqual(Object.keys(routesOf({})).sort(), pages(manifest()).sort());
  });

  for (const theme of ["light", "dark"]) {
    test(`keeps nobody out, stays where it is, and fits, in the ${theme}`, async (context) => {
      const { world, routes } = await inhabited(context);
      const alice = await world.person("alice", { theme, init: watchShifts });
      const wrong = new Map();
      const find = (what, where) => wrong.set(what, [...(wrong.get(what) ?? []), where]);
      for (const [page, route] of Object.entries(routes)) {
        for (const width of widths) {
          await alice.page.setViewportSize({ width, height: 800 });
          if (width === widths[0]) await alice.go(route);
          await settled(alice.page, page);
          const sticksOut = await alice.page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
          if (sticksOut > 0) find(`wider than the window by ${sticksOut} pixels`, `${page} ${width}`);
          await picture(alice.page, `${page}-${theme}-${width}`);
          if (width === 768 || (theme === "dark" && width === 360)) continue; // Nothing is there that is not judged elsewhere.
          for (const barrier of await barriers(alice.page)) find(barrier, `${page} ${width}`);
          if (width === widths[0]) {
            const shift = await alice.page.evaluate(() => window.shifted.splice(0));
            const sum = shift.reduce((all, { by }) => all + by, 0);
            if (sum > 0.02) find(`its content moved by ${sum.toFixed(3)}: ${JSON.stringify(shift)}`, `${page} ${width}`);
          } else await alice.page.evaluate(() => window.shifted.splice(0)); // The window changed, not the page.
        }
      }
      assert.equal(wrong.size, 0, `\n  ${[...wrong].map(([what, where]) => `${where.join(", ")}: ${what}`).join("\n  ")}\n`);
    });
  }
});

/** Runs in the page: what moves without anybody having done anything. */
function watchShifts() {
  window.shifted = [];
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (entry.hadRecentInput) continue;
      const what = entry.sources.map(({ node }) => (node instanceof Element ? `${node.localName}.${node.className}` : node?.parentElement?.className ?? "?"));
      window.shifted.push({ by: entry.value, what: [...new Set(what)].slice(0, 4) });
    }
  }).observe({ type: "layout-shift", buffered: true });
}

async function settled(page, name) {
  await page.getByRole("heading", { level: 1 }).waitFor();
  const quiet = () => page.evaluate(() => document.querySelector(".loading") === null && !/Reading…|Asking|Not known yet/.test(document.querySelector("main").textContent) && /, live/.test(document.querySelector(".as-of")?.textContent ?? ""));
  await until(quiet, `${name} is there`);
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}
