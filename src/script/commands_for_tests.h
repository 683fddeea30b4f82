// A few keys in memory, for scripts that are tried without any leases.
#pragma once

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "script/script.h"

namespace holdfast::script {

/// GET, SET with NX or XX and PX, DEL, EXISTS, PEXPIRE, PTTL, SELECT. Nothing ever ends by time here.
class KeysInMemory : public Commands {
 public:
  struct Kept {
    std::string value;
    std::int64_t ttl_ms = -1;
  };

  std::map<std::string, Kept, std::less<>> keys;
  std::vector<std::string> proofs;               ///< In their order.
  std::vector<std::vector<std::string>> called;  ///< Likewise.

  Value call(std::span<const std::string> words) override {
    called.emplace_back(words.begin(), words.end());
    std::string command = words[0];
    std::ranges::transform(command, command.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    if (command == "set" && words.size() >= 3) return set(words);
    if (command == "select" && words.size() == 2) return {Status{"OK"}};
    if (words.size() < 2) return {Failure{"ERR unknown or incomplete command '" + words[0] + "'"}};
    const auto found = keys.find(words[1]);
    const bool there = found != keys.end();
    if (command == "get") return there ? Value{Text{found->second.value, words[1]}} : Value{Nil{}};
    if (command == "exists") return {std::int64_t{there}};
    if (command == "pttl") return {there ? found->second.ttl_ms : std::int64_t{-2}};
    if (command == "del") return {static_cast<std::int64_t>(keys.erase(words[1]))};
    if (command == "pexpire" && words.size() == 3) {
      if (there) found->second.ttl_ms = number(words[2]);
      return {std::int64_t{there}};
    }
    return {Failure{"ERR unknown or incomplete command '" + words[0] + "'"}};
  }

  void proved(std::string_view key) override { proofs.emplace_back(key); }

 private:
  static std::int64_t number(const std::string& word) {
    std::int64_t number = -1;
    std::from_chars(word.data(), word.data() + word.size(), number);
    return number;
  }

  Value set(std::span<const std::string> words) {
    Kept kept{words[2]};
    const bool there = keys.contains(words[1]);
    for (std::size_t i = 3; i < words.size(); ++i) {
      if ((words[i] == "NX" || words[i] == "nx") && there) return {Nil{}};
      if ((words[i] == "XX" || words[i] == "xx") && !there) return {Nil{}};
      if ((words[i] == "PX" || words[i] == "px") && i + 1 < words.size()) kept.ttl_ms = number(words[++i]);
    }
    keys[words[1]] = kept;
    return {Status{"OK"}};
  }
};

/// A value as a test reads it: nil, 5, 'text', +status, -failure, [a, b].
inline std::string shown(const Value& value) {
  struct Shown {
    std::string operator()(const Nil&) const { return "nil"; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return std::to_string(number); }
    std::string operator()(const Text& text) const { return '\'' + text.text + '\''; }
    std::string operator()(const Status& status) const { return '+' + status.text; }
    std::string operator()(const Failure& failure) const { return '-' + failure.text; }
    std::string operator()(const List& list) const {
      std::string out;
      for (const Value& each : list) out += (out.empty() ? "" : ", ") + shown(each);
      return '[' + out + ']';
    }
  };
  return std::visit(Shown{}, value.is);
}

}  // namespace holdfast::script
