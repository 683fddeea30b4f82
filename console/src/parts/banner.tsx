// A sentence or two that stand out: something is not as it should be. How loud it is told is for whoever places it.

import type { ComponentChildren, JSX } from "preact";

interface Props {
  readonly kind: "bad" | "warn" | "info";
  readonly children: ComponentChildren;
  /** The word on a button. */
  readonly act?: string;
  readonly onAct?: () => void;
}

const signs = { bad: "✕", warn: "!", info: "i" };

export function Banner({ kind, children, act, onAct }: Props): JSX.Element {
  return (
    <div class={`banner ${kind}`}>
      <span class="sign" aria-hidden="true">
        {signs[kind]}
      </span>
      <div>
        <p>{children}</p>
        {act && (
          <button type="button" onClick={onAct}>
            {act}
          </button>
        )}
      </div>
    </div>
  );
}
