// What once went wrong, as often as it takes to be sure: two clients open one text within 100 ms, far from the server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chanceOf } from "./support/chance.js";
import { beginning, incident, symptoms, type Finding } from "./support/incident.js";
import { liveClient } from "./support/live.js";
import { Relay } from "./support/relay.js";
import { Server } from "./support/server.js";

const rounds = 100;
const atOnce = 10;

async function allRounds(delayMs: number, more: readonly string[], most = rounds): Promise<Finding[]> {
  const server = await Server.start(["--journal", "memory", ...more]);
  const relay = await Relay.to(server.port);
  const clients = [liveClient(relay.url, "alice"), liveClient(relay.url, "bob")] as const;
  const chance = chanceOf(delayMs);
  try {
    for (let round = 0; round < most; round += 1) await clients[0].texts.create(`incident/${round}`, beginning);
    relay.delayMs = delayMs;
    const found: Finding[] = [];
    for (let first = 0; first < most; first += atOnce) {
      const names = Array.from({ length: Math.min(atOnce, most - first) }, (_, index) => `incident/${first + index}`);
      found.push(...(await Promise.all(names.map((name) => incident(name, clients, chance)))).flat());
    }
    return found;
  } finally {
    for (const client of clients) client.live.close();
    relay.close();
    await server.kill();
  }
}

/** The test itself, as it is for a server of either kind. */
function nothingWentWrong(found: readonly Finding[]): void {
  const named = symptoms.filter((symptom) => found.some((finding) => finding.symptom === symptom));
  const others = [...new Set(found.map(({ symptom }) => symptom))].filter((symptom) => !symptoms.includes(symptom as never));
  const examples = [...named, ...others].map((symptom) => {
    const all = found.filter((finding) => finding.symptom === symptom);
    return `${symptom}: ${new Set(all.map(({ round }) => round)).size} rounds, such as ${all[0]!.round}: ${all[0]!.what}`;
  });
  assert.equal(found.length, 0, `\n  ${examples.join("\n  ")}\n`);
}

for (const delayMs of [20, 100]) {
  test(`two clients open one text at once, ${delayMs} ms from the server, ${rounds} times: one owns it, the other follows`, async () => {
    nothingWentWrong(await allRounds(delayMs, []));
  });
}

test("with a server that looks and takes in two steps the very same test fails, and names all that people saw", async (context) => {
  const found = await allRounds(20, ["--inject", "check-then-act=150"]);
  assert.throws(
    () => nothingWentWrong(found),
    (error: Error) => {
      context.diagnostic(error.message);
      for (const symptom of symptoms) assert.ok(error.message.includes(symptom), `${symptom} is not among them: ${error.message}`);
      return /two owners at once/.test(error.message);
    },
  );
});
