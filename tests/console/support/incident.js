// Two people open the same file within 100 ms and type at once. What they see is judged by the four names that such
// accidents were reported under.
import assert from "node:assert/strict";
import { after, until } from "./from_sdk.js";
import { Desk } from "./person.js";

export const symptoms = [
  "edits appear then disappear",
  "the cursor jumps to the other user's position",
  "undo does not restore the expected state",
  "content is duplicated or garbled",
];

// Nobody types capitals, so every small letter is somebody's.
const lines = ["IT WAS A DARK NIGHT.", "THE RAIN FELL IN TORRENTS.", "EXCEPT AT TIMES.", "IT WAS CHECKED BY A GUST.", ""];
export const beginning = lines.join("\n");
const words = ["abcdefghijkl", "mnopqrstuvwx"];
const quietMs = 200;

const typedOf = (word, text) => [...text].filter((letter) => word.includes(letter)).join("");

/** One round of it; what went wrong in it. */
export async function round(name, people, server, chance) {
  const found = [];
  const find = (symptom, what) => found.push({ symptom, round: name, what });
  const keys = [["Control+Home", "End"], ["Control+End"]];
  const writers = await Promise.all(
    people.map(async (person, index) => {
      const delay = chance() * 100;
      await after(delay);
      const desk = await Desk.open(person, name);
      await desk.page.evaluate(() => window.eye.watch());
      await desk.content.focus();
      await desk.press(...keys[index]);
      await desk.type(words[index], 10 + chance() * 15);
      return { desk, owner: person.owner, word: words[index], other: words[1 - index] };
    }),
  );
  const quiet = () => Promise.all(writers.map(({ desk }) => desk.page.evaluate(() => window.eye.quietFor())));
  await until(async () => (await quiet()).every((ms) => ms > quietMs), `${name}: all is settled`);

  for (const writer of writers) {
    writer.seen = await writer.desk.page.evaluate(() => window.eye.seen);
    judgeWhatWasSeen(writer, find);
  }
  const owners = writers.filter(({ seen }) => seen.some(({ takesKeys }) => takesKeys));
  if (owners.length === 2) find("two owners at once", "both could type");
  if (owners.length === 0) find("nobody owns it", "");
  const before = await server.text(name);
  for (const { owner, word, seen } of owners) {
    const typed = typedOf(word, seen.at(-1).text);
    if (!before.includes(word)) find("content is duplicated or garbled", `${owner} typed ${word}, sees ${typed}, and stored is ${show(before)}`);
  }
  for (const owner of owners) await judgeUndo(owner, find);

  const after_ = await server.text(name);
  for (const { desk, owner } of writers) {
    await desk.shows(after_, 2000).catch(async () => find("content is duplicated or garbled", `${owner} sees ${show(await desk.text())}, stored is ${show(after_)}`));
  }
  const twice = [...after_].filter((letter, at) => /[a-z]/.test(letter) && after_.indexOf(letter) !== at);
  if (twice.length > 0) find("content is duplicated or garbled", `twice: ${twice.join("")} in ${show(after_)}`);
  return found;
}

/** What was typed stays, and the caret is where its owner put it: far from where the other writes. */
function judgeWhatWasSeen({ owner, word, other, seen }, find) {
  let most = "";
  for (const { text, caret } of seen) {
    const now = typedOf(word, text);
    if ([...most].some((letter) => !now.includes(letter))) find("edits appear then disappear", `${owner} saw ${show(most)}, then ${show(text)}`);
    most = now;
    if (caret === null) continue;
    let [before, behind] = [caret - 1, caret];
    while (word.includes(text[before] ?? "?")) before -= 1;
    while (word.includes(text[behind] ?? "?")) behind += 1;
    if ([text[before], text[behind]].some((letter) => other.includes(letter ?? "?"))) {
      find("the cursor jumps to the other user's position", `${owner}'s, to ${caret} in ${show(text)}`);
    }
  }
}

/** Takes back all that one typed, and does it again: nothing else may change. */
async function judgeUndo({ desk, owner, word }, find) {
  const wrong = (what) => find("undo does not restore the expected state", `${owner}: ${what}`);
  const before = await desk.text();
  const without = [...before].filter((letter) => !word.includes(letter)).join("");
  if (without === before) return;
  const moves = async (key, from) => {
    await desk.press(key);
    await until(async () => (await desk.text()) !== from, "a change", 700).catch(() => undefined);
    return desk.text();
  };
  let [now, steps] = [before, 0];
  while (typedOf(word, now) !== "" && steps < 5) {
    const then = await moves("Control+z", now);
    if (then === now) break;
    [now, steps] = [then, steps + 1];
  }
  if (now !== without) wrong(`undone to ${show(now)} instead of ${show(without)}`);
  for (let step = 0; step < steps; step += 1) now = await moves("Control+y", now);
  if (now !== before) wrong(`done again: ${show(now)} instead of ${show(before)}`);
}

const show = (text) => JSON.stringify(text);

/** The verdict, which is the same for every server. */
export function nothingWentWrong(found) {
  const kinds = [...new Set(found.map(({ symptom }) => symptom))];
  const told = kinds.map((kind) => {
    const all = found.filter(({ symptom }) => symptom === kind);
    return `${kind}: ${new Set(all.map(({ round }) => round)).size} rounds, such as ${all[0].round}: ${all[0].what}`;
  });
  assert.equal(found.length, 0, `\n  ${told.join("\n  ")}\n`);
}
