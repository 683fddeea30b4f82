// Commands of the catalogue as words, one a line: what they say, JSON says in other words, and it means the same; or
// what is wrong with them, as a problem that can be told.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "api/form.h"
#include "api/json_text.h"
#include "api/operations.h"
#include "api/write_text.h"
#include "tests/fuzz/refused.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

/// Only these may be asked as durations: of others the number may be larger than any.
bool is_duration(const api::Field& field) {
  using enum api::FieldKind;
  return field.kind == ttl || field.kind == wait || field.kind == flush;
}

/// What `form` has, as a body.
std::string body_of(const api::Form& form, const api::Operation& operation) {
  std::string body;
  api::JsonWriter json(body);
  for (const api::Field& field : operation.fields) {
    if (!form.has(field.name)) continue;
    if (is_duration(field) && form.milliseconds(field.name) == core::forever) {
      json.null(field.name);
    } else if (field.kind == api::FieldKind::metadata) {
      json.raw(field.name, form.text(field.name));
    } else if (field.kind == api::FieldKind::changes) {
      json.key(field.name);
      api::append_changes(body, form.changes());
    } else if (field.kind == api::FieldKind::flag) {
      json.flag(field.name, form.flag(field.name));
    } else if (field.kind == api::FieldKind::revision) {
      json.number(field.name, *form.number(field.name));
    } else if (form.text(field.name).empty() && *form.number(field.name) > 0) {
      json.number(field.name, *form.number(field.name));
    } else if (field.kind == api::FieldKind::wait || field.kind == api::FieldKind::flush) {
      json.number(field.name, std::uint64_t{0});
    } else {
      json.text(field.name, form.text(field.name));
    }
  }
  json.end();
  return body;
}

}  // namespace

HF_FUZZ_TARGET(lease_words, .variants = 100'000) {
  std::vector<std::string_view> words;
  while (!bytes.empty()) {
    words.push_back(bytes.substr(0, bytes.find('\n')));
    bytes.remove_prefix(std::min(bytes.size(), words.back().size() + 1));
  }
  const api::Operation* const operation = words.empty() ? nullptr : api::operation_of_command(words[0]);
  if (!operation) return Taken::no;
  const Result<api::Form> form = api::form_of_words(*operation, std::span(words).subspan(1), "the connection's");
  if (!form) return refused(form.error());
  HF_FUZZ_CHECK(operation->subject().empty() == form->path_name.empty());
  api::Form taken = *form;
  const Result<api::Call> call = operation->read(taken, {"s-fresh", "127.0.0.1", 1});
  if (!call) return refused(call.error());
  const Result<api::Form> again = api::Form::from_json(operation->fields, body_of(*form, *operation));
  HF_FUZZ_CHECK(again);
  HF_FUZZ_CHECK(again->changes() == form->changes());
  for (const api::Field& field : operation->fields) {
    HF_FUZZ_CHECK(again->has(field.name) == form->has(field.name));
    HF_FUZZ_CHECK(again->text(field.name) == form->text(field.name));
    HF_FUZZ_CHECK(again->number(field.name) == form->number(field.name));
    if (!is_duration(field)) continue;
    HF_FUZZ_CHECK(again->milliseconds(field.name) == form->milliseconds(field.name));
  }
  return Taken::yes;
}

}  // namespace holdfast::fuzz
