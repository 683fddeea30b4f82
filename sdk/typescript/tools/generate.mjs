// Writes src/api.ts from the OpenAPI document: what may be sent, and which codes may come back.
//
//   node tools/generate.mjs [DOCUMENT]          writes it
//   node tools/generate.mjs --check [DOCUMENT]  says whether it is current, and exits with 1 where it is not
//
// DOCUMENT: docs/reference/openapi.json unless given; "-" reads it from stdin.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const pascal = (name) => name.replace(/(^|[._])([a-z])/g, (_, __, letter) => letter.toUpperCase());

/** The TypeScript of a schema. What it does not know it refuses, so that nothing is left out in silence. */
function typeOf(schema, where) {
  if (schema.$ref) return schema.$ref.replace("#/components/schemas/", "");
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types
    .map((type) => {
      switch (type) {
        case "string":
        case "boolean":
        case "null":
          return type;
        case "integer":
        case "number":
          return "number";
        case "array":
          return schema.items ? `readonly (${typeOf(schema.items, where)})[]` : "readonly unknown[]";
        case "object":
          return "Readonly<Record<string, unknown>>";
        default:
          throw new Error(`${where}: a schema of type ${JSON.stringify(type)} is not known here`);
      }
    })
    .join(" | ");
}

function member({ name, required, description, schema }, where) {
  const comment = description ? [`  /** ${description.replaceAll("*/", "*\\/")} */`] : [];
  return [...comment, `  readonly ${name}${required ? "" : "?"}: ${typeOf(schema, `${where}.${name}`)};`];
}

const interfaceOf = (name, members) => [`export interface ${name} {`, ...members, "}", ""];

export function generate(document) {
  const lines = [
    "// Written by tools/generate.mjs from the server's OpenAPI document. Change the server's catalogue, not this file.",
    "/* eslint-disable */",
    "",
  ];
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    const members = Object.entries(schema.properties).flatMap(([key, property]) =>
      member({ name: key, required: schema.required?.includes(key), schema: property }, name),
    );
    lines.push(...interfaceOf(name, members));
  }
  const operations = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const id = operation.operationId;
      const body = operation.requestBody?.content["application/json"].schema;
      const query = (operation.parameters ?? []).filter((parameter) => parameter.in === "query");
      const codes = Object.entries(operation.responses)
        .filter(([status]) => status !== "200")
        .flatMap(([, response]) => response.description.split(/, */));
      if (body) {
        const members = Object.entries(body.properties).flatMap(([name, schema]) =>
          member({ name, required: body.required?.includes(name), description: schema.description, schema }, id),
        );
        lines.push(...interfaceOf(`${pascal(id)}Body`, members));
      }
      if (query.length > 0) {
        const members = query.flatMap((parameter) => member(parameter, id));
        lines.push(...interfaceOf(`${pascal(id)}Query`, members));
      }
      operations.push({ id, method: method.toUpperCase(), path, body: Boolean(body), query: query.length > 0, codes });
    }
  }
  lines.push("/** Where each operation is asked for. */", "export const operations = {");
  for (const { id, method, path } of operations) {
    lines.push(`  "${id}": { method: "${method}", path: "${path}" },`);
  }
  lines.push("} as const;", "", "export type OperationId = keyof typeof operations;", "");
  const map = (name, comment, value) => {
    lines.push(`/** ${comment} */`, `export interface ${name} {`);
    for (const operation of operations) lines.push(`  "${operation.id}": ${value(operation)};`);
    lines.push("}", "");
  };
  map("Bodies", "The body of each operation.", ({ id, body }) => (body ? `${pascal(id)}Body` : "undefined"));
  map("Queries", "The query of each operation.", ({ id, query }) => (query ? `${pascal(id)}Query` : "undefined"));
  map("Codes", "With which codes each operation may refuse or fail, besides those of any request.", ({ codes }) =>
    codes.map((code) => JSON.stringify(code)).join(" | "),
  );
  return lines.join("\n").trimEnd() + "\n";
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const words = process.argv.slice(2);
  const check = words[0] === "--check";
  const from = words[check ? 1 : 0] ?? here("../../../docs/reference/openapi.json");
  const made = generate(JSON.parse(readFileSync(from === "-" ? 0 : from, "utf8")));
  const target = here("../src/api.ts");
  if (!check) {
    writeFileSync(target, made);
  } else if (readFileSync(target, "utf8") !== made) {
    console.error("src/api.ts is not what the OpenAPI document says. Run: npm run generate");
    process.exit(1);
  }
}
