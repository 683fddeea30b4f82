// What can be done about a holding. Each act names the holding by its token, so that it never hits a later one; what takes
// something away from somebody says from whom, and asks first; and each says afterwards what became of it.

import { StaleError, type LeaseState } from "@holdfast/client/operator";
import type { ComponentChildren, JSX } from "preact";
import { ask } from "../parts/dialog.js";
import { say } from "../parts/notices.js";
import { explain, lookedFirst } from "../parts/problem.js";
import { span } from "../parts/time.js";
import { Told, told } from "../parts/told.js";
import { client, owner } from "../server/client.js";
import { isHere, isLeft, letGo, takeOver } from "./own.js";

/** A holding, as far as one has to know it to act on it. */
export interface Target {
  readonly name: string;
  readonly token: number;
  readonly owner: string;
  readonly session: string;
  readonly sessions: number;
  readonly waiting: number;
  /** Date.now(). */
  readonly since: number | undefined;
  readonly address?: string | undefined;
  readonly note?: string | undefined;
  readonly text?: boolean | undefined;
}

/** As long as a text's holder has to hand in what it typed. */
const flushMs = 5000;

/** Does it, and says what came of it. `but`: what is so where it was not done. */
async function done(work: () => Promise<string>, but = ""): Promise<void> {
  try {
    say(await work());
  } catch (error) {
    if (error instanceof StaleError) say(`Nothing was done: in the meantime that holding had ended. ${explain(error)}${but}`);
    else say(explain(error) + but);
  }
}

/** Who is affected, and how: the first thing to be read before anything is taken from somebody. */
function Affected({ target, children }: { readonly target: Target; readonly children: ComponentChildren }): JSX.Element {
  const { session, sessions, since, address, note, waiting } = target;
  return (
    <>
      <p>
        <strong>
          <Told text={target.owner} />
        </strong>{" "}
        ({sessions > 1 ? `${sessions} sessions` : <>session <Told text={session} /></>}
        {address ? <>, from <Told text={address} /></> : ""}) {since === undefined ? "holds" : "has held"} <Told text={target.name} />
        {since === undefined ? "" : ` for ${span(Date.now() - since)}`}
        {note ? <>: “<Told text={note} />”</> : ""}.
      </p>
      <p>{children}</p>
      {waiting > 0 && <p>{waiting === 1 ? "1 request waits" : `${waiting} requests wait`} for it.</p>}
    </>
  );
}

/** Why nobody was asked. */
function meanwhile({ name, owner: before }: Target, now: LeaseState): string {
  const ended = `Nobody was asked: ${told(before)}'s holding of ${told(name)} ended in the meantime.`;
  if (!now.held) return `${ended} It is free.`;
  return `${ended} ${now.owner === before ? "They have it anew" : `${told(now.owner)} has it`}.`;
}

const maxLength = 340; // 1 KiB of UTF-8, whatever is typed.

export async function askFor(target: Target): Promise<void> {
  const message = await ask({
    title: `Ask ${told(target.owner)} for ${told(target.name)}?`,
    text: <Affected target={target}>They are told that you would like to have it. Nothing is taken; giving it is theirs to decide.</Affected>,
    act: "Ask",
    calm: true,
    stay: "Do not ask",
    field: { label: "Message (may stay empty)", maxLength },
  });
  if (message === undefined) return;
  await done(async () => {
    // What is asked goes to whoever holds it, whichever holding that is. So it is looked at just before, and the answer says
    // who it was.
    const now = await lookedFirst(client.peek().get(target.name));
    if (!now.held || now.token !== target.token) return meanwhile(target, now);
    const asked = await client.peek().request(target.name, message);
    return asked.token === target.token
      ? `${told(target.owner)} was asked for ${told(target.name)}.`
      : `${told(asked.owner)} was asked for ${told(target.name)}, and not ${told(target.owner)}: it changed hands at this very moment.`;
  });
}

export async function takeFrom(target: Target): Promise<void> {
  const loses = target.text
    ? `They are told who and why, have ${flushMs / 1000} seconds to hand in what they typed, and then cannot write any more. What they had not got in becomes a draft.`
    : "They are told who and why, and their token is refused from then on. What they do under it may be half done.";
  const reason = await ask({
    title: `Take ${told(target.name)} from ${told(target.owner)}?`,
    text: (
      <Affected target={target}>
        {loses} You own it then, for as long as this page is open.
      </Affected>
    ),
    act: "Take over",
    stay: "Leave it",
    field: { label: "Reason: told to them, and kept in the history", required: true, maxLength },
  });
  if (reason === undefined) return;
  if (target.text) say(`${told(target.owner)} is told, and has ${flushMs / 1000} seconds to hand in.`);
  await done(async () => {
    await takeOver(target.name, target.token, reason, target.text ? flushMs : 0);
    return `${told(target.name)} is yours. It was taken from ${told(target.owner)}, who is told why.`;
  });
}

export async function revoke(target: Target): Promise<void> {
  const next = target.waiting > 0 ? "Whoever waits longest has it next." : "It is free then.";
  const reason = await ask({
    title: `Revoke ${told(target.name)} from ${told(target.owner)}?`,
    text: <Affected target={target}>Their holding ends at once, and they cannot come back by renewing. {next}</Affected>,
    act: "Revoke",
    stay: "Leave it",
    field: { label: "Reason: told to them, and kept in the history", required: true, maxLength },
  });
  if (reason === undefined) return;
  await done(async () => {
    await client.peek().revoke(target, reason);
    return `${told(target.name)} was revoked from ${told(target.owner)}.`;
  });
}

/** What goes with a release: of one that is shared, one session's part in it. */
function Goes({ target: { session, sessions, waiting } }: { readonly target: Target }): JSX.Element {
  if (sessions > 1) {
    return (
      <>
        It ends for session <Told text={session} />, and whatever works under that has to stop. {sessions === 2 ? "Your other session keeps it." : `Your ${sessions - 1} other sessions keep it.`}
      </>
    );
  }
  return <>Whatever works under this holding has to stop. {waiting > 0 ? "Whoever waits longest has it next." : "It is free then."}</>;
}

async function letGoOf(target: Target): Promise<string> {
  const name = told(target.name);
  let ended = await letGo(target.name, target.token);
  if (ended === undefined) {
    const { released, held, token } = await client.peek().release(target, target.sessions > 1 ? target.session : undefined);
    if (held && token === target.token) return `Session ${told(target.session)} holds ${name} no more. You hold it still, by another session.`;
    ended = released;
  }
  return ended ? `${name} was released.` : `${name} was released already.`;
}

export async function release(target: Target): Promise<void> {
  const go = await ask({
    title: `Release ${told(target.name)}?`,
    text: (
      <Affected target={target}>
        {whoseItIs(target)} <Goes target={target} />
      </Affected>
    ),
    act: "Release",
    stay: "Keep it",
  });
  if (go === undefined) return;
  await done(() => letGoOf(target), isHere(target) ? " It is not renewed here any more." : "");
}

/** It is one's own: by the owner's name, or since this page took it under another one. */
export const isMine = (target: Pick<Target, "name" | "owner" | "token">): boolean => target.owner === owner.value || isHere(target);

/** Of what is one's own. */
export function whoseItIs(target: Pick<Target, "name" | "owner" | "token">): string {
  const here = isHere(target);
  if (target.owner !== owner.value) return `It is held by this page, as ${told(target.owner)}, and renewed while this page is open.`;
  if (isLeft(target)) return "That is you, on this page, but it is not renewed here any more.";
  return here ? "That is you, on this page: it is renewed while this page is open." : "That is you, in another session.";
}
