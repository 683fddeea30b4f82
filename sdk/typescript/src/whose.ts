// Who holds a name, as far as is known: from answers, and from what is pushed. Answers may be overtaken by what is pushed.

import type { HeldState } from "./answers.js";
import { RefusedError, isObject, numberAt, textAt } from "./problem.js";

export interface Here {
  readonly owner: string;
  readonly session: string;
}

/** What an event did: a holding began, or was lost, or neither of the two. */
export interface Happened {
  /** `asked`: by whoever holds it now, who has an answer. */
  readonly begun: { readonly token: number; readonly asked: boolean } | undefined;
}

export class Whose {
  readonly #name: string;
  readonly #here: Here;
  #holder: HeldState | undefined;
  #at: readonly [incarnation: number, number: number] = [0, 0];

  constructor(name: string, here: Here) {
    this.#name = name;
    this.#here = here;
  }

  get holder(): HeldState | undefined {
    return this.#holder;
  }

  /** Somebody else's, or another session's of this owner. */
  get byOther(): boolean {
    const { owner, session } = this.#here;
    return this.#holder !== undefined && (this.#holder.owner !== owner || this.#holder.session !== session);
  }

  /** As an answer has it. False: newer things are known. */
  present(lease: unknown, position: string | undefined): boolean {
    if (!this.#isNewest(position)) return false;
    this.#holder = isObject(lease) && lease["held"] === true ? (lease as unknown as HeldState) : undefined;
    return true;
  }

  /** As an event has it. Undefined: it says nothing new about who holds the name. */
  happened(data: unknown): Happened | undefined {
    if (!isObject(data) || !this.#isNewest(textAt(data, "position"))) return undefined;
    const [type, token, owner, session] = [textAt(data, "type"), numberAt(data, "token"), textAt(data, "owner"), textAt(data, "session")];
    if (token === undefined) return undefined;
    const ends = type === "revoked" || (data["ends"] !== false && (type === "released" || type === "lapsed"));
    const asked = type === "granted" || type === "taken_over" || type === "moved";
    const begins = asked || type === "transferred" || type === "revived";
    if (ends) this.#holder = undefined;
    else if (begins && owner !== undefined) this.#holder = heldBy(this.#name, token, owner, session ?? "", data);
    else return undefined;
    return { begun: begins ? { token, asked } : undefined };
  }

  /** As the server would say it, of a holder that is known. */
  refusal(): RefusedError {
    const holder = this.#holder!;
    const own = holder.owner === this.#here.owner;
    const code = own ? "held_by_you" : "held";
    const detail = own ? "You have it open in another place." : `${holder.owner} has it.`;
    return new RefusedError({ code, fate: "not_done", detail, status: 409, problem: { ...holder, code } });
  }

  #isNewest(position: string | undefined): boolean {
    const [incarnation = 0, number = 0] = (position ?? "").split(".").map(Number);
    const [knownIncarnation, known] = this.#at;
    if (incarnation === knownIncarnation && number < known) return false;
    this.#at = [incarnation, number];
    return true;
  }
}

function heldBy(name: string, token: number, owner: string, session: string, data: Readonly<Record<string, unknown>>): HeldState {
  const note = textAt(data, "note");
  return {
    name,
    held: true,
    token,
    previous: null,
    owner,
    session,
    holder: "session",
    since: textAt(data, "at") ?? "",
    ttl_ms: numberAt(data, "ttl_ms") ?? null,
    deadline_in_ms: null,
    waiting: 0,
    ...(note === undefined ? {} : { note }),
  };
}
