#include "verify/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::verify {
namespace {

constexpr std::pair<std::string_view, bool Faults::*> kinds[] = {
    {"pause", &Faults::pause},
    {"kill", &Faults::kill},
    {"duplicate", &Faults::duplicate},
    {"late", &Faults::late},
};

}  // namespace

Result<Faults> Faults::parse(std::string_view list) {
  Faults faults;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view word = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    bool known = word == "none";
    for (const auto& [name, field] : kinds) {
      if (word != name && word != "all") continue;
      faults.*field = known = true;
    }
    if (!known) {
      return fail(ErrorCode::bad_configuration,
                  fmt::format("there is no fault '{}'; there are {}", word, fmt::join(words(), ", ")));
    }
  }
  return faults;
}

std::vector<std::string> Faults::words() {
  std::vector<std::string> out;
  for (const auto& [name, field] : kinds) out.emplace_back(name);
  out.emplace_back("all");
  return out;
}

std::string Faults::text() const {
  std::string out;
  for (const auto& [name, field] : kinds) {
    if (this->*field) out += fmt::format("{}{}", out.empty() ? "" : ",", name);
  }
  return out.empty() ? "none" : out;
}

}  // namespace holdfast::verify
