// The verbs that ask a server: what they print where, and how they end.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <filesystem>

#include "tests/whole/cli_process.h"

namespace holdfast::whole {
namespace {

namespace json = boost::json;

class ClientVerbs : public testing::Test {
 protected:
  Outcome holdfast(std::vector<std::string> words) { return run(server.port(), std::move(words)); }
  /// The token of a lease that alice gets.
  std::string alices(const std::string& name, const std::string& ttl = "1h") {
    const Outcome got =
        holdfast({"acquire", name, "--owner", "alice", "--session", "a", "--ttl", ttl, "--note", "why"});
    EXPECT_EQ(got.status, 0) << got.err;
    return got.out.substr(0, got.out.find('\n'));
  }
  support::ServerProcess server{{.arguments = {"--journal", "memory"}}};
};

json::object object_of(const std::string& text) {
  EXPECT_TRUE(text.ends_with("}\n")) << text;
  return json::parse(text).as_object();
}

TEST_F(ClientVerbs, acquire_prints_the_token_alone_on_stdout) {
  const Outcome got = holdfast({"acquire", "job", "--session", "mine"});
  EXPECT_EQ(got.status, 0);
  EXPECT_GT(std::stoull(got.out), 0u);
  EXPECT_EQ(got.out, std::to_string(std::stoull(got.out)) + "\n");
  EXPECT_NE(got.err.find("job is yours for 30 s unless renewed (session mine)"), std::string::npos) << got.err;
}

TEST_F(ClientVerbs, acquire_says_commands_that_work_as_they_are) {
  const Outcome got = holdfast({"acquire", "a b/it's", "--owner", "bob smith"});
  ASSERT_EQ(got.status, 0) << got.err;
  for (const char* verb : {"holdfast renew ", "holdfast release "}) {
    const std::size_t at = got.err.find(verb);
    ASSERT_NE(at, std::string::npos) << got.err;
    std::string line = got.err.substr(at, got.err.find('\n', at) - at);
    line.replace(0, std::string_view("holdfast").size(), HOLDFAST_PROGRAM);
    support::Process pasted({"sh", "-c", line + " --server http://127.0.0.1:" + std::to_string(server.port())});
    EXPECT_EQ(pasted.wait().exit_status, 0) << line << "\n" << pasted.errors();
  }
}

TEST_F(ClientVerbs, acquire_is_refused_with_1_and_says_by_whom_and_why) {
  alices("job");
  const Outcome got = holdfast({"acquire", "job", "--owner", "bob"});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.out, "");
  for (const char* part : {"job is held by alice (session a)", "ends in", "Note: why"}) {
    EXPECT_NE(got.err.find(part), std::string::npos) << got.err;
  }
}

TEST_F(ClientVerbs, acquire_waits_and_gives_up_with_1) {
  alices("job");
  const Outcome got = holdfast({"acquire", "job", "--owner", "bob", "--wait", "100ms"});
  EXPECT_EQ(got.status, 1);
  EXPECT_NE(got.err.find("the wait is over: job is held by alice"), std::string::npos) << got.err;
}

TEST_F(ClientVerbs, acquire_gets_the_same_grant_when_the_same_session_asks_again) {
  EXPECT_EQ(alices("job"), alices("job"));
}

TEST_F(ClientVerbs, json_is_the_servers_answer_for_grants_and_refusals) {
  const Outcome grant = holdfast({"acquire", "job", "--owner", "alice", "--json", "--metadata", R"({"n":1})"});
  EXPECT_EQ(grant.status, 0);
  EXPECT_EQ(object_of(grant.out).at("owner").as_string(), "alice");
  EXPECT_EQ(grant.err, "");
  const Outcome refusal = holdfast({"acquire", "job", "--owner", "bob", "--json"});
  EXPECT_EQ(refusal.status, 1);
  EXPECT_EQ(object_of(refusal.out).at("code").as_string(), "held");
  EXPECT_EQ(refusal.err, "");
}

TEST_F(ClientVerbs, renew_and_release_go_by_the_token) {
  const std::string token = alices("job");
  EXPECT_EQ(holdfast({"renew", "job", "--token", token, "--owner", "alice"}).status, 0);
  EXPECT_EQ(holdfast({"check", "job", "--token", token}).status, 0);
  const Outcome released = holdfast({"release", "job", "--token", token, "--owner", "alice"});
  EXPECT_EQ(released.status, 0);
  EXPECT_EQ(released.out, "");
  EXPECT_NE(released.err.find("job is released"), std::string::npos);
  const Outcome again = holdfast({"release", "job", "--token", token, "--owner", "alice"});
  EXPECT_EQ(again.status, 0) << "may be repeated";
  EXPECT_NE(again.err.find("was released already"), std::string::npos);
}

TEST_F(ClientVerbs, renew_with_another_ttl_takes_it) {
  const std::string token = alices("job");
  const Outcome got = holdfast({"renew", "job", "--token", token, "--owner", "alice", "--ttl", "5s", "--json"});
  EXPECT_EQ(object_of(got.out).at("ttl_ms").as_int64(), 5000);
}

TEST_F(ClientVerbs, an_old_token_is_refused_with_1_and_the_newest) {  // L7, L13
  const std::string old = alices("job");
  ASSERT_EQ(holdfast({"release", "job", "--token", old, "--owner", "alice"}).status, 0);
  const std::string bobs = holdfast({"acquire", "job", "--owner", "bob"}).out;
  for (const char* verb : {"renew", "release", "check"}) {
    const Outcome got = holdfast({verb, "job", "--token", old, "--owner", "alice"});
    EXPECT_EQ(got.status, 1) << verb;
    EXPECT_EQ(got.out, "") << verb;
    EXPECT_NE(got.err.find("no longer current: its holding ended (released)"), std::string::npos) << got.err;
    EXPECT_NE(got.err.find(bobs.substr(0, bobs.size() - 1)), std::string::npos) << got.err;
  }
}

TEST_F(ClientVerbs, anothers_token_is_not_allowed_with_77) {
  const std::string token = alices("job");
  for (const char* verb : {"renew", "release"}) {
    const Outcome got = holdfast({verb, "job", "--token", token, "--owner", "bob"});
    EXPECT_EQ(got.status, 77) << verb << got.err;
  }
}

TEST_F(ClientVerbs, nothing_to_renew_is_refused_with_1) {
  EXPECT_EQ(holdfast({"renew", "job", "--token", "1", "--owner", "alice"}).status, 1);
}

TEST_F(ClientVerbs, show_tells_of_a_held_a_free_and_an_unknown_name) {
  const std::string token = alices("job");
  const Outcome held = holdfast({"show", "job"});
  EXPECT_EQ(held.status, 0);
  EXPECT_EQ(held.err, "");
  EXPECT_NE(held.out.find("job is held\n  by        alice (session a)\n"), std::string::npos) << held.out;
  holdfast({"release", "job", "--token", token, "--owner", "alice"});
  EXPECT_EQ(holdfast({"show", "job"}).out, "job is free\n  last      token " + token + " of alice, ended: released\n");
  EXPECT_EQ(holdfast({"show", "other"}).out, "other is free\n");
  EXPECT_FALSE(object_of(holdfast({"show", "job", "--json"}).out).at("held").as_bool());
}

TEST_F(ClientVerbs, list_prints_a_table_or_says_that_there_is_nothing) {
  const Outcome nothing = holdfast({"list"});
  EXPECT_EQ(nothing.status, 0);
  EXPECT_EQ(nothing.out, "");
  EXPECT_EQ(nothing.err, "holdfast list: nothing is held\n");
  alices("b/1");
  alices("b/2");
  alices("bb");
  const Outcome all = holdfast({"list"});
  EXPECT_TRUE(all.out.starts_with("NAME  OWNER  SINCE")) << all.out;
  EXPECT_EQ(std::ranges::count(all.out, '\n'), 4) << all.out;
  const Outcome below = holdfast({"list", "--prefix", "b"});
  EXPECT_EQ(below.out.find("bb"), std::string::npos) << below.out;
  EXPECT_EQ(std::ranges::count(below.out, '\n'), 3) << below.out;
}

TEST_F(ClientVerbs, list_takes_owner_as_a_filter) {
  alices("job");
  holdfast({"acquire", "bobs", "--owner", "bob"});
  for (const char* flag : {"--owner", "--of"}) {
    const Outcome got = holdfast({"list", flag, "bob"});
    EXPECT_NE(got.out.find("bobs"), std::string::npos) << got.out;
    EXPECT_EQ(got.out.find("alice"), std::string::npos) << got.out;
  }
  EXPECT_EQ(holdfast({"list", "--owner", "nobody"}).err, "holdfast list: nothing like that is held\n");
}

TEST_F(ClientVerbs, list_goes_on_where_it_was_told_to_stop) {
  for (const char* name : {"a", "b", "c"}) alices(name);
  const Outcome first = holdfast({"list", "--limit", "2", "--json"});
  EXPECT_EQ(object_of(first.out).at("leases").as_array().size(), 2u);
  EXPECT_NE(first.err.find("there is more: --after b"), std::string::npos) << first.err;
  const Outcome rest = holdfast({"list", "--after", "b"});
  EXPECT_EQ(std::ranges::count(rest.out, '\n'), 2) << rest.out;
}

TEST_F(ClientVerbs, wrong_usage_ends_with_64_here_or_at_the_server) {
  const std::vector<std::string> cases[] = {{"acquire"},
                                            {"acquire", ""},
                                            {"acquire", "a/../b"},
                                            {"acquire", "job", "--ttl", "1ms"},
                                            {"acquire", "job", "--ttl", "2d"},
                                            {"acquire", "job", "--metadata", "{"},
                                            {"acquire", "job", "--holder", "nobody"},
                                            {"acquire", "job", "--note", "x\x1b[2J"},
                                            {"acquire", "job", "--server", "https://x"},
                                            {"renew", "job"},
                                            {"renew", "job", "--token", "-1"},
                                            {"release", "job", "--token", "x"},
                                            {"show"},
                                            {"list", "extra"}};
  for (const auto& words : cases) {
    const Outcome got = holdfast(words);
    EXPECT_EQ(got.status, 64) << testing::PrintToString(words) << got.err;
    EXPECT_EQ(got.out, "");
    EXPECT_TRUE(got.err.starts_with("holdfast " + words[0] + ": ")) << got.err;
  }
}

TEST_F(ClientVerbs, a_server_that_is_not_there_ends_with_69) {
  server.kill();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"acquire", "job"}, {"renew", "job", "--token", "1"}, {"show", "job"}, {"list"}}) {
    const Outcome got = holdfast(words);
    EXPECT_EQ(got.status, 69) << got.err;
    EXPECT_NE(got.err.find("cannot be reached"), std::string::npos) << got.err;
  }
  const Outcome json = holdfast({"show", "job", "--json"});
  EXPECT_EQ(json.status, 69);
  EXPECT_EQ(object_of(json.out).at("fate").as_string(), "not_done");
}

TEST_F(ClientVerbs, an_answer_that_never_comes_ends_with_2_and_says_how_to_find_out) {
  server.process().signal(SIGSTOP);
  support::Process asking = start(server.port(), {"acquire", "job", "--session", "mine"});
  EXPECT_EQ(asking.wait(std::chrono::seconds(60)).exit_status, 2);
  EXPECT_NE(asking.errors().find("ask again with --session mine"), std::string::npos) << asking.errors();
  server.process().signal(SIGCONT);
  EXPECT_EQ(holdfast({"acquire", "job", "--session", "mine"}).status, 0);
}

TEST_F(ClientVerbs, stdout_that_takes_nothing_is_not_a_success) {
  support::Process full({"sh", "-c", std::string{HOLDFAST_PROGRAM} + " show job > /dev/full"},
                        {{"HOLDFAST_SERVER", "http://127.0.0.1:" + std::to_string(server.port())}});
  EXPECT_EQ(full.wait().exit_status, 2);
  EXPECT_NE(full.errors().find("No space left"), std::string::npos) << full.errors();
}

TEST(ClosedStdout, does_not_send_the_greeting_of_a_server_into_another_file) {
  const support::ScratchDirectory scratch;
  support::Process server({"sh", "-c",
                           "exec " + std::string{HOLDFAST_PROGRAM} + " serve --listen 127.0.0.1:0 --data " +
                               (scratch.path() / "data").string() + " >&-"});
  const std::string stdout_of = "/proc/" + std::to_string(server.pid()) + "/fd/1";
  // It cannot say where it listens; its data directory tells that it has begun.
  while (server.running() && !std::filesystem::exists(scratch.path() / "data")) ::usleep(1'000);
  std::error_code error;
  EXPECT_EQ(std::filesystem::read_symlink(stdout_of, error), "/dev/null") << error.message();
}

}  // namespace
}  // namespace holdfast::whole
