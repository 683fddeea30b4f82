// SET, GET, DEL and their relatives on leases, and the scripts that call them.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/commands.h"
#include "core/keys.h"
#include "script/script.h"
#include "script/value.h"

namespace holdfast::server::resp {

/// Who asks, as far as a key command says it.
struct Caller {
  std::string owner;  ///< Of what it takes.
  std::string from;   ///< Its network address.
};

/// `words` is a SET with NX and without GET, what nearly every client takes a lock with: `taken`, which is new, becomes
/// the Acquire for it, and is answered OK or null. False: it is something else, or wrong, and `key_program` says what;
/// `taken` may be half of it then.
bool plain_take(std::span<const std::string_view> words, const Caller& caller, core::Acquire& taken);

/// A program whose answer is a value.
class KeyProgram : public core::Program {
 public:
  /// What it may do, told to the engine before it runs.
  bool may_begin = true;
  script::Value result;  ///< Once it has been decided.
};

/// Whether `command` (in any case) is one of these, scripts not included.
bool is_key_command(std::string_view command);

/// One key command. Errors, all of them before anything is done: bad_request (wrong number of words, unknown option),
/// bad_name, bad_field; the text says which word.
Result<std::shared_ptr<KeyProgram>> key_program(std::span<const std::string_view> words, const Caller& caller);

/// A script with its keys and arguments. `only_looks`: a command of it that changes anything is refused, as where the
/// script itself says so.
std::shared_ptr<KeyProgram> script_program(script::Script script, std::vector<std::string> keys,
                                           std::vector<std::string> arguments, const Caller& caller,
                                           bool only_looks = false);

}  // namespace holdfast::server::resp
