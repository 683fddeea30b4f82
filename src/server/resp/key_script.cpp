// Scripts on keys: what they call is carried out by the same actions as commands that come one by one.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "api/names.h"
#include "server/resp/connection_commands.h"
#include "server/resp/key_action.h"

namespace holdfast::server::resp {
namespace {

/// Words that all calls of one run may have, so that no script keeps everybody else waiting for long.
constexpr std::size_t words_a_run = 50'000;

class Calls final : public script::Commands {
 public:
  Calls(core::Keys& keys, const Caller& caller, bool only_looks)
      : run_{keys, caller, proved_}, only_looks_(only_looks) {}

  script::Value call(std::span<const std::string> words) override {
    words_ += words.size();
    if (words_ > words_a_run) {
      return failure_of(
          Error{ErrorCode::bad_script, fmt::format("all calls of one run have {} words at most", words_a_run)});
    }
    if (words.empty()) return failure_of(Error{ErrorCode::bad_script, "a call without a command"});
    if (is_word(words[0], "select")) return select(words);
    const KeyCommand* command = find_key_command(words[0]);
    if (!command) return failure_of(Error{ErrorCode::unknown_command, words[0].substr(0, 64)});
    if (only_looks_ && !command->looks) {
      return failure_of(Error{ErrorCode::bad_script, fmt::format("'{}' in a script that only looks", command->name)});
    }
    const std::vector<std::string_view> views(words.begin(), words.end());
    Result<KeyAction> action = read_key_command(*command, views);
    return action ? (*action)(run_) : failure_of(action.error());
  }
  void proved(std::string_view key) override { proved_.emplace(key); }

 private:
  static script::Value select(std::span<const std::string> words) {
    if (words.size() == 2 && words[1] == "0") return {script::Status{"OK"}};
    return failure_of(Error{ErrorCode::bad_request, "SELECT: there is database 0 only"});
  }

  Proved proved_;
  KeyRun run_;
  const bool only_looks_;
  std::size_t words_ = 0;
};

class ScriptRun final : public KeyProgram {
 public:
  ScriptRun(script::Script script, std::vector<std::string> keys, std::vector<std::string> arguments, Caller caller,
            bool only_looks)
      : script_(std::move(script)),
        only_looks_(only_looks || script_.only_looks()),
        keys_(std::move(keys)),
        arguments_(std::move(arguments)),
        caller_(std::move(caller)) {
    const auto begins = [&](std::string_view command) { return script_.may_call(command); };
    may_begin =
        !only_looks_ && std::ranges::any_of(std::array<std::string_view, 4>{"set", "setnx", "setex", "psetex"}, begins);
  }
  void run(core::Keys& keys) override {
    Calls calls(keys, caller_, only_looks_);
    result = script_.run(keys_, arguments_, calls);
  }

 private:
  script::Script script_;
  bool only_looks_;
  std::vector<std::string> keys_;
  std::vector<std::string> arguments_;
  Caller caller_;
};

}  // namespace

std::shared_ptr<KeyProgram> script_program(script::Script script, std::vector<std::string> keys,
                                           std::vector<std::string> arguments, const Caller& caller, bool only_looks) {
  return std::make_shared<ScriptRun>(std::move(script), std::move(keys), std::move(arguments), caller, only_looks);
}

}  // namespace holdfast::server::resp
