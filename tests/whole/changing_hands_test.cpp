// Names that change hands at the command line: what is said to whom, and how it ends.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "tests/whole/cli_process.h"

namespace holdfast::whole {
namespace {

namespace json = boost::json;

class ChangingHands : public testing::Test {
 protected:
  Outcome holdfast(std::vector<std::string> words) { return run(server.port(), std::move(words)); }
  support::Process begin(std::vector<std::string> words) { return start(server.port(), std::move(words)); }

  /// The token of a lease that alice gets.
  std::string alices(const std::string& name, const std::string& ttl = "1h") {
    return token_of(
        holdfast({"acquire", name, "--owner", "alice", "--session", "a", "--ttl", ttl, "--note", "chapter 3"}));
  }
  static std::string token_of(const Outcome& got) {
    EXPECT_EQ(got.status, 0) << got.err;
    return got.out.substr(0, got.out.find('\n'));
  }
  json::object seen(const std::string& name) { return json::parse(holdfast({"show", name, "--json"}).out).as_object(); }
  std::string holder(const std::string& name) {
    const json::object lease = seen(name);
    return lease.at("held").as_bool() ? std::string{lease.at("owner").as_string()} : "nobody";
  }
  /// Returns when the server shows `what` of the name, or shows it no more.
  void await(const std::string& name, const std::string& what, bool there = true) {
    while (seen(name).contains(what) != there) {
    }
  }
  support::ServerProcess server{{.arguments = {"--journal", "memory"}}};
};

/// Returns when `process` has said `text`; throws when it ends without.
void await_words(support::Process& process, const std::string& text) {
  // Its output is a file that others write: there is no event to wait for.
  for (bool alive = true; (process.output() + process.errors()).find(text) == std::string::npos; ::usleep(1'000)) {
    if (!alive) throw std::runtime_error("it never said " + text + ": " + process.output() + process.errors());
    alive = process.running();
  }
}

#define EXPECT_SAYS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

// takeover ------------------------------------------------------------------------------------------------------------

TEST_F(ChangingHands, takeover_says_whom_it_takes_it_from_and_prints_the_new_token) {
  const std::string old = alices("job");
  const Outcome got = holdfast({"takeover", "job", "--reason", "it hangs", "--owner", "bob", "--session", "b"});
  EXPECT_EQ(got.status, 0);
  EXPECT_GT(std::stoull(got.out), std::stoull(old));
  EXPECT_SAYS(got.err, "holdfast takeover: taking job from alice (session a) since ");
  EXPECT_SAYS(got.err, ". Note: chapter 3\n");
  EXPECT_SAYS(got.err, "job is yours for 30 s unless renewed (session b)\n  holdfast renew job --token ");
  EXPECT_EQ(holder("job"), "bob");

  const Outcome late = holdfast({"renew", "job", "--token", old, "--owner", "alice"});
  EXPECT_EQ(late.status, 1);
  EXPECT_SAYS(late.err, "its holding ended (taken over by bob: it hangs)");  // L13
}

TEST_F(ChangingHands, takeover_needs_a_reason) {
  alices("job");
  EXPECT_EQ(holdfast({"takeover", "job", "--owner", "bob"}).status, 64);
  EXPECT_EQ(holdfast({"takeover", "job", "--owner", "bob", "--reason", ""}).status, 64);
  EXPECT_EQ(holdfast({"takeover", "job", "--owner", "bob", "--reason", "why", "--flush", "31s"}).status, 64);
  EXPECT_EQ(holder("job"), "alice");
}

TEST_F(ChangingHands, takeover_with_an_old_token_takes_from_nobody) {  // L7
  const std::string old = alices("job");
  ASSERT_EQ(holdfast({"release", "job", "--token", old, "--owner", "alice"}).status, 0);
  ASSERT_EQ(holdfast({"acquire", "job", "--owner", "carol"}).status, 0);
  const Outcome got = holdfast({"takeover", "job", "--reason", "why", "--token", old, "--owner", "bob"});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.out, "");
  EXPECT_SAYS(got.err, "no longer current: its holding ended (released)");
  EXPECT_EQ(holder("job"), "carol");
}

TEST_F(ChangingHands, takeover_of_a_free_name_is_granted) {
  const Outcome got = holdfast({"takeover", "job", "--reason", "why", "--owner", "bob", "--flush", "10s"});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_SAYS(got.err, "job is free\n");
}

TEST_F(ChangingHands, takeover_prints_the_servers_answers_as_json_and_nothing_else) {
  alices("job");
  const Outcome grant = holdfast({"takeover", "job", "--reason", "why", "--owner", "bob", "--json"});
  EXPECT_EQ(grant.err, "");
  EXPECT_EQ(json::parse(grant.out).as_object().at("owner").as_string(), "bob");
  const Outcome refusal =
      holdfast({"takeover", "job", "--reason", "why", "--owner", "carol", "--token", "1", "--json"});
  EXPECT_EQ(refusal.status, 1);
  EXPECT_EQ(refusal.err, "");
  EXPECT_EQ(json::parse(refusal.out).as_object().at("code").as_string(), "stale");
}

TEST_F(ChangingHands, takeover_with_a_window_waits_and_the_holder_is_told_meanwhile) {  // L9
  const std::string old = alices("job");
  support::Process taking =
      begin({"takeover", "job", "--reason", "it hangs", "--flush", "30s", "--owner", "bob", "--session", "b"});
  await("job", "takeover");
  EXPECT_SAYS(taking.errors(), "the holder is told and may hand in what it has: 30 s, until ");
  EXPECT_SAYS(taking.errors(), "; Ctrl-C withdraws it\n");
  EXPECT_SAYS(holdfast({"renew", "job", "--token", old, "--owner", "alice"}).err,
              "holdfast renew: bob (session b) takes it over in ");
  EXPECT_SAYS(holdfast({"show", "job"}).out, "\n  takeover  bob (session b) takes it over in ");
  EXPECT_SAYS(holdfast({"list"}).out, "TOKEN           WANTED\n");

  const Outcome other = holdfast({"takeover", "job", "--reason", "me too", "--owner", "carol"});
  EXPECT_EQ(other.status, 1);
  EXPECT_SAYS(other.err, "job is about to change hands: bob (session b) takes it over in ");
  EXPECT_EQ(holdfast({"transfer", "job", "--token", old, "--owner", "alice", "--to", "dave"}).status, 1);

  // The holder hands it over before the window ends.
  ASSERT_EQ(holdfast({"release", "job", "--token", old, "--owner", "alice"}).status, 0);
  const Outcome got = outcome_of(taking);
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_EQ(holder("job"), "bob");
}

TEST_F(ChangingHands, takeover_acts_when_its_window_is_over) {
  alices("job");
  EXPECT_EQ(holdfast({"takeover", "job", "--reason", "why", "--flush", "300ms", "--owner", "bob"}).status, 0);
  EXPECT_EQ(holder("job"), "bob");
}

TEST_F(ChangingHands, takeover_is_withdrawn_by_ctrl_c_and_the_holder_goes_on) {  // L9
  const std::string token = alices("job");
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    support::Process taking = begin({"takeover", "job", "--reason", "why", "--flush", "30s", "--owner", "bob"});
    await("job", "takeover");
    taking.signal(number);
    EXPECT_EQ(taking.wait().signal, number) << "so that a shell loop around it ends";
    EXPECT_EQ(taking.output(), "");
    EXPECT_SAYS(taking.errors(), "holdfast takeover: withdrawn: alice (session a) goes on holding job\n");
    EXPECT_FALSE(seen("job").contains("takeover"));
  }
  EXPECT_EQ(holdfast({"renew", "job", "--token", token, "--owner", "alice"}).status, 0);
}

TEST_F(ChangingHands, takeover_that_is_killed_is_dropped_too) {
  alices("job");
  support::Process taking = begin({"takeover", "job", "--reason", "why", "--flush", "30s", "--owner", "bob"});
  await("job", "takeover");
  taking.signal(SIGKILL);
  await("job", "takeover", false);
  EXPECT_EQ(holder("job"), "alice");
}

TEST_F(ChangingHands, takeover_without_a_server_ends_with_69) {
  EXPECT_EQ(run(1, {"takeover", "job", "--reason", "why"}).status, 69);
  EXPECT_EQ(run(1, {"takeover", "job", "--reason", "why", "--token", "1", "--flush", "1s"}).status, 69);
}

// The other verbs -----------------------------------------------------------------------------------------------------

TEST_F(ChangingHands, move_passes_it_on_to_another_session_of_ones_own) {
  const std::string old = alices("job");
  const Outcome got = holdfast({"move", "job", "--token", old, "--owner", "alice", "--session", "laptop"});
  EXPECT_GT(std::stoull(token_of(got)), std::stoull(old));
  EXPECT_SAYS(got.err, "job is yours for 60 min unless renewed (session laptop)");
  EXPECT_EQ(seen("job").at("session").as_string(), "laptop");
  EXPECT_SAYS(holdfast({"check", "job", "--token", old}).err, "its holding ended (moved)");
  const Outcome others = holdfast({"move", "job", "--token", got.out.substr(0, got.out.size() - 1), "--owner", "bob"});
  EXPECT_EQ(others.status, 77);
}

TEST_F(ChangingHands, acquire_by_another_session_of_ones_own_says_how_to_move_it) {
  alices("job");
  const Outcome got = holdfast({"acquire", "job", "--owner", "alice", "--session", "laptop"});
  EXPECT_EQ(got.status, 1);
  EXPECT_SAYS(got.err, "job is held by another session of yours, alice (session a) since ");
  EXPECT_SAYS(got.err, "\n  holdfast move job --token " + std::to_string(seen("job").at("token").as_int64()) +
                           " --owner alice --session laptop\n");
}

TEST_F(ChangingHands, request_is_shown_to_everybody_and_takes_nothing) {
  const std::string token = alices("job");
  const Outcome got = holdfast({"request", "job", "--message", "may I?", "--owner", "bob"});
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.out, "");
  EXPECT_SAYS(got.err, "holdfast request: asked for job. It is held by alice (session a) since ");
  EXPECT_SAYS(holdfast({"show", "job"}).out, "\n  request   bob asks for it: may I?\n");
  EXPECT_SAYS(holdfast({"list"}).out, "  bob asks for it: may I?\n");
  EXPECT_SAYS(holdfast({"renew", "job", "--token", token, "--owner", "alice"}).err,
              "holdfast renew: bob asks for it: may I?\n");
  EXPECT_EQ(holder("job"), "alice");
  const Outcome as_json = holdfast({"request", "job", "--owner", "bob", "--json"});
  EXPECT_TRUE(json::parse(as_json.out).as_object().at("requested").as_bool());
}

TEST_F(ChangingHands, request_for_a_free_name_says_that_there_is_nobody_to_ask) {
  const Outcome got = holdfast({"request", "job", "--owner", "bob"});
  EXPECT_EQ(got.status, 1);
  EXPECT_EQ(got.err, "holdfast request: nobody holds job, so there is nobody to ask: acquire it\n");
  EXPECT_SAYS(holdfast({"request", "job", "--json"}).out, "\"code\":\"nothing_held\"");
}

TEST_F(ChangingHands, transfer_says_how_the_new_holder_goes_on) {
  const std::string old = alices("job");
  const Outcome got =
      holdfast({"transfer", "job", "--token", old, "--owner", "alice", "--to", "bob", "--to-session", "b"});
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.out, "");
  EXPECT_SAYS(got.err, "job belongs to bob (session b) now, for 60 min unless they renew it. They go on with\n");
  const std::size_t at = got.err.find("holdfast release ");
  ASSERT_NE(at, std::string::npos) << got.err;
  std::string line = got.err.substr(at, got.err.find('\n', at) - at);
  line.replace(0, std::string_view("holdfast").size(), HOLDFAST_PROGRAM);
  support::Process pasted({"sh", "-c", line + " --server http://127.0.0.1:" + std::to_string(server.port())});
  EXPECT_EQ(pasted.wait().exit_status, 0) << line << "\n" << pasted.errors();
}

TEST_F(ChangingHands, transfer_to_somebody_who_waits_ends_their_wait) {
  const std::string old = alices("job");
  support::Process waiting = begin({"acquire", "job", "--owner", "bob", "--session", "b", "--wait", "60s"});
  while (seen("job").at("waiting").as_int64() != 1) {
  }
  ASSERT_EQ(holdfast({"transfer", "job", "--token", old, "--owner", "alice", "--to", "bob"}).status, 0);
  EXPECT_EQ(outcome_of(waiting).status, 0);
  EXPECT_EQ(seen("job").at("session").as_string(), "b");
}

TEST_F(ChangingHands, transfer_needs_the_token_and_somebody_else) {
  const std::string token = alices("job");
  EXPECT_EQ(holdfast({"transfer", "job", "--owner", "alice", "--to", "bob"}).status, 64);
  EXPECT_EQ(holdfast({"transfer", "job", "--owner", "alice", "--token", token}).status, 64);
  EXPECT_EQ(holdfast({"transfer", "job", "--owner", "alice", "--token", token, "--to", "alice"}).status, 3);
  EXPECT_EQ(holdfast({"transfer", "job", "--owner", "bob", "--token", token, "--to", "carol"}).status, 77);
  EXPECT_EQ(holder("job"), "alice");
}

TEST_F(ChangingHands, revoke_says_whose_it_was_and_they_cannot_come_back) {  // L6, L13
  const std::string token = alices("job");
  const Outcome got = holdfast({"revoke", "job", "--reason", "left", "--owner", "admin"});
  EXPECT_EQ(got.status, 0);
  EXPECT_SAYS(got.err, "holdfast revoke: taking job from alice (session a) since ");
  EXPECT_SAYS(got.err, "holdfast revoke: job is revoked, and free\n");
  EXPECT_SAYS(holdfast({"show", "job"}).out, " of alice, ended: revoked by admin: left\n");
  const Outcome late = holdfast({"renew", "job", "--token", token, "--owner", "alice"});
  EXPECT_EQ(late.status, 1);
  EXPECT_SAYS(late.err, "(revoked by admin: left)");
  EXPECT_EQ(holdfast({"revoke", "other", "--reason", "left"}).status, 1) << "nobody has it";
  EXPECT_EQ(holdfast({"revoke", "job"}).status, 64) << "no reason";
}

TEST_F(ChangingHands, session_renews_and_ends_all_that_it_holds) {
  alices("job");
  alices("other/job");
  const Outcome renewed = holdfast({"session", "renew", "a", "--owner", "alice", "--ttl", "2h"});
  EXPECT_EQ(renewed.status, 0);
  EXPECT_EQ(renewed.err, "holdfast session: 2 names renewed for session a\n");
  EXPECT_EQ(seen("job").at("ttl_ms").as_int64(), 7'200'000);
  EXPECT_EQ(holdfast({"session", "end", "a", "--owner", "alice"}).err,
            "holdfast session: session a is over; 2 names released\n");
  EXPECT_EQ(holder("job"), "nobody");
  EXPECT_EQ(holdfast({"session", "end", "a", "--owner", "alice"}).status, 0) << "may be repeated";
  EXPECT_EQ(holdfast({"session", "renew", "of/nobody", "--owner", "alice"}).status, 1);
  EXPECT_EQ(holdfast({"session", "end", "a", "--ttl", "1s"}).status, 64);
  EXPECT_EQ(holdfast({"session", "stop", "a"}).status, 64);
  EXPECT_SAYS(holdfast({"session", "end", "a", "--owner", "alice", "--json"}).out, "\"ended\":0");
}

TEST_F(ChangingHands, a_lease_without_a_ttl_is_held_until_somebody_ends_it) {  // L4
  const Outcome got = holdfast({"acquire", "job", "--ttl", "none", "--owner", "alice", "--session", "a"});
  EXPECT_SAYS(got.err, "job is yours until released or taken over (session a)\n  holdfast release job ");
  EXPECT_EQ(got.err.find("holdfast renew"), std::string::npos) << got.err;
  EXPECT_SAYS(holdfast({"show", "job"}).out, "\n  ends in   never by itself: held until released or taken over\n");
  EXPECT_SAYS(holdfast({"acquire", "job", "--owner", "bob"}).err, "until it is released or taken over");
}

// run -----------------------------------------------------------------------------------------------------------------

const std::string endless = "echo up; while :; do sleep 0.01; done";

TEST_F(ChangingHands, run_takes_it_over_where_it_is_held) {
  alices("job");
  const Outcome got = holdfast({"run", "job", "--takeover", "it hangs", "--owner", "bob", "--", "sh", "-c",
                                "exec \"$0\" show job", HOLDFAST_PROGRAM});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_SAYS(got.out, "\n  by        bob (session ");
  EXPECT_SAYS(got.err, "holdfast run: taking job from alice (session a) since ");
  EXPECT_EQ(holder("job"), "nobody");
}

TEST_F(ChangingHands, run_waits_first_and_then_takes_it_over_with_a_window) {
  const std::string token = alices("job");
  support::Process taking = begin({"run", "job", "--wait", "200ms", "--takeover", "it hangs", "--flush", "30s",
                                   "--owner", "bob", "--", "echo", "ran"});
  await("job", "takeover");
  EXPECT_SAYS(taking.errors(), "the holder is told and may hand in what it has: 30 s, until ");
  EXPECT_EQ(taking.output(), "");
  ASSERT_EQ(holdfast({"release", "job", "--token", token, "--owner", "alice"}).status, 0);
  EXPECT_EQ(taking.wait().exit_status, 0) << taking.errors();
  EXPECT_EQ(taking.output(), "ran\n");
}

TEST_F(ChangingHands, run_withdraws_a_takeover_that_is_interrupted) {
  alices("job");
  support::Process taking =
      begin({"run", "job", "--takeover", "why", "--flush", "30s", "--owner", "bob", "--", "echo", "ran"});
  await("job", "takeover");
  taking.signal(SIGINT);
  EXPECT_EQ(taking.wait().signal, SIGINT);
  await("job", "takeover", false);
  EXPECT_EQ(holder("job"), "alice");
  EXPECT_EQ(taking.output(), "");
}

TEST_F(ChangingHands, run_looks_again_where_it_changes_hands_before_it_is_taken) {
  const std::string token = alices("job");
  support::Process first = begin({"run", "job", "--takeover", "why", "--flush", "30s", "--owner", "bob", "--", "echo"});
  await("job", "takeover");
  // Somebody else is at it already: this one is told so and gives up.
  const Outcome second = holdfast({"run", "job", "--takeover", "me too", "--owner", "carol", "--", "echo", "ran"});
  EXPECT_EQ(second.status, 75);
  EXPECT_SAYS(second.err, "job is about to change hands: bob");
  ASSERT_EQ(holdfast({"release", "job", "--token", token, "--owner", "alice"}).status, 0);
  EXPECT_EQ(first.wait().exit_status, 0);
}

TEST_F(ChangingHands, run_says_who_asks_and_who_took_it_and_why) {
  support::Process running = begin({"run", "job", "--owner", "alice", "--", "sh", "-c", endless});
  await_words(running, "up\n");
  ASSERT_EQ(holdfast({"request", "job", "--message", "may I?", "--owner", "bob"}).status, 0);
  await_words(running, "holdfast run: job: bob asks for it: may I?\n");
  ASSERT_EQ(holdfast({"takeover", "job", "--reason", "it hangs", "--owner", "bob"}).status, 0);
  EXPECT_EQ(running.wait().exit_status, 76);
  EXPECT_SAYS(running.errors(),
              "holdfast run: the lease on job is lost, taken over by bob: it hangs; ending the command\n");
}

TEST_F(ChangingHands, run_ends_its_command_before_the_window_of_a_takeover_ends) {  // R5
  support::Process running = begin({"run", "job", "--owner", "alice", "--ttl", "1h", "--grace", "2s", "--", "sh", "-c",
                                    "trap 'echo handed in; exit 0' TERM; " + endless});
  await_words(running, "up\n");
  const Outcome taken = holdfast(
      {"takeover", "job", "--reason", "it hangs", "--flush", "6s", "--owner", "bob", "--session", "b", "--json"});
  EXPECT_EQ(running.wait().exit_status, 76);
  EXPECT_EQ(running.output(), "up\nhanded in\n");
  EXPECT_SAYS(running.errors(), "holdfast run: job: bob (session b) takes it over in ");
  EXPECT_SAYS(running.errors(), "holdfast run: job is about to be taken over by bob; ending the command\n");
  ASSERT_EQ(taken.status, 0) << taken.out;
  EXPECT_LT(json::parse(taken.out).as_object().at("waited_ms").as_int64(), 6000)
      << "released by the one before, which ended in time";
}

TEST_F(ChangingHands, run_goes_on_where_a_takeover_is_withdrawn) {
  support::Process running = begin({"run", "job", "--owner", "alice", "--", "sh", "-c", endless});
  await_words(running, "up\n");
  support::Process taking = begin({"takeover", "job", "--reason", "why", "--flush", "30s", "--owner", "bob"});
  await_words(running, "takes it over in ");
  taking.signal(SIGINT);
  await_words(running, "holdfast run: job: bob takes it over no more; it stays yours\n");
  running.signal(SIGTERM);
  EXPECT_EQ(running.wait().exit_status, 128 + SIGTERM) << "its own end, not a loss";
}

}  // namespace
}  // namespace holdfast::whole
