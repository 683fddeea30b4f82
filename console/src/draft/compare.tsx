// Two texts, and where they differ: beside one another, or one with what is taken out shown in it.

import { MergeView, unifiedMergeView } from "@codemirror/merge";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { basics } from "../edit/editor.js";

interface Props {
  readonly before: string;
  readonly beforeIs: string;
  readonly after: string;
  readonly afterIs: string;
  readonly beside: boolean;
}

/** What is alike is folded away, but for some lines around. */
const collapse = { margin: 3, minSize: 6 };
/** A comparison of very different texts may take this long; then it gets coarser. */
const diffConfig = { scanLimit: 2000, timeout: 500 };

const readOnly = (label: string): Extension => [
  basics,
  EditorState.readOnly.of(true),
  EditorView.editable.of(false),
  EditorView.contentAttributes.of({ "aria-label": `${label}. Read only`, tabindex: "0" }),
];

export function Compare({ before, beforeIs, after, afterIs, beside }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const parent = place.current;
    if (!parent) return undefined;
    if (beside) {
      const view = new MergeView({
        a: { doc: before, extensions: readOnly(beforeIs) },
        b: { doc: after, extensions: readOnly(afterIs) },
        parent,
        collapseUnchanged: collapse,
        diffConfig,
      });
      return () => view.destroy();
    }
    const unified = unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: collapse, diffConfig });
    const view = new EditorView({ doc: after, extensions: [readOnly(`${afterIs}, compared`), unified], parent });
    return () => view.destroy();
  }, []);
  return (
    <figure class="compare">
      <figcaption class={beside ? "beside" : ""}>
        <span>− {beforeIs}</span>
        <span>+ {afterIs}</span>
      </figcaption>
      {before === after && <p class="aside">They are the same.</p>}
      <div ref={place} />
    </figure>
  );
}
