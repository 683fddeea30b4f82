// A client had the position of an effect that a crash then lost. The next start dropped a pending takeover at that very
// position before it wrote itself down, so the position counted as known: the client would have gone on behind it, and
// never heard of the drop.
#include <gtest/gtest.h>

#include "core/desk_for_tests.h"
#include "engine/runner.h"

namespace holdfast::engine {
namespace {

using namespace std::chrono_literals;
using core::Effect;
using core::Position;
using core::Token;

/// What was durable when the power went.
class Remains final : public journal::Journal {
 public:
  explicit Remains(std::vector<Effect> effects) : effects_(std::move(effects)) {}
  Result<journal::Opened> open(const journal::Replay& replay) override {
    for (std::size_t i = 0; i < effects_.size(); ++i) replay(effects_[i], Position{i + 1});
    return journal::Opened{.last = {effects_.size()}, .notes = {}};
  }
  Result<void> append(Position, std::span<const Effect> batch) override {
    effects_.insert(effects_.end(), batch.begin(), batch.end());
    return {};
  }
  Result<void> close() override { return {}; }
  journal::Counters counters() const override { return {}; }
  std::string describe() const override { return "remains"; }
  const std::vector<Effect>& effects() const { return effects_; }

 private:
  std::vector<Effect> effects_;
};

TEST(PositionOfALostEffect, is_foreign_to_the_next_start_also_where_that_drops_a_takeover) {  // L14
  constexpr std::uint64_t first_start = 7;
  Remains journal({core::Started{first_start, {}}, core::Granted{"job", core::alice, Token{8}, 60s},
                   core::TakeoverAsked{"job", Token{8}, core::bob, "deploy", 20s, {}, ""}});
  HandClock clock;
  core::Clients clients;
  Runner runner(
      std::make_unique<Engine>(clock, clients), journal, [](std::vector<core::Answer>&) {}, [](const Error&) {},
      {.tick_by_hand = true});
  ASSERT_TRUE(runner.start());

  EXPECT_EQ(runner.standing(first_start, Position{3}), Runner::Standing::known);
  EXPECT_EQ(runner.standing(first_start, Position{4}), Runner::Standing::foreign);
  EXPECT_EQ(runner.standing(runner.incarnation(), Position{5}), Runner::Standing::known);
  EXPECT_EQ(runner.standing(runner.incarnation(), Position{6}), Runner::Standing::future);
  EXPECT_EQ(runner.standing(first_start + 1, Position{2}), Runner::Standing::foreign);
  ASSERT_EQ(journal.effects().size(), 5U);
  EXPECT_TRUE(std::holds_alternative<core::Started>(journal.effects()[3]));
  EXPECT_TRUE(std::holds_alternative<core::TakeoverDropped>(journal.effects()[4]));
}

}  // namespace
}  // namespace holdfast::engine
