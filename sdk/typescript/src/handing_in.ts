// What pages that are gone had typed, and what has become of it.

import { HoldfastError, RequestError } from "./problem.js";
import { keepAll } from "./pieces.js";
import { freshSession } from "./session.js";
import type { Draft } from "./text_answers.js";
import type { Texts } from "./texts.js";
import { abandoned, isApart, type UnsentStore, type UnsentText } from "./unsent.js";

/** What a page that is gone had typed, and what has become of it. */
export interface HandedIn {
  readonly unsent: UnsentText;
  /** The number of the draft that it is now; undefined where there is none, for `error`. */
  readonly draft: number | undefined;
  readonly error: HoldfastError | undefined;
}

/** Makes drafts of what pages of this owner had typed that are gone. `session`: the one that still runs here. */
export async function handInUnsent(
  texts: Texts,
  store: UnsentStore,
  here: { readonly server: string; readonly owner: string; readonly session?: string | undefined },
): Promise<readonly HandedIn[]> {
  const own = (one: UnsentText): boolean | undefined => one.server === here.server && one.owner === here.owner && (isApart(one) || one.session !== here.session);
  const found = (await store.list().catch(() => [])).filter(own);
  const handed = found.map(async (unsent): Promise<HandedIn | undefined> => {
    if (!isApart(unsent) && !(await abandoned(unsent))) return undefined;
    const { name, token, session, base, seq, changes } = unsent;
    const keep = (under: string, first: number): Promise<Draft> =>
      keepAll({ base, seq: first, changes }, (row) => texts.keepDraft(name, { token, session: under, ...row }));
    try {
      const { draft } = await keep(session, seq).catch((error: unknown) => {
        // Its first change was made a draft before, and that draft is applied or thrown away. The whole is another one.
        if (!(error instanceof RequestError) || error.field !== "seq") throw error;
        return keep(freshSession(), 1);
      });
      await store.remove(unsent);
      return { unsent, draft, error: undefined };
    } catch (error) {
      return { unsent, draft: undefined, error: error instanceof HoldfastError ? error : undefined };
    }
  });
  return (await Promise.all(handed)).filter((one) => one !== undefined);
}
