#include <fmt/format.h>

#include <algorithm>

#include "api/json_text.h"
#include "api/operations.h"

namespace holdfast::api {
namespace {

/// The JSON schema of a field's value.
std::string schema(const Field& field) {
  switch (field.kind) {
    case FieldKind::owner:
    case FieldKind::session:
      return R"({"type":"string","minLength":1,"maxLength":256})";
    case FieldKind::note:
      return R"({"type":"string","maxLength":1024})";
    case FieldKind::name:
      return R"({"type":"string","minLength":1,"maxLength":512})";
    case FieldKind::token:
      return fmt::format(R"({{"type":"integer","minimum":1,"maximum":{}}})", core::token_max);
    case FieldKind::ttl:
      return fmt::format(R"({{"type":["integer","null"],"minimum":{},"maximum":{}}})", ttl_ms_min, ttl_ms_max);
    case FieldKind::wait:
      return fmt::format(R"({{"type":"integer","minimum":0,"maximum":{}}})", wait_ms_max);
    case FieldKind::flush:
      return fmt::format(R"({{"type":"integer","minimum":0,"maximum":{}}})", flush_ms_max);
    case FieldKind::count:
      return fmt::format(R"({{"type":"integer","minimum":1,"maximum":{}}})", field.max);
    case FieldKind::time:
      return R"({"type":"string","format":"date-time"})";
    case FieldKind::cursor:
      return R"({"type":"string"})";
    case FieldKind::holder:
      return R"({"type":"string","enum":["session","owner"]})";
    case FieldKind::mode:
      return R"({"type":"string","enum":["exclusive"]})";
    case FieldKind::metadata:
      return R"({"type":"object"})";
    case FieldKind::position:
      return R"({"type":"string","pattern":"^[0-9]+\\.[0-9]+$"})";
    case FieldKind::flag:
      return R"({"type":"boolean"})";
    case FieldKind::number:
      return fmt::format(R"({{"type":"integer","minimum":1,"maximum":{}}})", core::token_max);
    case FieldKind::revision:
      return fmt::format(R"({{"type":"integer","minimum":0,"maximum":{}}})", core::token_max);
    case FieldKind::changes:
      // Of a change, a number keeps so many units; a list deletes so many, and puts lines in their place.
      return fmt::format(R"({{"type":"array","minItems":1,"maxItems":{},"items":{{"type":"array"}}}})", changes_max);
    case FieldKind::text:
      return R"({"type":"string"})";
    case FieldKind::later:
      return "{}";
  }
  return "{}";
}

void append_body_schema(std::string& out, const Operation& operation) {
  JsonWriter body(out);
  body.text("type", "object").flag("additionalProperties", false);
  std::string required;
  body.key("properties");
  JsonWriter properties(out);
  for (const Field& field : operation.fields) {
    std::string with_words = schema(field);
    with_words.pop_back();
    with_words += ",\"description\":";
    append_json_string(with_words, field.about);
    with_words += '}';
    properties.raw(field.name, with_words);
    if (field.required) required += (required.empty() ? "\"" : ",\"") + std::string{field.name} + '"';
  }
  properties.end();
  if (!required.empty()) body.raw("required", '[' + required + ']');
  body.end();
}

void append_parameters(std::string& out, const Operation& operation) {
  out += '[';
  bool first = true;
  const auto add = [&](std::string_view name, std::string_view in, bool required, std::string_view words,
                       std::string_view type) {
    if (!std::exchange(first, false)) out += ',';
    JsonWriter parameter(out);
    parameter.text("name", name)
        .text("in", in)
        .flag("required", required)
        .text("description", words)
        .raw("schema", type);
    parameter.end();
  };
  const std::size_t open = operation.path.find('{');
  if (open != std::string_view::npos) {
    const std::string_view name = operation.path.substr(open + 1, operation.path.find('}') - open - 1);
    switch (operation.path_kind) {
      case FieldKind::session:
        add(name, "path", true, "The session, slashes and all.", schema({name, FieldKind::session}));
        break;
      case FieldKind::number:
        add(name, "path", true, "Its number.", schema({name, FieldKind::number}));
        break;
      default:
        add(name, "path", true, "The rest of the path, slashes and all.", schema({name, FieldKind::name}));
    }
  }
  if (!operation.changes()) {
    for (const Field& field : operation.fields) add(field.name, "query", field.required, field.about, schema(field));
    if (operation.streams) {
      add("Last-Event-ID", "header", false, "Where to go on; before `after`. Browsers send it when they connect again.",
          schema({"after", FieldKind::position}));
    }
  }
  out += ']';
}

void append_responses(std::string& out, const Operation& operation) {
  JsonWriter responses(out);
  responses.raw(
      "200",
      operation.streams
          ? R"({"description":"Events, until either side closes.","content":{"text/event-stream":{"schema":{"type":"string"}}}})"
      : operation.gives_file
          ? R"({"description":"Done.","content":{"application/json":{"schema":{"type":"object"}},"text/plain":{"schema":{"type":"string"}}}})"
          : R"({"description":"Done.","content":{"application/json":{"schema":{"type":"object"}}}})");
  for (const int status : {400, 403, 404, 409, 410, 413, 422, 429, 503}) {
    std::string codes;
    for_each_error([&](const ErrorInfo& info) {
      const bool always = info.code == ErrorCode::bad_field || info.code == ErrorCode::journal_behind ||
                          info.code == ErrorCode::commit_unknown || info.code == ErrorCode::stopping;
      const bool listed = std::ranges::find(operation.refusals, info.code) != operation.refusals.end();
      if (info.http_status == status && (listed || always))
        codes += (codes.empty() ? "" : ", ") + std::string{info.name};
    });
    if (codes.empty()) continue;
    responses.key(std::to_string(status));
    JsonWriter response(out);
    response.text("description", codes);
    response.raw("content", R"({"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}})");
    response.end();
  }
  responses.end();
}

std::string_view key_of(std::string_view method) {
  if (method == "GET") return "get";
  if (method == "PUT") return "put";
  if (method == "DELETE") return "delete";
  return "post";
}

void append_request_body(std::string& out, const Operation& operation) {
  JsonWriter body(out);
  body.flag("required", true).key("content");
  JsonWriter content(out);
  content.key("application/json");
  JsonWriter json(out);
  json.key("schema");
  append_body_schema(out, operation);
  if (!operation.example.empty()) json.raw("example", operation.example);
  json.end();
  if (operation.takes_file) content.raw("text/plain", R"({"schema":{"type":"string"}})");
  content.end();
  body.end();
}

void append_operation(std::string& out, JsonWriter& path, const Operation& operation) {
  path.key(key_of(operation.method));
  JsonWriter described(out);
  described.text("operationId", operation.name).text("summary", operation.summary);
  described.key("parameters");
  append_parameters(out, operation);
  if (operation.changes()) {
    described.key("requestBody");
    append_request_body(out, operation);
  }
  described.key("responses");
  append_responses(out, operation);
  described.end();
}

constexpr std::string_view problem_schema =
    R"({"Problem":{"type":"object","required":["type","title","status","detail","code","fate"],"properties":{)"
    R"("type":{"type":"string"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},)"
    R"("code":{"type":"string"},"fate":{"type":"string","enum":["not_done","maybe_done"]},"field":{"type":"string"}}}})";

}  // namespace

std::string openapi() {
  std::string out;
  JsonWriter document(out);
  document.text("openapi", "3.1.0");
  document.key("info");
  JsonWriter info(out);
  info.text("title", "Holdfast").text("version", HOLDFAST_VERSION);
  info.text("summary", "Exactly one owner at a time for every shared thing.");
  info.end();
  document.key("paths");
  JsonWriter paths(out);
  const std::span<const Operation> all = operations();
  for (std::size_t i = 0; i < all.size();) {
    if (!all[i].supported()) {
      ++i;
      continue;
    }
    paths.key(all[i].path);
    JsonWriter path(out);
    const std::string_view open_path = all[i].path;
    for (; i < all.size() && all[i].path == open_path; ++i) append_operation(out, path, all[i]);
    path.end();
  }
  paths.end();
  document.key("components");
  JsonWriter components(out);
  components.raw("schemas", problem_schema);
  components.end();
  document.end();
  return out;
}

}  // namespace holdfast::api
