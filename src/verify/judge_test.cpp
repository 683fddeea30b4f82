#include <gmock/gmock.h>

#include "verify/history_for_tests.h"
#include "verify/random_history_for_tests.h"

namespace holdfast::verify {
namespace {

using recording::Lock;
using recording::Recording;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Lock judged_lock{.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .drift = 0};

std::vector<Question> asked(const Judgement& judgement) {
  std::vector<Question> questions;
  for (const Finding& finding : judgement.findings) questions.push_back(finding.question);
  return questions;
}

const std::string met = R"(
  a acquire 0..1 ok ttl=10 shown=1
  b acquire 2..3 busy shown=1 holder=a
  a release 4..5 ok token=1
)";

TEST(Judge, asks_only_what_the_recording_can_answer) {
  EXPECT_THAT(asked(judge(history(judged_lock, met))),
              ElementsAre(Question::linearizable, Question::belief, Question::fence));
  Lock fifo = judged_lock;
  fifo.fifo = true;
  EXPECT_THAT(asked(judge(history(fifo, met + R"(
    b acquire 6..8 ok ttl=10 shown=2 waited=1
    b write 9..10 ok token=2
    a write 11..12 stale token=1
    saw w 2 granted token=1 position=1
    saw w 8 granted token=2 position=2)"))),
              ElementsAre(Question::linearizable, Question::belief, Question::fence, Question::order,
                          Question::stale_writes, Question::watch));
}

TEST(Judge, says_what_was_met) {
  const Judgement judgement = judge(history(judged_lock, met + R"(
    b acquire 6..7 ok ttl=10 shown=2
    c acquire 8..18 ok ttl=10 shown=3 waited=9
    b renew 19..20 stale token=2 shown=3
    c renew 21..22 ok ttl=10 token=3
    d takeover 23..24 ok ttl=10 token=3 shown=4
    d write 25..26 ok token=4 value=0
    d release 27..? unknown token=4
    a query 28..29 ok held name=other holder=a)"));
  const Coverage& seen = judgement.coverage;
  EXPECT_EQ(seen.operations, 11U);
  EXPECT_EQ(seen.unknown, 1U);
  EXPECT_EQ(seen.clients, 4U);
  EXPECT_EQ(seen.names, 2U);
  EXPECT_EQ(seen.grants, 4U);
  EXPECT_EQ(seen.refusals, 1U);
  EXPECT_EQ(seen.renewals, 1U);
  EXPECT_EQ(seen.releases, 1U);
  EXPECT_EQ(seen.lapses, 1U);
  EXPECT_EQ(seen.takeovers, 1U);
  EXPECT_EQ(seen.waits, 1U);
  EXPECT_EQ(seen.contended, 2U);
  EXPECT_EQ(seen.stale_refused, 1U);
  EXPECT_EQ(seen.writes, 1U);
}

TEST(Judge, is_inconclusive_where_nobody_met_anybody) {
  const Judgement alone = judge(history(judged_lock, "a acquire 0..1 ok ttl=10 shown=1\n a release 2..3 ok token=1"));
  EXPECT_TRUE(alone.inconclusive);
  EXPECT_EQ(verdict(alone), Verdict::inconclusive);
  EXPECT_THAT(alone.not_seen, Contains(HasSubstr("no two clients asked for a name at one time")));
  const Judgement enough = judge(history(judged_lock, met));
  EXPECT_FALSE(enough.inconclusive);
  EXPECT_EQ(verdict(enough), Verdict::holds);
  const Recording one = history(judged_lock, "a acquire 0..1 ok ttl=10 shown=1\n a release 2..3 ok token=1");
  EXPECT_EQ(verdict(judge(one, {.contention_needed = false})), Verdict::holds);
}

TEST(Judge, is_inconclusive_where_too_much_is_unknown) {
  const Recording recording = history(judged_lock, met + "c acquire 6..? unknown");
  const Judgement judgement = judge(recording);
  EXPECT_EQ(verdict(judgement), Verdict::inconclusive);
  EXPECT_THAT(judgement.not_seen, Contains(HasSubstr("25.0 % of the outcomes are unknown; at most 1.0 % may be")));
  EXPECT_EQ(verdict(judge(recording, {.unknown_max = 0.25})), Verdict::holds);
}

TEST(Judge, says_violated_before_all_else) {
  const Judgement judgement = judge(history(judged_lock, R"(
    a acquire 0..1 ok ttl=10 shown=1
    b acquire 2..3 ok ttl=10 shown=2
    c acquire 6..? unknown)"));
  EXPECT_EQ(verdict(judgement), Verdict::violated);
  EXPECT_FALSE(judgement.inconclusive);
  Judgement made;
  made.findings = {{.question = Question::fence, .answer = Answer::undecided}};
  EXPECT_EQ(verdict(made), Verdict::undecided);
  made.inconclusive = true;
  EXPECT_EQ(verdict(made), Verdict::inconclusive);
  made.findings.push_back({.question = Question::belief, .answer = Answer::violated});
  EXPECT_EQ(verdict(made), Verdict::violated);
}

TEST(Judge, tells_who_held_and_who_was_told_nevertheless) {
  const Judgement judgement = judge(history(judged_lock, R"(
    c3 acquire 1000..1204 ok ttl=5000 shown=7
    c5 acquire 1300..1410 ok ttl=5000 shown=8
    c3 release 1950..1960 ok token=7)"));
  const Finding& found = *finding(judgement, Question::linearizable);
  ASSERT_TRUE(found.witness);
  EXPECT_EQ(found.witness->told,
            "c3 held job under token 7 from 1.204 s to 1.950 s; c5 asked to own it at 1.300 s and was told 'granted' "
            "under token 8 at 1.410 s.");
  EXPECT_THAT(found.witness->operations, ElementsAre(0U, 1U, 2U));
  ASSERT_EQ(found.witness->marked.size(), 2U);
  EXPECT_EQ(found.witness->marked[0].token, 7U);
  EXPECT_EQ(found.witness->marked[1].from, 1'410'000'000);
}

TEST(Judge, takes_every_name_by_itself) {
  const Recording recording = history(judged_lock, R"(
    a acquire 0..1 ok ttl=10 shown=1 name=one
    b acquire 2..3 ok ttl=10 shown=2 name=two
    b acquire 2..3 busy shown=1 name=one
    c acquire 4..5 ok ttl=10 shown=3 name=two)");
  const Judgement judgement = judge(recording);
  const Finding& found = *finding(judgement, Question::linearizable);
  EXPECT_EQ(found.answer, Answer::violated);
  EXPECT_EQ(recording.names[found.witness->name], "two");
  EXPECT_EQ(judgement.coverage.names, 2U);
}

TEST(Judge, judges_an_empty_recording_to_be_inconclusive) {
  EXPECT_EQ(verdict(judge({})), Verdict::inconclusive);
}

TEST(Judge, spells_questions_and_answers) {
  EXPECT_EQ(word(Question::stale_writes), "stale_writes");
  EXPECT_EQ(word(Answer::undecided), "undecided");
}

TEST(Judge, shows_at_most_six_operations_of_three_clients) {
  std::size_t witnesses = 0;
  for (std::uint64_t seed = 0; seed < 4'000; ++seed) {
    RandomHistory wanted{.lock = seed % 2 ? judged_lock : Lock{.leases = true, .drift = 0}};
    wanted.lock.fifo = seed % 3 == 0;
    wanted.displacing = seed % 5 == 0;
    wanted.unknown = seed % 7 == 0;
    if (seed % 11 == 0) wanted.lock = {.kind = Lock::Kind::permits, .permits = 4, .leases = true};
    wanted.operations = 40;
    wanted.clients = 6;
    wanted.changes = 8;
    const Recording recording = RandomHistoryForTests(wanted, seed).make();
    for (const Finding& finding : judge(recording, {.search_states_max = 1'000}).findings) {
      EXPECT_EQ(finding.witness.has_value(), finding.answer == Answer::violated);
      if (!finding.witness) continue;
      ++witnesses;
      const Witness& shown = *finding.witness;
      EXPECT_LE(shown.operations.size(), 6U);
      EXPECT_TRUE(std::ranges::is_sorted(shown.operations));
      EXPECT_FALSE(shown.told.empty());
      EXPECT_THAT(shown.marked.size(), testing::AnyOf(0U, 2U));
      std::vector<recording::Index> clients;
      for (const std::size_t i : shown.operations) clients.push_back(recording.operations[i].client);
      std::ranges::sort(clients);
      clients.erase(std::unique(clients.begin(), clients.end()), clients.end());
      EXPECT_LE(clients.size(), 3U);
    }
  }
  EXPECT_GT(witnesses, 1'000U);
}

}  // namespace
}  // namespace holdfast::verify
