// What stands in the columns of the ownership table. Times tick by themselves, without the table being made anew.

import type { JSX } from "preact";
import { EndsIn } from "../following/ends_in.js";
import { narrow } from "../following/narrow.js";
import { now, span } from "../parts/time.js";
import { Name, Told, told } from "../parts/told.js";
import { href } from "../shell/router.js";
import type { Row } from "./row.js";

export function HeldFor({ row }: { readonly row: Row }): JSX.Element {
  if (row.since === undefined) return <span class="aside">…</span>;
  return <time title={`since ${new Date(row.since).toLocaleString()}`}>{span(now.value - row.since)}</time>;
}

function Badges({ row }: { readonly row: Row }): JSX.Element {
  const { takeover, request, text } = row;
  return (
    <>
      {text && (
        <a class="badge" href={href("edit", row.name)} title="This name has a text. Open it.">
          text
        </a>
      )}
      {takeover && (
        <span class="badge warn" title={`For: ${told(takeover.reason)}`}>
          taken over by <Told text={takeover.by} /> in {span(takeover.endsAt - performance.now() + 0 * now.value)}
        </span>
      )}
      {!takeover && request && (
        <span class="badge" title={request.message ? `“${told(request.message)}”` : undefined}>
          asked for by <Told text={request.by} />
        </span>
      )}
    </>
  );
}

/** What the columns say that there is no room for. */
function Below({ row }: { readonly row: Row }): JSX.Element {
  return (
    <span class="below">
      <Told text={row.owner} />, <EndsIn endsAt={row.endsAt} ttlMs={row.ttlMs} />
      {row.waiting > 0 && (
        <>
          , <strong>{row.waiting === 1 ? "1 waits" : `${row.waiting} wait`}</strong>
        </>
      )}
      {row.takeover && ", is being taken over"}
      {!row.takeover && row.request && ", is asked for"}
    </span>
  );
}

export function NameCell({ row }: { readonly row: Row }): JSX.Element {
  if (!narrow.value) {
    return (
      <span class="name-cell">
        <Name name={row.name} />
        <Badges row={row} />
      </span>
    );
  }
  return (
    <>
      <Name name={row.name} />
      <Below row={row} />
    </>
  );
}

export function Who({ row }: { readonly row: Row }): JSX.Element {
  const from = row.address ? `, from ${told(row.address)}` : "";
  return (
    <span title={`${told(row.owner)}, session ${told(row.session)}${from}`}>
      <Told text={row.owner} /> <small>{row.sessions > 1 ? `${row.sessions} sessions` : <Told text={row.session} />}</small>
    </span>
  );
}
