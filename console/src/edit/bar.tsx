// Who edits, and what can be done about it. It is of one height whatever it says, so that the text below does not move.

import { HoldfastError, RefusedError, StaleError, type GuardedBuffer, type Member } from "@holdfast/client";
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ask } from "../parts/dialog.js";
import { Menu } from "../parts/menu.js";
import { say } from "../parts/notices.js";
import { explain } from "../parts/problem.js";
import { span } from "../parts/time.js";
import { Told, told } from "../parts/told.js";
import { words } from "./words.js";

/** Somebody who is away for so long may find another one waiting who has been given it. */
const waitMs = 10 * 60_000;

interface Props {
  readonly buffer: GuardedBuffer;
  /** Back to the text. */
  readonly focus: () => void;
}

function Standing({ buffer, place }: { readonly buffer: GuardedBuffer; readonly place: string }): JSX.Element {
  const { state, mayEdit, saved, owner } = buffer;
  const sign = state === "owned" ? "✎" : state === "following" && !owner ? "○" : state === "following" ? "●" : "…";
  const note = state === "following" && owner?.note;
  const elsewhere = state === "following" && owner?.owner === buffer.ownerHere;
  return (
    <p role="status" class={`standing ${state}`}>
      <span class="sign" aria-hidden="true">
        {sign}
      </span>
      {elsewhere ? "You are editing this in another tab or place." : words.state({ state, mayEdit, saved, owner: owner?.owner })}
      {state === "waiting" && place}
      {note && (
        <>
          {" "}
          <q>
            <Told text={note} />
          </q>
        </>
      )}
    </p>
  );
}

export function Bar({ buffer, focus }: Props): JSX.Element {
  const [wait, setWait] = useState<AbortController | undefined>(undefined);
  const [place, setPlace] = useState("");
  const { state, owner } = buffer;
  const mine = owner?.session === buffer.session;
  // Who leaves waits no more.
  const waits = useRef<AbortController | undefined>(undefined);
  waits.current = wait;
  useEffect(() => () => waits.current?.abort(), [buffer]);

  /** What comes of it is told by the text itself; why nothing came of it is said here. */
  const attempt = (work: (signal: AbortSignal) => Promise<unknown>): void => {
    const stop = new AbortController();
    setWait(stop);
    const unheard = buffer.on("queue", (queue) => setPlace(` You are number ${queue.place} of ${queue.waiting}.`));
    work(stop.signal)
      .then((got) => (got === false ? undefined : focus()))
      .catch((error: unknown) => {
        if (stop.signal.aborted) return;
        if (error instanceof StaleError) say(`Nothing was done: ${told(owner?.owner ?? "nobody")} had let go meanwhile.`);
        else say(error instanceof RefusedError ? words.refused(error) : explain(error));
      })
      .finally(() => {
        unheard();
        setPlace("");
        setWait((now) => (now === stop ? undefined : now));
      });
  };
  const takeOver = async (): Promise<void> => {
    if (!owner) return;
    const holder = buffer.members.find((member) => member.session === owner.session);
    const there = holder === undefined ? "Their page is not connected at the moment." : `Their page is ${holder.state}.`;
    const reason = await ask({
      title: `Take it over from ${told(owner.owner)}?`,
      text: (
        <>
          <p>
            <Told text={owner.owner} /> has held it {owner.since ? `for ${span(Date.now() - Date.parse(owner.since))}` : "for a while"}. {there}
          </p>
          <p>They are told who and why, and have 5 seconds to hand in what they typed. What comes later is kept for them as a draft. It is written into the history.</p>
        </>
      ),
      act: "Take over",
      stay: "Leave it to them",
      field: { label: "Why? They will read this.", required: true },
    });
    // Of the holding that was shown: whoever has come since is not meant.
    if (reason) attempt((signal) => buffer.takeover({ reason, token: owner.token, signal }));
  };
  const give = (to: string, session?: string): void => {
    buffer.transfer(to, session).then(
      () => say(`${told(to)} has it now.`),
      (error: unknown) => say(explain(error)),
    );
  };
  const giveToSomebody = async (): Promise<void> => {
    const to = await ask({
      title: "Pass it on",
      text: <p>Whoever you name has it next, before all who wait. Without a page of theirs here it is theirs for 30 seconds, and free then.</p>,
      act: "Pass it on",
      field: { label: "To whom", required: true, maxLength: 256 },
    });
    if (to) give(to);
  };
  const others = buffer.members.filter((member) => member.session !== buffer.session);
  // Two pages of one owner are told apart by the end of their sessions' names.
  const which = ({ owner: whose, session }: Member): string => (others.filter((other) => other.owner === whose).length > 1 ? `, …${told(session.slice(-6))}` : "");
  const heirs = others.map((member) => ({ label: `To ${told(member.owner)} (${member.state}${which(member)})`, act: () => give(member.owner, member.session) }));
  const act = (label: string, run: () => unknown, kind = ""): JSX.Element => (
    <button type="button" key={label} class={kind} onClick={() => void run()}>
      {label}
    </button>
  );
  const undo = (work: () => Promise<boolean>, nothing: string) => (): void => {
    work().then(
      (made) => {
        if (!made) say(nothing);
        focus();
      },
      (error: unknown) => error instanceof HoldfastError && say(explain(error)),
    );
  };
  const acts = (): JSX.Element[] => {
    if (state === "owned")
      return [
        act("Undo mine", undo(() => buffer.undo(), "There is nothing of yours to undo.")),
        act("Redo", undo(() => buffer.redo(), "There is nothing to redo.")),
        <Menu key="pass" label="Pass it on" text="Pass it on" choices={[...heirs, { label: "To somebody else…", act: () => void giveToSomebody() }]} />,
        act("Done", () => buffer.release().then(focus, (error: unknown) => say(explain(error))), "primary"),
      ];
    if (state === "waiting" || state === "acquiring") return wait ? [act("Stop waiting", () => wait.abort())] : [];
    if (state !== "following") return [];
    if (!owner || mine) return [act("Edit", () => attempt((signal) => buffer.acquire({ signal })), "primary")];
    if (owner.owner === buffer.ownerHere) return [act("Continue here", () => attempt((signal) => buffer.move({ signal })), "primary")];
    return [
      act("Ask for it", () => attempt(async (signal) => {
        let declined = false;
        const unheard = buffer.on("declined", () => (declined = true));
        // For as long as they may take: each time they ask for more of it, it is some time more.
        const given = await buffer.ask({ signal, waitMs }).finally(unheard);
        if (!given && !declined) say(`No answer from ${told(owner.owner)} yet.`);
        return given;
      }), "primary"),
      act("Wait for it", () => attempt((signal) => buffer.acquire({ waitMs, signal }))),
      act("Take over…", takeOver, "danger"),
    ];
  };
  return (
    <div class="bar">
      <Standing buffer={buffer} place={place} />
      <div class="tools">{acts()}</div>
    </div>
  );
}
