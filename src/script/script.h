// Scripts that compare the value of a key and then act on it: the part of Lua that the widespread lock libraries write.
//
// local, if, return, and/or/not, comparisons, + - * / % and .., #, literals, KEYS and ARGV, `for _, k in ipairs(KEYS)`,
// redis.call, redis.pcall, redis.error_reply, redis.status_reply, tonumber, tostring, unpack, lists. No other loops, no
// functions, no tables to write into: every script ends, and what it costs is bounded by its text and its keys.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "script/value.h"

namespace holdfast::script {

/// What a script can call, and what it proves.
class Commands {
 public:
  virtual ~Commands() = default;
  /// `words[0]` is the command. A Failure ends a script that used `redis.call`, and is a value for `redis.pcall`.
  virtual Value call(std::span<const std::string> words) = 0;
  /// The value of `key`, as it was read in this run, has been found equal to something that was not itself read from
  /// it.
  virtual void proved(std::string_view key) = 0;
};

/// A script that has been read. Immutable; may be run by several threads at once.
class Script {
 public:
  /// bad_script: `where` names the line and the construct that this language does not have.
  static Result<Script> read(std::string_view text);

  /// Runs to the end; a Failure is the answer of a script that went wrong, whose effects until then stay.
  Value run(std::span<const std::string> keys, std::span<const std::string> arguments, Commands& commands) const;

  /// Whether it may call `command`, as far as its text tells: true where the command's name is computed.
  bool may_call(std::string_view command) const;
  /// Whether its first line says that it changes nothing (`#!lua flags=no-writes`).
  bool only_looks() const;
  /// About what it takes in memory.
  std::size_t bytes() const;

 private:
  struct Program;
  std::shared_ptr<const Program> program_;
};

inline constexpr std::size_t script_bytes_max = 64 << 10;

}  // namespace holdfast::script
