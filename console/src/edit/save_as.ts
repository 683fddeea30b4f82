// A text as the file that it is, with the line ends that it came with.

import { textsOf } from "@holdfast/client/operator";
import { say } from "../parts/notices.js";
import { explainLook } from "../parts/problem.js";
import { client } from "../server/client.js";

/** Hands bytes to the browser as a file. */
export function download(file: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000); // Some browsers read it later.
}

/** What a name's last segment makes as a file's name. */
export const fileOf = (name: string): string => (name.split("/").at(-1) ?? "text").replace(/[^\p{L}\p{N}._ -]/gu, "_") || "text";

export async function saveAs(name: string): Promise<void> {
  try {
    download(fileOf(name), await textsOf(client.peek()).file(name));
  } catch (error) {
    say(explainLook(error));
  }
}
