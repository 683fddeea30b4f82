// Which files the browser has to load for a page of the console, and how large they are when they come.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { dist } from "./places.js";

/** Vite's own list of what became of which source. */
export function manifest() {
  const path = join(dist, ".vite/manifest.json");
  if (!existsSync(path)) throw new Error(`${path} is missing: tools/build-console builds it`);
  return JSON.parse(readFileSync(path, "utf8"));
}

function closure(all, key, files) {
  const chunk = all[key];
  if (!chunk) throw new Error(`the console has no ${key}`);
  if (files.has(chunk.file)) return files;
  if (key !== "index.html" || chunk.file.endsWith(".js")) files.add(chunk.file);
  for (const file of chunk.css ?? []) files.add(file);
  for (const imported of chunk.imports ?? []) closure(all, imported, files);
  return files;
}

export const pages = (all) => all["index.html"].dynamicImports.filter((source) => /^src\/\w+\/page\.tsx$/.test(source)).map((source) => source.split("/")[1]);

/** What every page needs. */
export const shell = (all) => closure(all, "index.html", new Set());

/** Everything that is loaded when one opens that page first. */
export const loadedFor = (all, page) => closure(all, `src/${page}/page.tsx`, shell(all));

/** What comes over the wire: the packed file beside it; the page itself is packed by nobody before. */
export function packedSize(file) {
  const packed = join(dist, `${file}.br`);
  return existsSync(packed) ? statSync(packed).size : brotliCompressSync(readFileSync(join(dist, file))).length;
}

export const sizeOf = (files) => [...files].reduce((sum, file) => sum + packedSize(file), 0);
