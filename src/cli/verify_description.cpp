#include "cli/verify_description.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>

namespace holdfast::cli {
namespace {

std::unexpected<Error> bad_description(std::string why) {
  return fail(ErrorCode::bad_description, std::move(why));
}

/// A text, a number or a truth as text; none of anything else.
std::optional<std::string> word_of(const toml::node& node) {
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto number = node.value_exact<std::int64_t>()) return std::to_string(*number);
  if (const auto truth = node.value_exact<bool>()) return *truth ? "true" : "false";
  return std::nullopt;
}

std::optional<std::vector<std::string>> words_of(const toml::node& node) {
  std::vector<std::string> words;
  const toml::array* list = node.as_array();
  if (!list) {
    const auto word = word_of(node);
    if (!word) return std::nullopt;
    return std::vector{*word};
  }
  for (const toml::node& item : *list) {
    const auto word = word_of(item);
    if (!word) return std::nullopt;
    words.push_back(*word);
  }
  return words;
}

}  // namespace

Result<verify::HttpLock> read_description(const std::string& path) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return bad_description(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
  // In the order of the file: of several mistakes the first one is told.
  std::vector<std::pair<const toml::key*, const toml::node*>> lines;
  for (const auto& [key, node] : table) lines.emplace_back(&key, &node);
  std::ranges::sort(lines, {}, [](const auto& line) { return line.first->source().begin.line; });
  verify::HttpLock lock;
  for (const auto& [key, node] : lines) {
    const auto at = fmt::format("{}:{}", path, key->source().begin.line);
    const auto words = words_of(*node);
    if (!words)
      return bad_description(
          fmt::format("{}: {}: write a text, a number, true or false, or a list of them", at, key->str()));
    if (const Result<void> set = lock.set(key->str(), *words); !set) {
      return bad_description(fmt::format("{}: {}", at, set.error().where));
    }
  }
  if (const Result<void> whole = lock.complete(); !whole)
    return bad_description(fmt::format("{}: {}", path, whole.error().where));
  return lock;
}

}  // namespace holdfast::cli
