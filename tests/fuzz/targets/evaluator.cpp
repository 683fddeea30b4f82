// Texts of scripts: refused with the line at fault, or run to their end within their bounds.
#include <algorithm>
#include <cctype>

#include "script/commands_for_tests.h"
#include "script/evaluator.h"
#include "script/script.h"
#include "script/values.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

const std::vector<std::string> keys{"k1", "k2", "k3"}, arguments{"mine", "30000", "0", "k2"};

/// Only what an answer is made of; nothing that scripts alone know.
void check_answer(const script::Value& value, int depth) {
  HF_FUZZ_CHECK(depth <= script::list_depth_max + 1);
  HF_FUZZ_CHECK(!std::holds_alternative<bool>(value.is) && !std::holds_alternative<double>(value.is));
  if (const auto* list = std::get_if<script::List>(&value.is)) {
    for (const script::Value& each : *list) check_answer(each, depth + 1);
  }
}

bool was_read(const script::KeysInMemory& commands, const std::string& key) {
  return std::ranges::any_of(commands.called, [&](const auto& words) { return words.size() > 1 && words[1] == key; });
}

std::string run_once(const script::Script& script) {
  script::KeysInMemory commands;
  commands.keys = {{"k1", {"mine", 1'000}}, {"k3", {"other"}}};
  const script::Value answer = script.run(keys, arguments, commands);
  check_answer(answer, 0);
  HF_FUZZ_CHECK(commands.called.size() <= script::steps_max / 10);
  for (const auto& words : commands.called) HF_FUZZ_CHECK(script.may_call(words[0]));
  for (const std::string& key : commands.proofs) HF_FUZZ_CHECK(was_read(commands, key));
  return shown(answer);
}

}  // namespace

HF_FUZZ_TARGET(evaluator) {
  const Result<script::Script> script = script::Script::read(bytes);
  if (!script) {
    HF_FUZZ_CHECK(script.error().code == ErrorCode::bad_script);
    const std::string& where = script.error().where;
    HF_FUZZ_CHECK(where.starts_with("line ") || bytes.size() > script::script_bytes_max);
    HF_FUZZ_CHECK(where.size() < 200 && std::ranges::all_of(where, [](char c) { return c >= 0x20 && c <= 0x7e; }));
    return Taken::no;
  }
  HF_FUZZ_CHECK(script->bytes() > 0 && script->bytes() < 4'000 + 1'000 * bytes.size());
  HF_FUZZ_CHECK(run_once(*script) == run_once(*script));
  return Taken::yes;
}

}  // namespace holdfast::fuzz
