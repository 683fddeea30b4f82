// Bundles the tests of the console's pure parts, and runs them. What needs a page is tested in a browser: tests/console.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const top = fileURLToPath(new URL("..", import.meta.url));
const client = (file) => fileURLToPath(new URL(`../../sdk/typescript/src/${file}`, import.meta.url));
const named = readdirSync(`${top}test`).filter((name) => name.endsWith(".test.ts"));

rmSync(`${top}build/test`, { recursive: true, force: true });
await build({
  entryPoints: named.map((name) => `${top}test/${name}`),
  outdir: `${top}build/test`,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node18",
  jsx: "automatic",
  jsxImportSource: "preact",
  alias: { "@holdfast/client/operator": client("operator.ts"), "@holdfast/client/leases": client("leases.ts") },
  logLevel: "warning",
});
const built = named.map((name) => `${top}build/test/${name.replace(/\.ts$/, ".mjs")}`);
const ended = spawnSync(process.execPath, ["--test", "--test-reporter=spec", ...built], { stdio: "inherit" });
process.exit(ended.status ?? 1);
