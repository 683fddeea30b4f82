// Reads wait for the disk, as whatever they show might be gone after a power cut otherwise. When the disk is stuck, what is
// in memory is better than nothing, and the page says that it is that.

import { HoldfastError, type CallOptions } from "@holdfast/client/operator";
import { lookMs } from "../server/client.js";
import { unsettled } from "../server/standing.js";

/** So long a read may wait for the disk before it is asked for from memory. */
const settledMs = 2000;

export interface How {
  readonly unsettled?: true;
}

export async function read<Answer>(ask: (how: How, options: CallOptions) => Promise<Answer>, signal: AbortSignal): Promise<Answer> {
  if (!unsettled.peek()) {
    try {
      return await ask({}, { signal, timeoutMs: settledMs });
    } catch (error) {
      const late = error instanceof HoldfastError && (error.status === 0 || error.code === "journal_behind");
      if (signal.aborted || !late) throw error;
    }
  }
  return ask({ unsettled: true }, { signal, timeoutMs: lookMs });
}
