// The branches of names beside the table: choosing one shows what is held below it.

import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { checked } from "../following/checked.js";
import { read } from "../following/read.js";
import { Told, told } from "../parts/told.js";
import { client } from "../server/client.js";
import { lookEvery } from "../server/look.js";
import { paced } from "../server/pace.js";
import { childrenMost, NameTree, type Line, type TreePage } from "./tree.js";

const everyMs = 4000;
const linesMost = 500;
const exact = new Intl.NumberFormat("en");

interface Props {
  readonly prefix: string;
  readonly onChoose: (prefix: string) => void;
}

async function look(tree: NameTree, signal: AbortSignal): Promise<void> {
  // One after the other: a browser keeps six connections to a server, and everything else here needs them, too.
  const pages: TreePage[] = [];
  for (const prefix of tree.open) {
    const query = { limit: childrenMost, ...(prefix === "" ? {} : { prefix }) };
    pages.push(await read(async (how, options) => checked(await client.peek().tree({ ...query, ...how }, options), "children", { name: "string", segment: "string", held: "number" }), signal));
  }
  for (const page of pages) tree.page(page);
}

export function Branches({ prefix, onChoose }: Props): JSX.Element {
  const tree = useMemo(() => new NameTree(), []);
  const [times, painted] = useState(0);
  const [at, setAt] = useState(prefix);
  const looking = useRef<ReturnType<typeof lookEvery> | undefined>(undefined);
  const list = useRef<HTMLUListElement>(null);
  const moved = useRef(false);
  const paint = (): void => painted((times) => times + 1);

  useEffect(() => {
    if (prefix !== "") tree.reveal(`${prefix}/`);
    const beat = paced(paint);
    looking.current = lookEvery(everyMs, async (signal) => {
      await look(tree, signal);
      beat.soon();
    });
    return () => {
      looking.current?.stop();
      beat.stop();
    };
  }, []);
  useEffect(() => {
    if (!moved.current) return;
    moved.current = false;
    list.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus();
  });

  const lines = tree.lines().slice(0, linesMost);
  const reachable = lines.some((line) => line.child.name === at) ? at : (lines[0]?.child.name ?? "");
  const turn = ({ child, open, branch }: Line): void => {
    if (!branch) return;
    if (open) tree.collapse(child.name);
    else tree.expand(child.name);
    paint();
    looking.current?.again();
  };
  const focus = (name: string | undefined): void => {
    if (name === undefined) return;
    moved.current = true;
    setAt(name);
  };
  const key = (event: KeyboardEvent): void => {
    const place = lines.findIndex((line) => line.child.name === reachable);
    const line = lines[place];
    if (!line) return;
    const parent = (): string | undefined => lines.slice(0, place).reverse().find((above) => above.level < line.level)?.child.name;
    if (event.key === "ArrowDown") focus(lines[place + 1]?.child.name);
    else if (event.key === "ArrowUp") focus(lines[place - 1]?.child.name);
    else if (event.key === "Home") focus(lines[0]?.child.name);
    else if (event.key === "End") focus(lines.at(-1)?.child.name);
    else if (event.key === "ArrowRight") line.open ? focus(lines[place + 1]?.child.name) : turn(line);
    else if (event.key === "ArrowLeft") line.open ? turn(line) : focus(parent());
    else if (event.key === "Enter" || event.key === " ") onChoose(line.child.name);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <button type="button" class="quiet all" aria-pressed={prefix === ""} onClick={() => onChoose("")}>
        All names
      </button>
      {lines.length === 0 && <p class="aside">{times === 0 ? "Not known yet." : "Nothing is held."}</p>}
      <ul role="tree" aria-label="Branches of names" ref={list} onKeyDown={key}>
        {lines.map((line) => {
          const { child, level, open, branch, place, of } = line;
          return (
            <li
              key={child.name}
              role="treeitem"
              aria-level={level}
              aria-setsize={of}
              aria-posinset={place}
              aria-expanded={branch ? open : undefined}
              aria-selected={child.name === prefix}
              aria-label={`${told(child.segment)}, ${child.held}${child.more ? " and more" : ""} held`}
              tabIndex={child.name === reachable ? 0 : -1}
              style={{ paddingInlineStart: `${(level - 1) * 14}px` }}
              onFocus={() => setAt(child.name)}
              onClick={() => onChoose(child.name)}
            >
              <span
                class="twist"
                aria-hidden="true"
                onClick={(event) => {
                  event.stopPropagation();
                  turn(line);
                }}
              >
                {branch ? (open ? "▾" : "▸") : ""}
              </span>
              <span class="segment">
                <Told text={child.segment} />
                {branch && "/"}
              </span>
              <span class="held">
                {exact.format(child.held)}
                {child.more && "+"}
              </span>
            </li>
          );
        })}
      </ul>
      {(tree.hasMore("") || tree.lines().length > linesMost) && <p class="aside">There are more than are shown here. Find them by name.</p>}
    </>
  );
}
