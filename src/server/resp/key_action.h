// One command on keys, understood: what it does once it is decided.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/keys.h"
#include "script/value.h"
#include "server/resp/key_commands.h"

namespace holdfast::server::resp {

/// The keys, by their names, whose value a script has compared since they last changed hands.
using Proved = std::set<std::string, std::less<>>;

/// Where a command is carried out.
struct KeyRun {
  core::Keys& keys;
  const Caller& caller;
  Proved& proved;
};

using KeyAction = std::function<script::Value(KeyRun&)>;

/// One of the commands that there are.
struct KeyCommand {
  std::string_view name;  ///< In lower case.
  std::size_t words_min;  ///< The command itself counts.
  std::size_t words_max;
  bool may_begin;  ///< It may begin a holding, or pass one on.
  bool looks;      ///< It changes nothing.
  /// What the words ask for, checked; their number is right already.
  Result<KeyAction> (*read)(std::span<const std::string_view> words);
};

/// `command` in any case; null: there is no such command.
const KeyCommand* find_key_command(std::string_view command);

/// As `key_program` says.
Result<KeyAction> read_key_command(const KeyCommand& command, std::span<const std::string_view> words);

/// What a command that went wrong answers: its code in capitals, and a sentence.
script::Value failure_of(const Error& error);

/// The lease time that `digits` units of `unit` say, within the bounds of every ttl. bad_field, which names `field`.
Result<Duration> read_ttl(std::string_view field, std::string_view digits, Duration unit);

/// The session that a value is. bad_field.
Result<std::string> read_value(std::string_view value);

}  // namespace holdfast::server::resp
