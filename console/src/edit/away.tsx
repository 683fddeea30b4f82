// The server is away while somebody reads or types. Nobody is kept from reading, and who types is told for how long.

import type { GuardedBuffer, LiveState } from "@holdfast/client";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Banner } from "../parts/banner.js";
import { now, span } from "../parts/time.js";
import { typist } from "./typist.js";

/** Unstored for longer than that is worth a word. */
const slowMs = 3000;

const whereItIs = (buffer: GuardedBuffer): string => (buffer.keptHereOnly ? "in this tab only: do not close it" : "kept on this device");

function whatOneCanDo(buffer: GuardedBuffer): string {
  if (buffer.state === "owned") return `You can type on for ${span(buffer.remainingMs)}; it is ${whereItIs(buffer)}. It is stored when the server is back.`;
  if (buffer.saved === "kept") return `What you typed is ${whereItIs(buffer)}. It is stored when the server is back, or becomes a draft if somebody has taken the text meanwhile.`;
  return "You can read and copy; what you see may be old.";
}

interface Props {
  readonly buffer: GuardedBuffer;
  readonly again: () => void;
}

function Trouble({ buffer, again, state }: Props & { readonly state: LiveState }): JSX.Element {
  if (state === "open") {
    return (
      <Banner kind="warn">
        <strong>The server is slow.</strong> What you typed is not stored since {span(buffer.oldestUnstoredMs)}; it is {whereItIs(buffer)}. You can type on for {span(buffer.remainingMs)}.
      </Banner>
    );
  }
  if (state === "ended") {
    return (
      <Banner kind="warn" act="Connect anew" onAct={again}>
        <strong>This page's connection was taken over by another one.</strong> Nothing is followed here any more.
      </Banner>
    );
  }
  return (
    <Banner kind="warn">
      <strong>The server is away.</strong> {whatOneCanDo(buffer)}
    </Banner>
  );
}

export function Away({ buffer, again }: Props): JSX.Element | null {
  const [state, setState] = useState<LiveState>(() => typist().live.state);
  useEffect(() => {
    const { live } = typist();
    setState(live.state);
    return live.on("state", setState);
  }, [buffer]);
  void now.value; // It counts down.
  if (state === "open" && buffer.oldestUnstoredMs < slowMs) return null;
  return (
    <div role="status">
      <Trouble buffer={buffer} again={again} state={state} />
    </div>
  );
}
