// Who wrote what: a column beside the text that names the owner of each line's beginning, and a colour below each part.

import { RangeSet, RangeSetBuilder, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, gutter } from "@codemirror/view";
import { hueClassOf } from "@holdfast/client/codemirror";
import { told } from "../parts/told.js";

export interface Part {
  readonly length: number;
  readonly owner: string;
}

const partsAre = StateEffect.define<readonly Part[]>();

/** Of the text as it is now; longer or shorter ones are not taken. */
export function setBlame(view: EditorView, parts: readonly Part[]): void {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length === view.state.doc.length) view.dispatch({ effects: partsAre.of(parts) });
}

function marksOf(parts: readonly Part[]): RangeSet<Decoration> {
  const marks = new RangeSetBuilder<Decoration>();
  let at = 0;
  for (const { length, owner } of parts) {
    if (length > 0) marks.add(at, at + length, Decoration.mark({ class: `blame ${hueClassOf(owner)}`, owner, inclusiveEnd: true }));
    at += length;
  }
  return marks.finish();
}

const field = StateField.define<RangeSet<Decoration>>({
  create: () => Decoration.none,
  update(value, transaction) {
    let now = value.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(partsAre)) now = marksOf(effect.value);
    return now;
  },
  provide: (marks) => EditorView.decorations.from(marks),
});

class Author extends GutterMarker {
  readonly #owner: string;
  constructor(owner: string) {
    super();
    this.#owner = owner;
    this.elementClass = hueClassOf(owner);
  }
  override eq(other: Author): boolean {
    return other.#owner === this.#owner;
  }
  override toDOM(): Text {
    return document.createTextNode(told(this.#owner));
  }
}

function ownerAt(view: EditorView, position: number): string | undefined {
  let found: string | undefined;
  view.state.field(field).between(position, position + 1, (from, to, mark) => {
    if (from > position || to <= position) return undefined;
    found = String(mark.spec["owner"]);
    return false;
  });
  return found;
}

/** To be put into the editor while it is wanted. */
export function blame(): Extension {
  return [
    field,
    gutter({
      class: "blame-names",
      lineMarker: (view, line) => {
        const owner = ownerAt(view, line.from);
        return owner === undefined ? null : new Author(owner);
      },
      lineMarkerChange: (update) => update.docChanged || update.transactions.some((one) => one.effects.some((effect) => effect.is(partsAre))),
    }),
  ];
}
