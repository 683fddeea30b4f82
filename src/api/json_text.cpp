#include "api/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>
#include <cmath>
#include <optional>
#include <set>
#include <vector>

namespace holdfast::api {
namespace {

namespace json = boost::json;

/// The keys of one object. Few are looked through; very many are kept in order, so that a body costs no more than its
/// length.
class Keys {
 public:
  /// False: it was there already.
  bool add(const std::string& key) {
    if (many_.empty() && few_.size() < few_max) {
      if (std::ranges::find(few_, key) != few_.end()) return false;
      few_.push_back(key);
      return true;
    }
    if (many_.empty()) many_.insert(few_.begin(), few_.end());
    return many_.insert(key).second;
  }

 private:
  static constexpr std::size_t few_max = 16;
  std::vector<std::string> few_;
  std::set<std::string> many_;
};

/// Builds the value and refuses keys that come twice, which the library's own handler would let the last one win.
struct Handler {
  static constexpr std::size_t max_object_size = 1'000'000;
  static constexpr std::size_t max_array_size = 1'000'000;
  static constexpr std::size_t max_key_size = 1 << 20;
  static constexpr std::size_t max_string_size = 1 << 20;

  json::value_stack values;
  std::vector<Keys> keys;  ///< Of the objects that are open.
  std::string key;
  std::optional<std::string> duplicate;

  bool on_document_begin(json::error_code&) {
    values.reset();
    return true;
  }
  bool on_document_end(json::error_code&) { return true; }
  bool on_object_begin(json::error_code&) {
    keys.emplace_back();
    return true;
  }
  bool on_object_end(std::size_t size, json::error_code&) {
    keys.pop_back();
    values.push_object(size);
    return true;
  }
  bool on_array_begin(json::error_code&) { return true; }
  bool on_array_end(std::size_t size, json::error_code&) {
    values.push_array(size);
    return true;
  }
  bool on_key_part(json::string_view part, std::size_t, json::error_code&) {
    key.append(part);
    return true;
  }
  bool on_key(json::string_view part, std::size_t, json::error_code& error) {
    key.append(part);
    values.push_key(key);
    if (keys.back().add(key)) {
      key.clear();
      return true;
    }
    duplicate = std::exchange(key, {});
    error = json::error::exception;
    return false;
  }
  bool on_string_part(json::string_view part, std::size_t, json::error_code&) {
    values.push_chars(part);
    return true;
  }
  bool on_string(json::string_view part, std::size_t, json::error_code&) {
    values.push_string(part);
    return true;
  }
  bool on_number_part(json::string_view, json::error_code&) { return true; }
  bool on_int64(std::int64_t value, json::string_view, json::error_code&) {
    values.push_int64(value);
    return true;
  }
  bool on_uint64(std::uint64_t value, json::string_view, json::error_code&) {
    values.push_uint64(value);
    return true;
  }
  bool on_double(double value, json::string_view, json::error_code& error) {
    if (!std::isfinite(value)) {  // 1e400: it would be written as Infinity, which no reader of JSON takes.
      error = json::error::exponent_overflow;
      return false;
    }
    values.push_double(value);
    return true;
  }
  bool on_bool(bool value, json::error_code&) {
    values.push_bool(value);
    return true;
  }
  bool on_null(json::error_code&) {
    values.push_null();
    return true;
  }
  bool on_comment_part(json::string_view, json::error_code&) { return true; }
  bool on_comment(json::string_view, json::error_code&) { return true; }
};

}  // namespace

Result<json::object> read_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = 32;
  json::basic_parser<Handler> parser(options);
  json::error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (const auto& duplicate = parser.handler().duplicate) return fail(ErrorCode::duplicate_field, {}, *duplicate);
  if (error) return fail(ErrorCode::bad_json, fmt::format("{} at byte {}", error.message(), read));
  if (read < text.size()) return fail(ErrorCode::bad_json, fmt::format("extra data at byte {}", read));
  json::value value = parser.handler().values.release();
  if (!value.is_object()) return fail(ErrorCode::bad_json, "the body must be a JSON object");
  return std::move(value.get_object());
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  append_json_escaped(out, text);
  out += '"';
}

void append_json_escaped(std::string& out, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text, plain, i - plain);
    plain = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    }
  }
  out.append(text, plain, std::string_view::npos);
}

JsonWriter& JsonWriter::key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  out_ += '"';
  out_ += key;
  out_ += "\":";
  return *this;
}

JsonWriter& JsonWriter::text(std::string_view name, std::string_view value) {
  key(name);
  append_json_string(out_, value);
  return *this;
}

JsonWriter& JsonWriter::number(std::string_view name, std::uint64_t value) {
  const fmt::format_int digits(value);
  return raw(name, {digits.data(), digits.size()});
}

JsonWriter& JsonWriter::number(std::string_view name, std::int64_t value) {
  const fmt::format_int digits(value);
  return raw(name, {digits.data(), digits.size()});
}

JsonWriter& JsonWriter::raw(std::string_view name, std::string_view value) {
  key(name);
  out_ += value;
  return *this;
}

}  // namespace holdfast::api
