// Guarded texts over HTTP: as files and as JSON, at their largest, through a kill, and with whatever is wrong.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::request_text;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;

/// A request whose body is a file.
std::string file_request(const std::string& target, std::string_view file, const std::string& type = "text/plain",
                         const std::string& more = {}) {
  return fmt::format("PUT {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\n{}Content-Length: {}\r\n\r\n{}", target,
                     type, more, file.size(), file);
}
std::string as_file(const std::string& target) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n", target);
}

class Texts : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void start() {
    talk_.reset();
    server_ = std::make_unique<ServerProcess>(
        ServerProcess::How{.arguments = {"--data", (scratch_.path() / "data").string()}});
    talk_ = std::make_unique<Talk>(server_->port());
  }

  Response ask(const std::string& request) {
    talk_->send(request);
    return talk_->receive();
  }
  Response put(const std::string& name, const std::string& json) {
    return ask(request_text("PUT", "/v1/buffers/" + name, json));
  }
  Response edit(const std::string& more) {
    return talk_->post("/v1/edit/plan",
                       fmt::format(R"({{"owner":"alice","session":"s","token":{},{}}})", token_, more));
  }
  /// `plan`, with this text, in alice's hand.
  void begin(const std::string& text) {
    ASSERT_EQ(
        put("plan", fmt::format(R"({{"owner":"alice","text":{}}})", boost::json::serialize(boost::json::value(text))))
            .status,
        201);
    token_ = talk_->post("/v1/acquire/plan", R"({"owner":"alice","session":"s"})").token();
  }
  std::string text() { return ask(as_file("/v1/buffers/plan")).body; }

  support::ScratchDirectory scratch_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Talk> talk_;
  std::uint64_t token_ = 0;
};

TEST_F(Texts, come_back_as_the_files_they_were) {
  const std::string file =
      "\xEF\xBB\xBF"
      "one\r\ntwo\nthree\rfour \xF0\x9F\x98\x80\r\n";
  const Response made = ask(file_request("/v1/buffers/files/a?owner=alice", file));
  EXPECT_EQ(made.status, 201) << made.body;
  EXPECT_EQ(made.field("ends"), "mixed");
  EXPECT_EQ(made.field("byte_order_mark"), "true");
  EXPECT_EQ(ask(file_request("/v1/buffers/files/a?owner=alice", file)).status, 200) << "again";
  const Response back = ask(as_file("/v1/buffers/files/a"));
  EXPECT_EQ(back.headers.at("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(back.body, file);
  const Response json = talk_->get("/v1/buffers/files/a");
  EXPECT_EQ(json.field("text"), "one\ntwo\nthree\nfour \xF0\x9F\x98\x80\n");
  EXPECT_EQ(json.field("length"), "22");
  EXPECT_EQ(ask(as_file("/v1/buffers/files/a?text=0")).body, file) << "a file is nothing but its text";
  EXPECT_EQ(ask(file_request("/v1/buffers/empty?owner=alice", "")).field("length"), "0");
}

TEST_F(Texts, are_edited_taken_back_and_caught_up_with) {
  begin("Dear all,\n");
  const Response made = edit(R"("base":0,"seq":1,"changes":[[5,[3,"Bob"],2],[10,[0,"Thanks","."]]])");
  EXPECT_EQ(made.status, 200) << made.body;
  EXPECT_EQ(made.field("revision"), "2");
  EXPECT_EQ(text(), "Dear Bob,\nThanks\n.");
  EXPECT_EQ(edit(R"("base":0,"seq":1,"changes":[[5,[3,"Bob"],2],[10,[0,"Thanks","."]]])").field("again"), "true");
  const Response undone =
      talk_->post("/v1/undo/plan", fmt::format(R"({{"owner":"alice","session":"s","token":{}}})", token_));
  EXPECT_EQ(undone.status, 200) << undone.body;
  EXPECT_EQ(undone.field("base"), "2");
  const Response changes = talk_->get("/v1/changes/plan?after=1");
  EXPECT_EQ(changes.field("revision"), undone.field("revision"));
  EXPECT_EQ(changes.json().at("changes").at(0).at("revision").as_int64(), 2);
  EXPECT_EQ(boost::json::serialize(changes.json().at("changes").at(0).at("change")), R"([10,[0,"Thanks","."]])");
  EXPECT_EQ(ask(as_file("/v1/buffers/plan?revision=1")).body, "Dear Bob,\n");
}

TEST_F(Texts, keep_what_was_typed_under_a_token_that_is_over_as_a_draft) {
  begin("abc");
  const Response taken =
      talk_->post("/v1/takeover/plan",
                  fmt::format(R"({{"owner":"bob","session":"b","token":{},"reason":"mine","flush_ms":0}})", token_));
  ASSERT_EQ(taken.status, 200) << taken.body;
  const Response late = edit(R"("base":0,"seq":1,"changes":[[3,[0,"late"]]])");
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(late.field("code"), "stale");
  EXPECT_EQ(late.field("by"), "bob");
  const std::string draft = late.field("draft");
  ASSERT_FALSE(draft.empty()) << late.body;
  EXPECT_EQ(text(), "abc");
  EXPECT_EQ(ask(as_file("/v1/drafts/" + draft)).body, "abclate");
  EXPECT_EQ(talk_->get("/v1/drafts/" + draft).field("fit"), "clean");
  EXPECT_EQ(talk_->get("/v1/drafts?owner=alice").json().at("drafts").as_array().size(), 1U);
  const Response strange = ask(request_text("DELETE", "/v1/drafts/" + draft, R"({"owner":"bob"})"));
  EXPECT_EQ(strange.field("code"), "not_your_draft");
  const Response applied = talk_->post("/v1/drafts/" + draft + "/apply",
                                       fmt::format(R"({{"owner":"bob","session":"b","token":{}}})", taken.token()));
  EXPECT_EQ(applied.status, 200) << applied.body;
  EXPECT_EQ(boost::json::serialize(applied.json().at("changes")), R"([[3,[0,"late"]]])");
  EXPECT_EQ(text(), "abclate");
  EXPECT_EQ(talk_->get("/v1/drafts/" + draft).field("code"), "no_such_draft");
}

TEST_F(Texts, give_their_holder_a_moment_before_a_takeover_unless_told_otherwise) {
  begin("abc");
  Talk taker(server_->port());
  taker.send(request_text("POST", "/v1/takeover/plan",
                          fmt::format(R"({{"owner":"bob","token":{},"reason":"mine"}})", token_)));
  // Its window is seen with the lease, and the holder can still hand in what it has.
  while (talk_->get("/v1/leases/plan").field("takeover").empty()) ASSERT_FALSE(taker.answered_within(10ms));
  EXPECT_EQ(edit(R"("base":0,"seq":1,"changes":[[3,[0,"!"]]])").status, 200);
  talk_->post("/v1/release/plan", fmt::format(R"({{"owner":"alice","session":"s","token":{}}})", token_));
  EXPECT_EQ(taker.receive().status, 200);
  EXPECT_EQ(text(), "abc!");
}

TEST_F(Texts, outlive_a_kill_to_the_letter) {
  begin("abc");
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(edit(fmt::format(R"("base":{},"seq":{},"changes":[[{},[0,"x"]]])", i, i + 1, i + 3)).status, 200);
  }
  const Response before = talk_->get("/v1/buffers/plan?blame=1&owner=alice");
  server_->kill();
  start();
  const Response after = talk_->get("/v1/buffers/plan?blame=1&owner=alice");
  for (const char* field : {"text", "revision", "buffer", "blame", "undo", "redo", "changed_at", "created_at"})
    EXPECT_EQ(after.field(field), before.field(field)) << field;
  const Response again = edit(R"("base":49,"seq":50,"changes":[[52,[0,"x"]]])");
  EXPECT_EQ(again.field("again"), "true") << again.body;
  EXPECT_EQ(edit(R"("base":50,"seq":51,"changes":[[53,[0,"!"]]])").field("revision"), "51")
      << "the lease is there, too";
}

TEST_F(Texts, of_ten_megabytes_come_and_go) {
  std::string large = "\"\\\r\n";
  while (large.size() < (10U << 20U)) large += "0123456789abcde\n";
  large.resize(10U << 20U);
  const Response made = ask(file_request("/v1/buffers/large?owner=alice", large));
  ASSERT_EQ(made.status, 201) << made.body.substr(0, 300);
  EXPECT_EQ(made.field("bytes"), std::to_string((10U << 20U) - 1)) << "of the two that end its first line, one";
  EXPECT_EQ(ask(as_file("/v1/buffers/large")).body, large);
  const Response json = talk_->get("/v1/buffers/large");
  std::string with_line_feeds = large;
  with_line_feeds.erase(2, 1);
  EXPECT_TRUE(json.field("text") == with_line_feeds);
  const std::string body =
      fmt::format(R"({{"owner":"alice","text":{}}})", boost::json::serialize(boost::json::value(with_line_feeds)));
  ASSERT_GT(body.size(), 10U << 20U);
  EXPECT_EQ(put("as_json", body).status, 201);
  EXPECT_EQ(talk_->get("/v1/buffers/as_json?text=0").field("bytes"), made.field("bytes"));
  EXPECT_EQ(ask(file_request("/v1/buffers/more?owner=alice", large + "x")).field("code"), "text_too_large");
}

TEST_F(Texts, of_any_size_keep_nobody_else_waiting) {
  const std::string large(10U << 20U, 'x');
  Talk sender(server_->port());
  const std::string request = file_request("/v1/buffers/large?owner=alice", large);
  sender.send(request);
  ASSERT_EQ(sender.receive().status, 201);
  // Ten who want it, one after the other on each connection, and nobody who reads: yet others are answered.
  std::vector<std::unique_ptr<Talk>> deaf;
  for (int i = 0; i < 10; ++i) {
    deaf.push_back(std::make_unique<Talk>(server_->port()));
    deaf.back()->send(request_text("GET", "/v1/buffers/large") + request_text("GET", "/v1/buffers/large"));
  }
  auto slowest = 0ns;
  for (int i = 0; i < 100; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    ASSERT_EQ(talk_->get("/v1/leases/other").status, 200);
    slowest = std::max<std::chrono::nanoseconds>(slowest, std::chrono::steady_clock::now() - begin);
  }
  EXPECT_LT(slowest, 150ms) << "one that is written where others are served takes twice as long";
  EXPECT_EQ(deaf.front()->receive().field("length"), std::to_string(large.size()));
  EXPECT_EQ(deaf.front()->receive().field("length"), std::to_string(large.size()));
}

TEST_F(Texts, are_answered_in_order_where_requests_come_together) {
  begin("");
  std::string all;
  for (int i = 0; i < 40; ++i) {
    const std::string kept = i == 0 ? "" : std::to_string(i) + ",";
    all += request_text(
        "POST", "/v1/edit/plan",
        fmt::format(R"({{"owner":"alice","session":"s","token":{},"base":{},"seq":{},"changes":[[{}[0,"x"]]]}})",
                    token_, i, i + 1, kept));
    if (i % 10 == 9) all += request_text("GET", "/v1/buffers/plan");
  }
  talk_->send(all);
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(talk_->receive().field("revision"), std::to_string(i + 1));
    if (i % 10 != 9) continue;
    EXPECT_EQ(talk_->receive().field("length"), std::to_string(i + 1));
  }
}

// --- What is wrong is told by its code, and the text is as it was.

class BadText : public Texts {
 protected:
  void SetUp() override {
    Texts::SetUp();
    begin("one \xF0\x9F\x98\x80 two");  // 10 units.
  }
  void expect(const Response& answer, int status, const std::string& code, const std::string& field = {}) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.field("code"), code) << answer.body;
    EXPECT_EQ(answer.field("field"), field) << answer.body;
    EXPECT_EQ(answer.field("fate"), "not_done");
    const Response now = talk_->get("/v1/buffers/plan");
    EXPECT_EQ(now.field("text"), "one \xF0\x9F\x98\x80 two");
    EXPECT_EQ(now.field("revision"), "0");
    EXPECT_EQ(now.field("drafts"), "0");
  }
  void expect_of_changes(const std::string& changes, int status, const std::string& code, const std::string& field) {
    SCOPED_TRACE(changes.substr(0, 200));
    expect(edit(R"("base":0,"seq":1,"changes":)" + changes), status, code, field);
  }
};

TEST_F(BadText, is_no_change_as_codemirror_writes_it) {
  expect_of_changes("[]", 400, "bad_changes", "changes");
  expect_of_changes("null", 400, "bad_changes", "changes");
  expect_of_changes("[10]", 400, "bad_changes", "changes[0][0]");
  expect_of_changes("[[-3,[0,\"x\"]]]", 400, "bad_changes", "changes[0][0]");
  expect_of_changes("[[10],[10,[-1]]]", 400, "bad_changes", "changes[1][1]");
  expect_of_changes(R"([[10,[0,"a\nb"]]])", 400, "bad_changes", "changes[0][1][1]");
  expect_of_changes(R"([[10,[0,"a","b\r"]]])", 400, "bad_changes", "changes[0][1][2]");
  expect_of_changes(R"([[10.0]])", 400, "bad_changes", "changes[0][0]");
  expect_of_changes(R"([[99999999999]])", 413, "changes_too_large", "changes[0][0]");
  expect_of_changes(R"([[10,[0,"\ud83d"]]])", 422, "bad_boundary", "changes[0][1][1]");
  expect_of_changes(R"([[10,[0,"x"]])", 400, "bad_json", "");
}

TEST_F(BadText, does_not_fit) {
  expect_of_changes("[[9]]", 422, "wrong_length", "changes");
  expect_of_changes(R"([[11,[0,"x"]]])", 422, "wrong_length", "changes");
  expect_of_changes(R"([[10,[0,"x"]],[10,[0,"y"]]])", 422, "wrong_length", "changes");
  expect_of_changes("[[5,[1],4]]", 422, "bad_boundary", "changes");
  expect_of_changes(R"([[5,[0,"x"],5]])", 422, "bad_boundary", "changes");
  expect(edit(R"("base":1,"seq":1,"changes":[[10]])"), 422, "revision_future", "base");
  expect(edit(R"("base":-1,"changes":[[10]])"), 400, "bad_field", "base");
  expect(edit(R"("base":"0","changes":[[10]])"), 400, "bad_field", "base");
  expect(edit(R"("base":0,"seq":0,"changes":[[10]])"), 400, "bad_field", "seq");
  expect(edit(R"("changes":[[10]])"), 400, "missing_field", "base");
}

TEST_F(BadText, is_larger_than_is_taken) {
  const std::string half(600'000, 'x');
  // A request is not longer than a megabyte, and so no change is.
  Talk large(server_->port());
  large.send(request_text("POST", "/v1/edit/plan", R"({"owner":"alice","changes":[[10,[0,")" + half + half + "\"]]]}"));
  EXPECT_EQ(large.receive().field("code"), "body_too_large");
  std::string many = "[[10]";
  for (int i = 0; i < 1000; ++i) many += ",[10]";
  expect_of_changes(many + "]", 413, "changes_too_large", "changes");
  expect_of_changes("[[10,[0,\"" + half + "\"]]]x", 400, "bad_json", "");
}

TEST_F(BadText, would_grow_beyond_what_a_text_may_be) {
  std::string large(10U << 20U, 'x');
  ASSERT_EQ(ask(file_request("/v1/buffers/large?owner=alice", large)).status, 201);
  const std::uint64_t token = talk_->post("/v1/acquire/large", R"({"owner":"alice","session":"s"})").token();
  const Response refused = talk_->post(
      "/v1/edit/large",
      fmt::format(R"({{"owner":"alice","session":"s","token":{},"base":0,"changes":[[10485760,[0,"x"]]]}})", token));
  EXPECT_EQ(refused.status, 413);
  EXPECT_EQ(refused.field("code"), "text_too_large");
  EXPECT_EQ(talk_->get("/v1/buffers/large?text=0").field("revision"), "0");
}

TEST_F(BadText, is_somebody_elses_or_nobodys) {
  const auto post = [&](const std::string& target, const std::string& fields) {
    return talk_->post(target, "{" + fields + "}");
  };
  const std::string bob = fmt::format(R"("owner":"bob","session":"b","token":{},"base":0,"changes":[[10]])", token_);
  expect(post("/v1/edit/plan", bob), 403, "not_yours");
  const std::string from_future =
      fmt::format(R"("owner":"bob","session":"b","token":{},"base":0,"changes":[[10]])", token_ + 1);
  expect(post("/v1/edit/plan", from_future), 422, "unknown_token", "token");
  expect(post("/v1/edit/nothing", bob), 404, "no_such_text");
  expect(put("plan", R"({"owner":"bob","text":"x"})"), 409, "held");
  expect(put("plan", R"({"owner":"alice","text":"x"})"), 409, "buffer_exists");
  expect(ask(request_text("DELETE", "/v1/buffers/plan", R"({"owner":"bob"})")), 409, "held");
  expect(ask(request_text("DELETE", "/v1/buffers/plan", R"({"owner":"alice"})")), 422, "token_needed", "token");
  expect(ask(request_text("DELETE", "/v1/buffers/nothing", R"({"owner":"alice"})")), 404, "no_such_text");
  expect(talk_->get("/v1/buffers/plan?revision=1"), 422, "revision_future", "revision");
  expect(talk_->get("/v1/changes/plan?after=1"), 422, "revision_future", "after");
  expect(talk_->get("/v1/drafts/1"), 404, "no_such_draft", "draft");
  expect(talk_->get("/v1/drafts/x"), 400, "bad_field", "draft");
  expect(talk_->get("/v1/drafts/0"), 400, "bad_field", "draft");
}

TEST_F(BadText, is_no_file_of_text) {
  expect(ask(file_request("/v1/buffers/new?owner=alice",
                          "a\xff"
                          "b")),
         422, "bad_text", "text");
  expect(ask(file_request("/v1/buffers/new", "x")), 400, "owner_missing", "owner");
  expect(ask(file_request("/v1/buffers/new?owner=alice&text=y", "x")), 400, "duplicate_field", "text");
  expect(ask(file_request("/v1/buffers/new?owner=alice&color=red", "x")), 400, "unknown_field", "color");
  expect(ask(file_request("/v1/buffers/new?owner=alice", "x", "text/html")), 415, "not_json_type", "content-type");
  expect(ask(file_request("/v1/buffers/new?owner=alice", "x", "text/plain; charset=iso-8859-1")), 415, "not_json_type",
         "content-type");
  expect(put("new?owner=alice", R"({"owner":"alice","text":"x"})"), 400, "unknown_field", "owner");
  expect(put("a//b", R"({"owner":"alice","text":"x"})"), 400, "bad_name", "name");
  expect(put("new", R"({"owner":"alice"})"), 400, "missing_field", "text");
  EXPECT_EQ(talk_->get("/v1/buffers/new").field("code"), "no_such_text");
}

TEST_F(BadText, comes_from_a_foreign_page) {
  expect(ask(file_request("/v1/buffers/new?owner=mallory", "x", "text/plain", "Origin: https://evil.example\r\n")), 403,
         "foreign_origin", "origin");
  // What a form of a page could send without asking: never text/plain by POST.
  std::string posted = file_request("/v1/edit/plan", R"({"owner":"mallory"})");
  posted.replace(0, 3, "POST");
  expect(ask(posted), 415, "not_json_type", "content-type");
  EXPECT_EQ(talk_->get("/v1/buffers/new").field("code"), "no_such_text");
}

}  // namespace
}  // namespace holdfast
