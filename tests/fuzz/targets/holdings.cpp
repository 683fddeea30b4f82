// What the history keeps of a name: what would be written, or refused; then put together and trimmed.
//
// The first bytes are bounds.
#include "history/assemble.h"
#include "history/trim.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

using namespace history;

HF_FUZZ_TARGET(holdings, .variants = 50'000) {
  Input input(bytes);
  const Bounds bounds{.holdings_max = 1 + input.below(4),
                      .name_bytes_max = input.two(),
                      .steps_first = input.below(4),
                      .steps_last = 1 + input.below(4)};
  const auto read = decode(input.rest());
  if (!read) return Taken::no;
  const std::string again = encode(*read);
  const auto second = decode(again);
  HF_FUZZ_CHECK(second && encode(*second) == again);  // Metadata, which is never written, is all that may be gone.

  const std::vector<Holding> all = assemble(*read);
  HF_FUZZ_CHECK(all.size() <= read->size());
  std::vector<Entry> trimmed = *read;
  trim(trimmed, bounds);
  HF_FUZZ_CHECK(trimmed.size() <= read->size());
  std::vector<Holding> kept = assemble(trimmed);
  HF_FUZZ_CHECK(all.empty() == kept.empty());  // The newest holding stays, whatever it takes.
  doubt(kept, {Gap{{1}, {2}, {}}});
  return Taken::yes;
}

}  // namespace holdfast::fuzz
