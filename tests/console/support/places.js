// Where things lie.
import { fileURLToPath } from "node:url";

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url));

export const top = path("../../../");
export const sdk = path("../../../sdk/typescript/");
export const console_ = path("../../../console/");
/** The built console: HOLDFAST_CONSOLE names another folder. */
export const dist = process.env.HOLDFAST_CONSOLE ?? path("../../../console/dist");
/** What the tests leave behind: pictures, bundles. Never committed. */
export const left = path("../../../build/console-tests/");
