// How much of the console comes over the wire before one sees anything. Somebody opens it in the middle of an incident.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { loadedFor, manifest, pages, shell, sizeOf, packedSize } from "./support/parts.js";
import { console_, dist } from "./support/places.js";

const KB = 1024;
const all = manifest();
const editors = new Set(["edit", "draft", "try"]); // They have an editor in them.

test("what a page of the console loads, its first look included, is at most 40 KB", (context) => {
  const tooLarge = [];
  for (const page of pages(all).filter((name) => !editors.has(name))) {
    const size = sizeOf(loadedFor(all, page)) + packedSize("index.html");
    context.diagnostic(`${page}: ${(size / KB).toFixed(1)} KB`);
    if (size > 40 * KB) tooLarge.push(`${page} loads ${size} bytes`);
  }
  assert.deepEqual(tooLarge, []);
});

test("what an editor adds to the frame is at most 110 KB", (context) => {
  const frame = shell(all);
  for (const page of pages(all).filter((name) => editors.has(name))) {
    const size = sizeOf([...loadedFor(all, page)].filter((file) => !frame.has(file)));
    context.diagnostic(`${page}: ${(size / KB).toFixed(1)} KB`);
    assert.ok(size <= 110 * KB, `${page} adds ${size} bytes`);
  }
});

test("beside each file lies the same, packed", () => {
  const assets = join(dist, "assets");
  const files = readdirSync(assets);
  const plain = files.filter((file) => !/\.(br|gz)$/.test(file));
  assert.ok(plain.length > 5);
  for (const file of plain) {
    assert.match(file, /-[\w-]{8}\.(js|css|svg)$/, "its name changes with its content");
    const bytes = readFileSync(join(assets, file));
    assert.deepEqual(brotliDecompressSync(readFileSync(join(assets, `${file}.br`))), bytes, file);
    assert.deepEqual(gunzipSync(readFileSync(join(assets, `${file}.gz`))), bytes, file);
    assert.ok(files.includes(`${file}.br`));
  }
  assert.equal(files.length, 3 * plain.length);
});

test("nothing in it makes a text into markup or a program", () => {
  const sources = readdirSync(console_ + "src", { recursive: true }).filter((file) => /\.tsx?$/.test(file));
  assert.ok(sources.length > 20);
  for (const file of sources) {
    const text = readFileSync(join(console_, "src", file), "utf8");
    for (const way of [/innerHTML/i, /outerHTML/, /insertAdjacentHTML/, /document\.write/, /\beval\(/, /new Function\b/, /srcdoc/i, /createContextualFragment/]) {
      assert.doesNotMatch(text, way, file);
    }
  }
  const page = readFileSync(join(dist, "index.html"), "utf8");
  assert.doesNotMatch(page, /<script(?![^>]*\ssrc=)/, "no script stands in the page itself");
  assert.doesNotMatch(page, /\sstyle=|\son\w+=/);
  assert.equal([...page.matchAll(/__NONCE__/g)].length, 1);
});
