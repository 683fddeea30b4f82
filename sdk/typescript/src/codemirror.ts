// @holdfast/client/codemirror: makes any CodeMirror 6 editor one of a guarded text.
//
// Kept here:
//   * the editor's text is the buffer's: what the buffer does not take does not stay in the editor;
//   * what others did, and what the server did, is not in the editor's own history; undo and redo are the server's;
//   * the editor can always be focused, read and copied from.

import { Annotation, ChangeSet, EditorSelection, EditorState, Prec, StateEffect, StateField, Transaction, type Extension } from "@codemirror/state";
import { Decoration, EditorView, ViewPlugin, WidgetType, keymap, showPanel, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import type { GuardedBuffer } from "./buffer.js";
import type { BufferState, Saved, TextChange } from "./buffer_events.js";
import { difference, lengthBefore, replacing, type ChangeJson } from "./changes.js";
import { guardPanel } from "./codemirror_panel.js";
import { guardWords, type GuardWords } from "./codemirror_words.js";
import type { RemoteCursor } from "./cursors.js";

export { guardWords, type GuardWords } from "./codemirror_words.js";

export interface GuardOptions {
  /** What the text is called for those who cannot see it. Default: the buffer's name. */
  readonly label?: string;
  /** A line below the editor that says who edits, with buttons to get hold of it and to let go. Default: none. */
  readonly panel?: boolean;
  /** Other words, or another language. */
  readonly words?: Partial<GuardWords>;
}

/** What the editor shows of its buffer. */
export interface Guard {
  readonly state: BufferState;
  readonly mayEdit: boolean;
  readonly owner: string | undefined;
  readonly saved: Saved;
}

/** A cursor, and what its flag says. */
interface Flagged extends RemoteCursor {
  readonly flag: string;
}

const fromBuffer = Annotation.define<boolean>();
const guardIs = StateEffect.define<Guard>();
const cursorsAre = StateEffect.define<readonly Flagged[]>();
/** A change that the editor wanted to make while it may not. */
const wanted = StateEffect.define<ChangeJson>();

const jsonOf = (changes: ChangeSet): ChangeJson => changes.toJSON() as ChangeJson;

const guardOf = (buffer: GuardedBuffer): Guard => ({
  state: buffer.state,
  mayEdit: buffer.mayEdit,
  owner: buffer.owner?.owner,
  saved: buffer.saved,
});

const sameGuard = (a: Guard, b: Guard): boolean =>
  a.state === b.state && a.mayEdit === b.mayEdit && a.owner === b.owner && a.saved === b.saved;

/** Guards the editor by the buffer. The editor's text must begin as `buffer.text`, or is made so. */
export function guarded(buffer: GuardedBuffer, options: GuardOptions = {}): Extension {
  const words: GuardWords = { ...guardWords, ...options.words };
  const label = options.label ?? buffer.name;
  const guard = StateField.define<Guard>({
    create: () => guardOf(buffer),
    update: (value, transaction) => transaction.effects.reduce((now, effect) => (effect.is(guardIs) ? effect.value : now), value),
    provide: (field) => [
      EditorState.readOnly.from(field, ({ mayEdit }) => !mayEdit),
      EditorView.contentAttributes.compute([field], (state) => ({ "aria-label": `${label}. ${words.state(state.field(field))}` })),
    ],
  });
  const plugin = ViewPlugin.define((view) => new Binding(view, buffer, guard, words), {
    eventHandlers: {
      beforeinput: (event, view) => typedWhileReadOnly(event, view, buffer),
      compositionend: (event, view) => {
        if (!buffer.mayEdit && event.data !== "") put(view, buffer, event.data);
      },
      paste: (event, view) => {
        const text = event.clipboardData?.getData("text/plain") ?? "";
        if (buffer.mayEdit || text === "") return false;
        put(view, buffer, text);
        return true;
      },
    },
  });
  const undo = (): boolean => (void buffer.undo().catch(() => undefined), true);
  const redo = (): boolean => (void buffer.redo().catch(() => undefined), true);
  return [
    guard,
    cursorField,
    plugin,
    guardTheme,
    // Not made, but said: whether it can be had is asked outside of the transaction.
    EditorState.transactionFilter.of((transaction) => {
      if (!transaction.docChanged || transaction.annotation(fromBuffer) || buffer.mayEdit) return transaction;
      return { effects: wanted.of(jsonOf(transaction.changes)) };
    }),
    Prec.highest(
      keymap.of([
        { key: "Mod-z", run: undo, preventDefault: true },
        { key: "Mod-y", mac: "Mod-Shift-z", run: redo, preventDefault: true },
        { key: "Mod-Shift-z", run: redo, preventDefault: true },
      ]),
    ),
    options.panel ? showPanel.of((view) => guardPanel(view, buffer, words)) : [],
  ];
}

/** A key pressed while the text is nobody's, or another's: the editor itself ignores it. */
function typedWhileReadOnly(event: InputEvent, view: EditorView, buffer: GuardedBuffer): boolean {
  if (event.inputType === "historyUndo" || event.inputType === "historyRedo") {
    void (event.inputType === "historyUndo" ? buffer.undo() : buffer.redo()).catch(() => undefined);
    event.preventDefault();
    return true;
  }
  if (buffer.mayEdit || !event.cancelable) return false;
  const breaks = event.inputType === "insertParagraph" || event.inputType === "insertLineBreak";
  if (breaks) put(view, buffer, "\n");
  else if (event.inputType.startsWith("insert") && event.data) put(view, buffer, event.data);
  else if (event.inputType.startsWith("delete")) remove(view, buffer, event.inputType.endsWith("Forward"));
  else return false;
  event.preventDefault();
  return true;
}

function put(view: EditorView, buffer: GuardedBuffer, text: string): void {
  const { from, to } = view.state.selection.main;
  ask(buffer, replacing(view.state.doc.length, from, to, text));
}

function remove(view: EditorView, buffer: GuardedBuffer, forward: boolean): void {
  const { main } = view.state.selection;
  const line = view.state.doc.lineAt(main.head);
  const next = (): number => {
    const edge = forward ? line.to : line.from;
    if (main.head === edge) return Math.max(0, Math.min(view.state.doc.length, main.head + (forward ? 1 : -1)));
    return view.moveByChar(main, forward).head;
  };
  const [from, to] = main.empty ? [main.head, next()].sort((a, b) => a - b) : [main.from, main.to];
  if (from !== to) ask(buffer, replacing(view.state.doc.length, from!, to!, ""));
}

/** Where the editor and the buffer are apart for a moment, the key is nobody's. */
function ask(buffer: GuardedBuffer, change: ChangeJson): void {
  if (lengthBefore(change) === buffer.text.length) buffer.edit(change);
}

class Binding {
  readonly #view: EditorView;
  readonly #buffer: GuardedBuffer;
  readonly #guard: StateField<Guard>;
  readonly #words: GuardWords;
  readonly #leave: (() => void)[];
  #pending = false;
  #gone = false;
  #lastAnnounced: Guard;

  constructor(view: EditorView, buffer: GuardedBuffer, guard: StateField<Guard>, words: GuardWords) {
    this.#view = view;
    this.#buffer = buffer;
    this.#guard = guard;
    this.#words = words;
    this.#lastAnnounced = guardOf(buffer);
    const say = (text: string): void => void this.#later(() => this.#announce(text));
    this.#leave = [
      buffer.on("text", (change) => this.#changed(change)),
      buffer.on("state", () => this.#tell()),
      buffer.on("saved", () => this.#tell()),
      buffer.on("owner", () => this.#tell()),
      buffer.on("cursors", () => this.#tell()),
      buffer.on("refused", (error) => say(words.refused(error))),
      buffer.on("lost", (loss) => say(words.lost(loss))),
      buffer.on("draft", (draft) => say(words.draft(draft))),
      buffer.on("rejected", ({ error }) => say(words.rejected(error))),
      buffer.on("requested", (request) => say(words.requested(request))),
      buffer.on("declined", ({ by, message }) => say(words.declined(by, message))),
      buffer.on("handIn", (handIn) => say(words.handIn(handIn))),
    ];
    this.#tell();
  }

  update(update: ViewUpdate): void {
    for (const transaction of update.transactions) {
      for (const effect of transaction.effects) if (effect.is(wanted)) ask(this.#buffer, effect.value);
      if (!transaction.docChanged || transaction.annotation(fromBuffer)) continue;
      const change = jsonOf(transaction.changes);
      const fits = lengthBefore(change) === this.#buffer.text.length;
      if (!fits || this.#buffer.edit(change) !== "done") this.#tell(); // It is taken out again.
    }
    if ((update.selectionSet || update.docChanged) && this.#buffer.mayEdit) this.#sayCursor(update.state);
  }

  destroy(): void {
    this.#gone = true;
    for (const leave of this.#leave) leave();
  }

  #sayCursor(state: EditorState): void {
    const { ranges, mainIndex } = state.selection;
    this.#buffer.setCursor(ranges.map(({ anchor, head }) => ({ anchor, head })), mainIndex);
  }

  #changed({ change, origin }: TextChange): void {
    const { state } = this.#view;
    if (this.#gone) return;
    if (state.doc.length !== lengthBefore(change)) return this.#tell(); // Made the same in a moment, as a whole.
    const changes = ChangeSet.fromJSON(change);
    const mine = origin === "typed" || origin === "undo" || origin === "redo";
    let end = -1;
    changes.iterChangedRanges((_fromA, _toA, _fromB, toB) => (end = toB));
    this.#view.dispatch({
      changes,
      annotations: [fromBuffer.of(true), Transaction.addToHistory.of(false), Transaction.remote.of(!mine)],
      ...(mine && end >= 0 && this.#buffer.mayEdit ? { selection: EditorSelection.cursor(end), scrollIntoView: true } : {}),
    });
    this.#tell();
  }

  /** Shows what is true now, once the editor is not in the midst of an update. */
  #tell(): void {
    if (this.#pending) return;
    this.#pending = true;
    this.#later(() => {
      this.#pending = false;
      const { state } = this.#view;
      const [text, shown] = [this.#buffer.text, guardOf(this.#buffer)];
      if (state.doc.length !== text.length || state.doc.toString() !== text) {
        const changes = ChangeSet.fromJSON(difference(state.doc.toString(), text));
        this.#view.dispatch({ changes, annotations: [fromBuffer.of(true), Transaction.addToHistory.of(false), Transaction.remote.of(true)] });
      }
      const effects: StateEffect<unknown>[] = [cursorsAre.of(this.#buffer.cursors.map((cursor) => ({ ...cursor, flag: this.#words.flag(cursor.owner) })))];
      const before = this.#view.state.field(this.#guard);
      if (!sameGuard(shown, before)) effects.push(guardIs.of(shown));
      const said = this.#words.news(this.#lastAnnounced, shown);
      this.#lastAnnounced = shown;
      if (said !== undefined) effects.push(EditorView.announce.of(said));
      this.#view.dispatch({ effects });
      if (shown.mayEdit && !before.mayEdit) this.#sayCursor(this.#view.state);
    });
  }

  #announce(text: string): void {
    if (text !== "") this.#view.dispatch({ effects: EditorView.announce.of(text) });
  }

  #later(work: () => void): void {
    void Promise.resolve().then(() => {
      if (!this.#gone) work();
    });
  }
}

class CursorWidget extends WidgetType {
  readonly #owner: string;
  readonly #flag: string;
  constructor({ owner, flag }: Flagged) {
    super();
    this.#owner = owner;
    this.#flag = flag;
  }
  override eq(other: CursorWidget): boolean {
    return other.#owner === this.#owner && other.#flag === this.#flag;
  }
  override toDOM(): HTMLElement {
    const caret = document.createElement("span");
    caret.className = `cm-holdfast-cursor ${hueClassOf(this.#owner)}`;
    caret.setAttribute("aria-hidden", "true"); // Who edits is said in words elsewhere.
    const name = document.createElement("span");
    name.className = "cm-holdfast-name";
    name.textContent = this.#flag;
    caret.append(name);
    return caret;
  }
  override ignoreEvent(): boolean {
    return true;
  }
}

const hues = 12;

/** An owner's colour, as a class: a style attribute would be refused by a strict Content-Security-Policy. */
export function hueClassOf(owner: string): string {
  const sum = [...owner].reduce((at, letter) => (at * 31 + letter.codePointAt(0)!) % 65_521, 7);
  return `cm-holdfast-hue${sum % hues}`;
}

function decorationsOf(cursors: readonly Flagged[], length: number): DecorationSet {
  const found = cursors.flatMap((cursor) =>
    cursor.ranges.flatMap(({ anchor, head }) => {
      const [from, to] = [Math.min(anchor, head, length), Math.min(Math.max(anchor, head), length)];
      const marked = from < to ? [Decoration.mark({ class: `cm-holdfast-selection ${hueClassOf(cursor.owner)}` }).range(from, to)] : [];
      return [...marked, Decoration.widget({ widget: new CursorWidget(cursor), side: 1 }).range(Math.min(head, length))];
    }),
  );
  return Decoration.set(found, true);
}

const cursorField = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(value, transaction) {
    let now = value.map(transaction.changes);
    for (const effect of transaction.effects) if (effect.is(cursorsAre)) now = decorationsOf(effect.value, transaction.newDoc.length);
    return now;
  },
  provide: (field) => EditorView.decorations.from(field),
});

const guardTheme = EditorView.baseTheme({
  ...Object.fromEntries(Array.from({ length: hues }, (_, at) => [`.cm-holdfast-hue${at}`, { "--cm-holdfast-hue": String((at * 360) / hues + 7) }])),
  ".cm-holdfast-cursor": {
    position: "relative",
    display: "inline-block",
    width: "0",
    height: "1.2em",
    verticalAlign: "text-bottom",
    borderLeft: "2px solid hsl(var(--cm-holdfast-hue), 70%, 40%)",
    marginLeft: "-1px",
    marginRight: "-1px",
  },
  ".cm-holdfast-name": {
    position: "absolute",
    left: "-2px",
    bottom: "100%",
    padding: "0 3px",
    whiteSpace: "nowrap",
    fontSize: "75%",
    lineHeight: "1.3",
    pointerEvents: "none",
    color: "white",
    background: "hsl(var(--cm-holdfast-hue), 70%, 30%)",
    borderRadius: "2px",
    zIndex: "10",
  },
  // Above the first line there is no room.
  ".cm-line:first-child .cm-holdfast-name": { bottom: "auto", top: "100%" },
  ".cm-holdfast-panel": { display: "flex", flexWrap: "wrap", alignItems: "center", gap: "4px 8px", padding: "4px 6px" },
  ".cm-holdfast-panel span": { display: "flex", flexWrap: "wrap", gap: "4px" },
  ".cm-holdfast-panel button": { minHeight: "24px", minWidth: "24px", font: "inherit" },
  ".cm-holdfast-selection": { background: "hsla(var(--cm-holdfast-hue), 70%, 50%, 0.25)" },
});
