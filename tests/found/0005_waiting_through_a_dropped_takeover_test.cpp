// In a flush window nobody is let in, so a further session of the holder's owner waited in the queue, though it might
// share the holding. The takeover was dropped, and the session went on waiting for what it could have had at once.
#include <gtest/gtest.h>

#include "core/desk_for_tests.h"

namespace holdfast::core {
namespace {

class WaitingThroughADroppedTakeover : public testing::Test {
 protected:
  /// alice/a1 holds and shares it, bob takes it over in 5 s, and alice/a2 came in the window.
  WaitingThroughADroppedTakeover() {
    token = desk.ask(shared(alice, 0s)).value().lease.token;
    bobs = desk.next(2);
    desk.submit(Takeover{.want = shared(bob, 0s), .token = token, .flush = 5s, .reason = "deploy"}, bobs);
    second = desk.next(1);
    desk.submit(shared(alice2, 60s), second);
    EXPECT_FALSE(desk.reply_to(second));
  }
  static Acquire shared(const Who& who, Duration wait) {
    return {.name = "ws", .who = who, .ttl = 60s, .wait = wait, .holder = HolderKind::owner};
  }
  void expect_joined() {
    const std::optional<Reply> joined = desk.reply_to(second);
    ASSERT_TRUE(joined);
    EXPECT_EQ(joined->code, ErrorCode::none);
    EXPECT_TRUE(joined->joined);
    EXPECT_EQ(joined->lease.token, token);
    EXPECT_EQ(desk.state.waiting(), 0U);
  }
  Desk desk;
  Token token;
  Address bobs, second;
};

TEST_F(WaitingThroughADroppedTakeover, is_over_when_the_taker_leaves) {
  desk.submit(Leave{}, bobs);
  expect_joined();
}

TEST_F(WaitingThroughADroppedTakeover, is_over_when_the_window_ends_and_the_taker_is_gone) {
  desk.clients.gone.insert(bobs.client);
  desk.now = 6s;
  desk.tick();
  expect_joined();
}

TEST_F(WaitingThroughADroppedTakeover, shows_no_holding_that_has_lapsed_meanwhile) {  // L5
  desk.now = 61s;
  desk.submit(Leave{}, bobs);
  EXPECT_EQ(desk.reply_to(second).value().code, ErrorCode::wait_over);
  EXPECT_FALSE(desk.show("ws").held);
}

}  // namespace
}  // namespace holdfast::core
