// For whoever has just come: what this is about, shown rather than told.

import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Command } from "../parts/copy.js";
import { Sheet } from "../parts/sheet.js";
import { standing } from "../server/standing.js";
import { route } from "../shell/router.js";
import { theme } from "../shell/theme.js";
import { Demonstration } from "./demonstration.js";
import "./try.css";

/** Shown within another console's page: in its colours, and as high as it needs to be. */
function Bare(): JSX.Element {
  const wanted = route.value.query.get("theme");
  useEffect(() => {
    const shown = document.querySelector(".demonstration");
    if (!shown || parent === window) return undefined;
    const watched = new ResizeObserver(() => parent.postMessage({ demonstrationIs: Math.ceil(shown.getBoundingClientRect().height) }, "*"));
    watched.observe(shown);
    return () => watched.disconnect();
  }, []);
  useEffect(() => {
    if (wanted === "light" || wanted === "dark") theme.value = wanted;
  }, [wanted]);
  return <Demonstration />;
}

/** Of the frame, whatever it says it needs. */
const heightLeast = 620;
const heightMost = 1400;

function WithTheBug(): JSX.Element {
  const { server } = standing.value;
  const place = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const told = ({ source, data }: MessageEvent<unknown>): void => {
      const height = (data as { demonstrationIs?: unknown } | null)?.demonstrationIs;
      if (!place.current || source !== place.current.contentWindow || typeof height !== "number") return;
      place.current.style.height = `${Math.max(heightLeast, Math.min(heightMost, height + 20))}px`;
    };
    addEventListener("message", told);
    return () => removeEventListener("message", told);
  }, []);
  const address = server?.demonstration;
  const frame = address && `${address}/#/try?bare=1${theme.value === "system" ? "" : `&theme=${theme.value}`}`;
  return (
    <section>
      <h2>With the bug put back</h2>
      <p class="about">A second server, on this machine only, that looks whether the file is free in one step and takes it in another, 100 ms later. That is how many programs do it.</p>
      {frame ? (
        <iframe ref={place} src={frame} title="The same, on a server with the bug" referrerpolicy="no-referrer" />
      ) : (
        <div class="without">
          <p>It does not run at the moment. To see both beside one another, start the server like this:</p>
          <Command line="holdfast serve --demonstration" />
          <p class="aside">
            or <code>make run DEMO=1</code> in the project's folder.
          </p>
        </div>
      )}
    </section>
  );
}

export default function Try(): JSX.Element {
  if (route.value.query.get("bare") === "1") return <Bare />;
  const faults = standing.value.server?.injections ?? [];
  return (
    <Sheet title="Try it" about="Two people open one file at the same moment, and both begin to type. Who owns it?">
      <div class="sides">
        <section>
          <h2>{faults.length === 0 ? "As it should be" : "This server, with a bug put back on purpose"}</h2>
          <p class="about">
            {faults.length === 0
              ? "Whoever asks first gets the file. Who comes second is told who has it, waits in line, and follows letter by letter. There is never a second owner, and nothing that anybody typed is lost."
              : `What is wrong with it is called ${faults.join(", ")}. See what comes of it.`}
          </p>
          <Demonstration />
        </section>
        {faults.length === 0 && <WithTheBug />}
      </div>
    </Sheet>
  );
}
