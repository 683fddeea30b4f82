// That something could not be read. Where the server does not answer at all, the banner above the page says so already.

import type { JSX } from "preact";
import { Problem } from "../parts/problem.js";
import { standing } from "../server/standing.js";

export function Trouble({ error }: { readonly error: unknown }): JSX.Element | null {
  return error === undefined || standing.value.trouble !== undefined ? null : <Problem error={error} />;
}
