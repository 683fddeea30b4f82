// JSON in and out: a strict reader of one object, and a writer that appends to a string.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace holdfast::api {

/// Reads one JSON object. Strict: UTF-8, no key twice at any depth, at most 32 levels, nothing behind it.
/// Errors: bad_json, duplicate_field (names it).
Result<boost::json::object> read_object(std::string_view text);

/// Appends an object, member by member, in the order of the calls.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) { out_ += '{'; }
  JsonWriter& text(std::string_view key, std::string_view value);
  JsonWriter& number(std::string_view key, std::uint64_t value);
  JsonWriter& number(std::string_view key, std::int64_t value);
  JsonWriter& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonWriter& null(std::string_view key) { return raw(key, "null"); }
  /// `value` is JSON already.
  JsonWriter& raw(std::string_view key, std::string_view value);
  /// The key of a value that the caller appends to the string.
  JsonWriter& key(std::string_view key);
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

/// Appends `[item,item]`, each by `write(item)`.
template <class Items, class Write>
void append_list(std::string& out, const Items& items, Write&& write) {
  out += '[';
  bool first = true;
  for (const auto& item : items) {
    if (!std::exchange(first, false)) out += ',';
    write(item);
  }
  out += ']';
}

/// Appends `text` as a JSON string.
void append_json_string(std::string& out, std::string_view text);
/// The same without the quotes: a part of one.
void append_json_escaped(std::string& out, std::string_view text);

}  // namespace holdfast::api
