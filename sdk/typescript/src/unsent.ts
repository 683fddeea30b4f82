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
  /** Apart from what is typed later. It is made a draft whenever a text of this owner is opened: twice is as good as once. */
  readonly filed?: true;
  /** The server would not have it: it is tried again in the same way, until somebody throws it away. */
  readonly refused?: true;
}

/** What tells entries apart. */
export type UnsentKey = Pick<UnsentText, "server" | "name" | "session" | "seq" | "filed" | "refused">;

/** Where it is kept. One entry for each session and name, which a later one replaces, and one for each that is apart. */
export interface UnsentStore {
  put(unsent: UnsentText): Promise<unknown>;
  remove(unsent: UnsentKey): Promise<void>;
  list(): Promise<readonly UnsentText[]>;
}

/** What is not replaced by what is typed later. */
export const isApart = ({ filed, refused }: UnsentKey): boolean | undefined => filed ?? refused;

export const keyOf = (one: UnsentKey): string => [one.server, one.session, one.name, ...(isApart(one) ? [one.seq] : [])].join("\n");

/** For as long as this program runs. */
export function memoryStore(): UnsentStore {
  const kept = new Map<string, UnsentText>();
  return {
    put: async (unsent) => void kept.set(keyOf(unsent), unsent),
    remove: async (unsent) => void kept.delete(keyOf(unsent)),
    list: async () => [...kept.values()],
  };
}

/** Of all clients of this program: what could not be put where it lasts. */
const here = new Map<string, UnsentText>();

/** Whether something that was typed is in this program only, and gone with it. A page says so before it is closed. */
export const keptHereOnly = (): boolean => here.size > 0;

/** One that keeps everything, at least for as long as this program runs. */
export interface SafeStore extends UnsentStore {
  /** Says whether it outlives this program. Never rejects. */
  put(unsent: UnsentText): Promise<boolean>;
}

/** `store`: where things last, if there is such a place. */
export function safely(store: UnsentStore | undefined): SafeStore {
  const newest = new Map<string, symbol>();
  return {
    async put(unsent) {
      const key = keyOf(unsent);
      const mine = Symbol();
      newest.set(key, mine);
      const lasts = store !== undefined && (await store.put(unsent).then(() => true, () => false)); // It is told, and kept here.
      if (newest.get(key) !== mine) return lasts; // Replaced or removed meanwhile.
      if (lasts) here.delete(key);
      else here.set(key, unsent);
      return lasts;
    },
    async remove(unsent) {
      newest.delete(keyOf(unsent));
      here.delete(keyOf(unsent));
      await store?.remove(unsent);
    },
    async list() {
      const found = store ? await store.list().catch(() => []) : []; // What is here is told all the same.
      return [...found.filter((one) => !here.has(keyOf(one))), ...here.values()];
    },
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
    const request = work(transaction.objectStore(table));
    // What has succeeded may still be undone, where there is no room for it.
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("the transaction was aborted"));
    });
    return request.result;
  };
  return {
    put: async (unsent) => void (await run("readwrite", (store) => store.put(unsent, keyOf(unsent)))),
    remove: async (unsent) => void (await run("readwrite", (store) => store.delete(keyOf(unsent)))),
    list: () => run("readonly", (store) => store.getAll() as IDBRequest<UnsentText[]>),
  };
}

/** The browser's database; where there is none, or it takes nothing, this program's memory. */
export function defaultStore(): SafeStore {
  const { indexedDB } = globalThis as { indexedDB?: IDBFactory };
  return safely(indexedDB && databaseStore(indexedDB));
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
