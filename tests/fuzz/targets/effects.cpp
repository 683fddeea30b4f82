// Effects as the journal keeps them: what would be written, or refused.
#include "journal/codec.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

HF_FUZZ_TARGET(effects, .variants = 100'000) {
  std::string_view left = bytes;
  const auto effect = journal::decode_front(left);
  if (!effect) {
    HF_FUZZ_CHECK(left.size() == bytes.size());  // A refusal takes nothing.
    return Taken::no;
  }
  std::string written;
  journal::encode(*effect, written);
  const std::string_view taken = bytes.substr(0, bytes.size() - left.size());
  const bool older = written[0] != bytes[0];  // What an earlier version wrote is not written any more.
  HF_FUZZ_CHECK(older || written == taken);
  std::string_view again = written;
  const auto second = journal::decode_front(again);
  HF_FUZZ_CHECK(second && *second == *effect && again.empty());
  return Taken::yes;
}

}  // namespace holdfast::fuzz
