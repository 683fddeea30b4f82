// The release archive: who unpacks it has the console in the program without having Node.js.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dist, top } from "./support/places.js";
import { scratch } from "./support/server.js";

const run = (words, how = {}) => {
  const ended = spawnSync(words[0], words.slice(1), { encoding: "utf8", ...how });
  assert.equal(ended.status, 0, `${words.join(" ")}\n${ended.stdout}${ended.stderr}`);
  return ended.stdout;
};

const nobody = Object.fromEntries(["AUTHOR", "COMMITTER"].flatMap((who) => [[`GIT_${who}_NAME`, "tests"], [`GIT_${who}_EMAIL`, "tests@localhost"]]));

/** What is here now as a commit that no branch has, committed or not; with other words in some of its files. */
function present(others = {}) {
  const env = { ...process.env, ...nobody, GIT_INDEX_FILE: join(scratch(), "index") };
  const git = (words, input) => run(["git", ...words], { cwd: top, env, input }).trim();
  git(["read-tree", "HEAD"]);
  git(["add", "--all"]);
  for (const [path, text] of Object.entries(others)) git(["update-index", "--cacheinfo", `100644,${git(["hash-object", "-w", "--stdin"], text)},${path}`]);
  return git(["commit-tree", git(["write-tree"]), "-m", "present"]);
}

/** Every program of this machine but Node.js and what comes with it. */
function withoutNode(box) {
  const bin = join(box, "bin");
  mkdirSync(bin);
  for (const program of readdirSync("/usr/bin")) {
    if (!/^(node|nodejs|npm|npx|corepack)$/.test(program)) symlinkSync(join("/usr/bin", program), join(bin, program));
  }
  return { PATH: bin, HOME: box, CCACHE_DIR: process.env.CCACHE_DIR ?? join(process.env.HOME ?? box, ".cache/ccache") };
}

const reader = `
#include <filesystem>
#include <fstream>
#include "server/console/embedded.h"
int main(int, char** words) {
  for (const auto& file : holdfast::server::console::embedded_files()) {
    const std::filesystem::path path = words[1] + std::string(file.path);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << file.bytes;
  }
}
`;

const filesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter((name) => !name.startsWith(".vite") && name !== "sources")
    .sort();

test("the archive is unpacked and compiled where there is no Node.js, and the console is in what comes of it", (context) => {
  if (!existsSync(join(top, ".git"))) return context.skip("archives are made of a repository's commits");
  run([join(top, "tools/archive"), present()], { cwd: top });
  const archive = readdirSync(join(top, "build")).find((name) => /^holdfast-[\d.]+\.tar\.gz$/.test(name));
  const box = scratch();
  run(["tar", "xzf", join(top, "build", archive), "-C", box]);
  const source = join(box, archive.replace(".tar.gz", ""));
  const env = withoutNode(box);
  assert.equal(spawnSync("sh", ["-c", "command -v node || command -v npm"], { env, encoding: "utf8" }).stdout, "");

  const build = join(box, "build");
  run(["cmake", "-S", source, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DHOLDFAST_TESTS=OFF"], { env });
  run(["cmake", "--build", build, "--target", "hf_console_assets"], { env });
  writeFileSync(join(box, "reader.cpp"), reader);
  run(["g++", "-std=c++20", "-I", join(source, "src"), join(box, "reader.cpp"), join(build, "libhf_console_assets.a"), "-o", join(box, "reader")], { env });
  run([join(box, "reader"), join(box, "embedded")], { env });

  const files = filesBelow(dist);
  assert.deepEqual(filesBelow(join(box, "embedded")), files);
  for (const file of files) assert.ok(readFileSync(join(box, "embedded", file)).equals(readFileSync(join(dist, file))), `${file} is another one`);
  assert.ok(files.length > 10);
});

test("what is committed comes with the same bytes each time", (context) => {
  if (!existsSync(join(top, ".git"))) return context.skip("archives are made of a repository's commits");
  const sum = () => run(["sh", "-c", "cd build && sha256sum holdfast-*.tar.gz"], { cwd: top });
  const commit = present();
  run([join(top, "tools/archive"), commit], { cwd: top });
  const once = sum();
  run([join(top, "tools/archive"), commit], { cwd: top });
  assert.equal(sum(), once);
});

test("a console of other sources than the commit's is not put beside it", (context) => {
  if (!existsSync(join(top, ".git"))) return context.skip("archives are made of a repository's commits");
  const commit = present({ "console/src/server/pace.ts": "export const paceMs = 1;\n" });
  const ended = spawnSync(join(top, "tools/archive"), [commit], { cwd: top, encoding: "utf8" });
  assert.notEqual(ended.status, 0, ended.stdout);
  assert.match(ended.stderr, /console\/dist is not of [0-9a-f]{40}: .* run tools\/build-console/);
  const elsewhere = present({ "README.md": "Of the console nothing is different.\n" });
  run([join(top, "tools/archive"), elsewhere], { cwd: top });
});
