// What was typed in this browser and has not reached the server: it is nowhere else, so it can be taken away from here.

import { changes, defaultStore, textsOf, type UnsentText } from "@holdfast/client/operator";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { download, fileOf } from "../edit/save_as.js";
import { copy } from "../parts/copy.js";
import { ask } from "../parts/dialog.js";
import { Told, told } from "../parts/told.js";
import { client, owner } from "../server/client.js";
import { lookEvery } from "../server/look.js";
import { href } from "../shell/router.js";

const lookMs = 2000;

async function kept(): Promise<readonly UnsentText[]> {
  const { server } = client.peek();
  const all = await defaultStore().list();
  return all.filter((one) => one.server === server && one.owner === owner.peek() && one.changes.length > 0);
}

const keyOf = ({ name, session, seq, filed, refused }: UnsentText): string => `${session} ${filed || refused ? seq : ""} ${name}`;

const inserted = (text: UnsentText): string =>
  text.changes.flatMap((change) => change.flatMap((part) => (typeof part === "number" ? [] : [part.slice(1).join("\n")]))).join("");

/** The whole text with what was typed, where the server can be asked for the one that it was typed into; else that alone. */
async function whole(text: UnsentText): Promise<string> {
  const base = await textsOf(client.peek())
    .get(text.name, { revision: text.base })
    .then(({ text: found }) => found)
    .catch(() => undefined);
  if (base === undefined || base.length !== changes.lengthBefore(text.changes[0]!)) return inserted(text);
  return text.changes.reduce((so, change) => changes.apply(so, change), base);
}

async function discard(text: UnsentText): Promise<void> {
  const answer = await ask({
    title: `Throw away what was typed into ${told(text.name)}?`,
    text: <p>{inserted(text).length} characters are in this browser and nowhere else. They cannot be had back.</p>,
    act: "Throw it away",
    stay: "Keep it",
  });
  if (answer !== undefined) await defaultStore().remove(text);
}

export function KeptHere(): JSX.Element | null {
  const [old, setOld] = useState<readonly UnsentText[]>([]);
  useEffect(() => {
    let before = new Set<string>();
    const looking = lookEvery(lookMs, async () => {
      const found = await kept().catch(() => []); // This browser has no storage: nothing is kept.
      setOld(found.filter((text) => before.has(keyOf(text)))); // What is new is under way, as a rule.
      before = new Set(found.map(keyOf));
    });
    return looking.stop;
  }, [owner.value]);
  if (old.length === 0) return null;
  return (
    <section class="kept-here">
      <h2>In this browser only</h2>
      <p class="about">Typed here, and not at the server yet. It is handed in as soon as that can be; until then take along what you need.</p>
      <ul>
        {old.map((text) => (
          <li key={keyOf(text)}>
            <a href={href("edit", text.name)}>
              <Told text={text.name} />
            </a>
            <span>
              {inserted(text).length} characters{text.refused && ", which the server would not have"}
            </span>
            <button type="button" onClick={() => void whole(text).then(copy)}>
              Copy
            </button>
            <button type="button" onClick={() => void whole(text).then((all) => download(fileOf(text.name), all))}>
              Download
            </button>
            {text.refused && (
              <button type="button" class="danger" onClick={() => void discard(text)}>
                Discard…
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
