// A line below the editor: who edits, and what can be done about it. Everything in it can be reached by keys.

import type { EditorView, Panel } from "@codemirror/view";
import type { GuardedBuffer } from "./buffer.js";
import type { GuardWords } from "./codemirror_words.js";
import { StaleError } from "./problem.js";

interface Action {
  readonly word: string;
  run(): unknown;
}

export function guardPanel(view: EditorView, buffer: GuardedBuffer, words: GuardWords): Panel {
  const dom = view.dom.ownerDocument.createElement("div");
  dom.className = "cm-holdfast-panel";
  const status = dom.appendChild(view.dom.ownerDocument.createElement("span"));
  status.setAttribute("role", "status");
  const actions = dom.appendChild(view.dom.ownerDocument.createElement("span"));
  let shown = "";
  /** What comes of it is told by the buffer, but for a holding that was meant and is over. */
  const quietly = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) => {
      if (!(error instanceof StaleError)) return;
      status.textContent = words.refused(error);
      shown = ""; // The next news replaces it.
    });

  const possible = (): Action[] => {
    const request = buffer.request;
    const mine = buffer.owner?.session === buffer.session;
    const window = view.dom.ownerDocument.defaultView;
    if (request) {
      return [
        { word: words.keepEditing, run: () => request.answer("later") },
        { word: words.moreTime, run: () => request.extend() },
        { word: words.handOver, run: () => request.answer("hand over") },
      ];
    }
    if (buffer.state === "owned") return [{ word: words.done, run: () => quietly(buffer.release()) }];
    if (buffer.state !== "following") return [];
    if (!buffer.owner || mine) return [{ word: words.edit, run: () => quietly(buffer.acquire().then(() => view.focus())) }];
    if (buffer.owner.owner === buffer.ownerHere) return [{ word: words.continueHere, run: () => quietly(buffer.move().then(() => view.focus())) }];
    const takeOver = (): void => {
      const { token } = buffer.owner!;
      const reason = window?.prompt(words.why)?.trim();
      // Of the holding that was shown: whoever has come while it was asked is not meant.
      if (reason) quietly(buffer.takeover({ reason, token }));
    };
    return [
      { word: words.ask, run: () => quietly(buffer.ask()) },
      { word: words.takeOver, run: takeOver },
    ];
  };

  const show = (): void => {
    const { state, mayEdit, saved, owner, request } = buffer;
    const text = request ? words.requested(request) : words.state({ state, mayEdit, saved, owner: owner?.owner });
    const all = possible();
    const now = JSON.stringify([text, all.map(({ word }) => word)]);
    if (now === shown) return;
    shown = now;
    status.textContent = text;
    const focused = actions.contains(view.dom.ownerDocument.activeElement);
    actions.replaceChildren(
      ...all.map(({ word, run }) => {
        const button = view.dom.ownerDocument.createElement("button");
        button.type = "button";
        button.textContent = word;
        button.addEventListener("click", () => {
          run();
          show();
        });
        return button;
      }),
    );
    if (focused) (actions.querySelector("button") ?? view.contentDOM).focus(); // What had the focus is gone.
  };

  const leave = [
    buffer.on("state", show),
    buffer.on("saved", show),
    buffer.on("owner", show),
    buffer.on("requested", show),
  ];
  show();
  return { dom, destroy: () => leave.forEach((one) => one()) };
}
