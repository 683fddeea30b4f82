// What a test needs around it: a server, people, a network between them. All of it is gone at the end of the test, which
// fails if a page did what no page may do.
import { Relay } from "./from_sdk.js";
import { Misbehaving } from "./misbehaving.js";
import { Person, picture } from "./person.js";
import { Server } from "./server.js";

export class World {
  server;
  #people = [];
  #networks = [];

  /** `test`: at the end of which it is gone; without it, somebody calls end(). `how`: as Server.start takes it. */
  static async of(test, how) {
    const world = new World();
    test?.after(() => world.end(test));
    world.server = await Server.start(how);
    return world;
  }

  /** `at`: what stands between; the server itself unless given. */
  async person(owner, how = {}, at = this.server) {
    const person = await Person.at(at.url, owner, how);
    this.#people.push(person);
    return person;
  }
  people(...owners) {
    return Promise.all(owners.map((owner) => this.person(owner)));
  }
  async relay() {
    return this.#network(await Relay.to(this.server.port));
  }
  async misbehaving() {
    return this.#network(await Misbehaving.to(this.server.port));
  }
  #network(network) {
    this.#networks.push(network);
    return network;
  }

  /** What was to be seen when it failed: pages as pictures and as text, and what the server said. */
  async #tell(name) {
    const called = name.replaceAll(/[^a-z0-9]+/gi, "-").slice(0, 60);
    console.error(`When "${name}" failed, the server had said:\n${this.server.said}`);
    for (const { owner, context } of this.#people) {
      for (const [at, page] of context.pages().entries()) {
        const shown = await Promise.all(page.frames().map(async (frame) => `  ${frame.url()}: ${await frame.locator("body").innerText({ timeout: 2000 })}`)).catch(String);
        console.error(`${owner} saw:\n${[shown].flat().join("\n")}`);
        await picture(page, `failed-${called}-${owner}-${at}`).catch(() => undefined); // A page that hangs has no picture.
      }
    }
  }

  async end(test) {
    if (test?.error) await this.#tell(test.name); // Node.js 18 does not say whether it failed.
    const ends = await Promise.allSettled(this.#people.map((person) => person.close()));
    for (const network of this.#networks) network.close();
    await this.server?.kill();
    const failed = ends.find(({ status }) => status === "rejected");
    if (failed) throw failed.reason;
  }
}
