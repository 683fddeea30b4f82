// One text: read it as whoever owns it types, own it by typing, ask for it, take it over, and see how it came to be.

import { Compartment } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { GuardedBuffer } from "@holdfast/client";
import { guarded } from "@holdfast/client/codemirror";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Command, word } from "../parts/copy.js";
import { interruption, say } from "../parts/notices.js";
import { Problem } from "../parts/problem.js";
import { Sheet } from "../parts/sheet.js";
import { Told, told } from "../parts/told.js";
import { owner } from "../server/client.js";
import { paced } from "../server/pace.js";
import { href, route } from "../shell/router.js";
import { Absent } from "./absent.js";
import { Asked } from "./asked.js";
import { Away } from "./away.js";
import { Bar } from "./bar.js";
import { blame, setBlame } from "./blame.js";
import "./edit.css";
import { Editor } from "./editor.js";
import { Here } from "./here.js";
import { tellLosses } from "./losses.js";
import { useNews, useText } from "./opened.js";
import { Past } from "./past.js";
import { saveAs } from "./save_as.js";
import { typist } from "./typist.js";
import { words } from "./words.js";

/** What is answered to whoever looks at this page; losses are told wherever one is. */
function useNotices(buffer: GuardedBuffer, drafted: () => void): void {
  useEffect(() => {
    tellLosses(buffer);
    const leave = [
      buffer.on("refused", (error) => say(words.refused(error))),
      buffer.on("draft", drafted),
      buffer.on("declined", ({ by, message }) => say(words.declined(by, message))),
      // A question that is open would keep the answer out of reach.
      buffer.on("requested", () => dispatchEvent(new Event(interruption))),
      buffer.on("handIn", () => dispatchEvent(new Event(interruption))),
    ];
    return () => leave.forEach((one) => one());
  }, [buffer]);
}

/** How many drafts of this text wait for their owner. */
function useDrafts(name: string): { readonly count: number; readonly look: () => void } {
  const [count, setCount] = useState(0);
  const look = (): void => {
    typist()
      .texts.drafts({ name, owner: owner.peek(), limit: 100 })
      .then(({ drafts }) => setCount(drafts.length))
      .catch(() => undefined); // It is asked again with the next one.
  };
  useEffect(look, [name, owner.value]);
  return { count, look };
}

/** Keeps the column of who wrote what up to date while it is shown. */
function useBlame(buffer: GuardedBuffer, view: EditorView | undefined, shown: boolean, part: Compartment): void {
  useEffect(() => {
    if (!view) return undefined;
    view.dispatch({ effects: part.reconfigure(shown ? blame() : []) });
    if (!shown) return undefined;
    const stop = new AbortController();
    let asking = false;
    let more = false;
    const ask = (): void => {
      more = asking;
      if (asking) return;
      asking = true;
      typist()
        .texts.get(buffer.name, { blame: true, text: false, signal: stop.signal })
        .then((state) => {
          if (state.blame && state.revision === buffer.revision && buffer.saved === "stored") setBlame(view, state.blame);
        })
        .catch(() => undefined) // The next change asks again.
        .finally(() => {
          asking = false;
          if (more && !stop.signal.aborted) soon();
        });
    };
    const { soon, stop: end } = paced(ask);
    const leave = [buffer.on("text", soon), buffer.on("saved", (saved) => saved === "stored" && soon())];
    ask();
    return () => {
      stop.abort();
      end();
      leave.forEach((one) => one());
    };
  }, [buffer, view, shown]);
}

function Text({ buffer, again }: { readonly buffer: GuardedBuffer; readonly again: () => void }): JSX.Element {
  useNews(buffer);
  const { count, look } = useDrafts(buffer.name);
  useNotices(buffer, look);
  const [view, setView] = useState<EditorView | undefined>(undefined);
  const [authors, setAuthors] = useState(false);
  const [past, setPast] = useState(false);
  const part = useRef(new Compartment());
  const over = useRef<HTMLDivElement>(null);
  // What is said over the end of the text covers no line that is typed into.
  const room = useRef(EditorView.scrollMargins.of(() => ({ bottom: over.current?.offsetHeight ?? 0 })));
  useBlame(buffer, view, authors, part.current);
  const focus = (): void => view?.focus();
  if (buffer.state === "absent") return <Absent name={buffer.name} />;
  const { request } = buffer;
  return (
    <div class="text">
      <Bar buffer={buffer} focus={focus} />
      <div class="line">
        <Here buffer={buffer} />
        {count > 0 && (
          <a href={href("drafts", "", { name: buffer.name })}>
            {count} {count === 1 ? "draft" : "drafts"} of yours
          </a>
        )}
        <div class="tools">
          <button type="button" aria-pressed={authors} onClick={() => setAuthors(!authors)}>
            Who wrote what
          </button>
          <button type="button" aria-pressed={past} onClick={() => setPast(!past)}>
            As it was
          </button>
          <button type="button" onClick={() => void saveAs(buffer.name)}>
            Download
          </button>
        </div>
      </div>
      <div class="stack">
        {past && (
          <Past
            name={buffer.name}
            newest={buffer.revision}
            onClose={() => {
              setPast(false);
              requestAnimationFrame(focus);
            }}
          />
        )}
        <Editor text={buffer.text} hidden={past} onView={setView} extensions={() => [guarded(buffer, { words, label: `Text ${told(buffer.name)}` }), part.current.of([]), room.current]} />
        <div class="over" ref={over}>
          <Away buffer={buffer} again={again} />
          {request && <Asked buffer={buffer} request={request} focus={focus} />}
        </div>
      </div>
      <InATerminal buffer={buffer} />
      <p class="aside">
        Revision {buffer.revision}. {buffer.text.length.toLocaleString()} characters. Undo and redo take back what you did, and nothing of anybody else's.
      </p>
    </div>
  );
}

/** What does the same without this page. */
function InATerminal({ buffer }: { readonly buffer: GuardedBuffer }): JSX.Element {
  const name = word(buffer.name);
  const me = word(buffer.ownerHere);
  const { owner: holder } = buffer;
  return (
    <details>
      <summary>The same in a terminal</summary>
      <Command line={`curl -H 'accept: text/plain' ${word(`${location.origin}/v1/buffers/${buffer.name.split("/").map(encodeURIComponent).join("/")}`)}`} />
      <Command line={`holdfast show ${name}`} />
      {holder && holder.session !== buffer.session && <Command line={`holdfast request ${name} --owner ${me} --message 'may I have it?'`} />}
      {holder && holder.session !== buffer.session && <Command line={`holdfast takeover ${name} --token ${holder.token} --owner ${me} --reason why`} />}
      {holder && holder.session === buffer.session && <Command line={`holdfast release ${name} --token ${holder.token} --owner ${me}`} />}
    </details>
  );
}

export default function Edit(): JSX.Element {
  const { subject } = route.value;
  if (subject !== "") return <Named key={subject} name={subject} />;
  return (
    <Sheet title="No name is given" about="The address of a text ends with its name.">
      <a href={href("buffers")}>All texts</a>
    </Sheet>
  );
}

function Named({ name }: { readonly name: string }): JSX.Element {
  const { buffer, error, again } = useText(name, owner.value);
  return (
    <Sheet title={name} heading={<Told text={name} />} tools={<a href={href("lease", name)}>Who held it</a>}>
      {error !== undefined && <Problem error={error} again={again} />}
      {error === undefined && !buffer && <p class="loading">Opening…</p>}
      {buffer && <Text key={`${buffer.session} ${name}`} buffer={buffer} again={again} />}
    </Sheet>
  );
}
