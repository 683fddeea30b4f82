// A request's fields, checked against their declarations: unknown ones are refused by name, bounds are enforced.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_members.h"
#include "base/error.h"
#include "core/types.h"
#include "text/change_set.h"

namespace holdfast::api {

enum class FieldKind : std::uint8_t {
  owner,     ///< Text of 1 to 256 bytes without control characters.
  session,   ///< Likewise.
  note,      ///< Text of at most 1 KiB; line breaks are allowed.
  name,      ///< A name, or a part of one.
  token,     ///< An integer from 1 to 2^53 - 1.
  ttl,       ///< Milliseconds, 100 to 86,400,000. Null: until somebody ends it.
  wait,      ///< Milliseconds, 0 to 600,000.
  flush,     ///< Milliseconds, 0 to 30,000.
  count,     ///< An integer from 1 to the field's maximum.
  holder,    ///< "session" or "owner".
  mode,      ///< "exclusive"; "shared" is not supported yet.
  metadata,  ///< A JSON object of at most 4 KiB.
  time,      ///< RFC 3339: 2026-02-05T18:09:25Z.
  cursor,    ///< The `next` of a page before: text that only the server understands.
  position,  ///< `<incarnation>.<number>`, as every answer carries it.
  flag,      ///< true or false; in a query and in words also 1 or 0.
  number,    ///< An integer from 1 to 2^53 - 1: of a text, a draft, a session's change.
  revision,  ///< An integer from 0 to 2^53 - 1.
  changes,   ///< A list of changes of a text as CodeMirror writes them: 1 to 1,000. In words: as JSON text.
  text,      ///< Text of any length, line breaks and all.
  later,     ///< Anything; not supported yet.
};

/// A field's declaration.
struct Field {
  std::string_view name;
  FieldKind kind;
  bool required = false;
  std::string_view about;  ///< For the reference: what it means, its default.
  std::uint64_t max = 0;   ///< Of a count.
};

inline constexpr std::size_t owner_bytes_max = 256;
inline constexpr std::size_t note_bytes_max = 1024;
inline constexpr std::size_t metadata_bytes_max = 4096;
inline constexpr std::int64_t ttl_ms_min = 100;
inline constexpr std::int64_t ttl_ms_max = 24 * 60 * 60 * 1000;
inline constexpr std::int64_t wait_ms_max = 10 * 60 * 1000;
inline constexpr std::int64_t flush_ms_max = 30 * 1000;
inline constexpr Duration ttl_default = std::chrono::seconds(30);
/// Of one edit: each makes a revision.
inline constexpr std::size_t changes_max = 1'000;

/// Who speaks on a connection that has said so: what need not be said again in each request.
struct Speaker {
  std::string_view owner;    ///< Empty: nobody has said it.
  std::string_view session;  ///< Likewise.
};

/// The fields that were given. Text has been checked as its kind asks.
class Form {
 public:
  /// From the JSON object `body` (empty: no fields) and the name in the path, if the operation has one.
  /// Errors: those of JsonMembers, unknown_field, missing_field, owner_missing, bad_field, not_supported_yet; of
  /// changes those of text/change_json.h; each names its field.
  static Result<Form> from_json(std::span<const Field> fields, std::string_view body);
  /// The same of an object that has been taken apart. Members whose keys are in `beside` are somebody else's.
  /// `speaker`: whose the fields `owner` and `session` are that name who asks, where they are not given. Errors:
  /// besides, bad_field for an owner who is not the speaker.
  static Result<Form> from_members(std::span<const Field> fields, const JsonMembers& members,
                                   std::span<const std::string_view> beside = {}, const Speaker& speaker = {});
  /// From a query string, still encoded.
  static Result<Form> from_query(std::span<const Field> fields, std::string_view query);
  /// From a query string, and `bytes` for the field `text`: the body is nothing but a file.
  static Result<Form> from_file(std::span<const Field> fields, std::string_view query, std::string bytes);
  /// From pairs of words, FIELD value FIELD value: the fields in any case, the values as they are. A ttl of `null`
  /// lasts until somebody ends it; metadata is JSON text. `owner`: who asks where the words do not say it; empty:
  /// nobody. Errors: as from_json; duplicate_field; bad_field for a field without a value.
  static Result<Form> from_words(std::span<const Field> fields, std::span<const std::string_view> words,
                                 std::string_view owner);

  std::string path_name;  ///< The canonical name, the project or the session that the path gave.

  bool has(std::string_view field) const;
  /// The text of `field`, or empty.
  std::string text(std::string_view field) const;
  std::optional<std::uint64_t> number(std::string_view field) const;
  /// `core::forever` where a ttl was given as null.
  std::optional<Duration> milliseconds(std::string_view field) const;
  bool flag(std::string_view field) const { return number(field).value_or(0) != 0; }
  /// What the field of changes gave. They are moved out.
  std::vector<text::ChangeSet> take_changes() { return std::move(changes_); }
  const std::vector<text::ChangeSet>& changes() const { return changes_; }
  /// The value of the field `text`, which is moved out.
  std::string take_text();

 private:
  struct Value {
    bool set = false;
    std::string text;
    std::uint64_t number = 0;
    bool null = false;
  };
  static constexpr std::size_t fields_max = 12;

  explicit Form(std::span<const Field> fields) : fields_(fields) {}
  const Value* find(std::string_view field) const;
  Value* find(FieldKind kind);
  /// Keeps the JSON `value` as that of the field at `place`.
  Result<void> read_value(std::size_t place, std::string_view value);
  /// Keeps `text` as the value of the field at `place`.
  Result<void> read_word(std::size_t place, std::string_view text);
  Result<void> read_changes(const Field& field, std::string_view list);
  Result<void> read_query(std::string_view query);
  Result<void> fill_in(const Speaker& speaker);
  Result<void> check_required() const;

  std::span<const Field> fields_;
  std::array<Value, fields_max> values_;
  std::vector<text::ChangeSet> changes_;
};

/// What stands for the {...} of a path of the sort `kind`, decoded and checked: a canonical name, a session, or a
/// number in decimal.
Result<std::string> path_value(FieldKind kind, std::string_view encoded);
/// The same of text that is not encoded.
Result<std::string> subject_value(FieldKind kind, std::string_view text);

/// Whether these are the same letters but for the case, which counts for ASCII only.
bool same_word(std::string_view one, std::string_view other);

}  // namespace holdfast::api
