// The types say what the server says: what is sent is generated from its own description, and what is answered is
// compared here with real answers, member by member.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after as afterAll, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Current, FreeState, Grant, HeldState, HistoryPage, LeasePage, PastHolding, Released, RequestOf, Requested, TakeoverAhead } from "../src/answers.js";
import type { Draft, DraftPage, Followed, Greeting, RemovedText, Revision, TextChanged, TextChanges, TextEdited, TextInfo, TextPage, TextState, WholeDraft } from "../src/text_answers.js";
import { WebSocket } from "ws";
import { liveClient } from "./support/live.js";
import { Server, over } from "./support/server.js";

let server: Server;
before(async () => {
  server = await Server.start();
});
afterAll(() => over(server));

/** Each member of a type: 1 where it is always there, 0 where it may be. The compiler sees to it that none is left out. */
type Members<T> = { [Key in keyof Required<T>]: undefined extends { [K in keyof T]: T[K] }[Key] ? 0 : Record<never, never> extends Pick<T, Key> ? 0 : 1 };

const grant: Members<Grant> = { name: 1, token: 1, previous: 1, owner: 1, session: 1, ttl_ms: 1, deadline_in_ms: 1, waited_ms: 1, since: 1, joined: 1, takeover: 0, request: 0, position: 1 };
const held: Members<HeldState> = { name: 1, held: 1, token: 1, previous: 1, owner: 1, session: 1, sessions: 0, holder: 1, since: 1, ttl_ms: 1, deadline_in_ms: 1, waiting: 1, note: 0, metadata: 0, takeover: 0, request: 0, buffer_id: 0, position: 0, address: 0, held_ms: 0, text: 0, queue: 0, unsettled: 0 };
const free: Members<FreeState> = { name: 1, held: 1, token: 1, last_owner: 0, because: 0, by: 0, reason: 0, buffer_id: 0, position: 0, text: 0, queue: 0, unsettled: 0 };
const current: Members<Current> = { name: 1, current: 1, token: 1, owner: 1, session: 1, sessions: 0, holder: 1, since: 1, ttl_ms: 1, deadline_in_ms: 1, waiting: 1, note: 0, metadata: 0, takeover: 0, request: 0, position: 1, address: 0, held_ms: 0, text: 0, queue: 0, unsettled: 0 };
const requested: Members<Requested> = { name: 1, requested: 1, token: 1, owner: 1, session: 1, sessions: 0, holder: 1, since: 1, ttl_ms: 1, deadline_in_ms: 1, waiting: 1, note: 0, metadata: 0, takeover: 0, request: 0, position: 1, address: 0, held_ms: 0, text: 0, queue: 0, unsettled: 0 };
const released: Members<Released> = { name: 1, released: 1, token: 1, held: 1, position: 1 };
const page: Members<LeasePage> = { leases: 1, next: 1, position: 1, unsettled: 0 };
const historyPage: Members<HistoryPage> = { name: 0, holdings: 1, next: 1, gaps: 0, memory_only: 0, position: 1 };
const past: Members<PastHolding> = { name: 1, token: 1, previous: 1, owner: 1, session: 1, holder: 1, since: 1, until: 1, open: 1, uncertain: 0, held_ms: 0, because: 0, by: 0, by_session: 0, to: 0, to_session: 0, reason: 0, began: 1, taken_from: 0, taken_because: 0, note: 0, address: 0, waited_ms: 1, ttl_ms: 0, steps: 1, steps_left_out: 0 };
const takeover: Members<TakeoverAhead> = { by: 1, session: 1, reason: 1, ends_in_ms: 1 };
const request: Members<RequestOf> = { by: 1, message: 0 };

function has(answer: unknown, members: Record<string, 0 | 1>, what: string): void {
  const keys = Object.keys(answer as object);
  const missing = Object.entries(members).filter(([key, always]) => always && !keys.includes(key));
  const unknown = keys.filter((key) => !(key in members));
  assert.deepEqual({ missing, unknown }, { missing: [], unknown: [] }, `${what}: ${JSON.stringify(answer)}`);
}

const ask = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(server.url + path)).json()) as Record<string, unknown>;

test("answers have the members that the types say, and no others", async () => {
  const who = { owner: "alice", session: "a" };
  const first = await server.post("/v1/acquire/x", { ...who, note: "n", metadata: { m: 1 } });
  has(first, grant, "acquire");
  has(await ask("/v1/leases/x"), held, "get");
  has(await server.post("/v1/check/x", { token: first["token"] }), current, "check");
  has(await server.post("/v1/request/x", { owner: "bob", message: "please" }), requested, "request");
  const taking = server.post("/v1/takeover/x", { owner: "bob", reason: "now", token: first["token"], flush_ms: 300 });
  let renewed = await server.post("/v1/renew/x", { ...who, token: first["token"] });
  while (!renewed["takeover"]) renewed = await server.post("/v1/renew/x", { ...who, token: first["token"] });
  has(renewed, grant, "renew");
  has(renewed["takeover"], takeover, "takeover ahead");
  has(renewed["request"], request, "request");
  has(await ask("/v1/leases/x"), held, "get in a window");
  const taken = await taking;
  has(taken, grant, "takeover");
  const listed = await ask("/v1/leases");
  has(listed, page, "list");
  has((listed["leases"] as unknown[])[0], held, "list's lease");
  has(await server.post("/v1/release/x", { owner: "bob", token: taken["token"] }), released, "release");
  has(await ask("/v1/leases/x"), free, "get of a free name");
  has(await ask("/v1/leases/never"), free, "get of a name never seen");
  const history = await ask("/v1/history/x");
  has(history, historyPage, "history");
  for (const holding of history["holdings"] as unknown[]) has(holding, past, "holding");
});

test("what is sent is generated from the server's description of today", async () => {
  const root = new URL("../../", import.meta.url);
  const { generate } = (await import(pathToFileURL(new URL("tools/generate.mjs", root).pathname).href)) as {
    generate: (document: unknown) => string;
  };
  const committed = readFileSync(new URL("src/api.ts", root), "utf8");
  assert.equal(committed, generate(await ask("/v1/openapi.json")), "run: npm run generate");
});

const info: Members<TextInfo> = { name: 1, buffer: 1, revision: 1, oldest: 1, length: 1, bytes: 1, lines: 1, ends: 1, byte_order_mark: 1, created_by: 1, created_at: 1, changed_by: 1, changed_at: 1, drafts: 1 };
const state: Members<TextState> = { ...info, shown: 0, text: 0, blame: 0, undo: 1, redo: 1, again: 0, position: 1 };
const textPage: Members<TextPage> = { buffers: 1, next: 1, position: 1 };
const edited: Members<TextEdited> = { name: 1, buffer: 1, base: 1, revision: 1, again: 1, undo: 1, redo: 1, position: 1 };
const changed: Members<TextChanged> = { ...edited, changes: 1 };
const caughtUp: Members<TextChanges> = { name: 1, buffer: 1, revision: 1, changes: 0, more: 0, text: 0, position: 1 };
const revision: Members<Revision> = { revision: 1, owner: 1, change: 1 };
const removed: Members<RemovedText> = { name: 1, buffer: 1, removed: 1, position: 1 };
const draft: Members<Draft> = { draft: 1, name: 1, buffer: 1, owner: 1, session: 1, token: 1, base: 1, seq: 1, because: 1, by: 1, at: 1, inserted: 1, deleted: 1, fit: 0 };
const wholeDraft: Members<WholeDraft> = { ...draft, base_text: 0, change: 1, now: 0, position: 1 };
const draftPage: Members<DraftPage> = { drafts: 1, next: 1, position: 1 };
const greeting: Members<Greeting> = { owner: 1, session: 1, incarnation: 1, ping_ms: 1, grace_ms: 1 };
const followed: Members<Followed> = { name: 1, buffer: 1, revision: 1, lease: 1, text: 0, changes: 0, more: 0, members: 1, position: 1 };

test("answers about texts and drafts have the members that the types say, and no others", async () => {
  const who = { owner: "alice", session: "a" };
  const put = async (path: string, method: string, body: unknown): Promise<Record<string, unknown>> => {
    const answer = await fetch(server.url + path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  };
  has(await put("/v1/buffers/t", "PUT", { owner: "alice", text: "text" }), state, "put");
  const { token } = await server.post("/v1/acquire/t", who);
  const edit = { ...who, token, base: 0, seq: 1, changes: [[4, [0, "!"]]] };
  has(await server.post("/v1/edit/t", edit), edited, "edit");
  has(await server.post("/v1/undo/t", { ...who, token, seq: 2 }), changed, "undo");
  has(await server.post("/v1/redo/t", { ...who, token, seq: 3 }), changed, "redo");
  has(await ask("/v1/buffers/t?blame=1&owner=alice"), state, "get");
  const changes = await ask("/v1/changes/t");
  has(changes, caughtUp, "changes");
  for (const one of changes["changes"] as unknown[]) has(one, revision, "change");
  const texts = await ask("/v1/buffers");
  has(texts, textPage, "list");
  has((texts["buffers"] as unknown[])[0], info, "list's text");
  await server.post("/v1/release/t", { ...who, token });
  const kept = await server.post("/v1/draft/t", { ...who, token, base: 3, seq: 4, changes: [[5, [0, "?"]]] });
  has(kept, { ...draft, position: 0 }, "keep");
  has(await ask(`/v1/drafts/${String(kept["draft"])}`), wholeDraft, "draft");
  const drafts = await ask("/v1/drafts");
  has(drafts, draftPage, "drafts");
  has((drafts["drafts"] as unknown[])[0], draft, "list's draft");
  const again = await server.post("/v1/acquire/t", who);
  const applied = await server.post(`/v1/drafts/${String(kept["draft"])}/apply`, { ...who, token: again["token"], seq: 4 });
  has(applied, changed, "apply");
  await server.post("/v1/release/t", { ...who, token: again["token"] });
  const { live } = liveClient(server.url, "alice");
  has(await live.call("follow", { name: "t" }, { timeout: 5000 }), followed, "follow");
  has(await live.call("follow", { name: "t", buffer: kept["buffer"], after: 1 }, { timeout: 5000 }), followed, "follow from somewhere");
  live.close();
  has(await greeted(), greeting, "hello");
  has(await put("/v1/buffers/t", "DELETE", { owner: "alice" }), removed, "delete");
});

/** The answer to `hello`, which the client itself keeps. */
function greeted(): Promise<unknown> {
  const socket = new WebSocket(server.url.replace("http", "ws") + "/v1/live", ["holdfast.v1"]);
  socket.addEventListener("open", () => socket.send('{"id": 1, "call": "hello", "owner": "alice"}'));
  return new Promise((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      socket.close();
      resolve((JSON.parse(String(data)) as { body: unknown }).body);
    });
  });
}
