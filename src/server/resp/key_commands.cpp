#include "server/resp/key_commands.h"

#include <utility>

#include "api/form.h"
#include "api/names.h"
#include "server/resp/connection_commands.h"
#include "server/resp/key_action.h"

namespace holdfast::server::resp {
namespace {

class OneCommand final : public KeyProgram {
 public:
  OneCommand(KeyAction action, Caller caller) : action_(std::move(action)), caller_(std::move(caller)) {}
  void run(core::Keys& keys) override {
    Proved nothing;
    KeyRun run{keys, caller_, nothing};
    result = action_(run);
  }

 private:
  KeyAction action_;
  Caller caller_;
};

/// A word of two letters, in any case, as one number; 0: it has not two.
constexpr unsigned two_letters(std::string_view word) {
  return word.size() == 2
             ? (static_cast<unsigned char>(word[0]) | 0x20U) << 8U | (static_cast<unsigned char>(word[1]) | 0x20U)
             : 0;
}

/// `set`, in any case.
constexpr bool is_set(std::string_view word) {
  return word.size() == 3 && (word[0] | 0x20) == 's' && two_letters(word.substr(1)) == two_letters("et");
}

}  // namespace

bool plain_take(std::span<const std::string_view> words, const Caller& caller, core::Acquire& taken) {
  if (words.size() < 4 || words.size() > 6 || !is_set(words[0])) return false;
  bool free_only = false;
  Duration ttl = core::forever;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const unsigned option = two_letters(words[i]);
    const bool seconds = option == two_letters("ex");
    if (option == two_letters("nx")) {
      free_only = true;
    } else if ((seconds || option == two_letters("px")) && i + 1 < words.size()) {
      const Duration unit = seconds ? Duration{std::chrono::seconds{1}} : Duration{std::chrono::milliseconds{1}};
      const Result<Duration> read = read_ttl(words[i], words[i + 1], unit);
      if (!read) return false;
      ttl = *read;
      ++i;
    } else {
      return false;
    }
  }
  if (!free_only || !api::is_plain_text(words[2], api::owner_bytes_max)) return false;
  if (!api::is_canonical_ascii(words[1])) {
    Result<std::string> name = api::canonical_name(words[1]);
    if (!name) return false;
    taken.name = *std::move(name);
  } else {
    taken.name = words[1];
  }
  taken.who.owner = caller.owner;
  taken.who.session = words[2];
  taken.ttl = ttl;
  taken.from = caller.from;
  taken.anew = true;
  return true;
}

bool is_key_command(std::string_view command) {
  return find_key_command(command) != nullptr;
}

Result<std::shared_ptr<KeyProgram>> key_program(std::span<const std::string_view> words, const Caller& caller) {
  const KeyCommand* command = words.empty() ? nullptr : find_key_command(words[0]);
  if (!command) return fail(ErrorCode::unknown_command);
  HF_TRY(action, read_key_command(*command, words));
  auto program = std::make_shared<OneCommand>(std::move(action), caller);
  program->may_begin = command->may_begin;
  return program;
}

}  // namespace holdfast::server::resp
