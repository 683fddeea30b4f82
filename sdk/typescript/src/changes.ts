// Changes of a text, as CodeMirror 6 writes them in JSON: what stays, what goes and what comes, from its beginning to its end.
//
//   5           five units stay            [5]         five units go
//   [0, "x"]    "x" comes                  [5, "", ""] a line feed comes for five units: the pieces are lines
//
// Units are UTF-16 units, those of a JavaScript string; a line break is one of them, a line feed. Composing and mapping have
// the same outcome as CodeMirror's, part by part, so that an editor and whoever folds the same changes agree.

import { RequestError } from "./problem.js";

export type ChangePart = number | readonly [number, ...string[]];

/** `[5, [0, "x"], 19]`: in a text of 24 units, an x behind the fifth. */
export type ChangeJson = readonly ChangePart[];

/** A part with its text in one piece; `text` is undefined where it stays. */
interface Piece {
  length: number;
  text: string | undefined;
}

const unitsMost = 2 ** 31 - 1;

function bad(why: string, code = "bad_changes"): RequestError {
  return new RequestError({ code, fate: "not_done", detail: `changes: ${why}`, field: "changes" });
}

function differ(left: number, right: number): RequestError {
  return bad(`they are for texts of different lengths, ${left} and ${right}`, "wrong_length");
}

/** Whether text has half of a surrogate pair that stands alone. */
export function hasLoneSurrogate(text: string): boolean {
  return /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text);
}

/** Line feeds for all line breaks. */
export function withLineFeeds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/** The change, if that is what it is. Throws a RequestError that says what is wrong with it. */
export function validate(value: unknown): ChangeJson {
  if (!Array.isArray(value)) throw bad("a change is an array");
  let length = 0;
  for (const part of value as unknown[]) {
    const [old, ...lines] = Array.isArray(part) ? (part as unknown[]) : [part];
    if (!Number.isInteger(old) || (old as number) < 0) throw bad("a length is a whole number from 0 on");
    if (!Array.isArray(part) && old === 0) throw bad("a part that does nothing");
    if (Array.isArray(part) && old === 0 && lines.length === 0) throw bad("a part that does nothing");
    if (Array.isArray(part) && old === 0 && lines.length === 1 && lines[0] === "") throw bad("a part that does nothing");
    for (const line of lines) {
      if (typeof line !== "string") throw bad("what comes is said in strings, a line each");
      if (/[\r\n]/.test(line)) throw bad("a line has a line break in it");
      if (hasLoneSurrogate(line)) throw bad("half of a surrogate pair cannot stand alone", "bad_boundary");
    }
    length += old as number;
  }
  if (length > unitsMost) throw bad("no text is so long");
  return value as ChangeJson;
}

const pieceOf = (part: ChangePart): Piece =>
  typeof part === "number" ? { length: part, text: undefined } : { length: part[0], text: part.slice(1).join("\n") };

const afterOf = ({ length, text }: Piece): number => (text === undefined ? length : text.length);

/** Puts a change together from left to right, in the form that CodeMirror's own have. */
class Builder {
  readonly #pieces: Piece[] = [];

  /** `join`: it belongs to the replacement that the last part began. Says whether it became a part of its own. */
  add(length: number, text: string | undefined, join = false): boolean {
    if (length === 0 && !text) return false;
    const last = this.#pieces.at(-1);
    if (last) {
      const same = !text && text === last.text;
      if (same || join || (length === 0 && last.length === 0)) {
        last.length += length;
        if (!same) last.text = (last.text ?? "") + (text ?? "");
        return false;
      }
    }
    this.#pieces.push({ length, text });
    return true;
  }

  json(): ChangeJson {
    return this.#pieces.map(({ length, text }) => {
      if (text === undefined) return length;
      return text === "" ? ([length] as const) : ([length, ...text.split("\n")] as const);
    });
  }
}

/** A walk along the parts, in pieces of any length. */
class Cursor {
  readonly #parts: ChangeJson;
  #at = -1;
  #left: Piece = { length: 0, text: undefined };
  #whole = "";
  #fresh = true;

  constructor(change: ChangeJson) {
    this.#parts = change;
    this.next();
  }

  get done(): boolean {
    return this.#at >= this.#parts.length;
  }
  get index(): number {
    return this.#at;
  }
  get keeps(): boolean {
    return !this.done && this.#left.text === undefined;
  }
  get changes(): boolean {
    return !this.done && this.#left.text !== undefined;
  }
  get deletes(): boolean {
    return this.changes && this.#left.text === "";
  }
  /** What is left of this part, in the old text and in the new one. */
  get length(): number {
    return this.done ? 0 : this.#left.length;
  }
  get lengthAfter(): number {
    return this.done ? 0 : afterOf(this.#left);
  }
  get inserting(): number {
    return this.changes ? this.#left.text!.length : 0;
  }
  /** All that this part inserts. */
  get text(): string {
    return this.#whole;
  }
  /** Nothing of this part has been passed. */
  get fresh(): boolean {
    return this.#fresh;
  }
  /** The next units of what it inserts. */
  piece(units: number): string {
    return (this.#left.text ?? "").slice(0, units);
  }

  next(): void {
    this.#at += 1;
    const part = this.#parts[this.#at];
    this.#left = part === undefined ? { length: 0, text: undefined } : pieceOf(part);
    this.#whole = this.#left.text ?? "";
    this.#fresh = true;
  }
  /** Goes on by units of the old text. */
  pass(units: number): void {
    if (units === this.#left.length) return this.next();
    this.#left.length -= units;
    this.#fresh &&= units === 0;
  }
  /** Goes on by units of the new text. */
  passAfter(units: number): void {
    if (this.#left.text === undefined) return this.pass(units);
    if (units === this.#left.text.length) return this.next();
    this.#left.text = this.#left.text.slice(units);
    this.#fresh &&= units === 0;
  }
}

export function lengthBefore(change: ChangeJson): number {
  return change.reduce<number>((sum, part) => sum + (typeof part === "number" ? part : part[0]), 0);
}

export function lengthAfter(change: ChangeJson): number {
  return change.reduce<number>((sum, part) => sum + afterOf(pieceOf(part)), 0);
}

export function changesNothing(change: ChangeJson): boolean {
  return change.every((part) => typeof part === "number");
}

/** How many units come. */
export function unitsInserted(change: ChangeJson): number {
  return change.reduce<number>((sum, part) => sum + (typeof part === "number" ? 0 : afterOf(pieceOf(part))), 0);
}

/** In a text of `length` units, `insert` in the place of what lies from `from` to `to`. */
export function replacing(length: number, from: number, to: number, insert: string): ChangeJson {
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= length)) {
    throw bad(`${from} to ${to} is no part of a text of ${length} units`);
  }
  const out = new Builder();
  out.add(from, undefined);
  out.add(to - from, withLineFeeds(insert));
  out.add(length - to, undefined);
  return out.json();
}

/** The smallest single replacement that makes `now` of `before`; it parts no surrogate pair. */
export function difference(before: string, now: string): ChangeJson {
  const most = Math.min(before.length, now.length);
  let begin = 0;
  while (begin < most && before.charCodeAt(begin) === now.charCodeAt(begin)) begin += 1;
  let end = 0;
  while (end < most - begin && before.charCodeAt(before.length - 1 - end) === now.charCodeAt(now.length - 1 - end)) end += 1;
  const parts = (text: string, at: number): boolean => at > 0 && at < text.length && /[\uD800-\uDBFF]/.test(text[at - 1]!) && /[\uDC00-\uDFFF]/.test(text[at]!);
  if (parts(before, begin) || parts(now, begin)) begin -= 1;
  if (end > 0 && (parts(before, before.length - end) || parts(now, now.length - end))) end -= 1;
  return replacing(before.length, begin, before.length - end, now.slice(begin, now.length - end));
}

export function apply(text: string, change: ChangeJson): string {
  const length = lengthBefore(change);
  if (length !== text.length) throw differ(text.length, length);
  let out = "";
  let at = 0;
  for (const part of change) {
    const { length: old, text: comes } = pieceOf(part);
    out += comes ?? text.slice(at, at + old);
    at += old;
  }
  return out;
}

/** What takes `change` back. `before`: the text that it was made for. */
export function invert(change: ChangeJson, before: string): ChangeJson {
  const out = new Builder();
  let at = 0;
  for (const part of change) {
    const { length, text } = pieceOf(part);
    if (text === undefined) out.add(length, undefined);
    else out.add(text.length, before.slice(at, at + length));
    at += length;
  }
  return out.json();
}

/** `first`, then `second`, as one. */
export function compose(first: ChangeJson, second: ChangeJson): ChangeJson {
  const [after, before] = [lengthAfter(first), lengthBefore(second)];
  if (after !== before) throw differ(after, before);
  const [a, b, out] = [new Cursor(first), new Cursor(second), new Builder()];
  // While a replacement of one side is passed in pieces, what the other does there belongs to the same replacement.
  let open = false;
  while (!a.done || !b.done) {
    if (a.deletes) {
      out.add(a.length, "", open);
      a.next();
      continue;
    }
    if (b.changes && b.length === 0) {
      out.add(0, b.text, open);
      b.next();
      continue;
    }
    const common = Math.min(a.lengthAfter, b.length);
    const old = a.keeps ? common : a.fresh ? a.length : 0;
    const comes = b.keeps ? (a.keeps ? undefined : a.piece(common)) : b.fresh ? b.text : "";
    const began = out.add(old, comes, open);
    const more = (a.changes && a.inserting > common) || (b.changes && b.length > common);
    open = more && (open || began);
    a.passAfter(common);
    b.pass(common);
  }
  return out.json();
}

/**
 * `change`, made to come after `theirs` although both were made for the same text. `before`: where both insert at one
 * place, what `change` inserts comes first. For two changes, one of them with it and the other without, both ways round lead
 * to the same text.
 */
export function map(change: ChangeJson, theirs: ChangeJson, before = false): ChangeJson {
  const [ours, other] = [lengthBefore(change), lengthBefore(theirs)];
  if (ours !== other) throw differ(ours, other);
  const [a, b, out] = [new Cursor(change), new Cursor(theirs), new Builder()];
  let written = -1; // The part of ours whose text is in; it may go on deleting.
  const theirsIsFirst = (): boolean => {
    if (!b.changes) return false;
    if (!a.changes || written === a.index) return true;
    return a.fresh && (b.length < a.length || (b.length === a.length && !before));
  };
  while (!a.done || !b.done) {
    if (a.keeps && b.keeps) {
      const common = Math.min(a.length, b.length);
      out.add(common, undefined);
      a.pass(common);
      b.pass(common);
    } else if (theirsIsFirst()) {
      // What they inserted stays. What we did to the text that they removed is over; what we inserted there is not.
      out.add(b.inserting, undefined);
      for (let left = b.length; left > 0; ) {
        const piece = Math.min(a.length, left);
        if (a.changes && written !== a.index && a.length <= piece) {
          out.add(0, a.text);
          written = a.index;
        }
        a.pass(piece);
        left -= piece;
      }
      b.next();
    } else {
      // Ours, as far as the next place where they inserted: theirs is never inside of what we delete.
      let deleted = 0;
      let left = a.length;
      while (left > 0) {
        if (b.keeps) {
          const piece = Math.min(left, b.length);
          deleted += piece;
          left -= piece;
          b.pass(piece);
        } else if (b.deletes && b.length < left) {
          left -= b.length;
          b.next();
        } else {
          break;
        }
      }
      out.add(deleted, written === a.index ? "" : a.text);
      written = a.index;
      a.pass(a.length - left);
    }
  }
  return out.json();
}

/** Where a position comes to lie. `side` -1: before what is inserted at its own place; 1: behind it. */
export function mapPosition(change: ChangeJson, position: number, side: -1 | 1 = -1): number {
  let [oldAt, newAt] = [0, 0];
  for (const part of change) {
    const { length, text } = pieceOf(part);
    const oldEnd = oldAt + length;
    if (text === undefined) {
      if (oldEnd > position) return newAt + (position - oldAt);
      newAt += length;
    } else {
      const stays = position === oldAt || side < 0;
      if (oldEnd > position || (oldEnd === position && side < 0 && length === 0)) return stays ? newAt : newAt + text.length;
      newAt += text.length;
    }
    oldAt = oldEnd;
  }
  if (position > oldAt) throw bad(`${position} is behind the end of a text of ${oldAt} units`);
  return newAt;
}

/** Where a position of the new text lay in the old one: of what came, where it came. */
export function unmapPosition(change: ChangeJson, position: number): number {
  let [oldAt, newAt] = [0, 0];
  for (const part of change) {
    const { length, text } = pieceOf(part);
    const after = text === undefined ? length : text.length;
    if (newAt + after > position) return text === undefined ? oldAt + (position - newAt) : oldAt;
    oldAt += length;
    newAt += after;
  }
  return oldAt;
}

/** What a part counts beside its text, in units: a server takes no change of very many parts either. */
const partUnits = 8;

/** The same as several changes one after the other, none of which takes much more than `most` units. No pair is parted. */
export function split(change: ChangeJson, most: number): ChangeJson[] {
  const all: ChangeJson[] = [];
  let [at, left, units] = [0, lengthBefore(change), 0]; // Behind what is done, before what is to come; and in `out`.
  let out = new Builder();
  const end = (): void => {
    out.add(left, undefined);
    all.push(out.json());
  };
  for (const part of change) {
    const { length: old, text } = pieceOf(part);
    if (text === undefined) {
      out.add(old, undefined);
      at += old;
      left -= old;
      continue;
    }
    let [from, goes] = [0, old];
    do {
      let to = Math.min(from + most, text.length);
      if (to < text.length && /[\uD800-\uDBFF]/.test(text[to - 1]!)) to += to - from > 1 ? -1 : 1;
      const takes = partUnits + to - from;
      if (units > 0 && units + takes > most) {
        end();
        units = 0;
        out = new Builder();
        out.add(at, undefined);
      }
      units += takes;
      out.add(goes, text.slice(from, to));
      at += to - from;
      left -= goes;
      [from, goes] = [to, 0];
    } while (from < text.length);
  }
  end();
  return all;
}
