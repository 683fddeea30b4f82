// Server-sent events out of bytes, however they were cut.

export interface SseEvent {
  /** Undefined: a sign of life, which may carry a position. */
  readonly type: string | undefined;
  readonly id: string | undefined;
  readonly data: string;
}

/** Larger than any event there should be. */
const mostCharacters = 4 * 1024 * 1024;

export class SseReader {
  readonly #decoder = new TextDecoder();
  #text = "";
  #type: string | undefined;
  #id: string | undefined;
  #data: string[] = [];

  /** The events that these bytes complete. Throws a RangeError for an event that is too large to be one. */
  *read(bytes: Uint8Array): Generator<SseEvent> {
    this.#text += this.#decoder.decode(bytes, { stream: true });
    let begin = 0;
    for (;;) {
      const end = this.#text.indexOf("\n", begin);
      if (end < 0) break;
      const line = this.#text.slice(begin, this.#text[end - 1] === "\r" ? end - 1 : end);
      begin = end + 1;
      const event = this.#line(line);
      if (event) yield event;
    }
    this.#text = this.#text.slice(begin);
    if (this.#text.length + this.#data.reduce((sum, line) => sum + line.length, 0) > mostCharacters) {
      throw new RangeError("an event is larger than any should be");
    }
  }

  #line(line: string): SseEvent | undefined {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return undefined; // A comment.
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    if (field === "event") this.#type = value;
    else if (field === "id") this.#id = value;
    else if (field === "data") this.#data.push(value);
    return undefined;
  }

  #dispatch(): SseEvent | undefined {
    const event = { type: this.#type, id: this.#id, data: this.#data.join("\n") };
    this.#type = this.#id = undefined;
    this.#data = [];
    return event.type === undefined && event.id === undefined ? undefined : event;
  }
}
