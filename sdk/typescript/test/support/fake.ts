// A server in this process, for what a real one does only when it is told to: silence, odd orders, refusals. It has one
// text and one lease without an end. Whatever can be tested against the real program is, elsewhere.
import { apply, type ChangeJson } from "../../src/changes.js";
import type { WebSocketClass, WebSocketLike } from "../../src/live.js";

type Fields = Record<string, unknown>;
type Listener = (event: never) => void;

export interface Asked extends Fields {
  readonly call: string;
  readonly id?: number;
}

export class FakeServer {
  text = "";
  revision = 0;
  readonly log: { revision: number; owner: string; change: ChangeJson }[] = [];
  holder: { owner: string; session: string; token: number } | undefined;
  lastToken = 100;
  readonly drafts: Fields[] = [];
  readonly sockets = new Set<FakeSocket>();
  readonly asked: Asked[] = [];
  /** Answers instead of the server: undefined leaves it to the server, null says nothing at all. */
  instead: ((asked: Asked, socket: FakeSocket) => { status: number; body: Fields } | null | undefined) | undefined;
  refusing = false;

  constructor(text = "") {
    this.text = text;
  }

  get webSocket(): WebSocketClass {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const server = this;
    return class extends FakeSocket {
      constructor(_url: string, readonly protocols: string[]) {
        super(server);
      }
    };
  }

  /** Every connection breaks. */
  cut(): void {
    for (const socket of [...this.sockets]) socket.end(1006);
  }

  push(message: Fields): void {
    for (const socket of this.sockets) socket.receive(message);
  }

  /** Somebody else makes a revision, and followers are told unless `quiet`. */
  write(change: ChangeJson, owner = "bob", quiet = false): void {
    const base = this.revision;
    this.make(change, owner);
    if (!quiet) this.push({ push: "revision", name: "doc", buffer: 1, base, revision: this.revision, owner, session: "other", kind: "edit", changes: [change] });
  }

  make(change: ChangeJson, owner: string): void {
    this.text = apply(this.text, change);
    this.revision += 1;
    this.log.push({ revision: this.revision, owner, change });
  }

  grant(owner: string, session: string): Fields {
    this.holder = { owner, session, token: (this.lastToken += 1) };
    return this.held();
  }
  held(): Fields {
    return { name: "doc", ...this.holder, previous: null, ttl_ms: 30_000, deadline_in_ms: 30_000, waited_ms: 0, since: "2026-01-01T00:00:00Z", joined: false, position: "1.1" };
  }

  answer(asked: Asked, socket: FakeSocket): { status: number; body: Fields } {
    const { owner, session } = socket;
    const mine = this.holder?.session === session && (asked["token"] === undefined || asked["token"] === this.holder?.token);
    const refuse = (status: number, code: string, more: Fields = {}): { status: number; body: Fields } => ({ status, body: { code, fate: "not_done", detail: code, ...more } });
    switch (asked.call) {
      case "hello":
        socket.owner = String(asked["owner"]);
        socket.session = String(asked["session"]);
        return { status: 200, body: { owner: socket.owner, session: socket.session, incarnation: 1, ping_ms: 10_000, grace_ms: 30_000 } };
      case "follow": {
        const after = asked["after"];
        const lease = this.holder ? { ...this.held(), held: true, holder: "session", waiting: 0 } : { name: "doc", held: false, token: null };
        const present = typeof after === "number" && asked["buffer"] === 1 ? { changes: this.log.slice(after) } : { text: this.text };
        return { status: 200, body: { name: "doc", buffer: 1, revision: this.revision, lease, ...present, members: [], position: "1.1" } };
      }
      case "lease.acquire":
        if (this.holder && !mine) return refuse(409, this.holder.owner === owner ? "held_by_you" : "held", { ...this.held() });
        return { status: 200, body: this.holder ? this.held() : this.grant(owner, session) };
      case "lease.renew":
        return mine ? { status: 200, body: this.held() } : refuse(409, "stale", { because: "lapsed" });
      case "lease.release":
        if (mine) this.holder = undefined;
        return { status: 200, body: { released: mine } };
      case "lease.get":
        return { status: 200, body: this.holder ? { ...this.held(), held: true } : { name: "doc", held: false } };
      case "buffer.edit":
        if (!mine) return refuse(409, "stale", { because: "taken_over", by: "bob", reason: "now", draft: this.keep(asked) });
        if (asked["base"] !== this.revision) return refuse(409, "base_moved");
        for (const change of asked["changes"] as ChangeJson[]) this.make(change, owner);
        return { status: 200, body: { name: "doc", buffer: 1, base: asked["base"], revision: this.revision, again: false, undo: 1, redo: 0, position: "1.1" } };
      case "draft.keep":
        return { status: 200, body: { draft: this.keep(asked) } };
      default:
        return { status: 200, body: {} };
    }
  }

  keep(asked: Asked): number {
    const known = this.drafts.findIndex(({ seq, session }) => seq === asked["seq"] && session === asked["session"]);
    if (known >= 0) this.drafts[known] = asked;
    else this.drafts.push(asked);
    return known >= 0 ? known + 1 : this.drafts.length;
  }
}

export class FakeSocket implements WebSocketLike {
  owner = "";
  session = "";
  readonly #server: FakeServer;
  readonly #listeners = new Map<string, Listener[]>();
  #over = false;

  constructor(server: FakeServer) {
    this.#server = server;
    setTimeout(() => {
      if (server.refusing) return this.end(1006);
      server.sockets.add(this);
      this.#tell("open", {});
    });
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }

  send(text: string): void {
    const asked = JSON.parse(text) as Asked;
    this.#server.asked.push(asked);
    const own = this.#server.instead?.(asked, this);
    if (own === null) return;
    const answer = own ?? this.#server.answer(asked, this);
    if (asked.id !== undefined) setTimeout(() => this.receive({ id: asked.id, ...answer }));
  }

  receive(message: Fields): void {
    if (!this.#over) this.#tell("message", { data: JSON.stringify(message) });
  }

  close(): void {
    this.end(1000);
  }
  end(code: number, reason = ""): void {
    if (this.#over) return;
    this.#over = true;
    this.#server.sockets.delete(this);
    this.#tell("close", { code, reason });
  }

  #tell(type: string, event: Fields): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event as never);
  }
}
