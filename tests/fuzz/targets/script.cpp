// A sequence of what clients do, on the rules and on the model of them: the same answers, and what everything that
// happened would be read back as from a journal.
//
// Eight bytes a line; the first byte of all says whether ticks come by themselves.
#include <rapidcheck.h>

#include "tests/fuzz/target.h"

// RapidCheck's own writes down each comparison that it makes, which takes a hundred times as long as what is tried.
#undef RC_ASSERT
#define RC_ASSERT(expression) HF_FUZZ_CHECK(expression)
#include "core/trial_for_tests.h"

namespace holdfast::fuzz {
namespace {

core::ScriptLine line_from(Input& input) {
  using What = core::ScriptLine::What;
  core::ScriptLine line;
  line.what = static_cast<What>(input.below(static_cast<std::size_t>(What::restart) + 1));
  line.name = input.below(core::script_names.size());
  line.person = input.below(core::script_people.size());
  const std::uint8_t times = input.byte(), more = input.byte(), flags = input.byte();
  line.ttl = times % core::script_ttls.size();
  line.wait = times / 16 % core::script_waits.size();
  line.pass = more % core::script_passes.size();
  line.window = more / 16 % core::script_windows.size();
  line.to = input.below(core::script_people.size());
  line.token = input.below(8);
  line.shared = (flags & 1) != 0;
  line.unnamed = (flags & 2) != 0;
  line.reason = (flags >> 2) % 3;
  return line;
}

}  // namespace

HF_FUZZ_TARGET(script, .variants = 2'000, .refuses = false) {
  constexpr std::size_t lines_max = 100;
  Input input(bytes);
  core::Trial trial((input.byte() & 1) == 0);
  const std::size_t snapshot_at = input.byte();
  for (std::size_t lines = 0; !input.empty() && lines < lines_max; ++lines) trial.move(line_from(input));
  trial.check_replay(std::min(snapshot_at, trial.effects()), snapshot_at % 10);
  return trial.effects() > 0 ? Taken::yes : Taken::no;
}

}  // namespace holdfast::fuzz
