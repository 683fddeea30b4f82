#include "script/script.h"

#include <fmt/format.h>

#include <algorithm>

#include "script/evaluator.h"
#include "script/lexer.h"
#include "script/parser.h"

namespace holdfast::script {

struct Script::Program {
  Tree tree;
  bool only_looks = false;
};

Result<Script> Script::read(std::string_view text) {
  if (text.size() > script_bytes_max) {
    return fail(ErrorCode::bad_script, fmt::format("{} bytes, where {} are allowed", text.size(), script_bytes_max));
  }
  HF_TRY(tree, tree_of(text));
  Script script;
  script.program_ = std::make_shared<const Program>(Program{std::move(tree), first_line_asks(text, "no-writes")});
  return script;
}

Value Script::run(std::span<const std::string> keys, std::span<const std::string> arguments, Commands& commands) const {
  return Evaluator(program_->tree, keys, arguments, commands).run();
}

bool Script::may_call(std::string_view command) const {
  const auto same = [&](const std::string& known) {
    return std::ranges::equal(known, command, [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? b + 32 : b); });
  };
  return program_->tree.computes_commands || std::ranges::any_of(program_->tree.commands, same);
}

bool Script::only_looks() const {
  return program_->only_looks;
}

std::size_t Script::bytes() const {
  return sizeof(Program) + program_->tree.bytes;
}

}  // namespace holdfast::script
