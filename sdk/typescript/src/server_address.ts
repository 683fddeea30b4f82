// Where the server is.

import { badField } from "./problem.js";

/** The page's own origin; in Node $HOLDFAST_SERVER, else the server's usual address. */
export function defaultServer(): string {
  const { location, process } = globalThis as {
    location?: { origin?: string };
    process?: { env?: Record<string, string | undefined> };
  };
  const page = location?.origin;
  if (page?.startsWith("http")) return page;
  return process?.env?.["HOLDFAST_SERVER"] ?? "http://127.0.0.1:7420";
}

/** An address without what may not be in it, or a RequestError that says what. */
export function serverOf(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw badField("server", `${text} is no address`, "bad_configuration");
  }
  if (!/^https?:$/.test(url.protocol)) throw badField("server", "it begins with http:// or https://", "bad_configuration");
  if (url.search !== "" || url.hash !== "" || url.username !== "") {
    throw badField("server", "it has neither a query nor a user", "bad_configuration");
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}
