// What a connection of the door for clients of Redis receives: the same commands however the bytes are cut, within
// their bounds; then what is made of their words.
//
// The first two bytes say where the bytes are cut.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "server/resp/key_commands.h"
#include "server/resp/lease_commands.h"
#include "server/resp/reader.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

using namespace server::resp;

constexpr CommandBounds bounds{
    .words_max = 16, .word_bytes_max = 256, .command_bytes_max = 1'024, .line_bytes_max = 512};

/// What a connection would have made of the bytes.
struct Seen {
  std::vector<std::vector<std::string>> commands;
  std::size_t consumed = 0;
};

void look_at(const Reader& reader, std::string_view bytes) {
  HF_FUZZ_CHECK(reader.consumed() > 0 && reader.consumed() <= bytes.size());
  HF_FUZZ_CHECK(reader.consumed() <= std::max(bounds.command_bytes_max, bounds.line_bytes_max) + 2);
  const std::span<const std::string_view> words = reader.words();
  if (reader.was_inline()) {
    HF_FUZZ_CHECK(bytes[reader.consumed() - 1] == '\n');
    return;
  }
  HF_FUZZ_CHECK(words.size() <= bounds.words_max);
  const char* end = bytes.data();
  for (const std::string_view word : words) {
    HF_FUZZ_CHECK(word.size() <= bounds.word_bytes_max);
    // One behind the other, each inside of the command and with its line's end.
    HF_FUZZ_CHECK(word.data() >= end && word.data() + word.size() + 2 <= bytes.data() + reader.consumed());
    HF_FUZZ_CHECK(std::string_view(word.data() + word.size(), 2) == "\r\n");
    end = word.data() + word.size() + 2;
  }
  HF_FUZZ_CHECK(words.empty() || end == bytes.data() + reader.consumed());
}

/// As a connection reads: what is not taken stays in front of what comes.
Seen read(std::string_view sent, std::size_t first, std::size_t then) {
  Seen seen;
  Reader reader;
  std::string bytes;
  std::size_t piece = first;
  while (true) {
    // In a place of its own each time: a reader that keeps pointers into the last one is found out.
    const std::string copy = bytes;
    const auto step = reader.next(copy, bounds);
    if (!step) {
      HF_FUZZ_CHECK(step.error().code == ErrorCode::bad_request);
      HF_FUZZ_CHECK(!step.error().where.empty());
      return seen;
    }
    if (*step == Reader::Step::foreign) return seen;
    if (*step == Reader::Step::complete) {
      look_at(reader, copy);
      seen.commands.emplace_back(reader.words().begin(), reader.words().end());
      seen.consumed += reader.consumed();
      bytes.erase(0, reader.consumed());
      continue;
    }
    HF_FUZZ_CHECK(bytes.size() <= bounds.command_bytes_max + 2 * then + first);  // Else it would have been refused.
    if (sent.empty()) return seen;
    const std::size_t size = std::min(piece, sent.size());
    bytes += sent.substr(0, size);
    sent.remove_prefix(size);
    piece = then;
  }
}

/// The short way of a SET and the one that all key commands take understand the same.
void look_at(std::span<const std::string_view> words) {
  const Caller caller{"owner", "127.0.0.1"};
  core::Acquire take;
  const bool plain = plain_take(words, caller, take);
  const auto program = key_program(words, caller);
  if (plain) {
    HF_FUZZ_CHECK(program.has_value() && (*program)->may_begin);
    HF_FUZZ_CHECK(take.anew && !take.name.empty() && take.who.session == words[2]);
  }
  HF_FUZZ_CHECK(is_key_command(words[0]) || (!program && program.error().code == ErrorCode::unknown_command));
  const auto call = read_lease_command(words, {"fresh", "127.0.0.1", 1}, "owner");
  HF_FUZZ_CHECK(!call || (is_lease_command(words[0]) && call->operation));
}

}  // namespace

HF_FUZZ_TARGET(commands) {
  Input input(bytes);
  const std::size_t first = 1 + input.byte(), then = 1 + input.byte();
  const std::string_view sent = input.rest();
  const Seen whole = read(sent, sent.size() + 1, 1);
  const Seen pieces = read(sent, first, then);
  HF_FUZZ_CHECK(pieces.commands == whole.commands && pieces.consumed == whole.consumed);
  for (const std::vector<std::string>& command : whole.commands) {
    const std::vector<std::string_view> words(command.begin(), command.end());
    if (!words.empty()) look_at(words);
  }
  return whole.commands.empty() ? Taken::no : Taken::yes;
}

}  // namespace holdfast::fuzz
