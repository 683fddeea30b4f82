// A CodeMirror editor in a document that is none: as far as it needs no layout.
import { JSDOM } from "jsdom";

const dom = new JSDOM("<!doctype html><body></body>", { pretendToBeVisual: true, url: "http://page.example/" });
const { window } = dom;
const nothing = { left: 0, right: 0, top: 0, bottom: 0, width: 0, height: 0, x: 0, y: 0, toJSON: () => ({}) };
window.Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
window.Range.prototype.getBoundingClientRect = () => nothing;

// CodeMirror looks for these when it is imported, so this file comes first.
const names = ["document", "Node", "Element", "HTMLElement", "Text", "MutationObserver", "Range", "Selection", "getComputedStyle", "requestAnimationFrame", "cancelAnimationFrame", "DOMRect", "KeyboardEvent", "InputEvent", "Event", "Window", "ShadowRoot", "HTMLIFrameElement", "HTMLImageElement"] as const;
for (const name of names) {
  Object.defineProperty(globalThis, name, { value: (window as unknown as Record<string, unknown>)[name], configurable: true, writable: true });
}
Object.defineProperty(globalThis, "window", { value: window, configurable: true });
if (!("navigator" in globalThis)) Object.defineProperty(globalThis, "navigator", { value: window.navigator, configurable: true });
// What runs in the page has a document, but its clock and timers are Node's.
window.requestAnimationFrame = (work) => Number(setTimeout(() => work(performance.now()), 1));
globalThis.requestAnimationFrame = window.requestAnimationFrame.bind(window);

/** Closes it, so that nothing of it keeps a test from ending. */
export const closePage = (): void => window.close();

/** A key, as a browser tells of it before it changes anything. True: the page let the browser do it. */
export function beforeInput(target: HTMLElement, inputType: string, data: string | null = null): boolean {
  return target.dispatchEvent(new window.InputEvent("beforeinput", { inputType, data, bubbles: true, cancelable: true }));
}

export function key(target: HTMLElement, name: string, more: KeyboardEventInit = {}): boolean {
  const keyCode = name.length === 1 ? name.toUpperCase().charCodeAt(0) : 0;
  return target.dispatchEvent(new window.KeyboardEvent("keydown", { key: name, keyCode, bubbles: true, cancelable: true, ...more }));
}
