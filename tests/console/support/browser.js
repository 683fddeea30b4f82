// One Chromium for all files: run.js starts it and says where it is. A file that runs alone starts its own.
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

function how() {
  const executablePath = process.env.HOLDFAST_CHROMIUM ?? programs.find((path) => existsSync(path));
  if (!executablePath) throw new Error("there is no Chromium; tools/setup test installs it");
  return { executablePath, headless: true };
}

export const browserServer = () => chromium.launchServer(how());

let shared;
export function browser() {
  const at = process.env.HOLDFAST_BROWSER_AT;
  return (shared ??= at ? chromium.connect(at) : chromium.launch(how()));
}

/** At the end of a file. */
export async function closeBrowser() {
  if (shared) await (await shared).close();
  shared = undefined;
}
