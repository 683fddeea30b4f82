// The client that types: one for this page, with a live connection and a session of its own. Another owner is another
// client; what the one before had typed is stored first.
//
// A text stays open until all that was typed into it is stored, or a draft: also when its page was left. Who comes back finds
// it as it was left.

import { Holdfast, keptHereOnly, type GuardedBuffer } from "@holdfast/client";
import { owner } from "../server/client.js";

let current: Holdfast | undefined;

// Whoever closes the page is asked whether that is meant, where something would be gone with it.
addEventListener("beforeunload", (event) => keptHereOnly() && event.preventDefault());

export function typist(): Holdfast {
  if (current?.owner === owner.peek()) return current;
  void current?.close();
  return (current = new Holdfast({ owner: owner.peek() }));
}

interface Open {
  readonly buffer: Promise<GuardedBuffer>;
  users: number;
  /** It is being closed; who comes back aborts that. */
  closing: AbortController | undefined;
}

/** By session and name: what is typed under another one has nothing to do with it, and is stored by itself. */
const open = new Map<string, Open>();

const keyOf = (session: string, name: string): string => `${session} ${name}`;

/** Opens a text, or takes the one that is still open here, or about to be. */
export function openText(name: string): Promise<GuardedBuffer> {
  const client = typist();
  const key = keyOf(client.live.session, name);
  const kept = open.get(key);
  if (kept) {
    kept.closing?.abort();
    kept.closing = undefined;
    kept.users += 1;
    return kept.buffer;
  }
  const forget = (): void => void open.delete(key);
  const buffer = client.openBuffer(name).then((opened) => {
    opened.on("state", (state) => state === "closed" && forget());
    return opened;
  });
  buffer.catch(forget);
  open.set(key, { buffer, users: 1, closing: undefined });
  return buffer;
}

/** Lets go of it as soon as all is stored, unless somebody else here has it open. */
export function closeText(buffer: GuardedBuffer): void {
  const kept = open.get(keyOf(buffer.session, buffer.name));
  if (!kept || (kept.users -= 1) > 0) return;
  kept.closing = new AbortController();
  void buffer.closeWhenStored({ signal: kept.closing.signal });
}
