#include "server/resp/lease_commands.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/text_answer.h"

namespace holdfast::server::resp {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string_view>;

const api::Context context{"s-fresh", "10.0.0.7", 7};

template <class Command>
Command command(const Words& words, std::string_view owner = "") {
  return std::get<Command>(read_lease_command(words, context, owner).value().call.command);
}
/// The refusal of `words` as "code field".
std::string refusal(const Words& words) {
  const Result<LeaseCall> call = read_lease_command(words, context, "");
  return call ? "accepted" : std::string{call.error().name()} + " " + call.error().field;
}
const api::Operation& operation(std::string_view word) {
  return *api::operation_of_command(word);
}
std::string json_in(Writer::Version version, std::string_view json) {
  std::string out;
  Writer writer(out, version);
  write_json(writer, json);
  return out;
}
std::string answer(std::string_view word, const core::Reply& reply) {
  std::string out;
  Writer writer(out, Writer::Version::resp3);
  write_lease_answer(writer, operation(word), reply, context);
  return out;
}
std::string problem(const Error& error) {
  std::string out;
  Writer writer(out, Writer::Version::resp3);
  write_problem(writer, error);
  return out;
}
/// `job`, held by alice under 9.
core::Reply held() {
  core::Reply reply;
  reply.lease = {.name = "job", .known = true, .held = true, .token = core::Token{9}, .previous = core::Token{4}};
  reply.lease.who = {"alice", "tab1"};
  reply.lease.ttl = 30s;
  reply.lease.ends_in = core::forever;
  reply.who = {"alice", "tab1"};
  reply.position = {12};
  return reply;
}

TEST(LeaseCommand, is_known_in_any_case_and_nothing_else_is) {
  EXPECT_TRUE(is_lease_command("LEASE.ACQUIRE"));
  EXPECT_TRUE(is_lease_command("lease.watch"));
  EXPECT_TRUE(is_lease_command("Session.End"));
  for (const char* other : {"", ".", "LEASE", "SET", "LEASE.STEAL", "EVENTS.WATCH"}) {
    EXPECT_FALSE(is_lease_command(other)) << other;
  }
}

TEST(LeaseCommand, is_read_as_http_reads_it) {
  const auto acquire = command<core::Acquire>(
      {"LEASE.ACQUIRE", "docs/plan", "OWNER", "bob", "TTL_MS", "1500", "WAIT_MS", "5000", "NOTE", "why"});
  EXPECT_EQ(acquire.name, "docs/plan");
  EXPECT_EQ(acquire.who, (core::Who{"bob", "s-fresh"}));
  EXPECT_EQ(acquire.ttl, 1500ms);
  EXPECT_EQ(acquire.wait, 5s);
  EXPECT_EQ(acquire.note, "why");
  EXPECT_EQ(acquire.from, "10.0.0.7");
  EXPECT_FALSE(acquire.anew);
  EXPECT_EQ(command<core::Renew>({"LEASE.RENEW", "a", "TOKEN", "7", "OWNER", "bob"}).who, (core::Who{"bob", ""}));
  EXPECT_EQ(command<core::Takeover>({"lease.takeover", "a", "reason", "r", "flush_ms", "9", "owner", "o"}).flush, 9ms);
  EXPECT_EQ(command<core::EndSession>({"SESSION.END", "tab1", "OWNER", "o"}).who, (core::Who{"o", "tab1"}));
  EXPECT_TRUE(command<core::Get>({"LEASE.GET", "a", "UNSETTLED", "1"}).unsettled);
}

TEST(LeaseCommand, is_of_the_connections_owner_where_it_names_none) {
  EXPECT_EQ(command<core::Acquire>({"LEASE.ACQUIRE", "a"}, "carol").who.owner, "carol");
  EXPECT_EQ(command<core::Acquire>({"LEASE.ACQUIRE", "a", "OWNER", "bob"}, "carol").who.owner, "bob");
  EXPECT_EQ(command<core::List>({"LEASE.LIST"}, "carol").owner, "") << "everybody's";
}

TEST(LeaseCommand, hands_lists_and_watches_to_the_door) {
  const LeaseCall list = read_lease_command(Words{"LEASE.LIST", "PREFIX", "a", "LIMIT", "5"}, context, "").value();
  EXPECT_EQ(list.call.page->prefix, "a");
  EXPECT_EQ(list.call.page->limit, 5U);
  const LeaseCall watch = read_lease_command(Words{"LEASE.WATCH", "AFTER", "7.12"}, context, "").value();
  EXPECT_TRUE(watch.operation->streams);
  EXPECT_EQ(watch.call.watch->after, (api::GivenPosition{7, {12}}));
}

TEST(LeaseCommand, says_which_word_is_wrong) {
  EXPECT_EQ(refusal({}), "unknown_command ");
  EXPECT_EQ(refusal({"LEASE.STEAL", "a"}), "unknown_command LEASE.STEAL");
  EXPECT_EQ(refusal({"LEASE.ACQUIRE"}), "missing_field name");
  EXPECT_EQ(refusal({"LEASE.ACQUIRE", "a"}), "owner_missing owner");
  EXPECT_EQ(refusal({"LEASE.ACQUIRE", "a", "OWNER", "o", "PX", "1"}), "unknown_field PX");
  EXPECT_EQ(refusal({"LEASE.RENEW", "a", "OWNER", "o"}), "missing_field token");
  EXPECT_EQ(refusal({"LEASE.GET", "a", "b"}), "unknown_field b");
}

TEST(WriteJson, keeps_every_kind_of_value_and_the_order_of_the_fields) {
  const std::string_view all = R"({"z":1,"a":null,"b":true,"n":[-1,2.5,"x"],"m":{"k":false}})";
  EXPECT_EQ(json_in(Writer::Version::resp3, all),
            "%5\r\n$1\r\nz\r\n:1\r\n$1\r\na\r\n_\r\n$1\r\nb\r\n#t\r\n"
            "$1\r\nn\r\n*3\r\n:-1\r\n,2.5\r\n$1\r\nx\r\n$1\r\nm\r\n%1\r\n$1\r\nk\r\n#f\r\n");
  EXPECT_EQ(json_in(Writer::Version::resp2, R"({"a":null,"b":true,"m":{"k":2.5}})"),
            "*6\r\n$1\r\na\r\n$-1\r\n$1\r\nb\r\n:1\r\n$1\r\nm\r\n*2\r\n$1\r\nk\r\n$3\r\n2.5\r\n");
}

TEST(WriteJson, writes_a_token_as_the_number_it_is) {
  EXPECT_EQ(json_in(Writer::Version::resp3, "9007199254740991"), ":9007199254740991\r\n");
  EXPECT_EQ(json_in(Writer::Version::resp3, "18446744073709551615"), ",18446744073709551616\r\n");
}

TEST(WriteLeaseAnswer, is_the_map_of_what_http_says) {
  core::Reply reply = held();
  reply.ended = true;
  reply.lease.held = false;
  EXPECT_EQ(answer("LEASE.RELEASE", reply),
            "%5\r\n$4\r\nname\r\n$3\r\njob\r\n$8\r\nreleased\r\n#t\r\n$5\r\ntoken\r\n:9\r\n"
            "$4\r\nheld\r\n#f\r\n$8\r\nposition\r\n$4\r\n7.12\r\n");
}

TEST(WriteLeaseAnswer, shows_what_is_carried_along_however_deep_it_is) {
  core::Reply reply = held();
  reply.lease.metadata = "{\"a\":" + std::string(31, '[') + std::string(31, ']') + "}";  // As deep as it may be sent.
  reply.page = {reply.lease};
  EXPECT_NE(answer("LEASE.LIST", reply).find("$8\r\nmetadata\r\n%1\r\n$1\r\na\r\n*1\r\n*1\r\n"), std::string::npos);
}

TEST(WriteLeaseAnswer, takes_a_refusal_for_an_answer) {  // L11
  core::Reply reply = held();
  reply.code = ErrorCode::held;
  const std::string told = answer("LEASE.ACQUIRE", reply);
  EXPECT_EQ(told.front(), '%') << told;
  EXPECT_NE(told.find("$4\r\ncode\r\n$4\r\nheld\r\n"), std::string::npos) << told;
  EXPECT_NE(told.find("$5\r\nowner\r\n$5\r\nalice\r\n"), std::string::npos) << told;
  EXPECT_NE(told.find("$14\r\ndeadline_in_ms\r\n_\r\n"), std::string::npos) << told;
}

TEST(WriteLeaseAnswer, says_of_everything_else_in_one_line_what_failed_and_whether_it_happened) {
  core::Reply reply;
  reply.code = ErrorCode::nothing_held;
  EXPECT_EQ(answer("LEASE.RENEW", reply),
            "-NOTHING_HELD Nobody holds this name, and no recent holding of it is remembered. (fate: not_done)\r\n");
  reply.code = ErrorCode::queue_full;
  EXPECT_EQ(answer("LEASE.ACQUIRE", reply),
            "-QUEUE_FULL Too many are waiting for this name already. Ask again after Retry-After. (fate: not_done; "
            "retry_after_ms: 1000)\r\n");
  reply.code = ErrorCode::commit_unknown;
  EXPECT_NE(answer("LEASE.ACQUIRE", reply).find("(fate: maybe_done; retry_after_ms: 1000)"), std::string::npos);
}

TEST(WriteProblem, names_the_field_and_what_it_must_be) {
  EXPECT_EQ(
      problem(read_lease_command(Words{"LEASE.ACQUIRE", "a", "TTL_MS", "x"}, context, "o").error()),
      "-BAD_FIELD A field has a value that is not allowed. (ttl_ms: must be a whole number) (field: ttl_ms; fate: "
      "not_done)\r\n");
  EXPECT_EQ(problem(Error{ErrorCode::duplicate_field, {}, "a\r\n+OK"}),
            "-DUPLICATE_FIELD A field is given twice. (field: a  +OK; fate: not_done)\r\n");
}

// --- Texts.

TEST(TextCommand, takes_changes_as_json_in_one_word) {
  const auto edit = command<core::Edit>({"BUFFER.EDIT", "notes", "TOKEN", "7", "SESSION", "s", "BASE", "0", "SEQ", "1",
                                         "CHANGES", R"([[5,[0,"x y"],19], [25]])"},
                                        "alice");
  EXPECT_EQ(edit.name, "notes");
  EXPECT_EQ(edit.who, (core::Who{"alice", "s"}));
  ASSERT_EQ(edit.changes.size(), 2U);
  EXPECT_EQ(edit.changes[0], text::ChangeSet::replace(24, 5, 0, "x y"));
  EXPECT_EQ(edit.changes[1], text::ChangeSet::unchanged(25));
}

TEST(TextCommand, names_what_is_wrong_with_a_change) {
  const auto with = [](std::string_view changes) {
    return refusal({"BUFFER.EDIT", "notes", "OWNER", "a", "TOKEN", "7", "BASE", "0", "CHANGES", changes});
  };
  EXPECT_EQ(with("[[5]]"), "accepted");
  EXPECT_EQ(with(""), "bad_changes changes");
  EXPECT_EQ(with("[[5],[-1]]"), "bad_changes changes[1][0]");
  EXPECT_EQ(with("[[5]] [[5]]"), "bad_json changes");
  EXPECT_EQ(refusal({"BUFFER.EDIT", "notes", "OWNER", "a", "TOKEN", "7", "BASE", "0"}), "missing_field changes");
}

TEST(TextCommand, takes_texts_numbers_and_flags_as_they_are) {
  const auto put = command<core::CreateBuffer>({"BUFFER.PUT", "notes", "TEXT", "a\r\n\"b\""}, "alice");
  EXPECT_EQ(put.file->text.utf8(), "a\n\"b\"");
  EXPECT_EQ(put.file->form.ends.usual(), text::LineEnd::crlf);
  EXPECT_EQ(refusal({"BUFFER.PUT", "notes", "OWNER", "a", "TEXT", "\xff"}), "bad_text text");
  const auto get = command<core::GetBuffer>({"BUFFER.GET", "notes", "REVISION", "0", "TEXT", "false", "BLAME", "1"});
  EXPECT_EQ(get.revision, 0U);
  EXPECT_FALSE(get.with_text);
  EXPECT_TRUE(get.with_blame);
  const auto apply = command<core::ApplyDraft>({"DRAFT.APPLY", "31", "TOKEN", "7", "ANYWAY", "true"}, "alice");
  EXPECT_EQ(apply.draft, 31U);
  EXPECT_TRUE(apply.anyway);
  EXPECT_EQ(refusal({"DRAFT.GET", "x"}), "bad_field draft");
  EXPECT_EQ(refusal({"DRAFT.GET"}), "missing_field draft");
}

TEST(TextAnswer, is_a_map_like_any_other) {
  core::Reply reply;
  core::TextAnswer made;
  made.buffer.name = "notes";
  made.buffer.buffer = 4;
  made.made = 1;
  reply.text = std::make_shared<const core::TextAnswer>(made);
  reply.position = {12};
  EXPECT_EQ(answer("BUFFER.EDIT", reply),
            "%8\r\n$4\r\nname\r\n$5\r\nnotes\r\n$6\r\nbuffer\r\n:4\r\n$4\r\nbase\r\n:0\r\n"
            "$8\r\nrevision\r\n:1\r\n$5\r\nagain\r\n#f\r\n$4\r\nundo\r\n:0\r\n$4\r\nredo\r\n:0\r\n"
            "$8\r\nposition\r\n$4\r\n7.12\r\n");
}

}  // namespace
}  // namespace holdfast::server::resp
