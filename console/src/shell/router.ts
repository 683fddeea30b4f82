// Where in the console one is: the part of the address behind the #. The server knows nothing of it, so that any page can
// be opened, linked to and reloaded, and one file serves them all.

import { signal } from "@preact/signals";

export interface Route {
  /** The first segment: overview, ownership, lease, ... */
  readonly page: string;
  /** The second, decoded: a name, a draft's number; empty where there is none. */
  readonly subject: string;
  readonly query: URLSearchParams;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A stray %: shown as it is.
  }
}

export function routeOf(hash: string): Route {
  const [path = "", query = ""] = split(hash.replace(/^#\/?/, ""), "?");
  const [page = "", subject = ""] = split(path, "/");
  // A name as the server spells it, so that it is known again in what the server tells.
  return { page: page || "overview", subject: decoded(subject).normalize("NFC"), query: new URLSearchParams(query) };
}

function split(text: string, at: string): [string, string] {
  const where = text.indexOf(at);
  return where < 0 ? [text, ""] : [text.slice(0, where), text.slice(where + 1)];
}

/** A link to a page. What is undefined or empty in `query` is left out. */
export function href(page: string, subject = "", query: Readonly<Record<string, string | undefined>> = {}): string {
  const words = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) words.set(key, value);
  const behind = words.toString();
  // A name with half of a surrogate pair cannot be in an address; the server would refuse it, too.
  const part = subject === "" ? "" : `/${encodeURIComponent(subject)}`;
  return `#/${page === "overview" ? "" : page}${part}${behind === "" ? "" : `?${behind}`}`;
}

/** The present one. */
export const route = signal<Route>(routeOf(location.hash));

addEventListener("hashchange", () => {
  route.value = routeOf(location.hash);
});

/** Goes there as a link would. */
export function go(to: string): void {
  location.hash = to;
}

/** Where one is now; called later, goes on from there unless one has gone elsewhere meanwhile. */
export function fromHere(): (to: string) => void {
  const { page, subject } = route.peek();
  return (to) => {
    const now = route.peek();
    if (now.page === page && now.subject === subject) go(to);
  };
}

/** Changes the query of the present page, without a step in the browser's history. */
export function setQuery(query: Readonly<Record<string, string | undefined>>): void {
  const { page, subject } = route.value;
  const to = href(page, subject, query);
  history.replaceState(null, "", to);
  route.value = routeOf(to);
}
