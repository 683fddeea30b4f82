// What came of a round in which both wanted the file at once.

import type { Actor, Turn } from "./actor.js";

export interface Outcome {
  readonly first: { readonly owner: string; readonly turn: Turn };
  readonly second: { readonly owner: string; readonly turn: Turn };
  /** The second was told "it is yours" while the first had not let go. */
  readonly two: boolean;
  readonly wanted: number;
  /** Characters that somebody wanted to type while told to own the file, and that are not in it. */
  readonly lost: number;
  readonly error: unknown;
}

/** Both are to begin within this. */
export const withinMs = 100;

export const lineOf = (owner: string, round: number): string => `${owner}: this is line ${round}, and all of it is mine.\n`;

export async function play(actors: readonly [Actor, Actor], round: number): Promise<Outcome> {
  const began = performance.now();
  const late = Math.random() * withinMs;
  const ahead = Math.random() < 0.5 ? 0 : 1;
  const lines = actors.map((actor) => lineOf(actor.owner, round));
  const turns = await Promise.all(actors.map((actor, at) => actor.type(lines[at]!, began, at === ahead ? 0 : late)));
  const { texts } = actors[0].client;
  const text = (await texts.get(actors[0].buffer.name)).text ?? "";
  const all = actors.map((actor, at) => ({ owner: actor.owner, turn: turns[at]!, line: lines[at]! }));
  const [first, second] = all.sort((a, b) => (a.turn.grantedAt ?? Infinity) - (b.turn.grantedAt ?? Infinity)) as [(typeof all)[0], (typeof all)[0]];
  const told = second.turn.grantedAt;
  const two = told !== undefined && (first.turn.cutOff || told < (first.turn.endedAt ?? Infinity));
  // A line that stands in the file as a whole has lost nothing, whatever was counted on the way.
  const lost = all.reduce((sum, { turn, line }) => sum + (text.includes(line) ? 0 : turn.wanted - turn.taken), 0);
  const wanted = all.reduce((sum, { turn }) => sum + turn.wanted, 0);
  return { first, second, two, wanted, lost, error: first.turn.error ?? second.turn.error };
}
