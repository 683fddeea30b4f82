// What the tests of the TypeScript client have, too: chance that can be repeated, and a bad network.
import { build } from "esbuild";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { left, sdk } from "./places.js";

async function of(file) {
  const outfile = join(left, `from_sdk/${process.pid}/${file}.mjs`);
  await build({ entryPoints: [join(sdk, `test/support/${file}.ts`)], outfile, bundle: true, platform: "node", format: "esm", logLevel: "error" });
  return import(pathToFileURL(outfile).href);
}

export const { chanceOf } = await of("chance");
export const { Relay } = await of("relay");
const { after, until: claimed } = await of("outside");
export { after };
/** Looking at a page is work for the browser: who looks often keeps it from what is looked for. */
export const until = (claim, what, patience) => claimed(claim, what, patience, 25);
