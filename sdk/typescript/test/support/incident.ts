// Two people open the same text within 100 ms and type at once. What went wrong once is looked for by its four names.
import { apply, difference, mapPosition, type ChangeJson } from "../../src/changes.js";
import type { GuardedBuffer, Holdfast } from "../../src/index.js";
import { after, until } from "./outside.js";

export const symptoms = [
  "edits appear then disappear",
  "the cursor jumps to the other user's position",
  "undo does not restore the expected state",
  "content is duplicated or garbled",
] as const;
export type Symptom = (typeof symptoms)[number] | "two owners at once" | "nobody owns it";

export interface Finding {
  readonly symptom: Symptom;
  readonly round: string;
  readonly what: string;
}

const lines = ["It was a dark night.", "The rain fell in torrents.", "Except at times.", "It was checked by a gust.", ""];
export const beginning = lines.join("\n");
const letters = 12;

/** One of the two: an editor with a cursor, and somebody who looks at it. */
class Person {
  readonly owner: string;
  readonly buffer: GuardedBuffer;
  /** What this one wants to type; nobody else writes these letters. */
  readonly word: string;
  other: Person | undefined;
  owned = false;
  #screen: string;
  #cursor: number;
  #typed = "";
  #awaited = "";
  #quiet = false; // What happens now is this one's own doing.
  readonly #find: (symptom: Symptom, what: string) => void;

  constructor(buffer: GuardedBuffer, at: number, firstLetter: number, find: (symptom: Symptom, what: string) => void) {
    this.owner = buffer.ownerHere;
    this.buffer = buffer;
    this.word = Array.from({ length: letters }, (_, index) => String.fromCharCode(firstLetter + index)).join("");
    this.#screen = buffer.text;
    this.#cursor = at;
    this.#find = find;
    buffer.on("text", ({ change, origin }) => (origin === "typed" ? this.#granted(change) : this.#changed(change)));
    buffer.on("state", (state) => (this.owned ||= state === "owned"));
    buffer.on("lost", () => (this.#quiet = true)); // It was told, and what was typed is a draft.
    buffer.on("refused", () => (this.#awaited = ""));
  }

  get typed(): string {
    return this.#typed;
  }
  get screen(): string {
    return this.#screen;
  }

  async type(chance: () => number): Promise<void> {
    for (const letter of this.word) {
      const result = this.buffer.replace(this.#cursor, this.#cursor, letter);
      if (result === "no") return;
      if (result === "done") this.#show(letter, apply(this.#screen, difference(this.#screen, this.buffer.text)));
      else this.#awaited += letter;
      await after(4 + chance() * 8);
    }
  }

  /** Takes back all of it, and does it again: nothing else may change. */
  async undo(): Promise<void> {
    if (this.#typed === "" || !this.buffer.mayEdit) return;
    const [before, typed] = [this.buffer.text, this.#typed];
    const without = [...before].filter((letter) => !typed.includes(letter)).join("");
    this.#quiet = true;
    let undone = 0;
    try {
      while (await this.buffer.undo()) undone += 1;
      if (this.buffer.text !== without) this.#find("undo does not restore the expected state", `${show(this.buffer.text)} instead of ${show(without)}`);
      for (; undone > 0; undone -= 1) await this.buffer.redo();
      if (this.buffer.text !== before) this.#find("undo does not restore the expected state", `redo: ${show(this.buffer.text)} instead of ${show(before)}`);
    } catch (error) {
      this.#find("undo does not restore the expected state", `${this.owner} may edit, and undo is refused: ${(error as Error).message}`);
    }
  }

  #show(typed: string, now: string): void {
    this.#typed += typed;
    this.#screen = now;
    this.#cursor += typed.length;
  }

  #granted(change: ChangeJson): void {
    this.#cursor = mapPosition(change, this.#cursor, -1);
    this.#show(this.#awaited, apply(this.#screen, change));
    this.#awaited = "";
  }

  /** Somebody else did something to what is shown here. */
  #changed(change: ChangeJson): void {
    const before = this.#screen;
    this.#screen = apply(before, change);
    this.#cursor = mapPosition(difference(before, this.#screen), this.#cursor, 1);
    if (this.#quiet || this.#typed === "") return;
    const gone = [...this.#typed].filter((letter) => !this.#screen.includes(letter));
    if (gone.length > 0) this.#find("edits appear then disappear", `${this.owner} typed ${show(this.#typed)} and is left with ${show(this.#screen)}`);
    const neighbours = this.#screen.slice(Math.max(0, this.#cursor - 1), this.#cursor + 1);
    if (this.#screen[this.#cursor - 1] !== this.#typed.at(-1) && [...neighbours].some((letter) => this.other!.word.includes(letter))) {
      this.#find("the cursor jumps to the other user's position", `${this.owner}'s, to ${this.#cursor} in ${show(this.#screen)}`);
    }
  }
}

/** Letters that are typed here have codes; shown as digits they can be told apart. */
const show = (text: string): string => JSON.stringify(text.replace(/[\u4e00-\u6fff]/g, (letter) => (letter < "\u5e00" ? "a" : "b") + (letter.charCodeAt(0) & 31) + " "));

export async function incident(name: string, clients: readonly [Holdfast, Holdfast], chance: () => number): Promise<Finding[]> {
  const found: Finding[] = [];
  const find = (symptom: Symptom, what: string): void => void found.push({ symptom, round: name, what });
  const places = [lines[0]!.length, beginning.length - lines[3]!.length - 1];
  const delays = [chance(), chance()];
  const people = await Promise.all(
    clients.map(async (client, index) => {
      await after(delays[index]! * 100);
      return new Person(await client.openBuffer(name), places[index]!, index === 0 ? 0x4e00 : 0x5e00, find);
    }),
  );
  const [alice, bob] = people as [Person, Person];
  alice.other = bob;
  bob.other = alice;
  await Promise.all(people.map((person) => person.type(chance)));
  // Each has been told what became of what it typed.
  const settled = ({ buffer }: Person): boolean => buffer.saved === "stored" && (buffer.state === "owned" || buffer.state === "following");
  await until(() => people.every(settled), `${name}: all is settled`);
  const owners = people.filter(({ owned }) => owned);
  if (owners.length === 2) find("two owners at once", `${alice.owner} and ${bob.owner}`);
  if (owners.length === 0) find("nobody owns it", "");
  for (const person of owners) await person.undo();
  const server = (await clients[0].texts.get(name)).text!;
  const same = (): boolean => people.every(({ buffer, screen }) => buffer.text === server && screen === server);
  await until(same, `${name}: both show ${show(server)}`, 2000).catch(() =>
    find("content is duplicated or garbled", `${show(alice.screen)} and ${show(bob.screen)} are shown of ${show(server)}`),
  );
  for (const { owner, typed } of people) if (typed !== "" && !server.includes(typed)) find("content is duplicated or garbled", `${owner}'s ${show(typed)} in ${show(server)}`);
  const strange = [...server].filter((letter, at) => letter >= "\u4e00" && server.indexOf(letter) !== at);
  if (strange.length > 0) find("content is duplicated or garbled", `twice: ${show(strange.join(""))} in ${show(server)}`);
  for (const { buffer } of people) await buffer.closeWhenStored();
  return found;
}
