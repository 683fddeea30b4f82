import assert from "node:assert/strict";
import { test } from "node:test";
import { Belief, type Question } from "../src/belief.js";
import { Keeper } from "../src/keeper.js";
import { chanceOf } from "./support/chance.js";

test("K1 belief counts from before the request was sent", () => {
  const belief = new Belief();
  belief.granted(belief.asking(100, 1000), { received: 900, ttl: 1000 });
  assert.equal(belief.until, 1100);
  assert.ok(belief.holds(1099));
  assert.ok(!belief.holds(1100));
});

test("K1 a wait counts as far as it can have been the request's own", () => {
  const own = new Belief();
  own.granted(own.asking(0, 1000), { received: 600, waited: 501, ttl: 1000 });
  assert.equal(own.until, 1500);
  const foreign = new Belief();
  foreign.granted(foreign.asking(0, 1000), { received: 300, waited: 5000, ttl: 1000 });
  assert.equal(foreign.until, 1000);
});

test("K2 belief is lowered before a shorter ttl is asked for", () => {
  const belief = new Belief();
  belief.granted(belief.asking(0, 10_000), { received: 1, ttl: 10_000 });
  belief.asking(100, 500);
  assert.equal(belief.until, 600);
});

test("K3 a loss is final", () => {
  const belief = new Belief();
  const question = belief.asking(0, 1000);
  belief.lose();
  assert.ok(!belief.granted(question, { received: 1, ttl: 1000 }));
  assert.ok(!belief.holds(1));
});

test("K4 answers out of order neither shorten nor lengthen belief", () => {
  const belief = new Belief();
  const older = belief.asking(0, 5000);
  const newer = belief.asking(100, 1000);
  belief.granted(newer, { received: 200, ttl: 1000 });
  assert.equal(belief.until, 1100);
  assert.ok(!belief.granted(older, { received: 300, ttl: 5000 }));
  assert.equal(belief.until, 1100);
});

test("K4 an answer from before a doubt ends no doubt", () => {
  const belief = new Belief();
  const before = belief.asking(0, 1000);
  belief.doubt();
  assert.ok(!belief.granted(before, { received: 10, ttl: 1000 }));
  assert.ok(!belief.holds(20));
  belief.granted(belief.asking(30, 1000), { received: 40, ttl: 1000 });
  assert.ok(belief.holds(50));
});

test("K5 while a shorter renewal may still arrive no longer one is believed", () => {
  const belief = new Belief();
  const short = belief.asking(0, 1000);
  belief.granted(belief.asking(10, 60_000), { received: 20, ttl: 60_000 });
  assert.equal(belief.until, 1010);
  belief.answered(short);
  belief.granted(belief.asking(30, 60_000), { received: 40, ttl: 60_000 });
  assert.equal(belief.until, 60_030);
});

test("belief ends no later than the server's lease, whatever is late, lost or out of order", () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const chance = chanceOf(seed);
    const belief = new Belief();
    let now = 0;
    let deadline = -Infinity; // The server's.
    const toServer: { at: number; question: Question }[] = [];
    const toClient: { at: number; question: Question; ttl: number }[] = [];
    for (let step = 0; step < 300; step += 1) {
      now += chance() * 30;
      for (const sent of toServer.splice(0)) {
        if (sent.at > now) toServer.push(sent);
        else {
          deadline = sent.at + sent.question.ttl;
          if (chance() < 0.8) toClient.push({ at: sent.at + chance() * 400, question: sent.question, ttl: sent.question.ttl });
        }
      }
      for (const answer of toClient.splice(0)) {
        if (answer.at > now) toClient.push(answer);
        else belief.granted(answer.question, { received: now, ttl: answer.ttl });
      }
      if (chance() < 0.3) {
        const question = belief.asking(now, chance() < 0.7 ? 300 : 1500);
        if (chance() < 0.9) toServer.push({ at: now + chance() * 500, question });
      }
      if (chance() < 0.02) belief.doubt();
      // What is still on its way to the server may move its deadline later than now, never before it.
      if (belief.holds(now)) assert.ok(now < deadline, `seed ${seed}, step ${step}`);
    }
  }
});

const kept = (ttl: number, afterSleep: "ask" | "lose" = "ask", grace = 0): Keeper => {
  const belief = new Belief();
  belief.granted(belief.asking(0, ttl), { received: 0, ttl });
  return new Keeper(belief, { ttl, grace, afterSleep }, 0);
};

test("a renewal is due after a third of the ttl, and one at a time", () => {
  const keeper = kept(30_000);
  assert.ok(!keeper.renewalDue(9_999));
  assert.ok(keeper.renewalDue(10_000));
  keeper.renewalSent(10_000);
  assert.ok(!keeper.renewalDue(12_000));
});

test("a loss is told before belief ends, by a margin or by the grace", () => {
  assert.equal(kept(30_000).stand(29_749), "held");
  assert.equal(kept(30_000).stand(29_750), "over");
  assert.equal(kept(30_000, "ask", 5000).stand(25_000), "over");
});

test("who ran too late to see the end asks once more, believing nothing, and then gives up", () => {
  const keeper = kept(30_000);
  assert.equal(keeper.stand(90_000), "doubtful");
  assert.ok(!keeper.holds(90_000));
  assert.ok(keeper.renewalDue(90_000));
  const question = keeper.renewalSent(90_000);
  keeper.renewed(question, 90_010, 30_000);
  assert.equal(keeper.stand(90_011), "held");
  assert.ok(keeper.holds(90_011));

  const unanswered = kept(30_000);
  assert.equal(unanswered.stand(90_000), "doubtful");
  assert.equal(unanswered.stand(104_999), "doubtful");
  assert.equal(unanswered.stand(105_000), "over");
  assert.equal(kept(30_000, "lose").stand(90_000), "over");
});

test("what is believed for less than was asked for is renewed sooner", () => {
  const belief = new Belief();
  belief.asking(0, 30_000); // Its answer was lost.
  belief.granted(belief.asking(0, 30_000), { received: 0, ttl: 30_000 });
  const keeper = new Keeper(belief, { ttl: 30_000, grace: 0, afterSleep: "ask" }, 0);
  keeper.ttl = 150_000;
  keeper.renewed(keeper.renewalSent(100), 110, 150_000);
  assert.equal(belief.until, 30_100);
  assert.ok(!keeper.renewalDue(10_099));
  assert.ok(keeper.renewalDue(10_100));
});

test("over is final", () => {
  const keeper = kept(1000);
  const question = keeper.renewalSent(400);
  assert.equal(keeper.stand(980), "over");
  keeper.renewed(question, 985, 1000);
  assert.equal(keeper.stand(985), "over");
  assert.ok(!keeper.holds(985));
});

test("a takeover that is ahead ends belief when it comes about, unless the server says that nothing came of it", () => {
  const keeper = kept(30_000);
  keeper.renewed(keeper.renewalSent(1000), 1010, 30_000, 500);
  assert.ok(keeper.holds(1498));
  assert.ok(!keeper.holds(1499));
  assert.ok(keeper.renewalDue(1499));
  keeper.renewed(keeper.renewalSent(1500), 1510, 30_000);
  assert.ok(keeper.holds(1511));

  const unanswered = kept(30_000);
  unanswered.renewed(unanswered.renewalSent(1000), 1010, 30_000, 500);
  unanswered.renewalSent(1499);
  assert.equal(unanswered.stand(1998), "held");
  assert.equal(unanswered.stand(1999), "over");
});

test("failed renewals are tried again in pauses that grow, and end before belief does", () => {
  const keeper = kept(30_000);
  let now = 10_000;
  const times: number[] = [];
  while (keeper.stand(now) !== "over") {
    if (keeper.renewalDue(now)) {
      times.push(now);
      keeper.renewalFailed(keeper.renewalSent(now), now, true);
    }
    now = keeper.next();
  }
  assert.equal(now, 29_750);
  assert.ok(times.length > 15 && times.length < 30, `${times.length}`);
});
