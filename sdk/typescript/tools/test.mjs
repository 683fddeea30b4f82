// Builds the package and its tests, and runs them against a real server.
//
//   node tools/test.mjs build          the package into dist/, the tests into build/
//   node tools/test.mjs run VERSION    the tests, under that version of Node.js: 18, 20, or this (the default)
//   node tools/test.mjs package        what would be published: contents, types, both versions, a browser
//   node tools/test.mjs                all of that
//
// HOLDFAST names the server's program; build/release/holdfast of this repository unless set.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const top = fileURLToPath(new URL("..", import.meta.url));
const env = { ...process.env, HOLDFAST: process.env.HOLDFAST ?? fileURLToPath(new URL("../../../build/release/holdfast", import.meta.url)) };

function run(program, words) {
  const ended = spawnSync(program, words, { cwd: top, env, stdio: "inherit" });
  if (ended.status !== 0) process.exit(ended.status ?? 1);
}

/** The Node.js of test/runtimes. */
export function runtime(version) {
  if (version === "this") return process.execPath;
  const path = `${top}test/runtimes/node_modules/node-${version}-${process.platform}-${process.arch}/bin/node`;
  if (existsSync(path)) return path;
  console.error(`Node.js ${version} is not here; tools/setup test installs it`);
  process.exit(1);
}

function build() {
  for (const folder of ["dist", "build"]) rmSync(top + folder, { recursive: true, force: true });
  for (const project of ["tsconfig.json", "tsconfig.test.json"]) run(process.execPath, ["node_modules/typescript/bin/tsc", "-p", project]);
}

function tests(folder) {
  const built = `build/test/${folder}`;
  return readdirSync(top + built).filter((name) => name.endsWith(".test.js")).map((name) => built + name);
}

// Most of the time they wait, so more of them run at once than there are cores.
const under = (version, folder) => run(runtime(version), ["--test", "--test-concurrency=6", "--test-reporter=spec", ...tests(folder)]);

const [what = "all", version = "this"] = process.argv.slice(2);
if (what === "build" || what === "all") build();
if (what === "run") under(version, "");
if (what === "all") for (const each of ["18", "20"]) under(each, "");
if (what === "package" || what === "all") under("this", "package/");
