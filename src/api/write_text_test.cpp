#include "api/write_text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace holdfast::api {
namespace {

using namespace std::chrono_literals;
using core::DraftView;
using core::Reply;
using core::TextAnswer;
namespace json = boost::json;

const Context asked_in{"s-fresh", "", 7};

text::Text text_of(std::string_view utf8) {
  return text::Text::from_utf8(utf8).value();
}

TextAnswer notes() {
  TextAnswer answer;
  answer.buffer.name = "notes";
  answer.buffer.buffer = 4;
  answer.buffer.revision = 12;
  answer.buffer.oldest = 2;
  answer.buffer.extent = text_of("a😀\nb").extent();
  answer.buffer.form.ends = text::LineEnds(text::LineEnd::crlf);
  answer.buffer.created_by = "alice";
  answer.buffer.created_at = WallTime{std::chrono::sys_days{std::chrono::year{2026} / 2 / 5}};
  answer.buffer.changed_by = "bob";
  answer.buffer.changed_at = answer.buffer.created_at + 395ms;
  answer.buffer.drafts = 1;
  answer.buffer.shown = 12;
  answer.buffer.undo_depth = 3;
  return answer;
}
DraftView draft() {
  DraftView draft;
  draft.draft = 31;
  draft.name = "notes";
  draft.buffer = 4;
  draft.who = {"alice", "tab-1"};
  draft.token = {7};
  draft.base = 10;
  draft.seq = 5;
  draft.because = core::Loss::taken_over;
  draft.by = "bob";
  draft.inserted = 3;
  draft.deleted = 1;
  draft.fit = DraftView::Fit::conflict;
  draft.change = text::ChangeSet::replace(5, 0, 1, "abc");
  return draft;
}
Reply reply_of(TextAnswer answer) {
  Reply reply;
  reply.text = std::make_shared<const TextAnswer>(std::move(answer));
  reply.position = {20};
  return reply;
}
const Operation& operation(std::string_view name) {
  return *std::ranges::find(operations(), name, &Operation::name);
}
std::string body(std::string_view name, const TextAnswer& answer) {
  return write_reply(operation(name), reply_of(answer), asked_in).body;
}

constexpr std::string_view notes_members =
    R"("name":"notes","buffer":4,"revision":12,"oldest":2,"length":5,"bytes":7,"lines":2,"ends":"crlf",)"
    R"("byte_order_mark":false,"created_by":"alice","created_at":"2026-02-05T00:00:00.000Z","changed_by":"bob",)"
    R"("changed_at":"2026-02-05T00:00:00.395Z","drafts":1)";

TEST(WriteText, shows_the_text_and_all_that_is_known_of_it) {
  TextAnswer answer = notes();
  answer.buffer.text = text_of("a\"😀\nb");
  answer.buffer.blame = {{2, "alice"}, {3, "bob"}};
  EXPECT_EQ(body("buffer.get", answer),
            "{" + std::string{notes_members} +
                R"(,"shown":12,"text":"a\"😀\nb","blame":[{"length":2,"owner":"alice"},{"length":3,"owner":"bob"}],)"
                R"("undo":3,"redo":0,"position":"7.20"})");
}

TEST(WriteText, leaves_out_what_was_not_asked_for) {
  EXPECT_EQ(body("buffer.get", notes()), "{" + std::string{notes_members} + R"(,"undo":3,"redo":0,"position":"7.20"})");
}

TEST(WriteText, gives_the_file_to_whoever_wants_that) {
  TextAnswer answer = notes();
  answer.buffer.text = text_of("a\nb");
  answer.buffer.form.byte_order_mark = true;
  Context as_file = asked_in;
  as_file.as_file = true;
  const Written written = write_reply(operation("buffer.get"), reply_of(answer), as_file);
  EXPECT_TRUE(written.file);
  EXPECT_EQ(written.body,
            "\xEF\xBB\xBF"
            "a\r\nb");
  Reply refused;
  refused.code = ErrorCode::no_such_text;
  const Written refusal = write_reply(operation("buffer.get"), refused, as_file);
  EXPECT_TRUE(refusal.problem);
  EXPECT_FALSE(refusal.file) << "a refusal is no file";
}

TEST(WriteText, knows_a_text_of_mixed_line_ends) {
  TextAnswer answer = notes();
  answer.buffer.form.ends = text::read_file("a\r\nb\n").value().form.ends;
  EXPECT_NE(body("buffer.get", answer).find(R"("ends":"mixed")"), std::string::npos);
}

TEST(WriteCreated, says_whether_it_was_there) {
  TextAnswer answer = notes();
  EXPECT_EQ(write_reply(operation("buffer.put"), reply_of(answer), asked_in).status, 201);
  EXPECT_EQ(body("buffer.put", answer),
            R"({"again":false,)" + std::string{notes_members} + R"(,"undo":3,"redo":0,"position":"7.20"})");
  answer.again = true;
  EXPECT_EQ(write_reply(operation("buffer.put"), reply_of(answer), asked_in).status, 200);
}

TEST(WriteTexts, lists_them_and_where_the_next_page_begins) {
  TextAnswer answer;
  answer.buffers = {notes().buffer, notes().buffer};
  Reply reply = reply_of(answer);
  const std::string one = "{" + std::string{notes_members} + "}";
  EXPECT_EQ(write_reply(operation("buffer.list"), reply, asked_in).body,
            R"({"buffers":[)" + one + "," + one + R"(],"next":null,"position":"7.20"})");
  reply.next = "notes";
  EXPECT_NE(write_reply(operation("buffer.list"), reply, asked_in).body.find(R"("next":"notes")"), std::string::npos);
}

TEST(WriteEdited, says_which_revision_it_came_to) {
  TextAnswer answer = notes();
  answer.base = 10;
  answer.made = 12;
  answer.changes = {{12, "alice", text::ChangeSet::replace(5, 0, 1, "abc")}};
  constexpr std::string_view begins = R"({"name":"notes","buffer":4,"base":10,"revision":12,"again":false,)";
  constexpr std::string_view ends = R"("undo":3,"redo":0,"position":"7.20"})";
  EXPECT_EQ(body("buffer.edit", answer), std::string{begins} + std::string{ends});
  for (const char* told : {"buffer.undo", "buffer.redo", "draft.apply"}) {
    EXPECT_EQ(body(told, answer), std::string{begins} + R"("changes":[[[1,"abc"],4]],)" + std::string{ends}) << told;
  }
}

TEST(WriteCatchUp, has_the_changes_or_the_text) {
  TextAnswer answer = notes();
  answer.changes = {{11, "alice", text::ChangeSet::replace(4, 0, 0, "\n")},
                    {12, "bob", text::ChangeSet::replace(5, 0, 1, "")}};
  answer.more = true;
  EXPECT_EQ(
      body("buffer.changes", answer),
      R"({"name":"notes","buffer":4,"revision":12,"changes":[{"revision":11,"owner":"alice","change":[[0,"",""],4]},)"
      R"({"revision":12,"owner":"bob","change":[[1],4]}],"more":true,"position":"7.20"})");
  answer.buffer.text = text_of("abc");
  EXPECT_EQ(body("buffer.changes", answer),
            R"({"name":"notes","buffer":4,"revision":12,"text":"abc","position":"7.20"})");
}

constexpr std::string_view draft_members =
    R"("draft":31,"name":"notes","buffer":4,"owner":"alice","session":"tab-1","token":7,"base":10,"seq":5,)"
    R"("because":"taken_over","by":"bob","at":"1970-01-01T00:00:00.000Z","inserted":3,"deleted":1,"fit":"conflict")";

TEST(WriteDraft, shows_what_it_is_and_why) {
  TextAnswer answer;
  answer.drafts = {draft()};
  EXPECT_EQ(body("draft.keep", answer), "{" + std::string{draft_members} + R"(,"position":"7.20"})");
  answer.drafts.front().who.session.clear();
  answer.drafts.front().seq = 0;
  answer.drafts.front().because = core::Loss::none;
  answer.drafts.front().by.clear();
  const json::value bare = json::parse(body("draft.keep", answer));
  for (const char* key : {"session", "seq", "because", "by"}) EXPECT_TRUE(bare.at(key).is_null()) << key;
}

TEST(WriteDraft, says_where_it_got_in_after_all) {
  TextAnswer answer = notes();
  answer.base = 10;
  answer.made = 12;
  answer.again = true;
  EXPECT_EQ(body("draft.keep", answer),
            R"({"draft":null,"name":"notes","buffer":4,"base":10,"revision":12,"again":true,"position":"7.20"})");
}

TEST(WriteDraft, whole_has_both_texts) {
  TextAnswer answer;
  answer.drafts = {draft()};
  answer.drafts.front().base_text = text_of("xello");
  answer.drafts.front().now = text::ChangeSet::replace(9, 0, 0, "abc");
  EXPECT_EQ(body("draft.get", answer),
            "{" + std::string{draft_members} +
                R"(,"base_text":"xello","change":[[1,"abc"],4],"now":[[0,"abc"],9],"position":"7.20"})");
  answer.drafts.front().now.reset();
  EXPECT_FALSE(json::parse(body("draft.get", answer)).as_object().contains("now")) << "the text is gone";
  Context as_file = asked_in;
  as_file.as_file = true;
  EXPECT_EQ(write_reply(operation("draft.get"), reply_of(answer), as_file).body, "abcello");
}

TEST(WriteDrafts, lists_them_and_the_number_to_go_on_behind) {
  TextAnswer answer;
  answer.drafts = {draft()};
  Reply reply = reply_of(answer);
  reply.next = "31";
  EXPECT_EQ(write_reply(operation("draft.list"), reply, asked_in).body,
            R"({"drafts":[{)" + std::string{draft_members} + R"(}],"next":31,"position":"7.20"})");
}

TEST(WriteRefusal, says_which_draft_came_of_it_and_where_the_text_stands) {
  Reply stale = reply_of(notes());
  stale.code = ErrorCode::stale;
  stale.draft = 31;
  stale.lease.name = "notes";
  const json::value problem = json::parse(write_reply(operation("buffer.edit"), stale, asked_in).body);
  EXPECT_EQ(problem.at("code").as_string(), "stale");
  EXPECT_EQ(problem.at("draft").as_int64(), 31);
  EXPECT_EQ(problem.at("revision").as_int64(), 12);
  Reply moved = reply_of(notes());
  moved.code = ErrorCode::base_moved;
  const json::value of_base = json::parse(write_reply(operation("buffer.edit"), moved, asked_in).body);
  EXPECT_EQ(of_base.at("revision").as_int64(), 12);
  EXPECT_EQ(of_base.at("buffer").as_int64(), 4);
  EXPECT_FALSE(of_base.as_object().contains("draft"));
  Reply held;
  held.code = ErrorCode::held;
  EXPECT_FALSE(
      json::parse(write_reply(operation("buffer.edit"), held, asked_in).body).as_object().contains("revision"));
}

TEST(AppendChanges, writes_what_codemirror_reads) {
  std::string out;
  append_changes(out, {});
  const std::array changes{text::ChangeSet::replace(24, 5, 0, "x"), text::ChangeSet::unchanged(25)};
  append_changes(out, changes);
  EXPECT_EQ(out, R"([][[5,[0,"x"],19],[25]])");
}

TEST(BulkOf, is_about_the_text_in_an_answer) {
  TextAnswer answer = notes();
  EXPECT_EQ(bulk_of(reply_of(answer)), 0U);
  answer.buffer.text = text_of(std::string(100'000, 'x'));
  EXPECT_EQ(bulk_of(reply_of(answer)), 100'000U);
  TextAnswer of_changes;
  of_changes.changes = {{1, "a", text::ChangeSet::replace(0, 0, 0, std::string(5000, 'x'))}};
  EXPECT_EQ(bulk_of(reply_of(of_changes)), 5000U);
  EXPECT_EQ(bulk_of(Reply{}), 0U);
}

}  // namespace
}  // namespace holdfast::api
