#include "api/spoken.h"

#include <gtest/gtest.h>

#include <array>

namespace holdfast::api {
namespace {

constexpr std::array<std::string_view, 2> envelope{"id", "call"};
constexpr Speaker alice{"alice", "tab-1"};

Result<Spoken> spoken(std::string_view call, const std::string& fields, const Speaker& speaker = alice) {
  const std::string text = R"({"id":1,"call":")" + std::string{call} + '"' + fields + "}";
  const JsonMembers message = JsonMembers::read(text).value();
  return read_spoken(*operation_of_call(call), message, envelope, speaker, {"s-fresh", "::1", 7});
}
template <class Command>
Command command(std::string_view call, const std::string& fields) {
  return std::get<Command>(spoken(call, fields).value().call.command);
}
std::string refusal(std::string_view call, const std::string& fields) {
  const Result<Spoken> got = spoken(call, fields);
  return got ? "accepted" : std::string{got.error().name()} + " " + got.error().field;
}

TEST(OperationOfCall, knows_the_catalogue_but_for_what_does_not_fit_into_a_message) {
  for (const char* name : {"lease.acquire", "session.renew", "history.get", "buffer.get", "buffer.edit", "draft.apply"})
    EXPECT_NE(operation_of_call(name), nullptr) << name;
  for (const char* name : {"", "hello", "events.watch", "buffer.put", "lease.acquire_set", "LEASE.ACQUIRE"})
    EXPECT_EQ(operation_of_call(name), nullptr) << name;
}

TEST(ReadSpoken, takes_what_stands_in_a_path_from_a_field) {
  EXPECT_EQ(command<core::Acquire>("lease.acquire", R"(,"name":"docs/pl\u0061n")").name, "docs/plan");
  EXPECT_EQ(command<core::GetDraft>("draft.get", R"(,"draft":12)").draft, 12U);
  EXPECT_EQ(command<core::EndSession>("session.end", R"(,"session":"other")").who, (core::Who{"alice", "other"}));
  EXPECT_EQ(refusal("lease.acquire", ""), "missing_field name");
  EXPECT_EQ(refusal("lease.acquire", R"(,"name":"a//b")"), "bad_name name");
  EXPECT_EQ(refusal("lease.acquire", R"(,"name":7)"), "bad_field name");
  EXPECT_EQ(refusal("lease.acquire", R"(,"name":"\ud800")"), "bad_json name");
  EXPECT_EQ(refusal("draft.get", R"(,"draft":"12")"), "bad_field draft");
  EXPECT_EQ(refusal("draft.get", R"(,"draft":0)"), "bad_field draft");
  EXPECT_EQ(refusal("draft.get", R"(,"draft":1.5)"), "bad_field draft");
}

TEST(ReadSpoken, knows_who_speaks) {
  EXPECT_EQ(command<core::Acquire>("lease.acquire", R"(,"name":"a")").who, (core::Who{"alice", "tab-1"}));
  EXPECT_EQ(command<core::Renew>("lease.renew", R"(,"name":"a","token":1)").who, (core::Who{"alice", "tab-1"}));
  EXPECT_EQ(command<core::RenewSession>("session.renew", "").who, (core::Who{"alice", "tab-1"}));
  EXPECT_EQ(command<core::Move>("lease.move", R"(,"name":"a","token":1)").who.session, "tab-1")
      << "moved over to whoever asks";
  EXPECT_EQ(command<core::Release>("lease.release", R"(,"name":"a","token":1,"session":"s")").who.session, "s")
      << "of one's own others";
}

TEST(ReadSpoken, lets_nobody_speak_for_somebody_else) {
  EXPECT_EQ(refusal("lease.acquire", R"(,"name":"a","owner":"alice")"), "accepted");
  EXPECT_EQ(refusal("lease.acquire", R"(,"name":"a","owner":"bob")"), "bad_field owner");
}

TEST(ReadSpoken, looks_at_everybody_unless_told_otherwise) {
  EXPECT_EQ(command<core::ListDrafts>("draft.list", "").owner, "");
  EXPECT_EQ(command<core::ListDrafts>("draft.list", R"(,"owner":"bob")").owner, "bob");
}

TEST(ReadSpoken, takes_the_fields_of_a_query_as_json) {
  const auto get = command<core::GetBuffer>("buffer.get", R"(,"name":"a","revision":3,"text":false,"blame":true)");
  EXPECT_EQ(get.revision, 3U);
  EXPECT_FALSE(get.with_text);
  EXPECT_TRUE(get.with_blame);
  EXPECT_EQ(refusal("buffer.get", R"(,"name":"a","text":0)"), "bad_field text");
}

TEST(ReadSpoken, reads_an_edit) {
  const auto edit = command<core::Edit>(
      "buffer.edit", R"(,"name":"a","token":7,"base":12,"seq":4,"changes":[[5,[0,"x"],19],[25,[0,"","y"]]])");
  EXPECT_EQ(edit.name, "a");
  EXPECT_EQ(edit.token, core::Token{7});
  EXPECT_EQ(edit.who, (core::Who{"alice", "tab-1"}));
  EXPECT_EQ(edit.base, 12U);
  EXPECT_EQ(edit.seq, 4U);
  ASSERT_EQ(edit.changes.size(), 2U);
  EXPECT_EQ(edit.changes[0].length_before(), 24U);
  EXPECT_EQ(edit.changes[1].inserted(), "\ny");
}

TEST(ReadSpoken, refuses_what_is_no_field_whatever_it_is_for_others) {
  EXPECT_EQ(refusal("lease.check", R"(,"name":"a","token":1,"ids":2)"), "unknown_field ids");
  EXPECT_EQ(refusal("session.end", R"(,"name":"a")"), "unknown_field name");
}

}  // namespace
}  // namespace holdfast::api
