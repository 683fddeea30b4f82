// What is done here with a click, as a command for a terminal.

import { word } from "../parts/copy.js";

/** A holding that is meant. */
export interface Meant {
  readonly name: string;
  readonly token: number;
}

const line = (verb: string, name: string, options: Readonly<Record<string, string | number | undefined>>): string => {
  const said = Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : [`--${key} ${word(String(value))}`]));
  // A name that begins with a dash would be read as an option.
  const subject = name.startsWith("-") ? `-- ${word(name)}` : word(name);
  return name.startsWith("-") ? ["holdfast", verb, ...said, subject].join(" ") : ["holdfast", verb, subject, ...said].join(" ");
};

export const twins = {
  show: (name: string): string => line("show", name, {}),
  watch: (name: string): string => line("watch", name, {}),
  history: (name: string): string => line("history", name, {}),
  acquire: (name: string, owner: string, wait?: string): string => line("acquire", name, { owner, wait }),
  request: ({ name }: Meant, owner: string, message?: string): string => line("request", name, { owner, message }),
  takeover: ({ name, token }: Meant, owner: string, reason: string): string => line("takeover", name, { token, owner, reason }),
  release: ({ name, token }: Meant, owner: string, session?: string): string => line("release", name, { token, owner, session }),
  revoke: ({ name, token }: Meant, owner: string, reason: string): string => line("revoke", name, { token, owner, reason }),
  list: (prefix: string, owner: string, contended: boolean): string => {
    const words = ["holdfast list"];
    if (prefix !== "") words.push(`--prefix ${word(prefix)}`);
    if (owner !== "") words.push(`--of ${word(owner)}`);
    if (contended) words.push("--contended");
    return words.join(" ");
  },
  events: (prefix: string): string => (prefix === "" ? "holdfast watch" : `holdfast watch ${word(prefix)}`),
  endSession: (session: string, owner: string): string => `holdfast session end ${word(session)} --owner ${word(owner)}`,
};
