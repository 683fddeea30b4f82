#include "server/refusals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace holdfast::server {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class RefusalsTest : public testing::Test {
 protected:
  /// The lines that a look at these figures brings.
  std::vector<std::string> look() {
    testing::internal::CaptureStderr();
    refusals_.look(now_);
    std::istringstream said(testing::internal::GetCapturedStderr());
    std::vector<std::string> lines;
    for (std::string line; std::getline(said, line);) lines.push_back(line);
    return lines;
  }

  Log log_{Log::Form::text, Log::Level::info};
  Metrics metrics_;
  engine::Runner::Snapshot now_;
  Refusals refusals_{log_, metrics_};
};

TEST_F(RefusalsTest, are_not_spoken_of_while_there_are_none) {
  EXPECT_THAT(look(), IsEmpty());
  now_.oldest_commit = 900ms;
  EXPECT_THAT(look(), IsEmpty());
}

TEST_F(RefusalsTest, are_told_when_they_begin_and_when_they_are_over_and_not_in_between) {
  now_.behind = true;
  now_.engine.refused_behind = 40;
  now_.pending_bytes = 67'000'000;
  EXPECT_THAT(look(), ElementsAre(AllOf(HasSubstr("WARN"), HasSubstr("refused"), HasSubstr("67000000"))));
  now_.engine.refused_behind = 100;
  EXPECT_THAT(look(), IsEmpty());
  now_.behind = false;
  now_.engine.refused_behind = 120;
  EXPECT_THAT(look(), IsEmpty()) << "some were refused since the last look";
  EXPECT_THAT(look(), ElementsAre(AllOf(HasSubstr("INFO"), HasSubstr("caught up"), HasSubstr(R"(refused="120")"))));
  EXPECT_THAT(look(), IsEmpty());
}

TEST_F(RefusalsTest, between_two_looks_are_told_too) {
  now_.engine.refused_behind = 1;
  EXPECT_THAT(look(), ElementsAre(HasSubstr("too far behind")));
}

TEST_F(RefusalsTest, of_a_disk_that_hangs_and_of_connections_have_lines_of_their_own) {
  now_.oldest_commit = 1100ms;
  EXPECT_THAT(look(), ElementsAre(AllOf(HasSubstr("does not answer"), HasSubstr("1100"))));
  now_.oldest_commit = 0ms;
  metrics_.connections_max = 7;
  metrics_.connections_refused = 3;
  EXPECT_THAT(look(), ElementsAre(HasSubstr("answers again"), AllOf(HasSubstr("turned away"), HasSubstr(R"("7")"))));
  metrics_.accept_failures = 1;
  metrics_.accept_error = EMFILE;
  EXPECT_THAT(look(), ElementsAre(HasSubstr(R"(refused="3")"),
                                  AllOf(HasSubstr("cannot accept"), HasSubstr("Too many open files"))));
  EXPECT_THAT(look(), ElementsAre(HasSubstr("accepted again")));
}

}  // namespace
}  // namespace holdfast::server
