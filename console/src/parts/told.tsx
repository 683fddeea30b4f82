// Texts that come from elsewhere: names, owners, notes. They are shown as text, always, and so that one sees what is in
// them: a control character would be invisible, and one that turns the direction of writing makes a name look like another.

import type { JSX } from "preact";
import { href } from "../shell/router.js";

// C0 and C1 controls, soft hyphen, zero-width and direction marks, line separators, invisible operators, tags, BOM.
// eslint-disable-next-line no-control-regex
const hidden = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu;

const mark = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code); // Unicode's pictures of controls.
  if (code === 0x7f) return "␡";
  return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
};

/** The same in places that take plain text only: titles, labels, what is read aloud. */
export function told(text: string): string {
  return text.replace(hidden, mark);
}

/** Text that somebody else chose. `<bdi>` keeps its direction to itself. */
export function Told({ text, title }: { readonly text: string; readonly title?: boolean }): JSX.Element {
  const shown = told(text);
  if (shown === text) return <bdi title={title ? text : undefined}>{text}</bdi>;
  const parts: (string | JSX.Element)[] = [];
  let from = 0;
  for (const found of text.matchAll(hidden)) {
    if (found.index > from) parts.push(text.slice(from, found.index));
    parts.push(<span class="mark">{mark(found[0])}</span>);
    from = found.index + found[0].length;
  }
  if (from < text.length) parts.push(text.slice(from));
  return <bdi title={title ? shown : undefined}>{parts}</bdi>;
}

/** A name in two parts: where there is no room for all of it, its last segment is what tells it from others. */
export function Parted({ name }: { readonly name: string }): JSX.Element {
  const cut = name.lastIndexOf("/") + 1;
  return (
    <span class="parted">
      {cut > 0 && (
        <span class={cut > 3 ? "head" : "short"}>
          <Told text={name.slice(0, cut)} />
        </span>
      )}
      <span class="tail">
        <Told text={name.slice(cut)} />
      </span>
    </span>
  );
}

/** The name of something that is owned, and the way to its page. */
export function Name({ name }: { readonly name: string }): JSX.Element {
  return (
    <a class="name" href={href("lease", name)} title={told(name)}>
      <Parted name={name} />
    </a>
  );
}
