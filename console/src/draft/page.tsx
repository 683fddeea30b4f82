// One draft: what its owner had typed, beside the text as it is now; to be applied, taken along, or thrown away.

import { HoldfastError, RefusedError, changes, textsOf, type Draft, type TextState, type WholeDraft } from "@holdfast/client/operator";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { whyOf, fits } from "../drafts/words.js";
import { download, fileOf } from "../edit/save_as.js";
import { copy } from "../parts/copy.js";
import { ask } from "../parts/dialog.js";
import { say } from "../parts/notices.js";
import { Problem, explain, explainLook, lookedFirst } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { Ago } from "../parts/time.js";
import { Told, told } from "../parts/told.js";
import { client, owner } from "../server/client.js";
import { useLooked } from "../server/looked.js";
import { fromHere, href, route } from "../shell/router.js";
import { Compare } from "./compare.js";
import "./draft.css";

interface Read {
  readonly draft: WholeDraft;
  /** The text as it is; undefined where there is none any more. */
  readonly now: TextState | undefined;
  /** What the draft says that it would do is about the text as it is here. */
  readonly together: boolean;
}

/** What tells a draft from the same one when more had been typed into it. */
const versionOf = ({ base, seq, inserted, deleted }: Draft): string => `${base} ${seq} ${inserted} ${deleted}`;

/** What tells a text from another one, and from itself when it has changed. */
const revisionOf = (text: TextState | undefined): string => (text ? `${text.buffer} ${text.revision}` : "");

/** Whether a draft is as it was seen. It is looked at in a list, which does not bring its text along. */
async function isAsItWas(draft: Draft, signal?: AbortSignal): Promise<boolean> {
  const { drafts } = await textsOf(client.peek()).drafts({ name: draft.name, after: draft.draft - 1, limit: 1, signal });
  const now = drafts[0];
  return now?.draft === draft.draft && versionOf(now) === versionOf(draft);
}

/** Which text it is now; as of none where there is none any more. */
async function revisionNow(name: string, signal: AbortSignal): Promise<string> {
  try {
    return revisionOf(await textsOf(client.peek()).get(name, { text: false, signal }));
  } catch (error) {
    if (error instanceof HoldfastError && error.code === "no_such_text") return revisionOf(undefined);
    throw error;
  }
}

/** Whether all of it would be read again as it was. A text that is gone does not come back: another one of its name is another. */
async function isUpToDate({ draft, now, together }: Read, signal: AbortSignal): Promise<boolean> {
  if (!together || !(await isAsItWas(draft, signal))) return false;
  return now === undefined || (await revisionNow(draft.name, signal)) === revisionOf(now);
}

/** So often a text that is typed into meanwhile is read for one look. */
const timesMost = 3;

/** Draft and text are loaded where they are not what was read `before`: either may be of ten megabytes. */
async function read(number: number, before: Read | undefined, signal: AbortSignal): Promise<Read> {
  if (before?.draft.draft === number && (await isUpToDate(before, signal))) return before;
  const texts = textsOf(client.peek());
  const [listed] = number > 0 ? (await texts.drafts({ after: number - 1, limit: 1, signal })).drafts : [];
  const { name } = listed?.draft === number ? listed : await texts.draft(number, { signal });
  for (let times = 1; ; times += 1) {
    // The draft says what it would do to the newest text, and not which that is. So that is looked at before, and must be it still.
    const newest = await revisionNow(name, signal);
    const draft = await texts.draft(number, { signal });
    if (draft.fit === "gone") return { draft, now: undefined, together: true };
    const now = await texts.get(name, { signal });
    const together = revisionOf(now) === newest;
    if (together || times === timesMost) return { draft, now, together };
  }
}

const lookMs = 3000;

const wideEnough = matchMedia("(min-width: 900px)");

/** Whether two texts have room beside one another. */
function useWide(): boolean {
  const [wide, setWide] = useState(wideEnough.matches);
  useEffect(() => {
    const look = (): void => setWide(wideEnough.matches);
    wideEnough.addEventListener("change", look);
    return () => wideEnough.removeEventListener("change", look);
  }, []);
  return wide;
}

type View = "typed" | "result" | "now";

/** Two texts to be compared, and what they are called. */
function sides({ draft, now, together }: Read, view: View): readonly [string, string, string, string] | undefined {
  const base = draft.base_text;
  const mine = base === undefined ? undefined : changes.apply(base, draft.change);
  const text = now?.text;
  if (view === "typed" && base !== undefined && mine !== undefined) return ["The text that it was typed into", base, "With what was typed", mine];
  if (view === "result" && text !== undefined && together && draft.now) return ["The text now", text, "With the draft applied", changes.apply(text, draft.now)];
  if (view === "now" && text !== undefined && mine !== undefined) return ["What was typed", mine, "The text now", text];
  return undefined;
}

const views: readonly (readonly [View, string])[] = [
  ["typed", "What was typed"],
  ["result", "What applying would do"],
  ["now", "How the text stands now"],
];

function Acts({ read: { draft, now }, again }: { readonly read: Read; readonly again: () => void }): JSX.Element {
  const [busy, setBusy] = useState(false);
  const conflict = draft.fit === "conflict";
  const apply = async (anyway: boolean): Promise<void> => {
    if (anyway) {
      const answer = await ask({
        title: "Apply it anyway?",
        text: <p>Others have changed the same places since. What was typed is put beside what they wrote; nothing of theirs is removed, but it may read oddly. It can be undone.</p>,
        act: "Apply anyway",
        stay: "Leave it a draft",
      });
      if (answer === undefined) return;
    }
    setBusy(true);
    const on = fromHere();
    try {
      const { applyDraft } = await import("./apply.js"); // The client that types, which who only looks needs not.
      await applyDraft(draft, anyway);
      say("It is in the text.");
      on(href("edit", draft.name));
    } catch (error) {
      say(error instanceof RefusedError && error.holder ? `${told(error.holder.owner)} holds the text now. Open it and ask for it, then apply the draft.` : explain(error));
      setBusy(false);
      again();
    }
  };
  const whole = async (): Promise<string> => textsOf(client.peek()).draftFile(draft.draft);
  const take = (what: (text: string) => unknown) => (): void => {
    whole().then(what, (error: unknown) => say(explainLook(error)));
  };
  const discard = async (): Promise<void> => {
    const foreign = draft.owner !== owner.peek();
    const answer = await ask({
      title: "Throw this draft away?",
      text: (
        <p>
          {foreign && (
            <strong>
              It is not yours but <Told text={draft.owner} />
              's.{" "}
            </strong>
          )}
          {draft.inserted} characters that were typed are in this draft and nowhere else. They cannot be had back.
        </p>
      ),
      act: "Throw it away",
      stay: "Keep it",
    });
    if (answer === undefined) return;
    const on = fromHere();
    try {
      // Whatever is in it by now would be thrown away. So it is looked at just before.
      if (!(await lookedFirst(isAsItWas(draft)))) {
        say("Nothing was done: it was changed meanwhile.");
        return again();
      }
      await textsOf(client.peek()).discardDraft(draft.draft);
      say("The draft is thrown away.");
      on(href("drafts"));
    } catch (error) {
      say(explain(error));
    }
  };
  return (
    <div class="tools acts">
      {draft.fit !== "gone" && (
        <button type="button" class="primary" disabled={busy || !now} onClick={() => void apply(conflict)}>
          {conflict ? "Apply anyway…" : "Apply"}
        </button>
      )}
      <button type="button" onClick={take(copy)}>
        Copy all of it
      </button>
      <button type="button" onClick={take((text) => download(fileOf(draft.name), text))}>
        Download
      </button>
      <button type="button" class="danger" onClick={() => void discard()}>
        Discard…
      </button>
    </div>
  );
}

export default function DraftPage(): JSX.Element {
  const { subject } = route.value;
  const [view, setView] = useState<View>("typed");
  const [wanted, setWanted] = useState(true);
  const wide = useWide();
  const beside = wanted && wide;
  const last = useRef<Read | undefined>(undefined);
  const look = async (signal: AbortSignal): Promise<Read> => (last.current = await read(Number(subject), last.current, signal));
  const { seen: got, error, again } = useLooked(lookMs, look, [subject, owner.value]);
  const { draft } = got ?? {};
  const shown = got && sides(got, view);
  // What was typed is compared with what it was typed into, whatever becomes of the text meanwhile.
  const compared = got && `${got.draft.draft} ${versionOf(got.draft)} ${view === "typed" ? "" : revisionOf(got.now)}`;
  return (
    <Sheet
      title={`Draft ${subject}`}
      heading={
        draft ? (
          <>
            Draft {draft.draft} of <Told text={draft.name} />
          </>
        ) : undefined
      }
      tools={<a href={href("drafts")}>All drafts</a>}
    >
      {error !== undefined && <Problem error={error} again={again} />}
      {!got && error === undefined && <p class="loading">Asking…</p>}
      {draft && got && (
        <>
          <p class="about">
            <Told text={draft.owner} /> typed it <Ago at={draft.at} /> ago: {draft.inserted} characters more, {draft.deleted} less. It is not in the text, since {whyOf(draft)}. {draft.fit && fits[draft.fit].long}{" "}
            <a href={href("edit", draft.name)}>Open the text</a>
          </p>
          <Acts read={got} again={again} />
          <div class="tools choose">
            <div class="tools" role="group" aria-label="What is compared">
              {views.map(([one, label]) => (
                <button type="button" key={one} aria-pressed={view === one} disabled={!sides(got, one)} onClick={() => setView(one)}>
                  {label}
                </button>
              ))}
            </div>
            {wide && (
              <label>
                <input type="checkbox" checked={beside} onChange={() => setWanted(!wanted)} /> side by side
              </label>
            )}
          </div>
          {shown ? (
            <Compare key={`${view} ${beside} ${compared}`} before={shown[1]} beforeIs={shown[0]} after={shown[3]} afterIs={shown[2]} beside={beside} />
          ) : (
            <p>There is nothing to compare it with any more. What was typed can be copied and downloaded.</p>
          )}
        </>
      )}
    </Sheet>
  );
}
