#include "cli/verify_lock_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace holdfast::cli {
namespace {

using recording::Lock;

constexpr std::pair<std::string_view, bool Lock::*> properties[] = {
    {"tokens", &Lock::tokens}, {"dense", &Lock::dense},
    {"leases", &Lock::leases}, {"late-renewal", &Lock::late_renewal},
    {"joins", &Lock::joins},   {"reentrant", &Lock::reentrant},
    {"fifo", &Lock::fifo},
};
constexpr std::string_view permits = "permits=";

/// False: there is no such word.
bool take(std::string_view word, Lock& lock) {
  if (word == "mutex") return true;
  if (word == "shared") {
    lock.kind = Lock::Kind::shared;
    return true;
  }
  if (word.starts_with(permits)) {
    word.remove_prefix(permits.size());
    lock.kind = Lock::Kind::permits;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), lock.permits);
    return error == std::errc{} && end == word.data() + word.size() && lock.permits > 0;
  }
  for (const auto& [name, field] : properties) {
    if (word != name) continue;
    lock.*field = true;
    return true;
  }
  return false;
}

}  // namespace

std::string lock_words() {
  std::string out = "mutex, shared, permits=N";
  for (const auto& [name, field] : properties) out += fmt::format(", {}", name);
  return out;
}

Result<Lock> parse_lock_words(std::string_view words) {
  Lock lock;
  while (!words.empty()) {
    const std::size_t comma = std::min(words.find(','), words.size());
    if (!take(words.substr(0, comma), lock)) {
      return fail(ErrorCode::bad_configuration,
                  fmt::format("there is no '{}'; there are {}", words.substr(0, comma), lock_words()));
    }
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
  if (lock.dense) lock.tokens = true;
  return lock;
}

}  // namespace holdfast::cli
