// Runs the tests of this folder in one Chromium: two files at a time, as most of them mostly wait, and those that measure,
// or are about who comes first, alone.
//
//   node run.js [FILE...]     all of them unless told otherwise
//
// HOLDFAST names the server's program, HOLDFAST_DISK_SHIM the disk of tests/durability. The console must have been built.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { browserServer } from "./support/browser.js";
import { dist, left } from "./support/places.js";

const here = fileURLToPath(new URL(".", import.meta.url));
if (!existsSync(join(dist, "index.html"))) {
  console.error(`${dist} is not there: build the console first, with tools/build-console`);
  process.exit(1);
}
rmSync(left, { recursive: true, force: true });
mkdirSync(left, { recursive: true });

const alone = new Set(["busy.test.js", "incident.test.js", "load.test.js", "pages.test.js", "try.test.js"]);
const asked = process.argv.slice(2);
const files = asked.length > 0 ? asked : readdirSync(here).filter((name) => name.endsWith(".test.js"));
const chromium = await browserServer();

/** The status of what ran them, which is not 0 where one failed. */
async function run(names, atOnce) {
  if (names.length === 0) return 0;
  const words = ["--test", `--test-concurrency=${atOnce}`, "--test-reporter=spec", ...names.map((name) => join(here, name))];
  const tests = spawn(process.execPath, words, { stdio: "inherit", env: { ...process.env, HOLDFAST_BROWSER_AT: chromium.wsEndpoint() } });
  return new Promise((resolve) => tests.on("exit", (code) => resolve(code ?? 1)));
}
const status = Math.max(await run(files.filter((name) => !alone.has(name)), 2), await run(files.filter((name) => alone.has(name)), 1));
await chromium.close();
process.exit(status);
