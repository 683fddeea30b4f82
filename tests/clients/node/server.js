// What the server itself thinks, asked over a connection of our own: no client that is tested answers here.
'use strict';

const net = require('node:net');
const { once } = require('node:events');

/** One value of RESP2 at `at`, with the position behind it; null where it is not whole yet. */
function valueAt(bytes, at) {
  const end = bytes.indexOf('\r\n', at);
  if (end < 0) return null;
  const kind = String.fromCharCode(bytes[at]);
  const text = bytes.toString('utf8', at + 1, end);
  let next = end + 2;
  if (kind === '+') return { value: text, next };
  if (kind === '-') return { value: new Error(text), next };
  if (kind === ':') return { value: Number(text), next };
  const count = Number(text);
  if (kind === '$') {
    if (count < 0) return { value: null, next };
    if (bytes.length < next + count + 2) return null;
    return { value: bytes.toString('utf8', next, next + count), next: next + count + 2 };
  }
  if (kind !== '*') throw new Error(`not RESP2: ${kind}${text}`);
  const list = [];
  for (let i = 0; i < count; ++i) {
    const item = valueAt(bytes, next);
    if (item === null) return null;
    list.push(item.value);
    next = item.next;
  }
  return { value: count < 0 ? null : list, next };
}

class Server {
  static async at(port) {
    const server = new Server();
    server.socket = net.connect(port, '127.0.0.1');
    server.bytes = Buffer.alloc(0);
    await once(server.socket, 'connect');
    return server;
  }

  async ask(...words) {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    this.socket.write(`*${words.length}\r\n${parts.join('')}`);
    for (;;) {
      const answer = valueAt(this.bytes, 0);
      if (answer !== null) {
        this.bytes = this.bytes.subarray(answer.next);
        if (answer.value instanceof Error) throw answer.value;
        return answer.value;
      }
      const [more] = await once(this.socket, 'data');
      this.bytes = Buffer.concat([this.bytes, more]);
    }
  }

  /** The fields of LEASE.GET. */
  async lease(name) {
    const words = await this.ask('LEASE.GET', name);
    const fields = {};
    for (let i = 0; i < words.length; i += 2) fields[words[i]] = words[i + 1];
    return fields;
  }

  close() {
    this.socket.destroy();
  }
}

module.exports = { Server };
