// What is verified is somebody else's: the file that describes a lock, and whatever that lock answers.
//
// Up to a line `----` the description, behind it the answer. A description that is refused still reads the answer.
#include "cli/verify_description.h"
#include "tests/fuzz/text_file.h"
#include "verify/http_lock.h"
#include "verify/http_wire.h"

namespace holdfast::fuzz {
namespace {

Taken description(std::string_view text, const verify::HttpAnswer& answer) {
  const TextFile file(text);
  const auto lock = cli::read_description(file.path());
  if (!lock) {
    HF_FUZZ_CHECK(lock.error().code == ErrorCode::bad_description);
    HF_FUZZ_CHECK(lock.error().where.starts_with(file.path()));
    return Taken::no;
  }
  for (const auto* meanings : {&lock->held, &lock->granted, &lock->renewed, &lock->released, &lock->is_held}) {
    static_cast<void>(verify::means(answer, *meanings, "c1"));
  }
  for (const std::string* place : {&lock->token, &lock->proof, &lock->holder}) {
    static_cast<void>(verify::find_in(answer, *place));
  }
  const auto target = verify::make_http_target(*lock);
  HF_FUZZ_CHECK(!target->about().empty());
  return Taken::yes;
}

/// The answer in `bytes`, which must not depend on how much of what follows it is there.
verify::HttpAnswer answer(std::string_view bytes) {
  const auto whole = verify::take_http_answer(bytes, true);
  const auto open = verify::take_http_answer(bytes, false);
  if (whole && open && open->status != 0) {
    HF_FUZZ_CHECK(open->status == whole->status && open->body == whole->body);
  }
  if (!whole) {
    HF_FUZZ_CHECK(whole.error().code == ErrorCode::bad_answer || whole.error().code == ErrorCode::answer_lost);
    return {};
  }
  HF_FUZZ_CHECK(whole->status == 0 || (whole->status >= 100 && whole->status <= 999));
  HF_FUZZ_CHECK(whole->body.size() <= bytes.size());
  HF_FUZZ_CHECK(verify::in_short(*whole).size() < 1'000);
  return *whole;
}

}  // namespace

HF_FUZZ_TARGET(locks, .variants = 5'000) {
  constexpr std::string_view line = "\n----\n";
  const std::size_t at = bytes.find(line);
  const bool both = at != std::string_view::npos;
  const verify::HttpAnswer heard = answer(both ? bytes.substr(at + line.size()) : bytes);
  return description(bytes.substr(0, both ? at : bytes.size()), heard);
}

}  // namespace holdfast::fuzz
