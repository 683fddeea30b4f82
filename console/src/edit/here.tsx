// Who else looks at this text just now.

import type { GuardedBuffer } from "@holdfast/client";
import type { JSX } from "preact";
import { Told } from "../parts/told.js";

const shownMost = 12;
const says = { active: "looking", idle: "idle", hidden: "in another tab" } as const;

export function Here({ buffer }: { readonly buffer: GuardedBuffer }): JSX.Element {
  const { members } = buffer;
  const holder = buffer.owner?.session;
  return (
    <ul class="here" aria-label="Who is here">
      {members.slice(0, shownMost).map((member) => (
        <li key={member.session} class={member.session === holder ? "holds" : undefined}>
          <Told text={member.owner} />
          <small>
            {member.session === buffer.session ? "you, " : ""}
            {member.session === holder ? "editing" : says[member.state]}
          </small>
        </li>
      ))}
      {members.length > shownMost && <li>and {members.length - shownMost} more</li>}
    </ul>
  );
}
