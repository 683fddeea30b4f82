// The rows of the ownership page, for as long as it is looked at.

import { signal } from "@preact/signals";
import { watchNames, type CallOptions } from "@holdfast/client/operator";
import { checked } from "../following/checked.js";
import { read, type How } from "../following/read.js";
import { pause, whileShown } from "../following/shown.js";
import { client } from "../server/client.js";
import { paced } from "../server/pace.js";
import { follow, refresh, type Reads } from "./follow.js";
import type { Row } from "./row.js";
import { OwnershipStore, type ListedPage, type Scope } from "./store.js";

const reads: Reads = {
  list: ({ prefix, owner, contended, after, limit }, signal) => {
    const query = {
      limit,
      ...(prefix === "" ? {} : { prefix }),
      ...(owner === "" ? {} : { owner }),
      ...(contended ? { contended } : {}),
      ...(after === "" ? {} : { after }),
    };
    const listed = async (how: How, options: CallOptions): Promise<ListedPage> => checked(await client.peek().list({ ...query, ...how }, options), "leases", { name: "string", owner: "string", token: "number" });
    return read(listed, signal);
  },
  get: (name, signal) => read((how, options) => client.peek().get(name, { ...how, ...options }), signal),
  watch: ({ prefix, after }, signal) => watchNames(client.peek(), { after, signal, ...(prefix === "" ? {} : { prefix }) }),
  pause,
};

/** What is shown: all of it of one moment. */
export interface View {
  /** By name. */
  readonly rows: readonly Row[];
  /** These are all. */
  readonly complete: boolean;
  readonly loading: boolean;
  /** Of which names. */
  readonly prefix: string;
}

export class LiveOwnership {
  readonly store = new OwnershipStore({ steady: () => performance.now(), wall: () => Date.now() });
  /** Another one whenever there is something to be shown; at most four times a second. */
  readonly view = signal<View>({ rows: [], complete: false, loading: true, prefix: "" });
  /** Why the last page did not come; undefined where it did. */
  readonly trouble = signal<unknown>(undefined);
  /** Nothing more comes, for this. */
  readonly failed = signal<unknown>(undefined);
  readonly #paint = paced(() => {
    const { complete, loading, scope } = this.store;
    this.view.value = { rows: this.store.rows(), complete, loading, prefix: scope.prefix };
  });

  /** Returns what ends it. */
  follow(scope: Scope): () => void {
    const told = {
      changed: (): void => this.#paint.soon(),
      heard: (): void => void (this.trouble.value = undefined),
      trouble: (error: unknown): void => void (this.trouble.value = error),
    };
    this.failed.value = undefined;
    const stop = whileShown(
      (signal) => follow(this.store, scope, reads, told, signal),
      (error) => (this.failed.value = error),
    );
    return () => {
      stop();
      this.#paint.stop();
    };
  }

  /** Asks for these once more: how long they still run, and who waits. `after`: they are what lies behind that name. */
  async look(names: readonly string[], after: string | undefined, signal: AbortSignal): Promise<void> {
    await refresh(this.store, reads, names, after, signal);
    this.#paint.soon();
  }
}
