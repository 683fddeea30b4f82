// Runs in the page: sees what a person sees of the editor there, at each change, and keeps it.
//
// Nothing of CodeMirror's is asked, only what stands in the document: its lines, where the caret is, whether it takes keys.

/** To be given to addInitScript; so it stands alone. */
export function eye() {
  const notText = ".cm-holdfast-cursor, .cm-widgetBuffer";
  const without = (node) => {
    const copy = node.cloneNode(true);
    copy.querySelectorAll?.(notText).forEach((one) => one.remove());
    return copy.textContent;
  };
  const lines = (content) => [...content.querySelectorAll(".cm-line")];

  function caretIn(content) {
    const { focusNode, focusOffset } = document.getSelection() ?? {};
    const all = lines(content);
    let line = focusNode instanceof Element ? focusNode.closest(".cm-line") : focusNode?.parentElement?.closest(".cm-line");
    let range = document.createRange();
    if (line && content.contains(line)) {
      range.setStart(line, 0);
      range.setEnd(focusNode, focusOffset);
    } else if (focusNode === content) {
      line = all[focusOffset];
      range = undefined;
    }
    if (!line) return null;
    const before = all.slice(0, all.indexOf(line)).reduce((sum, one) => sum + without(one).length + 1, 0);
    return before + (range ? without(range.cloneContents()).length : 0);
  }

  class Eye {
    seen = [];
    /** Of the last change, by performance.now(). */
    last = 0;
    look() {
      const content = document.querySelector(".cm-content");
      if (!content) return undefined;
      const takesKeys = content.getAttribute("aria-readonly") !== "true" && content.isContentEditable;
      return { text: lines(content).map(without).join("\n"), caret: caretIn(content), takesKeys, label: content.getAttribute("aria-label") ?? "" };
    }
    /** From here on. */
    watch() {
      this.seen = [];
      this.note();
      this.observer?.disconnect();
      this.observer = new MutationObserver(() => this.note());
      this.observer.observe(document.querySelector(".cm-editor"), { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ["aria-readonly", "aria-label"] });
    }
    note() {
      const now = this.look();
      const before = this.seen.at(-1);
      this.last = performance.now();
      if (now && (!before || now.text !== before.text || now.caret !== before.caret || now.takesKeys !== before.takesKeys || now.label !== before.label)) this.seen.push(now);
    }
    quietFor() {
      return performance.now() - this.last;
    }
  }
  window.eye = new Eye();
}
