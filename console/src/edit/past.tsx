// The text as it was: a slider over its revisions, which the server keeps.

import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, type DecorationSet } from "@codemirror/view";
import { EditorState } from "@codemirror/state";
import type { ChangeJson } from "@holdfast/client";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { explainLook } from "../parts/problem.js";
import { Told } from "../parts/told.js";
import { Editor } from "./editor.js";
import { typist } from "./typist.js";

const insertedAre = StateEffect.define<readonly (readonly [from: number, to: number])[]>();
const inserted = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(insertedAre)) return Decoration.set(effect.value.map(([from, to]) => Decoration.mark({ class: "inserted" }).range(from, to)));
    }
    return value.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Where what a change brought stands, in the text that it made. */
function insertedBy(change: ChangeJson): [number, number][] {
  const found: [number, number][] = [];
  let at = 0;
  for (const part of change) {
    if (typeof part === "number") at += part;
    else {
      const length = part.slice(1).reduce<number>((sum, line) => sum + String(line).length + 1, -1);
      if (length > 0) found.push([at, at + length]);
      at += Math.max(0, length);
    }
  }
  return found;
}

interface Then {
  readonly text: string;
  readonly owner: string | undefined;
  readonly change: ChangeJson | undefined;
}

async function revision(name: string, at: number, oldest: number, signal: AbortSignal): Promise<Then> {
  const { texts } = typist();
  const [state, made] = await Promise.all([
    texts.get(name, { revision: at, signal }),
    at > oldest ? texts.changes(name, at - 1, { limit: 1, signal }) : undefined,
  ]);
  const one = made?.changes?.[0];
  return { text: state.text ?? "", owner: one?.owner, change: one?.change };
}

interface Props {
  readonly name: string;
  readonly newest: number;
  readonly onClose: () => void;
}

export function Past({ name, newest, onClose }: Props): JSX.Element {
  const [most] = useState(newest);
  const [oldest, setOldest] = useState(0);
  const [at, setAt] = useState(newest);
  const [then, setThen] = useState<Then | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const view = useRef<EditorView | undefined>(undefined);
  useEffect(() => {
    typist()
      .texts.get(name, { text: false })
      .then((state) => setOldest(state.oldest), setError);
  }, [name]);
  useEffect(() => {
    const stop = new AbortController();
    revision(name, at, oldest, stop.signal).then(
      (got) => {
        setThen(got);
        setError(undefined);
      },
      (failed: unknown) => !stop.signal.aborted && setError(failed),
    );
    return () => stop.abort();
  }, [name, at, oldest]);
  useEffect(() => {
    const shown = view.current;
    if (!shown || !then) return;
    shown.dispatch({
      changes: { from: 0, to: shown.state.doc.length, insert: then.text },
      effects: insertedAre.of(then.change ? insertedBy(then.change).filter(([, to]) => to <= then.text.length) : []),
    });
  }, [then]);
  const says = `Revision ${at} of ${most}${then?.owner ? ", by " : at === oldest ? ", the oldest that is kept" : ""}`;
  return (
    <>
      <div class="past">
        <label>
          Revision
          <input
            type="range"
            min={oldest}
            max={most}
            value={at}
            aria-valuetext={`revision ${at} of ${most}`}
            onInput={(event) => setAt(Number((event.currentTarget as HTMLInputElement).value))}
            ref={(input) => {
              if (input && !input.dataset["shown"]) {
                input.dataset["shown"] = "1";
                input.focus();
              }
            }}
          />
        </label>
        <button type="button" onClick={() => setAt(Math.max(oldest, at - 1))} disabled={at <= oldest} aria-label="One revision back">
          ◂
        </button>
        <button type="button" onClick={() => setAt(Math.min(most, at + 1))} disabled={at >= most} aria-label="One revision on">
          ▸
        </button>
        <span role="status">
          {error === undefined ? says : explainLook(error)}
          {error === undefined && then?.owner && <Told text={then.owner} />}
        </span>
        <button type="button" onClick={onClose}>
          Back to now
        </button>
      </div>
      <Editor
        text={then?.text ?? ""}
        extensions={() => [inserted, EditorState.readOnly.of(true), EditorView.contentAttributes.of({ "aria-label": "The text as it was. Read only" })]}
        onView={(made) => {
          view.current = made;
        }}
      />
    </>
  );
}
