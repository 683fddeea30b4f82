// What the server answers, as it is spelled on the wire. A test compares these members with real answers.

/** Somebody asks for the name. */
export interface RequestOf {
  readonly by: string;
  readonly message?: string;
}

/** Somebody takes the name over. */
export interface TakeoverAhead {
  readonly by: string;
  readonly session: string;
  readonly reason: string;
  readonly ends_in_ms: number;
}

/** To acquire, renew and takeover. */
export interface Grant {
  readonly name: string;
  readonly token: number;
  /** The token of the holding before, if that is remembered. */
  readonly previous: number | null;
  readonly owner: string;
  readonly session: string;
  readonly ttl_ms: number | null;
  readonly deadline_in_ms: number | null;
  readonly waited_ms: number;
  readonly since: string;
  readonly joined: boolean;
  readonly takeover?: TakeoverAhead;
  readonly request?: RequestOf;
  readonly position: string;
}

/** A name, as the server shows it. */
export type LeaseState = HeldState | FreeState;

export interface HeldState {
  readonly name: string;
  readonly held: true;
  readonly token: number;
  readonly previous: number | null;
  readonly owner: string;
  readonly session: string;
  /** Where more than one share it. */
  readonly sessions?: number;
  readonly holder: "session" | "owner";
  readonly since: string;
  readonly ttl_ms: number | null;
  /** It ends then at most, unless it is renewed. */
  readonly deadline_in_ms: number | null;
  /** How many wait for it. */
  readonly waiting: number;
  readonly note?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly takeover?: TakeoverAhead;
  readonly request?: RequestOf;
  /** Where the holder's session is connected from; null where it is not. */
  readonly address?: string | null;
  /** For how long it is held, by the server's clock. */
  readonly held_ms?: number;
  /** The name has a text. */
  readonly text?: boolean;
  /** Who waits, whoever is next first; not all where they are many. */
  readonly queue?: readonly Waiting[];
  /** Of a name that is a buffer, too. */
  readonly buffer_id?: number;
  /** From memory: it may not be on the disk yet. */
  readonly unsettled?: true;
  readonly position?: string;
}

/** Somebody in the queue of a name. */
export interface Waiting {
  readonly owner: string;
  readonly session: string;
  readonly waited_ms: number;
}

export interface FreeState {
  readonly name: string;
  readonly held: false;
  /** Of its last holding; null where none is remembered. */
  readonly token: number | null;
  readonly last_owner?: string;
  /** Why its last holding ended. */
  readonly because?: string;
  readonly by?: string;
  readonly reason?: string;
  readonly text?: boolean;
  /** Empty: whoever waited would have it. */
  readonly queue?: readonly Waiting[];
  readonly buffer_id?: number;
  readonly unsettled?: true;
  readonly position?: string;
}

/** To a check of the token that is current. */
export interface Current extends Omit<HeldState, "held" | "previous" | "buffer_id" | "position"> {
  readonly current: true;
  readonly position: string;
}

/** To a request that the holder give it up. */
export interface Requested extends Omit<HeldState, "held" | "previous" | "buffer_id" | "position"> {
  readonly requested: true;
  readonly position: string;
}

export interface LeasePage {
  readonly leases: readonly HeldState[];
  /** For `after`; null at the end. */
  readonly next: string | null;
  /** From memory: it may not be on the disk yet. */
  readonly unsettled?: true;
  /** Where a watch goes on from without a hole. */
  readonly position: string;
}

/** Who held it, from when to when, and why that ended. */
export interface PastHolding {
  readonly name: string;
  readonly token: number;
  readonly previous: number | null;
  readonly owner: string;
  readonly session: string;
  readonly holder: "session" | "owner";
  /** RFC 3339. null: its beginning is not kept. */
  readonly since: string | null;
  readonly until: string | null;
  /** It has not ended, as far as is known. */
  readonly open: boolean;
  /** The history has a gap behind it. */
  readonly uncertain?: boolean;
  readonly held_ms?: number;
  /** Why it ended; null where that is not known. */
  readonly because?: string | null;
  readonly by?: string;
  readonly by_session?: string;
  readonly to?: string;
  readonly to_session?: string;
  readonly reason?: string;
  /** How: granted, taken_over, moved or transferred. */
  readonly began: string;
  readonly taken_from?: string;
  readonly taken_because?: string;
  readonly note?: string;
  /** Where the holder asked from. */
  readonly address?: string;
  readonly waited_ms: number;
  readonly ttl_ms?: number | null;
  /** What happened to it meanwhile. */
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  readonly steps_left_out?: number;
}

export interface HistoryPage {
  readonly name?: string;
  /** Newest first. */
  readonly holdings: readonly PastHolding[];
  /** For `after`; null at the end. */
  readonly next: string | null;
  /** What is missing because it was never kept. */
  readonly gaps?: readonly HistoryGap[];
  /** It reaches back to the server's start only. */
  readonly memory_only?: boolean;
  readonly position: string;
}

export interface HistoryGap {
  readonly after_position: number;
  readonly up_to_position: number;
  readonly noticed: string;
}

export interface Released {
  readonly name: string;
  /** True: it is free now. False: it was already. */
  readonly released: boolean;
  readonly token: number | null;
  readonly held: boolean;
  readonly position: string;
}
