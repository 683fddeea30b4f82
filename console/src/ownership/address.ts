// What is looked for, as the address of the page says it, so that a view can be linked to and survives a reload.

import { setQuery } from "../shell/router.js";
import { noFilters, sortKeys, type Filters, type Sort, type SortKey } from "./order.js";

export interface Looked {
  readonly prefix: string;
  readonly filters: Filters;
  readonly sort: Sort;
}

export function lookedOf(query: URLSearchParams): Looked {
  const words = (query.get("filter") ?? "").split(",");
  const by = query.get("sort") ?? "name";
  return {
    prefix: query.get("prefix") ?? "",
    filters: {
      text: query.get("text") ?? "",
      owner: query.get("owner") ?? "",
      contended: words.includes("contended"),
      mine: words.includes("mine"),
      idle: words.includes("idle"),
    },
    sort: { by: sortKeys.find((key) => key === by) ?? "name", down: query.get("down") === "1" },
  };
}

export function show({ prefix, filters, sort }: Looked): void {
  const words = (["contended", "mine", "idle"] as const).filter((word) => filters[word]);
  setQuery({
    prefix,
    filter: words.join(","),
    text: filters.text,
    owner: filters.owner,
    sort: sort.by === "name" ? "" : sort.by,
    down: sort.down ? "1" : "",
  });
}

export const everything: Looked = { prefix: "", filters: noFilters, sort: { by: "name" as SortKey, down: false } };
