// A server on which something goes on: owners, queues, texts, drafts, a history.
import { pathOf } from "./server.js";

/** Somebody who waits in a queue until the test is over. */
function waits(server, name, owner, stop) {
  const body = JSON.stringify({ owner, wait_ms: 300_000 });
  fetch(`${server.url}/v1/acquire/${pathOf(name)}`, { method: "POST", headers: { "content-type": "application/json" }, body, signal: stop.signal }).catch(() => undefined);
}

/** Returns what one wants to look at, and `leave`, which ends the queues. */
export async function settle(server) {
  const stop = new AbortController();
  const hold = (name, owner, more = {}) => server.post(`/v1/acquire/${pathOf(name)}`, { owner, session: `${owner}-laptop`, ttl_ms: 3_600_000, ...more });
  await hold("docs/handbook/chapter-1", "alice", { note: "rewriting the introduction" });
  await hold("docs/handbook/chapter-2", "bob");
  await hold("docs/plan", "carol", { note: "until the meeting", ttl_ms: 900_000 });
  await hold("builds/nightly", "ci-runner", { session: "agent-7", note: "deploys to staging" });
  await hold("devices/printer-3", "workshop", { ttl_ms: null });
  for (const owner of ["dave", "erin", "frank"]) waits(server, "builds/nightly", owner, stop);
  for (let number = 0; number < 30; number += 1) await hold(`queue/jobs/${String(number).padStart(3, "0")}`, `worker-${number % 4}`);

  // A text that changed hands, and what that left.
  const name = "notes/today";
  await server.createText(name, "Dear all,\nwe meet on Monday.\n", "alice");
  await server.createText("notes/recipe", "Flour, eggs, milk.\n", "bob");
  const edit = (token, owner, base, changes, seq = 1) => server.ask("POST", `/v1/edit/${pathOf(name)}`, { token, owner, session: `${owner}-laptop`, base, seq, changes });
  const hers = await hold(name, "alice");
  await edit(hers.token, "alice", 0, [[21, [6, "Friday"], 2]]);
  const his = await server.post(`/v1/takeover/${pathOf(name)}`, { owner: "bob", session: "bob-laptop", token: hers.token, reason: "alice has gone home", flush_ms: 0, ttl_ms: 3_600_000 });
  await edit(his.token, "bob", 1, [[10, [0, "(all of you!) "], 19]]);
  const late = await edit(hers.token, "alice", 1, [[29, [0, "Bring cake.", ""]]], 2);
  return { text: name, contended: "builds/nightly", draft: late.body.draft, leave: () => stop.abort() };
}
