// A recording, of ours or in somebody else's format: refused with file and line, or one that is read again as it was
// written, and judged without harm.
//
// The first word is the format.
#include <sstream>

#include "recording/read.h"
#include "recording/write.h"
#include "tests/fuzz/target.h"
#include "verify/judgement.h"
#include "verify/report.h"

namespace holdfast::fuzz {
namespace {

std::string as_text(const recording::Recording& recording) {
  std::ostringstream out;
  HF_FUZZ_CHECK(recording::write(recording, out));
  return out.str();
}

}  // namespace

HF_FUZZ_TARGET(recordings, .variants = 5'000) {
  Input input(bytes);
  const std::string_view word = input.word();
  const auto format = word == "own"         ? recording::Format::own
                      : word == "jepsen"    ? recording::Format::jepsen
                      : word == "porcupine" ? recording::Format::porcupine
                                            : recording::Format::detect;
  std::istringstream text{std::string{input.rest()}};
  const auto read = recording::read(text, "fuzz", {.format = format});
  if (!read) {
    HF_FUZZ_CHECK(read.error().code == ErrorCode::recording_damaged);
    HF_FUZZ_CHECK(read.error().where.starts_with("fuzz"));
    return Taken::no;
  }
  const std::string written = as_text(*read);
  std::istringstream again{written};
  const auto second = recording::read(again, "again", {.format = recording::Format::own});
  HF_FUZZ_CHECK(second);
  HF_FUZZ_CHECK(as_text(*second) == written);
  HF_FUZZ_CHECK(second->operations.size() == read->operations.size());

  const verify::Judgement judgement = verify::judge(*read, {.search_states_max = 1'000});
  HF_FUZZ_CHECK(!verify::text_report(*read, judgement, {.title = "fuzz"}).empty());
  for (const verify::Finding& finding : judgement.findings) {
    if (!finding.witness) continue;
    for (const std::size_t operation : finding.witness->operations) HF_FUZZ_CHECK(operation < read->operations.size());
  }
  return Taken::yes;
}

}  // namespace holdfast::fuzz
