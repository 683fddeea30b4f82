// The menu of a holding: the same wherever it is shown.

import { copy } from "../parts/copy.js";
import type { Choice } from "../parts/menu.js";
import { owner } from "../server/client.js";
import { go, href } from "../shell/router.js";
import { askFor, isMine, release, revoke, takeFrom, type Target } from "./acts.js";
import { twins } from "./twins.js";

export function choicesOf(target: Target): readonly Choice[] {
  const mine = isMine(target);
  const me = owner.value;
  const open: Choice[] = [{ label: "Open", act: () => go(href("lease", target.name)) }];
  if (target.text) open.push({ label: "Open its text", act: () => go(href("edit", target.name)) });
  const acts: Choice[] = mine
    ? [{ label: "Release…", act: () => void release(target), danger: true }]
    : [
        { label: "Ask for it…", act: () => void askFor(target) },
        { label: "Take over…", act: () => void takeFrom(target), danger: true },
        { label: "Revoke…", act: () => void revoke(target), danger: true },
      ];
  const command = mine ? twins.release(target, target.owner, target.session) : twins.takeover(target, me, "...");
  return [
    ...open,
    ...acts,
    { label: "Copy the command that shows it", act: () => void copy(twins.show(target.name)) },
    { label: mine ? "Copy the command that releases it" : "Copy the command that takes it over", act: () => void copy(command) },
  ];
}
