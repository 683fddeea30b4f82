// Messages on a live socket: the socket's own calls, whatever their members are.
#include "api/names.h"
#include "server/live/messages.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

HF_FUZZ_TARGET(live_calls) {
  using namespace server::live;
  const Result<Message> message = read_message(bytes);
  if (!message) return Taken::no;
  HF_FUZZ_CHECK(!message->id || *message->id <= core::token_max);
  bool taken = false;
  if (const Result<core::Who> who = read_hello(*message)) {
    HF_FUZZ_CHECK(api::is_plain_text(who->owner, api::owner_bytes_max));
    taken = true;
  }
  if (const Result<FollowCall> follow = read_follow(*message)) {
    HF_FUZZ_CHECK(api::canonical_name(follow->name) == follow->name);
    taken = true;
  }
  if (const Result<CursorCall> cursor = read_cursor(*message)) {
    HF_FUZZ_CHECK(!cursor->ranges.empty() && cursor->main < cursor->ranges.size());
    HF_FUZZ_CHECK(cursor_push(*cursor, {"o", "s"}).size() < 4'096 + 6 * cursor->name.size());
    taken = true;
  }
  taken = read_unfollow(*message).has_value() || taken;
  taken = read_state(*message).has_value() || taken;
  taken = read_decline(*message).has_value() || taken;
  taken = read_cancel(*message).has_value() || taken;
  return taken ? Taken::yes : Taken::no;
}

}  // namespace holdfast::fuzz
