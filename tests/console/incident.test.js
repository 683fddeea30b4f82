// What once went wrong, in real browsers: two people open one file within 100 ms and both type. The same code judges a
// sound server and one that looks and takes in two steps.
import assert from "node:assert/strict";
import { after as afterAll, test } from "node:test";
import { closeBrowser } from "./support/browser.js";
import { chanceOf } from "./support/from_sdk.js";
import { beginning, nothingWentWrong, round, symptoms } from "./support/incident.js";
import { World } from "./support/world.js";

afterAll(closeBrowser);

async function rounds(test, most, more, enough = () => false) {
  const world = await World.of(test, { more });
  const relay = await world.relay(); // The server is on another machine.
  const people = await Promise.all(["alice", "bob"].map((owner) => world.person(owner, {}, relay)));
  for (let number = 0; number < most; number += 1) await world.server.createText(`incident/${number}`, beginning);
  for (const person of people) {
    person.faultsAreExpected = more.includes("--inject");
    await person.go("#/");
  }
  relay.delayMs = 15;
  const chance = chanceOf(most);
  const found = [];
  for (let number = 0; number < most && !enough(found); number += 1) found.push(...(await round(`incident/${number}`, people, world.server, chance)));
  return found;
}

test("two people open one file within 100 ms and type, twenty times: one owns it, the other follows", async (context) => {
  nothingWentWrong(await rounds(context, 20, []));
});

test("with a server that looks and takes in two steps the very same code fails, and names all that people saw", async (context) => {
  const sees = (found) => symptoms.every((symptom) => found.some((finding) => finding.symptom === symptom));
  const found = await rounds(context, 20, ["--inject", "check-then-act=100"], sees);
  assert.throws(
    () => nothingWentWrong(found),
    (error) => {
      context.diagnostic(error.message);
      for (const symptom of symptoms) assert.ok(error.message.includes(symptom), `${symptom} is not among them: ${error.message}`);
      return /two owners at once/.test(error.message);
    },
  );
});
