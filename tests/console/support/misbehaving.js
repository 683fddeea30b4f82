// A server between the page and the real one that answers what is asked of it slowly, wrongly, or not at all.
import { once } from "node:events";
import { createServer, request as ask } from "node:http";
import { connect } from "node:net";

/** What can happen to a request; `rule` says which of them happens to which. */
export const misdeeds = {
  /** JSON as it should be, only late. */
  "is slow": (pass) => setTimeout(pass, 1500),
  "is cut off": (_pass, response) => response.writeHead(200, { "content-type": "application/json" }).end('{"leases": [{"name": "cut o'),
  /** JSON, and none of it is what was asked for. */
  "is JSON of another kind": (_pass, response) => response.writeHead(200, { "content-type": "application/json" }).end('{"leases": 7, "children": null, "sessions": "<b>", "hello": [[]]}'),
  "is a page of somebody else": (_pass, response) => response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><h1>Sign in to the hotel's network</h1>"),
  fails: (_pass, response) => response.writeHead(500, { "content-type": "text/plain" }).end("Internal Server Error"),
  "is not found": (_pass, response) => response.writeHead(404, { "content-type": "text/plain" }).end("Not Found"),
  closes: (_pass, response) => response.socket.destroy(),
  "never answers": () => undefined,
};

export class Misbehaving {
  /** path and method to one of `misdeeds`, or undefined. */
  rule = () => undefined;
  /** How often each has happened. */
  happened = {};
  #target;
  #listener;
  #sockets = new Set();

  static async to(port) {
    const proxy = new Misbehaving();
    proxy.#target = port;
    proxy.#listener = createServer((request, response) => proxy.#meet(request, response));
    proxy.#listener.on("upgrade", (request, socket, head) => proxy.#upgrade(request, socket, head));
    proxy.#listener.on("connection", (socket) => {
      proxy.#sockets.add(socket);
      socket.on("close", () => proxy.#sockets.delete(socket));
    });
    proxy.#listener.listen(0, "127.0.0.1");
    await once(proxy.#listener, "listening");
    return proxy;
  }

  get url() {
    return `http://127.0.0.1:${this.#listener.address().port}`;
  }
  close() {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #meet(request, response) {
    const path = request.url.split("?")[0];
    const name = this.rule(path, request.method);
    const pass = () => this.#pass(request, response);
    if (name === undefined) return pass();
    this.happened[name] = (this.happened[name] ?? 0) + 1;
    request.resume();
    misdeeds[name](pass, response);
  }

  #pass(request, response) {
    const { method, url: path, headers } = request;
    const outer = ask({ host: "127.0.0.1", port: this.#target, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    outer.on("error", () => response.destroy());
    response.on("close", () => outer.destroy());
    request.pipe(outer);
  }

  #upgrade(request, inner, head) {
    const name = this.rule(request.url.split("?")[0], "UPGRADE");
    if (name !== undefined) {
      this.happened[name] = (this.happened[name] ?? 0) + 1;
      if (name === "closes") inner.destroy();
      else if (name !== "never answers") inner.end("HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n");
      return;
    }
    const outer = connect(this.#target, "127.0.0.1", () => {
      const lines = Object.entries(request.headers).map(([key, value]) => `${key}: ${value}\r\n`);
      outer.write(`GET ${request.url} HTTP/1.1\r\n${lines.join("")}\r\n`);
      outer.write(head);
      inner.pipe(outer).pipe(inner);
    });
    for (const socket of [inner, outer]) socket.on("error", () => (inner.destroy(), outer.destroy()));
  }
}
