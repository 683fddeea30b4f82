// Two people, one file, and a button that makes both want it within a tenth of a second. What came of it is told in words.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Problem } from "../parts/problem.js";
import { span } from "../parts/time.js";
import { Actor } from "./actor.js";
import { Pane } from "./pane.js";
import { play, withinMs, type Outcome } from "./round.js";

const greeting = "A file of two.\n";

interface Counts {
  readonly rounds: number;
  readonly two: number;
  readonly typed: number;
  readonly lost: number;
}

function Told({ outcome }: { readonly outcome: Outcome }): JSX.Element {
  const { first, second, two, wanted, lost } = outcome;
  const at = (ms: number | undefined): string => (ms === undefined ? "never" : `${Math.round(ms)} ms after the start`);
  if (two) {
    const between = Math.max(0, (second.turn.grantedAt ?? 0) - (first.turn.grantedAt ?? 0));
    return (
      <>
        <p class="verdict bad">
          <span aria-hidden="true">✕ </span>Both were told that they own it; {lost} {lost === 1 ? "character was" : "characters were"} lost.
        </p>
        <p>
          {first.owner} was told “it is yours” {at(first.turn.grantedAt)}, and {second.owner} was told the same {Math.round(between)} ms later, although {first.owner} had not let go. The program looked whether the file is free in
          one step and took it in another; both looked before either had taken it.{" "}
          {first.turn.cutOff ? `${first.owner} was cut off after ${first.turn.taken} of ${first.turn.wanted} characters.` : ""} Where a file is saved as a whole, the one who saves last would have overwritten the other.
        </p>
      </>
    );
  }
  const waited = (second.turn.grantedAt ?? 0) - (first.turn.grantedAt ?? 0);
  return (
    <>
      <p class={`verdict ${lost === 0 ? "good" : "bad"}`}>
        <span aria-hidden="true">{lost === 0 ? "✓ " : "✕ "}</span>
        {lost === 0 ? "One owner, the other waited; nothing lost." : `One owner, the other waited; ${lost} characters are missing.`}
      </p>
      <p>
        {first.owner} was told “it is yours” {at(first.turn.grantedAt)}. {second.owner} asked within {withinMs} ms of that, was told who has it, waited {span(waited)}, watched every letter come, and typed then. All {wanted} characters of both
        are in the file.
      </p>
    </>
  );
}

export function Demonstration(): JSX.Element {
  const [actors, setActors] = useState<readonly [Actor, Actor] | undefined>(undefined);
  const [error, setError] = useState<unknown>(undefined);
  const [busy, setBusy] = useState(false);
  const [outcome, setOutcome] = useState<Outcome | undefined>(undefined);
  const [counts, setCounts] = useState<Counts>({ rounds: 0, two: 0, typed: 0, lost: 0 });
  const [times, setTimes] = useState(0);
  useEffect(() => {
    let gone = false;
    const name = `try/${[...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
    const both = [new Actor("Ann"), new Actor("Ben")] as const;
    setError(undefined);
    both[0]
      .open(name, greeting)
      .then(() => both[1].open(name))
      .then(
        () => !gone && setActors(both),
        (failed: unknown) => !gone && setError(failed),
      );
    const { texts } = both[0].client;
    const left = (): void => void texts.remove(name, { keepalive: true }).catch(() => undefined);
    addEventListener("pagehide", left);
    return () => {
      gone = true;
      removeEventListener("pagehide", left);
      void Promise.all(both.map((actor) => actor.leave()))
        .then(() => texts.remove(name))
        .catch(() => undefined); // It is a small file below try/; nobody misses it, and nobody minds it.
    };
  }, [times]);
  const round = async (): Promise<void> => {
    if (!actors || busy) return;
    setBusy(true);
    setOutcome(undefined);
    try {
      await Promise.all(actors.map(({ buffer }) => buffer.release()));
      const came = await play(actors, counts.rounds + 1);
      setOutcome(came);
      setError(came.error);
      setCounts((so) => ({ rounds: so.rounds + 1, two: so.two + (came.two ? 1 : 0), typed: so.typed + came.wanted, lost: so.lost + came.lost }));
    } catch (failed) {
      setError(failed);
    }
    setBusy(false);
  };
  return (
    <div class="demonstration">
      <div class="tools">
        <button type="button" class="primary" onClick={() => void round()} disabled={!actors || busy}>
          Both type now
        </button>
        <span class="aside">Ann and Ben begin within {withinMs} ms of one another. Or type into either window yourself.</span>
      </div>
      {error !== undefined && <Problem error={error} again={() => setTimes((now) => now + 1)} />}
      <div class="panes">{actors?.map((actor) => <Pane key={actor.owner} actor={actor} busy={busy} />)}</div>
      <div class="outcome" role="status">
        {busy && <p>Both type…</p>}
        {!busy && outcome && outcome.error === undefined && <Told outcome={outcome} />}
        {!busy && !outcome && <p class="aside">What happens is told here.</p>}
      </div>
      <dl class="counts">
        <div>
          <dt>Rounds</dt>
          <dd>{counts.rounds}</dd>
        </div>
        <div>
          <dt>with two owners</dt>
          <dd>{counts.two}</dd>
        </div>
        <div>
          <dt>Characters typed</dt>
          <dd>{counts.typed}</dd>
        </div>
        <div>
          <dt>lost</dt>
          <dd>{counts.lost}</dd>
        </div>
      </dl>
    </div>
  );
}
