// Builds dist/, and beside each file the same compressed, so that no server has to.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const dist = new URL("../dist/", import.meta.url).pathname;
await build({ root: new URL("..", import.meta.url).pathname, logLevel: "warn" });

const assets = join(dist, "assets");
for (const file of await readdir(assets)) {
  const bytes = await readFile(join(assets, file));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await writeFile(join(assets, `${file}.br`), brotliCompressSync(bytes, { params }));
  await writeFile(join(assets, `${file}.gz`), gzipSync(bytes, { level: 9 }));
}
