// Commands out of the bytes that a connection received. Does no I/O, and trusts nothing: every length is bounded before
// anything is made of it, and every terminator is looked at.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::server::resp {

/// What one command may be. Beyond it the connection ends: what follows could not be told from the rest of the command.
struct CommandBounds {
  std::size_t words_max = 1'024;
  std::size_t word_bytes_max = 128 << 10;
  std::size_t command_bytes_max = 1 << 20;
  std::size_t line_bytes_max = 4 << 10;  ///< Of an inline command.
};

/// For a connection that has not shown yet that it speaks the protocol.
inline constexpr CommandBounds first_command_bounds{
    .words_max = 64, .word_bytes_max = 8 << 10, .command_bytes_max = 16 << 10, .line_bytes_max = 1 << 10};

/// Finds one command after the other. Goes on where it was when more has come, so that a command that arrives byte by
/// byte costs no more than one that arrives at once.
class Reader {
 public:
  enum class Step {
    starved,   ///< More has to be received.
    complete,  ///< `words` are there.
    foreign,   ///< This is HTTP or TLS: not to be answered, the connection is to be closed.
  };

  /// `bytes` begins with the first byte that belongs to no command yet. Between calls that say `starved` it may be
  /// moved, and must only grow. bad_request: what to tell the peer before the connection is closed.
  Result<Step> next(std::string_view bytes, const CommandBounds& bounds);

  /// From Step::complete until the next call; views into `bytes`, or into this reader. May be none: an empty line.
  std::span<const std::string_view> words() const { return words_; }
  /// How much of `bytes` the command was.
  std::size_t consumed() const { return consumed_; }
  /// Whether it was written as a line instead of as a list.
  bool was_inline() const { return inline_; }

 private:
  struct Place {
    std::size_t begin;
    std::size_t length;
  };

  Result<Step> next_list(std::string_view bytes, const CommandBounds& bounds);
  Result<Step> next_line(std::string_view bytes, const CommandBounds& bounds);
  Result<Step> complete(std::string_view bytes);
  void forget();

  std::size_t at_ = 0;    ///< Everything before it has been understood.
  std::size_t left_ = 0;  ///< Words still to come.
  bool begun_ = false;    ///< The number of words is known.
  bool inline_ = false;
  std::size_t consumed_ = 0;
  std::vector<Place> places_;
  std::vector<std::string_view> words_;
  std::vector<std::string> unquoted_;  ///< Of a line.
};

}  // namespace holdfast::server::resp
