// What would be published, taken as whoever installs it gets it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after as afterAll, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { publint } from "publint";
import { build } from "esbuild";
import { Server, scratch } from "../support/server.js";

const top = fileURLToPath(new URL("../../../", import.meta.url));
const modules = join(top, "node_modules");
const folder = scratch();
const consumer = join(folder.path, "consumer");
const installed = join(consumer, "node_modules/@holdfast/client");
let contents: string[] = [];
let server: Server;

const say = (program: string, words: string[], more: Record<string, string> = {}): string =>
  execFileSync(program, words, { cwd: consumer, env: { ...process.env, ...more }, encoding: "utf8", timeout: 60_000 });

const nodes = ["18", "20"].map((version) => ({
  version,
  path: join(top, `test/runtimes/node_modules/node-${version}-${process.platform}-${process.arch}/bin/node`),
}));

before(async () => {
  mkdirSync(consumer);
  const packed = execFileSync("npm", ["pack", "--json", "--loglevel=error", "--pack-destination", folder.path], { cwd: top, encoding: "utf8" });
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  contents = files.map(({ path }) => path).sort();
  mkdirSync(installed, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder.path, filename), "-C", installed, "--strip-components=1"]);
  writeFileSync(join(consumer, "package.json"), '{"type": "module", "private": true}');
  // What whoever uses them installs beside it.
  for (const name of readdirSync(modules)) {
    if (name !== ".bin" && name !== "@holdfast" && name !== "installed.json") symlinkSync(join(modules, name), join(consumer, "node_modules", name));
  }
  server = await Server.start();
});
afterAll(async () => {
  await server.kill();
  folder.remove();
});

test("it holds what is run, its types, and nothing else", () => {
  const sources = execFileSync("ls", [join(top, "src")], { encoding: "utf8" }).trim().split("\n");
  const built = sources.flatMap((name) => [`dist/${name.replace(/\.ts$/, ".d.ts")}`, `dist/${name.replace(/\.ts$/, ".js")}`]);
  assert.deepEqual(contents, [...built, "LICENSE", "README.md", "package.json"].sort());
});

test("its licence is the project's", () => {
  assert.deepEqual(readFileSync(join(installed, "LICENSE")), readFileSync(join(top, "../../LICENSE")));
});

test("it needs nothing at run time, and says what it is", () => {
  const said = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Record<string, unknown>;
  assert.equal(said["dependencies"] ?? said["optionalDependencies"], undefined);
  const peers = ["@codemirror/state", "@codemirror/view"];
  assert.deepEqual(Object.keys(said["peerDependencies"] as object), peers);
  assert.deepEqual(said["peerDependenciesMeta"], Object.fromEntries(peers.map((name) => [name, { optional: true }])));
  assert.equal(said["license"], "Apache-2.0");
  assert.deepEqual(said["engines"], { node: ">=18" });
});

test("its version is the server's", async () => {
  const { version } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as { version: string };
  const { info } = (await (await fetch(`${server.url}/v1/openapi.json`)).json()) as { info: { version: string } };
  assert.equal(version, info.version);
});

test("publint finds nothing", async () => {
  const { messages } = await publint({ pkgDir: installed, strict: true, pack: false });
  assert.deepEqual(messages, []);
});

const program = `
import { connect, LeaseLostError, type Lease } from "@holdfast/client";
const client = await connect({ owner: "alice" });
const lease: Lease = await client.acquire("typed", { ttlMs: 1000 });
const loss: Promise<LeaseLostError> = lease.lost;
const result: number = await client.withLease("other", {}, (signal: AbortSignal) => (signal.aborted ? 1 : 2));
for await (const event of client.watch()) if (event.kind === "gap") { const code: string = event.code; console.log(code, result, loss); }
import { Leases, RefusedError, type LeaseState } from "@holdfast/client/leases";
const state: LeaseState = await new Leases({ owner: "alice" }).get("typed");
const kind: Leases = client;
console.log(state, kind, RefusedError);
// @ts-expect-error Texts are another entry's.
await new Leases({ owner: "alice" }).openBuffer("typed");
import { EditorView } from "@codemirror/view";
import { WebSocket } from "ws";
import type { ChangeJson, GuardedBuffer } from "@holdfast/client";
import { guarded } from "@holdfast/client/codemirror";
const typing = await connect({ owner: "alice", webSocket: WebSocket });
const inPage = await connect({ owner: "alice", webSocket: globalThis.WebSocket });
const buffer: GuardedBuffer = await typing.openBuffer("typed", { handIn: "ask" });
buffer.on("text", ({ change }: { change: ChangeJson }) => console.log(change, inPage));
const extension = guarded(buffer, { panel: true, words: { edit: "Bearbeiten" } });
console.log(new EditorView({ extensions: [extension] }));
// @ts-expect-error There is no such answer.
buffer.on("requested", (request) => request.answer("perhaps"));
// @ts-expect-error An owner is needed.
await connect({});
// @ts-expect-error There is no such option.
await client.acquire("typed", { ttl: 1000 });
`;

for (const [module, resolution] of [["node16", "node16"], ["esnext", "bundler"]] as const) {
  test(`its types are found and strict with moduleResolution ${resolution}`, () => {
    writeFileSync(join(consumer, "typed.ts"), program);
    const words = ["--noEmit", "--strict", "--target", "es2022", "--skipLibCheck", "--module", module, "--moduleResolution", resolution, "typed.ts"];
    say(process.execPath, [join(modules, "typescript/bin/tsc"), ...words]);
  });
}

for (const { version, path } of nodes) {
  test(`the README's programs run as they are under Node.js ${version}`, () => {
    const readme = readFileSync(join(installed, "README.md"), "utf8");
    const programs = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, text]) => text!);
    assert.ok(programs.length >= 3);
    const said = programs.map((text, at) => {
      const file = join(consumer, `readme${at}.mjs`);
      writeFileSync(file, text);
      return say(path, [file], { HOLDFAST_SERVER: server.url });
    });
    assert.match(say(path, ["--version"]), new RegExp(`^v${version}\\.`));
    assert.match(said[0]!, /^mine, under token \d+\n$/);
  });
}

test("the README's guarded editor is one, in five lines", async () => {
  const readme = readFileSync(join(installed, "README.md"), "utf8");
  const [text] = [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, one]) => one!);
  assert.equal(text!.trim().split("\n").length, 5);
  const file = join(consumer, "editor.mjs");
  writeFileSync(file, `${text!}
    import assert from "node:assert/strict";
    const until = async (claim) => { while (!claim()) await new Promise((go) => setTimeout(go, 5)); };
    assert.equal(view.state.readOnly, true);
    view.dispatch({ changes: { from: 0, insert: "hello" }, userEvent: "input.type" });
    await until(() => buffer.storedText === "hello" && buffer.saved === "stored");
    assert.equal(view.state.doc.toString(), "hello");
    assert.equal(view.state.readOnly, false);
    console.log("stored", buffer.owner.owner);
    await buffer.closeWhenStored();
    process.exit(); // The page would keep it running.
  `);
  const page = new URL("../support/editor.js", import.meta.url).pathname;
  writeFileSync(join(consumer, "page.mjs"), `import ${JSON.stringify(page)}; import { WebSocket } from "ws"; globalThis.WebSocket ??= WebSocket;`);
  for (const { path } of nodes) {
    assert.equal(say(path, ["--import", join(consumer, "page.mjs"), file], { HOLDFAST_SERVER: server.url }).trim(), "stored alice");
    await fetch(`${server.url}/v1/buffers/notes/today`, { method: "DELETE", headers: { "content-type": "application/json" }, body: '{"owner": "alice"}' });
  }
});

test("the binding is an entry of its own: whoever does not import it needs no CodeMirror", async () => {
  const of = async (contents: string): Promise<string[]> => {
    const { metafile } = await build({ stdin: { contents, resolveDir: consumer }, bundle: true, format: "esm", metafile: true, write: false, external: ["@codemirror/*"] });
    return Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  };
  assert.deepEqual(await of('export * from "@holdfast/client"'), []);
  assert.deepEqual((await of('export * from "@holdfast/client/codemirror"')).sort(), ["@codemirror/state", "@codemirror/view"]);
});

const squeezed = (bytes: Uint8Array): number => brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;

test("leases alone are an entry of their own: half the size, and no WebSocket or database in it", async () => {
  const of = async (entry: string): Promise<{ size: number; text: string }> => {
    const { outputFiles } = await build({ entryPoints: [join(installed, `dist/${entry}.js`)], bundle: true, minify: true, format: "esm", target: "es2022", write: false });
    return { size: squeezed(outputFiles[0]!.contents), text: outputFiles[0]!.text };
  };
  const [leases, all] = [await of("leases"), await of("index")];
  assert.ok(leases.size < 9 * 1024, `${leases.size} bytes`);
  assert.ok(leases.size < all.size / 2, `${leases.size} of ${all.size} bytes`);
  assert.doesNotMatch(leases.text, /WebSocket|indexedDB/);
  assert.match(all.text, /WebSocket/);
});

test("nothing but its entries can be imported", () => {
  const said = say(process.execPath, ["--input-type=module", "-e", 'await import("@holdfast/client/dist/belief.js").catch((error) => console.log(error.code))']);
  assert.equal(said.trim(), "ERR_PACKAGE_PATH_NOT_EXPORTED");
});

test("it bundles for a browser, small and with nothing of Node in it", async () => {
  const { outputFiles, warnings, metafile } = await build({
    entryPoints: [join(installed, "dist/index.js")],
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: ["chrome100", "firefox100", "safari15.4"],
    metafile: true,
    write: false,
  });
  assert.deepEqual(warnings, []);
  assert.deepEqual(Object.values(metafile.inputs).flatMap(({ imports }) => imports.filter(({ external }) => external)), []);
  const size = outputFiles[0]!.contents.length;
  assert.ok(size < 68 * 1024, `${size} bytes`);
  const used = await build({ stdin: { contents: 'import { RefusedError } from "@holdfast/client"; console.log(RefusedError)', resolveDir: consumer }, bundle: true, minify: true, format: "esm", write: false });
  assert.ok(used.outputFiles[0]!.contents.length < size / 2, "what is not used is left out");
});
