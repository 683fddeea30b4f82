// A bad network on one machine: passes connections on, later, not at all, or cuts them.
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from "node:net";

export class Relay {
  /** Every piece arrives so much later, in both directions. */
  delayMs = 0;
  /** Nothing passes, and nobody is told. */
  swallowing = false;
  /** Requests pass and answers do not. */
  swallowingAnswers = false;
  /** New connections are closed at once. */
  refusing = false;
  connections = 0;
  readonly #target: number;
  readonly #listener: Listener;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number, listener: Listener) {
    this.#target = target;
    this.#listener = listener;
    listener.on("connection", (socket: Socket) => this.#pass(socket));
  }

  static async to(port: number): Promise<Relay> {
    const listener = createServer();
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    return new Relay(port, listener);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Ends every connection there is, as a broken network does. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#listener.close();
  }

  #pass(inner: Socket): void {
    this.connections += 1;
    if (this.refusing) {
      inner.destroy();
      return;
    }
    const outer = connect(this.#target, "127.0.0.1");
    this.#link(inner, outer, () => this.swallowing);
    this.#link(outer, inner, () => this.swallowing || this.swallowingAnswers);
  }

  #link(from: Socket, to: Socket, swallowed: () => boolean): void {
    this.#sockets.add(from);
    from.on("data", (bytes) => {
      if (swallowed()) return;
      if (this.delayMs === 0) to.write(bytes);
      else setTimeout(() => to.destroyed || to.write(bytes), this.delayMs);
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      this.#sockets.delete(from);
      setTimeout(() => to.destroy(), this.delayMs);
    });
  }
}
