// What is wrong just now, above whatever page it is.

import type { JSX } from "preact";
import { Banner } from "../parts/banner.js";
import { explainLook } from "../parts/problem.js";
import { now, span } from "../parts/time.js";
import { lookAgain, outdated, standing } from "../server/standing.js";

export function Banners(): JSX.Element {
  const { server, trouble, troubleSince } = standing.value;
  const silent = trouble !== undefined && troubleSince !== undefined ? now.value - troubleSince : 0;
  return (
    <div class="banners" role="status">
      {trouble !== undefined && (
        <Banner kind="bad" act="Ask now" onAct={lookAgain}>
          <strong>The server does not answer{silent >= 1000 ? ` since ${span(silent)}` : ""}.</strong> {server ? "What you see is as it was before; leases go on by themselves." : "Nothing can be shown yet."}{" "}
          <span class="aside">{explainLook(trouble)}</span>
        </Banner>
      )}
      {server && (
        <>
          {server.journal_failed && (
            <Banner kind="bad">
              <strong>The disk failed.</strong> The server ends, and decides nothing until it is started anew. What it had said yes to is kept.
            </Banner>
          )}
          {server.journal_behind && !server.journal_failed && (
            <Banner kind="bad">
              <strong>The disk is stuck.</strong> Nothing new is decided until it answers; who holds what stays, and renewals go on. What you see is from memory, and may be more than is on the disk.
            </Banner>
          )}
          {!server.ready && (
            <Banner kind="warn">
              <strong>The server is not ready:</strong> it starts, or it is about to end.
            </Banner>
          )}
          {server.out_of_room && (
            <Banner kind="warn">
              <strong>The disk is full.</strong> Nothing new can be owned until there is room; renewals and releases go on.
            </Banner>
          )}
          {server.injections.length > 0 && (
            <Banner kind="warn">
              <strong>A fault is injected: {server.injections.join(", ")}.</strong> Ownership here is broken on purpose. Trust nothing of it.
            </Banner>
          )}
        </>
      )}
      {outdated.value && (
        <Banner kind="info" act="Load the page anew" onAct={() => location.reload()}>
          The server was upgraded. This page is of the version before.
        </Banner>
      )}
    </div>
  );
}
