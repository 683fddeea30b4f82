// What is owned by this very page: taken here, renewed for as long as it is open, and given up when it is left.

import type { Lease } from "@holdfast/client/leases";
import { effect, signal } from "@preact/signals";
import { addOwnSession } from "../following/own.js";
import { alarm, say } from "../parts/notices.js";
import { told } from "../parts/told.js";
import { client, lookMs, owner } from "../server/client.js";
import { lookEvery, type Looking } from "../server/look.js";
import { Turns } from "./turns.js";

export const own = signal<ReadonlyMap<string, Lease>>(new Map());

/** Loaded when it is needed first: who only looks needs none of it. */
async function leases() {
  const { Leases } = await import("@holdfast/client/leases");
  return new Leases({ owner: owner.peek() });
}

function keep(lease: Lease): void {
  addOwnSession(lease.session);
  own.value = new Map(own.peek()).set(lease.name, lease);
  lease.on("lost", ({ reason, by, why }) => {
    forget(lease);
    if (reason === "released") return;
    if (reason === "moved") {
      say(`${told(lease.name)} goes on in another session of yours.`); // Nobody but its owner can move it.
      return;
    }
    alarm(`${told(lease.name)} is not yours any more: ${reason.replaceAll("_", " ")}${by ? ` by ${told(by)}` : ""}${why ? `, “${told(why)}”` : ""}.`);
  });
}

function forget(lease: Lease): void {
  if (own.peek().get(lease.name) !== lease) return;
  const rest = new Map(own.peek());
  rest.delete(lease.name);
  own.value = rest;
}

/** With the renewals a loss would be heard of ten seconds late. A look at each name is sooner, and keeps no connection. */
const lookEveryMs = 1000;
/** Who owns more has them looked at in turn. */
const turns = new Turns(20);

async function look(signal: AbortSignal): Promise<void> {
  for (const lease of turns.next([...own.peek().values()])) {
    const now = await client.peek().get(lease.name, { unsettled: true, signal, timeoutMs: lookMs });
    if (!now.held || now.token !== lease.token) await lease.renew().catch(() => undefined); // Which says why, to whoever listens to the lease.
  }
}

let looking: Looking | undefined;
effect(() => {
  const some = own.value.size > 0;
  if (some) {
    looking ??= lookEvery(lookEveryMs, look);
  } else {
    looking?.stop();
    looking = undefined;
  }
});

/** Whether this page owns it, as whomever. */
export const isHere = ({ name, token }: { readonly name: string; readonly token: number }): boolean => own.value.get(name)?.token === token;

/** The tokens of what was to be released, and may not have been: nothing here renews them any more. */
const left = new Set<number>();
export const isLeft = ({ token }: { readonly token: number }): boolean => left.has(token);

/** Whether that ended it; it may have been over. Undefined: this page does not own it. */
export async function letGo(name: string, token: number): Promise<boolean | undefined> {
  const lease = own.peek().get(name);
  if (lease?.token !== token) return undefined;
  try {
    return await lease.release();
  } catch (error) {
    left.add(token);
    throw error;
  } finally {
    forget(lease);
  }
}

export async function acquire(name: string): Promise<void> {
  keep(await (await leases()).acquire(name, { note: "from the console" }));
}

/** A day: whoever waits for longer has forgotten it. */
const waitMs = 86_400_000;

/** Owns it when it is its turn; `signal` gives the place in the queue up. */
export async function waitFor(name: string, signal: AbortSignal): Promise<void> {
  keep(await (await leases()).acquire(name, { waitMs, signal, note: "from the console" }));
}

/** The holding that is meant is named by its token: never a later one. */
export async function takeOver(name: string, token: number, reason: string, flushMs: number): Promise<void> {
  keep(await (await leases()).takeover(name, { token, reason, flushMs, note: reason }));
}
