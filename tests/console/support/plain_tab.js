// A tab as the browser itself keeps one. Playwright tells its pages that they are always shown; this one can be hidden
// behind another, and be frozen, as tabs are.
import { browser } from "./browser.js";

class Target {
  #root;
  #session;
  #numbered = 0;
  #asked = new Map();
  id;

  static async at(root, url) {
    const target = new Target();
    target.#root = root;
    const { targetId } = await root.send("Target.createTarget", { url });
    target.id = targetId;
    target.#session = (await root.send("Target.attachToTarget", { targetId, flatten: false })).sessionId;
    root.on("Target.receivedMessageFromTarget", ({ sessionId, message }) => {
      if (sessionId !== target.#session) return;
      const { id, result, error } = JSON.parse(message);
      const { resolve, reject } = target.#asked.get(id) ?? {};
      target.#asked.delete(id);
      if (error) reject?.(new Error(error.message));
      else resolve?.(result);
    });
    return target;
  }

  async ask(method, params = {}) {
    const id = (this.#numbered += 1);
    const answer = new Promise((resolve, reject) => this.#asked.set(id, { resolve, reject }));
    await this.#root.send("Target.sendMessageToTarget", { sessionId: this.#session, message: JSON.stringify({ id, method, params }) });
    return answer;
  }
  async close() {
    await this.#root.send("Target.closeTarget", { targetId: this.id });
  }
  async activate() {
    await this.#root.send("Target.activateTarget", { targetId: this.id });
  }
}

export class PlainTab {
  #page;
  #front;

  /** `init`: functions that run before the page's own scripts, each with what follows it. */
  static async open(url, init = []) {
    const tab = new PlainTab();
    const root = await (await browser()).newBrowserCDPSession();
    tab.#page = await Target.at(root, "about:blank");
    tab.#front = await Target.at(root, "about:blank");
    await tab.#page.ask("Page.enable");
    for (const [work, given] of init) await tab.#page.ask("Page.addScriptToEvaluateOnNewDocument", { source: `(${work})(${JSON.stringify(given ?? null)})` });
    await tab.show();
    await tab.#page.ask("Page.navigate", { url });
    return tab;
  }

  /** Runs it in the page. */
  async run(work, given) {
    const expression = `(${work})(${JSON.stringify(given ?? null)})`;
    const { result, exceptionDetails } = await this.#page.ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }
  /** Letters, as keys. */
  async type(text) {
    for (const letter of text) {
      const key = { key: letter, text: letter };
      await this.#page.ask("Input.dispatchKeyEvent", { type: "keyDown", ...key });
      await this.#page.ask("Input.dispatchKeyEvent", { type: "keyUp", ...key });
    }
  }
  /** The caret, by Control+End. */
  async toEnd() {
    const key = { key: "End", code: "End", windowsVirtualKeyCode: 35, modifiers: 2 };
    await this.#page.ask("Input.dispatchKeyEvent", { type: "rawKeyDown", ...key });
    await this.#page.ask("Input.dispatchKeyEvent", { type: "keyUp", ...key });
  }

  async hide() {
    await this.#front.activate();
  }
  async show() {
    await this.#page.activate();
  }
  /** Nothing in it runs, not even what comes over its connections. Only hidden tabs are frozen. */
  async freeze() {
    await this.#page.ask("Page.setWebLifecycleState", { state: "frozen" });
  }
  async thaw() {
    await this.#page.ask("Page.setWebLifecycleState", { state: "active" });
  }
  async close() {
    await this.#page.close();
    await this.#front.close();
  }
}
