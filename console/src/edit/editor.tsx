// CodeMirror, as this page wants it. It is told the nonce of the page's policy, since it makes a style element.

import { defaultKeymap } from "@codemirror/commands";
import { EditorState, type Extension } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers } from "@codemirror/view";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";

const look = EditorView.theme({
  "&": { backgroundColor: "var(--paper-2)", color: "var(--ink)", height: "100%" },
  ".cm-scroller": { font: "14px/1.55 ui-monospace, 'DejaVu Sans Mono', monospace" },
  ".cm-content": { caretColor: "var(--ink)", padding: "8px 0" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--ink-2)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)", borderLeftWidth: "2px" },
  ".cm-specialChar": { color: "var(--bad)" },
});

/** What CodeMirror leaves as it is, though it cannot be seen or turns the direction of writing. */
const unseen = /[\u115f\u1160\u202a-\u202c\u2060-\u2065\u2068\u206a-\u206f\u3164\uffa0]/g;

/** Everything but what belongs to one text. */
export const basics: Extension = [
  ...(nonce === "" ? [] : [EditorView.cspNonce.of(nonce)]),
  look,
  lineNumbers(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSpecialChars({ addSpecialChars: unseen }),
  drawSelection(),
  EditorView.lineWrapping,
  keymap.of(defaultKeymap),
];

interface Props {
  readonly text: string;
  /** Made once, when it is first shown. */
  readonly extensions: () => Extension;
  readonly onView?: (view: EditorView | undefined) => void;
  readonly hidden?: boolean;
}

/** An editor that lives as long as this part of the page. Who wants another one gives it another key. */
export function Editor({ text, extensions, onView, hidden }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return undefined;
    const view = new EditorView({ state: EditorState.create({ doc: text, extensions: [basics, extensions()] }), parent: place.current });
    onView?.(view);
    return () => {
      onView?.(undefined);
      view.destroy();
    };
  }, []);
  return <div class="editor" ref={place} hidden={hidden ?? false} />;
}
