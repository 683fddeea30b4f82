// What was typed and could not be stored, kept on this side until the server has it as a draft.
//
// Kept here: what a page that is gone had typed becomes a draft and never an edit; and what belongs to a page that still
// runs is left alone.

import type { ChangeJson } from "./changes.js";

export interface UnsentText {
  readonly server: string;
  readonly name: string;
  readonly owner: string;
  readonly session: string;
  readonly token: number;
  /** The revision that the first change was made for. */
  readonly base: number;
  /** The number of the first change within its session. */
  readonly seq: number;
  readonly changes: readonly ChangeJson[];
  /** Date.now() when it was kept. */
  readonly at: number;
}

/** Where it is kept. One entry for each session and name: a later one replaces it. */
export interface UnsentStore {
  put(unsent: UnsentText): Promise<void>;
  remove(unsent: Pick<UnsentText, "server" | "name" | "session">): Promise<void>;
  list(): Promise<readonly UnsentText[]>;
}

export const keyOf = ({ server, name, session }: Pick<UnsentText, "server" | "name" | "session">): string =>
  [server, session, name].join("\n");

/** For as long as this program runs. */
export function memoryStore(): UnsentStore {
  const kept = new Map<string, UnsentText>();
  return {
    put: async (unsent) => void kept.set(keyOf(unsent), unsent),
    remove: async (unsent) => void kept.delete(keyOf(unsent)),
    list: async () => [...kept.values()],
  };
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error as Error);
  });

/** In the browser's own database: it outlives the page, and all pages of the origin share it. */
export function databaseStore(factory: IDBFactory, database = "holdfast-unsent"): UnsentStore {
  const table = "unsent";
  let opened: Promise<IDBDatabase> | undefined;
  const open = (): Promise<IDBDatabase> => {
    const request = factory.open(database, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(table);
    return settled(request);
  };
  const run = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> => {
    opened ??= open();
    opened.catch(() => (opened = undefined)); // The next one tries again.
    const transaction = (await opened).transaction(table, mode);
    return settled(work(transaction.objectStore(table)));
  };
  return {
    put: async (unsent) => void (await run("readwrite", (store) => store.put(unsent, keyOf(unsent)))),
    remove: async (unsent) => void (await run("readwrite", (store) => store.delete(keyOf(unsent)))),
    list: () => run("readonly", (store) => store.getAll() as IDBRequest<UnsentText[]>),
  };
}

export function defaultStore(): UnsentStore {
  const { indexedDB } = globalThis as { indexedDB?: IDBFactory };
  return indexedDB ? databaseStore(indexedDB) : memoryStore();
}

interface Locks {
  request(name: string, options: { ifAvailable: boolean }, work: (lock: unknown) => Promise<unknown> | unknown): Promise<unknown>;
  request(name: string, work: (lock: unknown) => Promise<unknown>): Promise<unknown>;
}

/** Without locks of the browser: an entry that was not renewed for so long belongs to nobody. */
export const abandonedAfter = 60_000;

const locks = (): Locks | undefined => (globalThis as { navigator?: { locks?: Locks } }).navigator?.locks;
const lockOf = (session: string): string => `holdfast:${session}`;

/** For as long as this program runs, others see that the session is somebody's. */
export function claim(session: string): () => void {
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  locks()?.request(lockOf(session), () => left).catch(() => undefined);
  return leave;
}

/** Whether nobody of this origin runs under that session any more. */
export async function abandoned(unsent: UnsentText): Promise<boolean> {
  const held = locks();
  if (!held) return Date.now() - unsent.at > abandonedAfter;
  return (await held.request(lockOf(unsent.session), { ifAvailable: true }, (lock) => lock !== null)) === true;
}
