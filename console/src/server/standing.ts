// How the server stands, looked at every second: whether it answers, what it is, and how old what the page shows may be.

import type { ServerState } from "@holdfast/client/operator";
import { effect, signal } from "@preact/signals";
import { say } from "../parts/notices.js";
import { client, lookMs } from "./client.js";
import { lookEvery } from "./look.js";

export interface Standing {
  /** Its last answer; undefined before the first. */
  readonly server: ServerState | undefined;
  /** Date.now() when that was asked for: all that it says was so then or later. */
  readonly asOf: number | undefined;
  /** How long it took. */
  readonly tookMs: number;
  /** Why the last look came to nothing; undefined where it did. */
  readonly trouble: unknown;
  /** Of it: since when. */
  readonly troubleSince: number | undefined;
}

export const standing = signal<Standing>({ server: undefined, asOf: undefined, tookMs: 0, trouble: undefined, troubleSince: undefined });

/** The server has another console by now than this page is of. */
export const outdated = signal(false);
/** How often the server was seen to have been started anew. */
export const restarts = signal(0);

/** Whether reads should take what is in memory: the disk is behind, and settled reads would wait for it. */
export const unsettled = signal(false);

let consoleAtFirst: string | null | undefined;

/** Whatever answers in a server's place may say anything. What is no such state is no answer. */
function checked(said: ServerState): ServerState {
  const { incarnation, version, ready, injections } = said as Partial<ServerState>;
  if (typeof incarnation === "number" && typeof version === "string" && typeof ready === "boolean" && Array.isArray(injections)) return said;
  throw new Error("The answer is not one that a Holdfast server gives.");
}

const looking = lookEvery(1000, async (signal) => {
  const began = Date.now();
  try {
    const server = checked(await client.peek().state({ signal, timeoutMs: lookMs }));
    const before = standing.peek().server;
    if (before && before.incarnation !== server.incarnation) {
      restarts.value += 1;
      say(`The server was started anew. ${/memory/.test(server.journal) ? "It keeps nothing over that: all that was held is gone." : "What was held goes on, each lease with its full time."}`);
    }
    consoleAtFirst ??= server.console;
    if (consoleAtFirst && server.console && server.console !== consoleAtFirst) outdated.value = true;
    unsettled.value = server.journal_behind;
    standing.value = { server, asOf: began, tookMs: Date.now() - began, trouble: undefined, troubleSince: undefined };
  } catch (error) {
    if (signal.aborted) return;
    const { troubleSince, ...rest } = standing.peek();
    standing.value = { ...rest, trouble: error, troubleSince: troubleSince ?? began };
    throw error;
  }
});

/** Looks at once, for who would rather not wait. */
export const lookAgain = (): void => looking.again();

/** Calls `work` now, and again whenever the server was started anew. Returns what ends that. */
export function afterEachStart(work: () => void): () => void {
  return effect(() => {
    void restarts.value;
    work();
  });
}
