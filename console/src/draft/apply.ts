// A draft is applied by whoever holds its text: so it is held for that moment, unless it is somebody else's.

import type { WholeDraft } from "@holdfast/client/operator";
import { closeText, openText } from "../edit/typist.js";

export async function applyDraft({ name, draft }: WholeDraft, anyway: boolean): Promise<void> {
  const buffer = await openText(name);
  try {
    await buffer.acquire({ note: `applies draft ${draft}` });
    await buffer.applyDraft(draft, { anyway });
    await buffer.stored();
  } finally {
    closeText(buffer);
  }
}
