// Where an answer or an event stands in the order of everything that happened: "incarnation.number".

export interface Position {
  /** Of the server's data; two of them cannot be compared. */
  readonly incarnation: string;
  readonly number: number;
}

/** Undefined where it is none: a server that does not say where it stands cannot be followed. */
export function positionOf(text: string | undefined): Position | undefined {
  const parts = /^(\d+)\.(\d+)$/.exec(text ?? "");
  return parts ? { incarnation: parts[1]!, number: Number(parts[2]) } : undefined;
}
