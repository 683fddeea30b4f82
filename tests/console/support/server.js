// A real server on a port that the kernel chose, serving the console as it was built. HOLDFAST names the program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dist, top } from "./places.js";

const program = process.env.HOLDFAST ?? join(top, "build/release/holdfast");
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A folder that is gone with the process. */
export function scratch() {
  const path = mkdtempSync(join(tmpdir(), "holdfast-console-"));
  process.on("exit", () => rmSync(path, { recursive: true, force: true }));
  return path;
}

export class Server {
  #child;
  #how;
  #said = { text: "" };
  port;

  /**
   * `more`: further words behind `serve`. `data`: the file journal, in that folder; without it, the one in memory.
   * `webRoot`: another console than the built one. `environment`: added to ours.
   */
  static async start(how = {}) {
    const server = new Server();
    server.#how = how;
    await server.#run(how.port ?? 0);
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }
  /** Everything it has said so far. */
  get said() {
    return this.#said.text;
  }

  async #run(port) {
    const { more = [], data, webRoot = dist, environment = {} } = this.#how;
    const journal = data ? ["--data", data] : ["--journal", "memory"];
    const words = ["serve", "--listen", `127.0.0.1:${port}`, ...journal, "--web-root", webRoot, ...more];
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...environment } });
    running.add(child);
    const said = (this.#said = { text: "" });
    child.stderr.on("data", (bytes) => (said.text += bytes));
    this.port = await new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", (status, signal) => {
        running.delete(child);
        reject(new Error(`the server ended (${status ?? signal}): ${said.text}`));
      });
      child.stdout.on("data", (bytes) => {
        said.text += bytes;
        const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(said.text);
        if (found) resolve(Number(found[1]));
      });
    });
    this.#child = child;
  }

  /** As `kill -9` does. */
  async kill() {
    await this.#end("SIGKILL");
  }
  async stop() {
    await this.#end("SIGTERM");
  }
  async #end(signal) {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
  /** Again, on the same port, with what it has kept. `how`: what is different now. */
  async startAgain(how = {}) {
    Object.assign(this.#how, how);
    await this.#run(this.port);
  }

  async ask(method, path, body) {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(this.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, body: text.startsWith("{") ? JSON.parse(text) : undefined };
  }
  get(path) {
    return this.ask("GET", path);
  }
  /** Throws where it is refused: what tests prepare must be there. */
  async post(path, body) {
    const answer = await this.ask("POST", path, body);
    if (answer.status >= 300) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
    return answer.body;
  }
  async createText(name, text, owner = "somebody") {
    const answer = await this.ask("PUT", `/v1/buffers/${pathOf(name)}`, { owner, text });
    if (answer.status >= 300) throw new Error(`PUT ${name}: ${answer.status} ${answer.text}`);
  }
  async text(name) {
    return (await this.get(`/v1/buffers/${pathOf(name)}`)).body.text;
  }
  async lease(name) {
    return (await this.get(`/v1/leases/${pathOf(name)}`)).body;
  }
}

/** A name as it stands in a path. */
export const pathOf = (name) => name.split("/").map(encodeURIComponent).join("/");

/** A disk whose fdatasync does not return, for as long as a test likes. Needs the shim of tests/durability. */
export class HangingDisk {
  #sign = join(scratch(), "hangs");
  static get available() {
    const shim = process.env.HOLDFAST_DISK_SHIM;
    return shim !== undefined && existsSync(shim);
  }
  get environment() {
    return { LD_PRELOAD: process.env.HOLDFAST_DISK_SHIM, HOLDFAST_DISK: "hangs", HOLDFAST_DISK_HANGS: this.#sign };
  }
  hang() {
    writeFileSync(this.#sign, "");
  }
  answerAgain() {
    rmSync(this.#sign, { force: true });
  }
}
