#include "verify/wgl.h"

#include "verify/history_for_tests.h"
#include "verify/lock_model.h"

namespace holdfast::verify {
namespace {

using recording::Operation;
using recording::Outcome;
using recording::Recording;
using recording::What;

/// A register, as somebody might bring one along: a write makes it `value` + 1, a read shows it.
class Register {
 public:
  using State = std::uint64_t;

  explicit Register(const Recording& recording) : recording_(recording) {}

  std::vector<State> initial() const { return {0}; }
  void step(const State& state, Position position, recording::Nanos, std::vector<State>& next) const {
    const Operation& operation = recording_.operations[position];
    if (operation.what == What::write) {
      next.push_back(operation.value + 1);
    } else if (operation.value == state) {
      next.push_back(state);
    }
  }
  void by_itself(const State&, recording::Nanos, std::vector<State>&) const {}
  bool looks_only(Position position) const { return recording_.operations[position].what == What::read; }
  bool must(Position position) const { return recording_.operations[position].outcome == Outcome::ok; }
  bool says_nothing(Position position) const { return recording_.operations[position].outcome == Outcome::error; }

 private:
  const Recording& recording_;
};

template <class Model>
Searched searched(const Recording& recording, const Model& model, std::size_t states_max = 1'000) {
  std::vector<Position> operations(recording.operations.size());
  for (std::size_t i = 0; i < operations.size(); ++i) operations[i] = static_cast<Position>(i);
  return search(model, recording, operations, states_max);
}

Answer of_register(const std::string& text) {
  const Recording recording = history({}, text);
  return searched(recording, Register(recording)).answer;
}

TEST(Search, takes_any_model) {
  EXPECT_EQ(of_register("a write 0..1 ok value=4\n b read 2..3 ok value=5"), Answer::holds);
  EXPECT_EQ(of_register("a write 0..1 ok value=4\n b read 2..3 ok value=0"), Answer::violated);
  EXPECT_EQ(of_register("a write 0..3 ok value=4\n b read 2..3 ok value=0"), Answer::holds);
  // The new value was seen, and then the old one.
  EXPECT_EQ(of_register("a write 0..9 ok value=4\n b read 2..3 ok value=5\n c read 4..5 ok value=0"), Answer::violated);
}

TEST(Search, lets_what_is_unknown_have_happened_or_not) {
  EXPECT_EQ(of_register("a write 0..? unknown value=4\n b read 2..3 ok value=5"), Answer::holds);
  EXPECT_EQ(of_register("a write 0..? unknown value=4\n b read 2..3 ok value=0"), Answer::holds);
  EXPECT_EQ(of_register("a write 0..? unknown value=4\n b read 2..3 ok value=5\n b read 4..5 ok value=0"),
            Answer::violated);
}

TEST(Search, does_not_say_more_than_it_has_looked_at) {
  std::string many;
  for (int i = 0; i < 12; ++i) many += "c" + std::to_string(i) + " write 0..100 ok value=" + std::to_string(i) + "\n";
  const Recording recording = history({}, many + "r read 50..60 ok value=77");
  EXPECT_EQ(searched(recording, Register(recording), 100).answer, Answer::undecided);
  EXPECT_EQ(searched(recording, Register(recording), 1'000'000).answer, Answer::violated);
}

TEST(Search, tells_at_which_answer_it_failed) {
  const Recording recording = history({}, "a acquire 0..1 ok\n b acquire 2..3 ok\n c acquire 4..5 busy");
  std::vector<Position> operations{0, 1, 2};
  const Searched found = searched(recording, LockModel(recording, operations));
  EXPECT_EQ(found.answer, Answer::violated);
  EXPECT_EQ(found.at, 1U);
}

TEST(Judge, is_undecided_rather_than_right_where_the_search_was_cut_short) {
  std::string text;
  for (int i = 0; i < 8; ++i) text += "c" + std::to_string(i) + " acquire 0..100 ok shared\n";
  const Recording recording = history({.kind = recording::Lock::Kind::shared}, text + "x acquire 50..60 busy");
  EXPECT_EQ(answer(recording, Question::linearizable), "holds");
  const Judgement cut = judge(recording, {.search_states_max = 0});
  EXPECT_EQ(finding(cut, Question::linearizable)->answer, Answer::undecided);
  EXPECT_THAT(finding(cut, Question::linearizable)->because, testing::HasSubstr("more than 0 states"));
}

}  // namespace
}  // namespace holdfast::verify
