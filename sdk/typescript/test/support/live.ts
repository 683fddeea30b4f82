// Clients over a WebSocket of the package ws, which Node.js before 22 needs.
import { WebSocket } from "ws";
import { Holdfast, memoryStore, type BufferEvents, type GuardedBuffer, type HoldfastOptions } from "../../src/index.js";
import type { Environment } from "../../src/leases.js";
import { apply } from "../../src/changes.js";
import { until } from "./outside.js";

export function liveClient(server: string, owner: string, more: Partial<HoldfastOptions> = {}, environment: Partial<Environment> = {}): Holdfast {
  return new Holdfast({ server, owner, webSocket: WebSocket, unsent: memoryStore(), ...more }, environment);
}

/** What an editor shows that makes every change that the buffer tells it; and what was told. */
export class Screen {
  text: string;
  readonly told: { origin: string; owner: string | undefined }[] = [];
  readonly buffer: GuardedBuffer;

  constructor(buffer: GuardedBuffer) {
    this.buffer = buffer;
    this.text = buffer.text;
    buffer.on("text", ({ change, origin, owner }) => {
      this.text = apply(this.text, change);
      this.told.push({ origin, owner });
    });
  }

  /** As a key does. */
  type(from: number, to: number, insert: string): "done" | "asking" | "no" {
    const result = this.buffer.replace(from, to, insert);
    if (result === "done") this.text = this.text.slice(0, from) + insert + this.text.slice(to);
    return result;
  }

  append(insert: string): "done" | "asking" | "no" {
    return this.type(this.text.length, this.text.length, insert);
  }
}

export const storedAs = (buffer: GuardedBuffer, text: string, patience?: number): Promise<void> =>
  until(() => buffer.storedText === text && buffer.saved === "stored", `${JSON.stringify(text)} is stored`, patience).catch((error: Error) => {
    throw new Error(`${error.message}; it is ${JSON.stringify(buffer.storedText)}, ${buffer.saved}, ${buffer.state}`);
  });

/** The next one of a kind. */
export const next = <Type extends keyof BufferEvents>(buffer: GuardedBuffer, type: Type): Promise<BufferEvents[Type]> =>
  new Promise((resolve) => {
    const leave = buffer.on(type, (event) => {
      leave();
      resolve(event);
    });
  });
