#include "verify/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "verify/drawing.h"
#include "verify/picture.h"
#include "verify/race_for_tests.h"
#include "verify/words.h"

namespace holdfast::verify {
namespace {

using recording::Outcome;
using recording::Recording;
using recording::What;
using testing::HasSubstr;
using testing::Not;

const ReportOptions options{.title = "a lock, 3 clients", .replay = "holdfast verify x --seed 1", .columns = 74};

/// Many clients at one name, so that a window holds more than a page should.
Recording crowd(std::size_t operations) {
  Recording made;
  made.names = {std::string(512, 'n')};
  for (int i = 0; i < 64; ++i) made.clients.push_back({"client-with-a-long-name-" + std::to_string(i), ""});
  for (std::size_t i = 0; i < operations; ++i) {
    const auto at = static_cast<recording::Nanos>(i) * 1000;
    const auto client = static_cast<recording::Index>(i % 64);
    made.operations.push_back(
        operation(client, What::acquire, i == 0 ? Outcome::ok : Outcome::busy, at, at + 500 * ms, i == 0 ? 7 : 0));
  }
  return made;
}

TEST(Picture, shows_the_clients_of_the_witness_first_and_the_whole_of_what_they_owned) {
  const Recording recording = two_owners();
  const Picture picture = picture_of(recording, *two_owners_judged().findings[0].witness);
  ASSERT_EQ(picture.lanes.size(), 3U);
  EXPECT_EQ(picture.lanes[0].client, 0U);
  EXPECT_EQ(picture.lanes[1].client, 1U);
  EXPECT_LT(picture.from, 100 * ms);
  EXPECT_GT(picture.until, 400 * ms);
  ASSERT_EQ(picture.lanes[1].owned.size(), 1U);
  EXPECT_EQ(picture.lanes[1].owned[0].from, 160 * ms);
  EXPECT_EQ(picture.lanes[1].owned[0].until, 400 * ms);
}

TEST(Picture, lets_belief_end_with_the_ttl_the_loss_or_the_stale_answer) {
  Recording recording = two_owners();
  recording.operations[0].ttl = 90 * ms;
  const auto first_owned = [&] {
    return picture_of(recording, *two_owners_judged().findings[0].witness).lanes[0].owned.at(0).until;
  };
  EXPECT_EQ(first_owned(), 190 * ms);
  recording.losses.push_back({150 * ms, 0, 0, 7, "taken_over"});
  EXPECT_EQ(first_owned(), 150 * ms);
  recording.losses.clear();
  recording.operations[0].ttl = 0;
  recording.operations[3].what = What::renew;
  recording.operations[3].outcome = Outcome::stale;
  EXPECT_EQ(first_owned(), 310 * ms);
}

TEST(Picture, has_a_beginning_before_its_end_though_answers_came_after_what_they_told_of_was_over) {
  const Recording recording = two_owners();
  const Witness late{
      .name = 0, .operations = {0}, .marked = {{0, 7, 200 * ms, 150 * ms}, {1, 8, 210 * ms, 160 * ms}}, .told = "late"};
  const Picture picture = picture_of(recording, late);
  EXPECT_LT(picture.from, picture.until);
  EXPECT_FALSE(drawn_in_text(recording, picture, 74).empty());
}

TEST(Picture, of_a_run_without_a_violation_is_a_moment_in_which_two_met) {
  const Picture met = sample_of(two_owners());
  EXPECT_EQ(met.lanes.size(), 3U);
  Recording alone = two_owners();
  alone.operations.resize(1);
  EXPECT_TRUE(sample_of(alone).lanes.empty());
}

TEST(Picture, keeps_the_witness_where_there_is_too_much_to_draw) {
  Witness witness{.name = 0, .operations = {0, 4'000}, .marked = {}, .told = ""};
  const Picture picture = picture_of(crowd(5'000), witness);
  EXPECT_LE(picture.lanes.size(), 8U);
  EXPECT_GT(picture.left_out, 1'000U);
  const auto& drawn = picture.lanes[1].operations;
  EXPECT_NE(std::ranges::find(drawn, 4'000U), drawn.end());
}

TEST(Text, draws_a_lane_a_client_and_marks_where_there_are_two_owners) {
  const Recording recording = two_owners();
  const Picture picture = picture_of(recording, *two_owners_judged().findings[0].witness);
  EXPECT_EQ(drawn_in_text(recording, picture, 74),
            "              0.075 s                                              0.425 s\n"
            "c1                --= 7 ====!!!!!!!!!!!!!!!!!!!!!!!!!--\n"
            "c2                        --! 8 !!!!!!!!!!!!!!!!!!!!!=================--\n"
            "c3                            ---\n"
            "              - asking   = believes that it owns job   ! two at once\n");
}

TEST(Text, tells_verdict_story_calls_and_how_to_see_it_again) {
  const std::string text = text_report(two_owners(), two_owners_judged(), options);
  EXPECT_THAT(text, testing::StartsWith("VIOLATED: it was seen not to hold.\na lock, 3 clients\n"));
  EXPECT_THAT(text, HasSubstr("c1 held job from 0.110 s to 0.300 s, c2 was told 'granted' at 0.160 s."));
  EXPECT_THAT(text, HasSubstr("  2  0.150 s  c2: acquire job\n     0.160 s  granted, token 8\n"));
  EXPECT_THAT(text, HasSubstr("Again: holdfast verify x --seed 1"));
}

TEST(Text, says_what_was_not_seen) {
  Judgement judgement;
  judgement.inconclusive = true;
  judgement.not_seen = {"no two clients ever wanted one name at once"};
  const std::string text = text_report(Recording{}, judgement, options);
  EXPECT_THAT(text, HasSubstr("INCONCLUSIVE"));
  EXPECT_THAT(text, HasSubstr("Not seen: no two clients ever wanted one name at once"));
}

TEST(Json, has_verdict_findings_witness_and_coverage) {
  const auto read = boost::json::parse(json_report(two_owners(), two_owners_judged(), options)).as_object();
  EXPECT_EQ(read.at("verdict").as_string(), "violated");
  EXPECT_EQ(read.at("exit").as_int64(), 1);
  const auto& witness = read.at("findings").at(0).at("witness").as_object();
  EXPECT_EQ(witness.at("operations").as_array().size(), 3U);
  EXPECT_EQ(witness.at("marked").at(1).at("client").as_string(), "c2");
  EXPECT_EQ(read.at("coverage").at("grants").to_number<int>(), 2);
}

TEST(Html, is_one_page_that_needs_nothing_else) {
  const std::string page = html_report(two_owners(), two_owners_judged(), options);
  EXPECT_THAT(page, HasSubstr("<svg"));
  EXPECT_THAT(page, HasSubstr("class=\"both\""));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("src=")));
  EXPECT_THAT(page, Not(HasSubstr("href=")));
}

TEST(Html, shows_what_others_called_themselves_and_never_runs_it) {
  Recording recording = two_owners();
  recording.names = {"<img src=x onerror=alert(1)>"};
  recording.clients[0].name = "\"><script>alert(1)</script>";
  const std::string page = html_report(recording, two_owners_judged(), options);
  EXPECT_THAT(page, Not(HasSubstr("<img")));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("&lt;img src=x onerror=alert(1)&gt;"));
}

TEST(Html, stays_below_200_kb_whatever_was_recorded) {
  Judgement judgement = two_owners_judged();
  judgement.findings[0].witness->operations = {0, 50, 4'000};
  judgement.findings[0].witness->marked.clear();
  const Recording recording = crowd(100'000);
  EXPECT_LT(html_report(recording, judgement, options).size(), 200U << 10);
  EXPECT_LT(html_report(recording, Judgement{}, options).size(), 200U << 10);
}

TEST(Markdown, has_a_section_a_question_with_its_evidence) {
  const std::string text = markdown_report(two_owners(), two_owners_judged(), options);
  EXPECT_THAT(text, HasSubstr("## 1. One holder at a time, in one order of events\n\n**Status**: FAIL"));
  EXPECT_THAT(text, HasSubstr("## 2. Tokens keep late writers out\n\n**Status**: PASS"));
  EXPECT_THAT(text, HasSubstr("| 2. Tokens keep late writers out | PASS | they rise |"));
}

TEST(Words, let_no_control_character_through) {
  EXPECT_EQ(printable("a\x1b[31mb\n"), "a\\x1b[31mb\\x0a");
}

TEST(Words, choose_the_unit_that_can_be_read) {
  EXPECT_EQ(told_span(412'000), "412 us");
  EXPECT_EQ(told_span(12'400'000), "12.4 ms");
  EXPECT_EQ(told_span(200'000'000'000), "3 min 20 s");
  EXPECT_EQ(told_moment(1'204'318'000, 10'000), "1.204318 s");
}

}  // namespace
}  // namespace holdfast::verify
