// Numbers for names, given as they are met.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "recording/recording.h"

namespace holdfast::recording {

/// Clients and names of a recording that is being read, found by what they are called.
class Registry {
 public:
  explicit Registry(Recording& recording) : recording_(recording) {}

  Index client(std::string_view text) {
    return find(clients_, text, [&] { recording_.clients.push_back({std::string(text), {}}); });
  }
  Index name(std::string_view text) {
    return find(names_, text, [&] { recording_.names.emplace_back(text); });
  }
  bool knows_client(std::string_view text) const { return clients_.find(text) != clients_.end(); }
  bool knows_name(std::string_view text) const { return names_.find(text) != names_.end(); }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Numbers = std::unordered_map<std::string, Index, Hash, std::equal_to<>>;

  template <class Add>
  static Index find(Numbers& numbers, std::string_view text, Add add) {
    const auto found = numbers.find(text);
    if (found != numbers.end()) return found->second;
    const auto index = static_cast<Index>(numbers.size());
    numbers.emplace(text, index);
    add();
    return index;
  }

  Recording& recording_;
  Numbers clients_, names_;
};

}  // namespace holdfast::recording
