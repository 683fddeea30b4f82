// Numbers that a caller gives.

import { badField } from "./problem.js";

/** A week, in ms: no timer is asked for more. */
export const waitMost = 7 * 24 * 3600 * 1000;

/** A whole number of at least `value`. Throws a RequestError where it is out of bounds. */
export function inBounds(field: string, value: number, least: number, most: number): number {
  if (!(value >= least && value <= most)) throw badField(field, `it is ${least} to ${most}`);
  return Math.ceil(value);
}
