// Somebody at a browser of their own: an owner's name, a storage that nobody shares, tabs.
import { join } from "node:path";
import { browser } from "./browser.js";
import { eye } from "./eye.js";
import { until } from "./from_sdk.js";
import { left } from "./places.js";

// The network is what tests break; a style sheet that is not there any more is one of text/plain.
const notFaults = /Failed to load resource|WebSocket connection to|ERR_INTERNET_DISCONNECTED|Refused to apply style .* MIME type/;

export class Person {
  owner;
  context;
  page;
  /** What no page may ever do: throw, break its own policy. */
  faults = [];
  /** Of a server that breaks its promises, a page may not know what to make. */
  faultsAreExpected = false;
  #url;

  /**
   * `theme`: light or dark. `width`: of the window. `init`: a function that runs, with
   * `given`, in each page before its own scripts.
   */
  static async at(url, owner, how = {}) {
    const person = new Person();
    person.owner = owner;
    person.#url = url;
    const { theme = "light", width = 1280, height = 800, init, given, ...more } = how;
    person.context = await (await browser()).newContext({ viewport: { width, height }, colorScheme: theme, reducedMotion: "reduce", ...more });
    person.context.setDefaultTimeout(20_000); // Patience, not a promise: the machine may have two cores for several browsers.
    await person.context.addInitScript((name) => {
      if (location.origin !== "null") localStorage.getItem("holdfast.owner") ?? localStorage.setItem("holdfast.owner", name);
    }, owner);
    await person.context.addInitScript(eye);
    if (init) await person.context.addInitScript(init, given);
    person.page = await person.newTab();
    return person;
  }

  async newTab() {
    const page = await this.context.newPage();
    page.on("pageerror", (error) => this.faults.push(`${page.url()}: ${error.stack ?? error}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !notFaults.test(message.text())) this.faults.push(`${page.url()}: ${message.text()}`);
    });
    return page;
  }

  /** To a route of the console: as if it were typed into the address bar, or followed as a link where the console is open. */
  async go(route, page = this.page) {
    if (page.url().startsWith(this.#url)) await page.evaluate((hash) => void (location.hash = hash), route);
    else await page.goto(`${this.#url}/${route}`);
  }

  async close() {
    await this.context.close();
    if (this.faults.length > 0 && !this.faultsAreExpected) throw new Error(`in ${this.owner}'s browser:\n  ${[...new Set(this.faults)].join("\n  ")}`);
  }
}

export const editRoute = (name) => `#/edit/${encodeURIComponent(name)}`;

/** A person's editor in one tab. */
export class Desk {
  person;
  page;
  name;

  constructor(person, name, page = person.page) {
    this.person = person;
    this.page = page;
    this.name = name;
  }

  static async open(person, name, page = person.page) {
    const desk = new Desk(person, name, page);
    await person.go(editRoute(name), page);
    await desk.content.waitFor();
    return desk;
  }

  /** Where one types; found as those find it who do not see it. */
  get content() {
    return this.page.getByRole("textbox", { name: this.name });
  }
  look() {
    return this.page.evaluate(() => window.eye.look());
  }
  async text() {
    return (await this.look())?.text;
  }
  async shows(text, patience) {
    await this.#comes(() => this.text(), (now) => now === text, `${this.person.owner} sees ${JSON.stringify(text)}`, patience);
  }
  async mayType(patience) {
    await this.#comes(() => this.look(), (now) => now?.takesKeys, `${this.person.owner} may type`, patience);
  }
  async mayNotType(patience) {
    await this.#comes(() => this.look(), (now) => now && !now.takesKeys, `${this.person.owner} may not type`, patience);
  }
  async says(words, patience) {
    await this.#comes(() => this.page.locator("body").innerText(), (now) => words.test(now), `${this.person.owner} reads ${words}`, patience);
  }
  async #comes(look, claim, what, patience) {
    let now;
    await until(async () => claim((now = await look())), what, patience).catch((error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(now)}`);
    });
  }

  /** Puts the caret at the end of the text, by keys. */
  async toEnd() {
    await this.content.focus();
    await this.page.keyboard.press("Control+End");
  }
  type(text, delay = 0) {
    return this.page.keyboard.type(text, { delay });
  }
  press(...keys) {
    return keys.reduce((before, key) => before.then(() => this.page.keyboard.press(key)), Promise.resolve());
  }
}

/** A picture for people to look at: build/console-tests/screens/. */
export async function picture(page, name) {
  await page.screenshot({ path: join(left, "screens", `${name}.png`) });
}
