#include "api/form.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <charconv>

#include "api/events.h"
#include "api/json_text.h"
#include "api/names.h"
#include "base/check.h"

namespace holdfast::api {
namespace {

namespace json = boost::json;

std::unexpected<Error> bad(const Field& field, std::string why) {
  return fail(ErrorCode::bad_field, std::move(why), std::string{field.name});
}

Result<std::string> text_of(const Field& field, std::string_view text, std::size_t bytes_max, bool may_break) {
  std::string lines{text};
  if (may_break)
    std::ranges::replace_if(
        lines, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
  const bool fits = may_break && text.empty() ? true : is_plain_text(lines, bytes_max);
  if (!fits) return bad(field, fmt::format("must be 1 to {} bytes of text without control characters", bytes_max));
  return std::string{text};
}

/// The value of `field` as text, from whatever JSON gave.
Result<std::string> read_text(const Field& field, std::string_view text) {
  switch (field.kind) {
    case FieldKind::owner:
    case FieldKind::session:
      return text_of(field, text, owner_bytes_max, false);
    case FieldKind::note:
      return text_of(field, text, note_bytes_max, true);
    case FieldKind::time:
      if (!parse_rfc3339(text)) return bad(field, "must be a time as in 2026-02-05T18:09:25Z");
      return std::string{text};
    case FieldKind::cursor:
      return text_of(field, text, name_bytes_max + 32, false);
    case FieldKind::holder:
      if (text != "session" && text != "owner") return bad(field, "must be \"session\" or \"owner\"");
      return std::string{text};
    case FieldKind::mode:
      if (text == "shared") return fail(ErrorCode::not_supported_yet, "only exclusive leases", std::string{field.name});
      if (text != "exclusive") return bad(field, "must be \"exclusive\"");
      return std::string{text};
    case FieldKind::name: {
      Result<std::string> name = canonical_name(text);
      if (!name) return fail(ErrorCode::bad_name, name.error().where, std::string{field.name});
      return name;
    }
    case FieldKind::position: {
      const Result<GivenPosition> position = parse_position(text);
      if (!position) return bad(field, position.error().where);
      return std::string{text};
    }
    default:
      return bad(field, "must be a number");
  }
}

Result<std::uint64_t> read_number(const Field& field, std::int64_t value) {
  const auto in = [&](std::int64_t min, std::int64_t max) -> Result<std::uint64_t> {
    if (value >= min && value <= max) return static_cast<std::uint64_t>(value);
    return bad(field, fmt::format("must be a whole number from {} to {}", min, max));
  };
  switch (field.kind) {
    case FieldKind::token:
      return in(1, static_cast<std::int64_t>(core::token_max));
    case FieldKind::ttl:
      return in(ttl_ms_min, ttl_ms_max);
    case FieldKind::wait:
      return in(0, wait_ms_max);
    case FieldKind::flush:
      return in(0, flush_ms_max);
    case FieldKind::count:
      return in(1, static_cast<std::int64_t>(field.max));
    case FieldKind::flag:
      return in(0, 1);
    default:
      return bad(field, "must be text");
  }
}

/// From text that is nothing but a number in decimal.
Result<std::uint64_t> read_digits(const Field& field, std::string_view text) {
  std::int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [read, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || read != end) return bad(field, "must be a whole number");
  return read_number(field, number);
}

/// Flags are true and false in words, too.
std::string_view as_digit(const Field& field, std::string_view text) {
  if (field.kind != FieldKind::flag) return text;
  return text == "true" ? "1" : text == "false" ? "0" : text;
}

Result<std::string> read_metadata(const Field& field, const json::object& object) {
  std::string text = json::serialize(object);
  if (text.size() > metadata_bytes_max) return bad(field, "must be at most 4096 bytes as JSON");
  return text;
}

/// Of a field's name that does not exist.
constexpr std::size_t shown_bytes_max = 128;

std::unexpected<Error> no_such_field(std::string_view name) {
  return fail(ErrorCode::unknown_field, {}, std::string{whole_characters(name, shown_bytes_max)});
}

bool is_number(FieldKind kind) {
  return kind == FieldKind::token || kind == FieldKind::ttl || kind == FieldKind::wait || kind == FieldKind::flush ||
         kind == FieldKind::count || kind == FieldKind::flag;
}

}  // namespace

const Form::Value* Form::find(std::string_view field) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == field) return &values_[i];
  }
  return nullptr;
}

bool Form::has(std::string_view field) const {
  const Value* value = find(field);
  return value && value->set;
}

std::string Form::text(std::string_view field) const {
  const Value* value = find(field);
  return value ? value->text : std::string{};
}

std::optional<std::uint64_t> Form::number(std::string_view field) const {
  const Value* value = find(field);
  if (!value || !value->set) return std::nullopt;
  return value->number;
}

std::optional<Duration> Form::milliseconds(std::string_view field) const {
  const Value* value = find(field);
  if (value && value->set && value->null) return core::forever;
  const std::optional<std::uint64_t> ms = number(field);
  if (!ms) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(*ms));
}

Result<void> Form::check_required() const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (!fields_[i].required || values_[i].set) continue;
    const bool owner = fields_[i].kind == FieldKind::owner;
    return fail(owner ? ErrorCode::owner_missing : ErrorCode::missing_field, {}, std::string{fields_[i].name});
  }
  return {};
}

Result<Form> Form::from_json(std::span<const Field> fields, std::string_view body) {
  HF_CHECK(fields.size() <= fields_max);
  Form form(fields);
  json::object object;
  if (!body.empty()) {
    HF_TRY(read, read_object(body));
    object = std::move(read);
  }
  for (const json::key_value_pair& member : object) {
    const std::string_view key{member.key().data(), member.key().size()};
    const auto declared = std::ranges::find(fields, key, &Field::name);
    if (declared == fields.end()) return no_such_field(key);
    const Field& field = *declared;
    const json::value& given = member.value();
    Value& value = form.values_[static_cast<std::size_t>(declared - fields.begin())];
    if (field.kind == FieldKind::later) return fail(ErrorCode::not_supported_yet, {}, std::string{key});
    if (field.kind == FieldKind::ttl && given.is_null()) {
      value.null = true;
    } else if (field.kind == FieldKind::metadata) {
      if (!given.is_object()) return bad(field, "must be a JSON object");
      HF_TRY(metadata, read_metadata(field, given.get_object()));
      value.text = std::move(metadata);
    } else if (const json::string* text = given.if_string(); text && !is_number(field.kind)) {
      HF_TRY(checked, read_text(field, {text->data(), text->size()}));
      value.text = std::move(checked);
    } else if (const std::int64_t* number = given.if_int64(); number && is_number(field.kind)) {
      HF_TRY(checked, read_number(field, *number));
      value.number = checked;
    } else if (is_number(field.kind)) {
      return std::unexpected(
          read_number(field, -1).error());  // A float, text, null ...: the bounds say what it must be.
    } else {
      return bad(field, "must be text");
    }
    value.set = true;
  }
  HF_TRY_VOID(form.check_required());
  return form;
}

Result<Form> Form::from_query(std::span<const Field> fields, std::string_view query) {
  HF_CHECK(fields.size() <= fields_max);
  Form form(fields);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::string_view key = pair.substr(0, pair.find('='));
    const auto declared = std::ranges::find(fields, key, &Field::name);
    if (declared == fields.end()) return no_such_field(key);
    const Field& field = *declared;
    Value& value = form.values_[static_cast<std::size_t>(declared - fields.begin())];
    if (value.set) return fail(ErrorCode::duplicate_field, {}, std::string{key});
    Result<std::string> text = decode_percent(key.size() < pair.size() ? pair.substr(key.size() + 1) : "");
    if (!text) return bad(field, text.error().where);
    if (is_number(field.kind)) {
      HF_TRY(checked, read_digits(field, as_digit(field, *text)));
      value.number = checked;
    } else if (!text->empty()) {  // `prefix=` means no prefix.
      HF_TRY(checked, read_text(field, *text));
      value.text = std::move(checked);
    }
    value.set = true;
  }
  HF_TRY_VOID(form.check_required());
  return form;
}

Result<void> Form::read_word(std::size_t place, std::string_view text) {
  const Field& field = fields_[place];
  Value& value = values_[place];
  if (field.kind == FieldKind::later) return fail(ErrorCode::not_supported_yet, {}, std::string{field.name});
  if (field.kind == FieldKind::ttl && same_word(text, "null")) {
    value.null = true;
  } else if (field.kind == FieldKind::metadata) {
    const Result<json::object> object = read_object(text);
    if (!object) return bad(field, "must be a JSON object, no key twice");
    HF_TRY(metadata, read_metadata(field, *object));
    value.text = std::move(metadata);
  } else if (is_number(field.kind)) {
    HF_TRY(number, read_digits(field, as_digit(field, text)));
    value.number = number;
  } else {
    HF_TRY(checked, read_text(field, text));
    value.text = std::move(checked);
  }
  value.set = true;
  return {};
}

Result<Form> Form::from_words(std::span<const Field> fields, std::span<const std::string_view> words,
                              std::string_view owner) {
  HF_CHECK(fields.size() <= fields_max);
  Form form(fields);
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const auto declared = std::ranges::find_if(fields, [&](const Field& f) { return same_word(f.name, words[i]); });
    if (declared == fields.end()) return no_such_field(words[i]);
    const auto place = static_cast<std::size_t>(declared - fields.begin());
    if (form.values_[place].set) return fail(ErrorCode::duplicate_field, {}, std::string{declared->name});
    if (i + 1 == words.size()) return bad(*declared, "has no value behind it");
    HF_TRY_VOID(form.read_word(place, words[i + 1]));
  }
  for (std::size_t place = 0; place < fields.size() && !owner.empty(); ++place) {
    const bool asks = fields[place].kind == FieldKind::owner && fields[place].required;
    if (asks && !form.values_[place].set) HF_TRY_VOID(form.read_word(place, owner));
  }
  HF_TRY_VOID(form.check_required());
  return form;
}

Result<std::string> path_value(FieldKind kind, std::string_view encoded) {
  HF_TRY(decoded, decode_percent(encoded));
  return subject_value(kind, decoded);
}

Result<std::string> subject_value(FieldKind kind, std::string_view text) {
  if (kind == FieldKind::name) return canonical_name(text);
  return read_text(Field{"session", kind}, text);
}

bool same_word(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace holdfast::api
