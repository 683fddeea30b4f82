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
#include "text/change_json.h"

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
    case FieldKind::text:
      return std::string{text};
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
    case FieldKind::number:
      return in(1, static_cast<std::int64_t>(core::token_max));
    case FieldKind::revision:
      return in(0, static_cast<std::int64_t>(core::token_max));
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
         kind == FieldKind::count || kind == FieldKind::flag || kind == FieldKind::number ||
         kind == FieldKind::revision;
}

}  // namespace

const Form::Value* Form::find(std::string_view field) const {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].name == field) return &values_[i];
  }
  return nullptr;
}

Form::Value* Form::find(FieldKind kind) {
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    if (fields_[i].kind == kind) return &values_[i];
  }
  return nullptr;
}

bool Form::has(std::string_view field) const {
  const Value* value = find(field);
  return value && value->set;
}

std::string Form::take_text() {
  Value* value = find(FieldKind::text);
  return value ? std::move(value->text) : std::string{};
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
  JsonMembers members;
  if (!body.empty()) {
    HF_TRY(read, JsonMembers::read(body));
    members = std::move(read);
  }
  return from_members(fields, members);
}

Result<Form> Form::from_members(std::span<const Field> fields, const JsonMembers& members,
                                std::span<const std::string_view> beside, const Speaker& speaker) {
  HF_CHECK(fields.size() <= fields_max);
  Form form(fields);
  for (const auto& [key, value] : members.all()) {
    const auto declared = std::ranges::find(fields, key, &Field::name);
    if (declared != fields.end()) {
      HF_TRY_VOID(form.read_value(static_cast<std::size_t>(declared - fields.begin()), value));
    } else if (std::ranges::find(beside, key) == beside.end()) {
      return no_such_field(key);
    }
  }
  HF_TRY_VOID(form.fill_in(speaker));
  HF_TRY_VOID(form.check_required());
  return form;
}

Result<void> Form::read_value(std::size_t place, std::string_view given) {
  const Field& field = fields_[place];
  Value& value = values_[place];
  if (field.kind == FieldKind::later) return fail(ErrorCode::not_supported_yet, {}, std::string{field.name});
  if (field.kind == FieldKind::ttl && given == "null") {
    value.null = true;
  } else if (field.kind == FieldKind::changes) {
    HF_TRY_VOID(read_changes(field, given));
  } else if (field.kind == FieldKind::metadata) {
    if (!is_json_object(given)) return bad(field, "must be a JSON object");
    HF_TRY(object, read_object(given));
    HF_TRY(metadata, read_metadata(field, object));
    value.text = std::move(metadata);
  } else if (field.kind == FieldKind::flag) {
    const std::optional<bool> flag = json_flag(given);
    if (!flag) return bad(field, "must be true or false");
    value.number = *flag ? 1 : 0;
  } else if (is_number(field.kind)) {
    // Of a float, a text, null ... the bounds say what it must be.
    HF_TRY(checked, read_number(field, json_integer(given).value_or(-1)));
    value.number = checked;
  } else {
    if (!is_json_text(given)) return bad(field, "must be text");
    HF_TRY(text, json_text(given));
    if (field.kind != FieldKind::text) {  // Which may be long: it is not copied.
      HF_TRY(checked, read_text(field, text));
      text = std::move(checked);
    }
    value.text = std::move(text);
  }
  value.set = true;
  return {};
}

/// Straight from the bytes of the request: an editor's changes are most of what it sends.
Result<void> Form::read_changes(const Field& field, std::string_view list) {
  const auto wrong = [&](ErrorCode code, std::string why) {
    return fail(code, std::move(why), std::string{field.name});
  };
  const auto skip_blanks = [&] { list.remove_prefix(std::min(list.find_first_not_of(" \t\n\r"), list.size())); };
  const auto take = [&](char c) {
    skip_blanks();
    if (!list.starts_with(c)) return false;
    list.remove_prefix(1);
    return true;
  };
  if (!take('[')) return wrong(ErrorCode::bad_changes, "must be a list of changes");
  do {
    if (changes_.size() == changes_max)
      return wrong(ErrorCode::changes_too_large, fmt::format("more than {} changes at once", changes_max));
    skip_blanks();
    if (list.starts_with(']') && changes_.empty())
      return wrong(ErrorCode::bad_changes, "at least one change is needed");
    if (Result<void> read = text::read_changes_of(list, changes_.emplace_back()); !read) {
      Error error = std::move(read).error();
      // It knows itself as `changes` and names its part; here it is one of several.
      error.field.insert(std::min(error.field.size(), field.name.size()), fmt::format("[{}]", changes_.size() - 1));
      return std::unexpected(std::move(error));
    }
  } while (take(','));
  if (!take(']')) return wrong(ErrorCode::bad_json, "',' or ']' must stand behind a change");
  skip_blanks();
  if (!list.empty()) return wrong(ErrorCode::bad_json, "more than one list");
  return {};
}

/// Who speaks is who asks; nobody speaks for another owner.
Result<void> Form::fill_in(const Speaker& speaker) {
  for (std::size_t place = 0; place < fields_.size(); ++place) {
    const Field& field = fields_[place];
    Value& value = values_[place];
    const bool asks = field.kind == FieldKind::owner && field.required;
    const bool its_session = field.kind == FieldKind::session && field.name == "session";
    if (asks && !speaker.owner.empty()) {
      if (value.set && value.text != speaker.owner) return bad(field, "must be who speaks on this connection");
      if (!value.set) HF_TRY_VOID(read_word(place, speaker.owner));
    }
    if (its_session && !value.set && !speaker.session.empty()) HF_TRY_VOID(read_word(place, speaker.session));
  }
  return {};
}

Result<Form> Form::from_query(std::span<const Field> fields, std::string_view query) {
  HF_CHECK(fields.size() <= fields_max);
  Form form(fields);
  HF_TRY_VOID(form.read_query(query));
  HF_TRY_VOID(form.check_required());
  return form;
}

Result<Form> Form::from_file(std::span<const Field> fields, std::string_view query, std::string bytes) {
  HF_CHECK(fields.size() <= fields_max);
  Form form(fields);
  HF_TRY_VOID(form.read_query(query));
  Value* const text = form.find(FieldKind::text);
  HF_CHECK(text != nullptr);
  if (text->set) return fail(ErrorCode::duplicate_field, "the body is the text", "text");
  text->text = std::move(bytes);
  text->set = true;
  HF_TRY_VOID(form.check_required());
  return form;
}

Result<void> Form::read_query(std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const std::string_view key = pair.substr(0, pair.find('='));
    const auto declared = std::ranges::find(fields_, key, &Field::name);
    if (declared == fields_.end()) return no_such_field(key);
    const Field& field = *declared;
    Value& value = values_[static_cast<std::size_t>(declared - fields_.begin())];
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
  return {};
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
  } else if (field.kind == FieldKind::changes) {
    HF_TRY_VOID(read_changes(field, text));
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
  if (kind != FieldKind::number) return read_text(Field{"session", kind}, text);
  HF_TRY(number, read_digits(Field{"draft", kind}, text));
  return std::to_string(number);
}

bool same_word(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace holdfast::api
