// A real server on a port that the kernel chose. HOLDFAST names the program.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./outside.js";

const program = process.env["HOLDFAST"];

export class Server {
  readonly port: number;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.port = port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  static async start(more: readonly string[] = ["--journal", "memory"], port = 0): Promise<Server> {
    if (!program) throw new Error("HOLDFAST must name the server's program");
    const child = spawn(program, ["serve", "--listen", `127.0.0.1:${port}`, ...more], { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (bytes: Buffer) => (said += bytes));
    return new Promise((resolve, reject) => {
      child.on("error", reject);
      child.on("exit", () => reject(new Error(`the server ended: ${said}`)));
      child.stdout.on("data", (bytes: Buffer) => {
        said += bytes;
        const found = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (found) resolve(new Server(child, Number(found[1])));
      });
    });
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }

  /** It does not run, and does not know. */
  async pause(): Promise<void> {
    this.#process.kill("SIGSTOP");
    const threads = `/proc/${this.#process.pid}/task`;
    const stopped = (thread: string): boolean => /\) [Tt] /.test(readFileSync(`${threads}/${thread}/stat`, "utf8"));
    // Those that have not heard of it yet still answer.
    await until(() => readdirSync(threads).every(stopped), "it stands still");
  }
  goOn(): void {
    this.#process.kill("SIGCONT");
  }

  async post(path: string, body: unknown): Promise<Record<string, unknown>> {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(this.url + path, { method: "POST", headers, body: JSON.stringify(body) });
    return (await answer.json()) as Record<string, unknown>;
  }
}

/** A folder that is gone afterwards. */
export function scratch(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "holdfast-client-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** At the end of a file. What a test that failed has left running would keep it from ending for a long time. */
export async function over(server: Server): Promise<void> {
  await server.kill();
  setTimeout(() => process.exit(), 5000).unref();
}
