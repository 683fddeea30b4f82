// Builds dist/, and beside each file the same compressed, so that no server has to.
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
await build({ root: fileURLToPath(new URL("..", import.meta.url)), logLevel: "warn" });

const assets = join(dist, "assets");
for (const file of await readdir(assets)) {
  const bytes = await readFile(join(assets, file));
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  await writeFile(join(assets, `${file}.br`), brotliCompressSync(bytes, { params }));
  await writeFile(join(assets, `${file}.gz`), gzipSync(bytes, { level: 9 }));
}
