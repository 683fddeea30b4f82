// Writes cases: a text, two changes of it, a third one after the first, and everything that CodeMirror makes of them.
// The cases follow from a seed, so that they come out the same each time.
import {ChangeSet, EditorSelection, Text} from "@codemirror/state";

let state = 8812;
/** A number below `bound`. */
function below(bound) {
  // xorshift32, which needs nothing but shifts.
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % bound;
}

const characters = ["a", "b", "c", "d", "e", "f", "g", " ", "\n", "\n", "é", "e\u0301", "ש", "中", "😀", "\t", '"', "\\", "\u0001", "\u2028"];
const anyText = (most) => Array.from({length: below(most + 1)}, () => characters[below(characters.length)]).join("");

/** A change at up to three places, none of them within a surrogate pair. */
function anyChange(text) {
  const units = text.toString();
  const boundary = (from) => {
    let at = from + below(Math.min(units.length - from, 10) + 1);
    while (at < units.length && at > 0 && /[\udc00-\udfff]/.test(units[at])) at++;
    return at;
  };
  const changes = [];
  let at = 0;
  for (let left = below(4); left > 0; left--) {
    const from = boundary(at);
    const to = below(2) ? from : boundary(from);
    changes.push({from, to, insert: anyText(3)});
    at = to;
  }
  return ChangeSet.of(changes, text.length);
}

const written = (value) => JSON.stringify(value);

const cases = [];
while (cases.length < 400) {
  const text = Text.of(anyText(25).split("\n"));
  const a = anyChange(text);
  const b = anyChange(text);
  const next = anyChange(a.apply(text));
  const anchor = below(text.length + 1);
  const head = below(text.length + 1);
  const selection = EditorSelection.create([EditorSelection.range(anchor, head)]);
  const moved = selection.map(a).main;
  cases.push({
    text: text.toString(),
    // As texts: it is the bytes that have to agree.
    a: written(a.toJSON()),
    b: written(b.toJSON()),
    next: written(next.toJSON()),
    after: a.apply(text).toString(),
    composed: written(a.compose(next).toJSON()),
    mapped: written(a.map(b).toJSON()),
    mapped_before: written(a.map(b, true).toJSON()),
    mapped_back: written(b.map(a, true).toJSON()),
    shape_mapped: a.desc.mapDesc(b.desc).toJSON(),
    inverted: written(a.invert(text).toJSON()),
    before: Array.from({length: text.length + 1}, (_, at) => a.mapPos(at, -1)),
    after_side: Array.from({length: text.length + 1}, (_, at) => a.mapPos(at, 1)),
    selection: [anchor, head, moved.anchor, moved.head],
  });
}
// One line a case, so that a change of one is a change of one line.
console.log("[\n" + cases.map((each) => JSON.stringify(each)).join(",\n") + "\n]");
