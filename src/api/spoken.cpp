#include "api/spoken.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace holdfast::api {
namespace {

/// What the message says of the operation's subject, or who speaks where that is it.
Result<std::string> subject_of(const Operation& operation, const JsonMembers& message, const Speaker& speaker) {
  const std::string field{operation.subject()};
  const std::string_view given = message.find(field);
  std::string text;
  if (!given.empty() && operation.path_kind == FieldKind::number) {
    if (!json_integer(given)) return fail(ErrorCode::bad_field, "must be a whole number", field);
    text = given;
  } else if (!given.empty()) {
    if (!is_json_text(given)) return fail(ErrorCode::bad_field, "must be text", field);
    Result<std::string> read = json_text(given);
    if (!read) return fail(read.error().code, read.error().where, field);
    text = *std::move(read);
  } else if (operation.path_kind == FieldKind::session && !speaker.session.empty()) {
    text = speaker.session;
  } else {
    return fail(ErrorCode::missing_field, {}, field);
  }
  Result<std::string> value = subject_value(operation.path_kind, text);
  if (!value) return fail(value.error().code, value.error().where, field);
  return value;
}

}  // namespace

const Operation* operation_of_call(std::string_view name) {
  const auto found = std::ranges::find(operations(), name, &Operation::name);
  if (found == operations().end() || !found->supported() || found->streams || found->takes_file) return nullptr;
  return &*found;
}

Result<Spoken> read_spoken(const Operation& operation, const JsonMembers& message,
                           std::span<const std::string_view> beside, const Speaker& speaker, const Context& context) {
  HF_CHECK(operation.supported());
  constexpr std::size_t beside_max = 4;
  std::array<std::string_view, beside_max + 1> others;
  HF_CHECK(beside.size() <= beside_max);
  auto end = std::ranges::copy(beside, others.begin()).out;
  std::string subject;
  if (!operation.subject().empty()) {
    HF_TRY(value, subject_of(operation, message, speaker));
    subject = std::move(value);
    *end++ = operation.subject();
  }
  HF_TRY(form, Form::from_members(operation.fields, message, {others.begin(), end}, speaker));
  form.path_name = std::move(subject);
  HF_TRY(call, operation.read(form, context));
  return Spoken{&operation, std::move(call)};
}

}  // namespace holdfast::api
