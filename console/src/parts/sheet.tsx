// The frame of a page: its heading, which takes the focus when one comes here, and what stands beside it.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { told } from "./told.js";

interface Props {
  readonly title: string;
  /** Instead of the title, where it is a text of somebody else's. */
  readonly heading?: ComponentChildren;
  /** One sentence: what this is. */
  readonly about?: ComponentChildren;
  /** Buttons and fields that belong to the whole page. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function Sheet({ title, heading, about, tools, children }: Props): JSX.Element {
  const top = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${told(title)} · Holdfast`;
  }, [title]);
  useEffect(() => {
    // Who is at something in the header already, while this was loading, stays there.
    if (!document.activeElement?.matches("header :is(button, input, select)")) top.current?.focus({ preventScroll: true });
  }, []);
  return (
    <>
      <div class="sheet-top">
        <h1 ref={top} tabIndex={-1}>
          {heading ?? told(title)}
        </h1>
        {tools !== undefined && <div class="tools">{tools}</div>}
      </div>
      {about !== undefined && <p class="about">{about}</p>}
      {children}
    </>
  );
}
