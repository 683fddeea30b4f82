// Between the words of a table and those of core.
#pragma once

#include "core/commands.h"
#include "core/keys.h"
#include "core/replies.h"
#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

/// `set`, `end` and `expire`: what programs do to a key. The asker's session is the value; `was` is the value that it
/// compares, else it comes from its connection.
bool is_key_verb(std::string_view verb);
/// Of an acquire: `anew=yes`.
bool asks_without_reentry(const Ask& ask);

/// One of these, as a program.
class KeyAsk final : public core::Program {
 public:
  explicit KeyAsk(Ask ask) : ask_(std::move(ask)) {}
  void run(core::Keys& keys) override;
  /// The answer to it as one to a command on a single name, once it has been decided.
  core::Reply reply(const core::Reply& of_program) const;

 private:
  Ask ask_;
  ErrorCode code_ = ErrorCode::none;
};

/// Of a list, without the names to look at.
core::Command to_command(const Ask& ask);
/// `wall_began`: the wall clock when the run began.
/// What a table says where `verb` was done; empty for one that only looks.
std::string_view word_when_done(std::string_view verb);
Told to_told(const core::Reply& reply, const Ask& ask, WallTime wall_began);

}  // namespace holdfast::scenarios
