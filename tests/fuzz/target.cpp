#include "tests/fuzz/target.h"

#include <algorithm>

namespace holdfast::fuzz {
namespace {

std::vector<Target>& all() {
  static std::vector<Target> registered;
  return registered;
}

}  // namespace

Registered::Registered(Target target) {
  all().push_back(target);
  std::ranges::sort(all(), {}, &Target::name);  // The linker's order is nobody's.
}

const std::vector<Target>& targets() {
  return all();
}

const Target* target(std::string_view name) {
  const auto found = std::ranges::find(all(), name, &Target::name);
  return found == all().end() ? nullptr : &*found;
}

void violated(const char* what, const char* file, int line) {
  throw Violation(std::string(file) + ":" + std::to_string(line) + ": " + what);
}

std::uint8_t Input::byte() {
  const std::string_view one = take(1);
  return one.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(one[0]);
}

std::string_view Input::take(std::size_t bytes) {
  const std::string_view taken = left_.substr(0, bytes);
  left_.remove_prefix(taken.size());
  return taken;
}

std::string_view Input::word() {
  const std::string_view word = take(std::min(left_.find(' '), left_.size()));
  take(1);
  return word;
}

}  // namespace holdfast::fuzz
