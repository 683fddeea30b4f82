// What is too large for one message goes in several.

import type { ChangeJson } from "./changes.js";

/** Of one message, in units of its JSON: each may take three bytes. */
const unitsMost = 256 * 1024;

/** Changes that follow one another, with the number of the first and the revision that it was made for. */
interface Row {
  readonly base: number;
  readonly seq: number;
  readonly changes: readonly ChangeJson[];
}

/** Has them kept as one draft: the server joins what goes on where an earlier one ended. Returns its last answer. */
export async function keepAll<Answer>({ base, seq, changes }: Row, keep: (row: Row) => Promise<Answer>): Promise<Answer> {
  const messages = JSON.stringify(changes).length < unitsMost ? [changes] : changes.map((change) => [change]);
  let said!: Answer;
  for (const [at, some] of messages.entries()) said = await keep({ base: base + at, seq: seq + at, changes: some });
  return said;
}
