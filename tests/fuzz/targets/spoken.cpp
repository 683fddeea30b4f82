// Messages of a connection that stays: what they say, a body says in the same words; or what is wrong with them, as a
// problem that can be told.
#include <algorithm>
#include <array>

#include "api/json_text.h"
#include "api/spoken.h"
#include "api/write_text.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

constexpr std::array<std::string_view, 2> envelope{"id", "call"};
constexpr api::Speaker speaker{"alice", "tab-1"};

Taken refused(const Error& error) {
  const int status = info_of(error.code).http_status;
  HF_FUZZ_CHECK(status >= 400 && status < 500);
  HF_FUZZ_CHECK(api::read_object(api::problem(error).body));
  return Taken::no;
}

/// The message without what is none of the operation's fields, and with who asks.
std::string body_of(const api::JsonMembers& message, const api::Operation& operation) {
  std::string body;
  api::JsonWriter json(body);
  const auto is_field = [&](std::string_view key) {
    return std::ranges::find(operation.fields, key, &api::Field::name) != operation.fields.end();
  };
  for (const auto& [key, value] : message.all()) {
    if (is_field(key)) json.raw(key, value);
  }
  for (const api::Field& field : operation.fields) {
    if (!message.find(field.name).empty()) continue;
    if (field.kind == api::FieldKind::owner && field.required) json.text(field.name, speaker.owner);
    if (field.kind == api::FieldKind::session && field.name == "session") json.text(field.name, speaker.session);
  }
  json.end();
  return body;
}

void check_same(const api::Form& one, const api::Form& other, const api::Operation& operation) {
  HF_FUZZ_CHECK(one.changes() == other.changes());
  for (const api::Field& field : operation.fields) {
    HF_FUZZ_CHECK(one.has(field.name) == other.has(field.name));
    HF_FUZZ_CHECK(one.text(field.name) == other.text(field.name));
    HF_FUZZ_CHECK(one.number(field.name) == other.number(field.name));
  }
}

}  // namespace

HF_FUZZ_TARGET(spoken, .variants = 50'000) {
  const Result<api::JsonMembers> message = api::JsonMembers::read(bytes);
  if (!message) return refused(message.error());
  const std::string_view call = message->find("call");
  if (call.empty() || !api::is_json_text(call)) return Taken::no;
  const Result<std::string> name = api::json_text(call);
  if (!name) return refused(name.error());
  const api::Operation* const operation = api::operation_of_call(*name);
  if (!operation) return Taken::no;
  const Result<api::Spoken> spoken =
      api::read_spoken(*operation, *message, envelope, speaker, {"s-fresh", "127.0.0.1", 1});
  if (!spoken) return refused(spoken.error());
  HF_FUZZ_CHECK(spoken->operation == operation);
  const bool makes_command = operation->command != std::variant_npos;
  HF_FUZZ_CHECK(!makes_command || spoken->call.command.index() == operation->command);
  const std::array<std::string_view, 3> beside{"id", "call", operation->subject()};
  const Result<api::Form> form = api::Form::from_members(operation->fields, *message, beside, speaker);
  const std::string body = body_of(*message, *operation);
  const Result<api::Form> by_body = api::Form::from_json(operation->fields, body);
  HF_FUZZ_CHECK(form && by_body);
  check_same(*form, *by_body, *operation);
  return Taken::yes;
}

}  // namespace holdfast::fuzz
