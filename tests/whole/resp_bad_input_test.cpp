// The door for clients of Redis, and bytes that are no commands of it: an error or the end of the connection, nothing
// changed, and nobody beside it disturbed.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/resp_talk.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using support::command_text;
using support::RespTalk;
using support::Talk;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

const std::string ping = command_text({"PING"});

/// One server for all of them: each leaves it as it was. A bystander holds `mine` and goes on asking.
class RespBadInput : public testing::Test {
 protected:
  void SetUp() override {
    server_ = std::make_unique<support::RespServer>(support::ServerProcess::How{.arguments = {"--journal", "memory"}});
    bystander_ = std::make_unique<RespTalk>(server_->port());
    looking_ = std::make_unique<Talk>(server_->http_port());
    ASSERT_EQ(bystander_->ask({"SET", "mine", "bystander", "NX", "PX", "600000"}), "OK");
    before_ = position();
  }
  void TearDown() override { undisturbed(); }

  /// It counts every change.
  std::string position() { return boost::json::serialize(looking_->get("/v1/leases").json().at("position")); }
  void undisturbed() {
    EXPECT_EQ(bystander_->ask({"GET", "mine"}), "bystander");
    EXPECT_EQ(position(), before_) << "something changed";
  }
  /// On a connection of its own, which has spoken before or not: an error that says `why`, and the end.
  void ends(const std::string& bytes, std::string_view why, bool spoke = false) {
    SCOPED_TRACE(testing::PrintToString(bytes.substr(0, 100)));
    RespTalk talk(server_->port());
    if (spoke) EXPECT_EQ(talk.ask({"PING"}), "PONG");
    talk.send(bytes);
    const support::Said said = talk.receive();
    EXPECT_TRUE(said.error());
    EXPECT_THAT(said.text, AllOf(StartsWith("ERR protocol error: "), HasSubstr(why)));
    EXPECT_EQ(talk.until_closed(), "");
    undisturbed();
  }
  /// Closed at once, and not a byte said.
  void is_not_answered(const std::string& bytes) {
    SCOPED_TRACE(testing::PrintToString(bytes.substr(0, 100)));
    RespTalk talk(server_->port(), 5s);
    talk.send(bytes);
    EXPECT_EQ(talk.until_closed(), "");
    undisturbed();
  }
  /// An error that begins like this, after which the connection goes on.
  void refused(const std::vector<std::string>& words, std::string_view beginning) {
    SCOPED_TRACE(testing::PrintToString(words));
    RespTalk talk(server_->port());
    const support::Said said = talk.ask_whole(words);
    EXPECT_TRUE(said.error()) << said.shown();
    EXPECT_THAT(said.text, StartsWith(beginning));
    EXPECT_EQ(talk.ask({"PING"}), "PONG");
    undisturbed();
  }

  std::unique_ptr<support::RespServer> server_;
  std::unique_ptr<RespTalk> bystander_;
  std::unique_ptr<Talk> looking_;
  std::string before_;
};

TEST_F(RespBadInput, wrong_line_ends) {
  for (const bool spoke : {false, true}) {
    ends("*1\n$4\nPING\n", "CR LF", spoke);
    ends("*1\r$4\rPING\r", "CR LF", spoke);
    ends("*1\r\n$4\n", "CR LF", spoke);
    ends("*1\r\n$4\r\nPING\n\n", "a word must end in CR LF", spoke);
    ends("*1\r\n$4\r\nPING\r\r", "a word must end in CR LF", spoke);
    ends("*1\r\n$3\r\nPING\r\n", "a word must end in CR LF", spoke);
    ends("*1\r\n$5\r\nPING\r\n" + ping, "a word must end in CR LF", spoke);
    ends("PI\rNG\r\n", "control character", spoke);
    ends("PING\0\r\n"s, "control character", spoke);
  }
}

TEST_F(RespBadInput, lengths_that_are_none) {
  for (const bool spoke : {false, true}) {
    for (const char* length : {"", "x", " 1", "1 ", "+1", "0x1", "1.0", "99999999999999999999", "--1"}) {
      ends(fmt::format("*{}\r\n", length), "a length is not a number", spoke);
      ends(fmt::format("*1\r\n${}\r\n", length), "a length is not a number", spoke);
    }
    ends("*-1\r\n", "a command of -1 words", spoke);
    ends("*-9223372036854775808\r\n", "a command of -9223372036854775808 words", spoke);
    ends("*1\r\n$-1\r\n", "a word of -1 bytes", spoke);
    ends("*" + std::string(100, '1'), "within twenty digits", spoke);
    ends("*1\r\n$" + std::string(100, '1'), "within twenty digits", spoke);
  }
}

// By its length alone, before any of it has come.
TEST_F(RespBadInput, lengths_beyond_the_bounds) {
  ends("*65\r\n", "at most 64");
  ends("*1\r\n$8193\r\n", "at most 8192");
  ends("*3\r\n$8000\r\n" + std::string(8000, 'a') + "\r\n$8000\r\n" + std::string(8000, 'a') + "\r\n$8000\r\n",
       "a command of more than 16384 bytes");
  ends(std::string(1025, 'a'), "a line of more than 1024 bytes");

  ends("*1025\r\n", "at most 1024", true);
  for (const char* length : {"131073", "10485760", "4294967296", "9223372036854775807"}) {
    ends(fmt::format("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${}\r\n", length), "at most 131072", true);
  }
  std::string large = "*9\r\n";
  for (int i = 0; i < 8; ++i) large += "$131072\r\n" + std::string(131072, 'a') + "\r\n";
  ends(large + "$1\r\n", "a command of more than 1048576 bytes", true);
  ends(std::string(4097, 'a'), "a line of more than 4096 bytes", true);
}

TEST_F(RespBadInput, what_is_no_list_of_words) {
  for (const bool spoke : {false, true}) {
    ends("*2\r\n*1\r\n$4\r\nPING\r\n", "every word of a command is a bulk string", spoke);
    ends("*1\r\n:5\r\n", "every word of a command is a bulk string", spoke);
    ends("*1\r\n+PING\r\n", "every word of a command is a bulk string", spoke);
    ends("*1\r\n\r\n", "every word of a command is a bulk string", spoke);
    ends("PING \"a\r\n", "quotes are not balanced", spoke);
    ends("PING 'a'b\r\n", "quotes are not balanced", spoke);
  }
}

TEST_F(RespBadInput, a_million_words_in_a_word) {
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "*1\r\n";
  ends(nested, "every word of a command is a bulk string");
}

TEST_F(RespBadInput, nothing_is_a_command_of_no_words) {
  RespTalk talk(server_->port());
  talk.send("\r\n\n   \r\n*0\r\n" + ping);
  EXPECT_EQ(talk.receive().shown(), "PONG");
}

TEST_F(RespBadInput, a_line_that_means_nothing_ends_a_connection_that_never_made_sense) {
  for (const char* line : {"SSH-2.0-OpenSSH_9.2\r\n", "EHLO example.org\r\n", "<?xml version=\"1.0\"?>\r\n"}) {
    RespTalk talk(server_->port());
    talk.send(line + command_text({"SET", "stolen", "x", "NX"}));
    EXPECT_THAT(talk.receive().text, StartsWith("ERR unknown command"));
    EXPECT_EQ(talk.until_closed(), "");
  }
}

TEST_F(RespBadInput, inline_commands_are_commands) {
  RespTalk talk(server_->port());
  talk.send("PING\r\nping 'a b'\nECHO \"\\n\\\"\"\r\nGET mine\r\n");
  EXPECT_EQ(talk.receive().shown(), "PONG");
  EXPECT_EQ(talk.receive().shown(), "a b");
  EXPECT_EQ(talk.receive().shown(), "\n\"");
  EXPECT_EQ(talk.receive().shown(), "bystander");
}

// --- Bytes of other protocols: a browser can be made to send them by any page it shows.

TEST_F(RespBadInput, http_is_not_answered_and_its_body_reaches_nothing) {
  const std::string body = command_text({"SET", "stolen", "evil", "NX"}) + "SET stolen evil NX\r\n";
  const std::string head = fmt::format("Host: 127.0.0.1\r\nContent-Length: {}\r\n\r\n", body.size());
  is_not_answered("POST / HTTP/1.1\r\n" + head + body);
  is_not_answered("GET /?a HTTP/1.0\r\n\r\n");
  is_not_answered("PUT /v1/acquire/x HTTP/1.1\n" + head + body);
  is_not_answered("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  is_not_answered("Host: a\r\n" + body);
  // What a connection said before does not matter.
  RespTalk talk(server_->port(), 5s);
  talk.send("PING\r\nPOST / HTTP/1.1\r\n" + head + body);
  EXPECT_EQ(talk.receive_or_closed().value_or(support::Said{.text = "closed"}).shown(), "PONG");
}

TEST_F(RespBadInput, the_body_of_http_that_names_no_version_reaches_nothing) {
  const std::string body = "Host: a\r\n\r\n" + command_text({"SET", "stolen", "evil", "NX"});
  for (const char* line : {"POST /\r\n", "GET /\r\n", "GET x\r\n", "DEL x\r\n"}) {
    RespTalk talk(server_->port(), 5s);
    talk.send(line + body);
    talk.until_closed();
    undisturbed();
  }
}

TEST_F(RespBadInput, http_that_comes_byte_by_byte_reaches_nothing) {
  RespTalk talk(server_->port(), 5s);
  const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (const char byte : bytes.substr(0, 17)) talk.send({&byte, 1});
  EXPECT_EQ(talk.until_closed(), "");
}

TEST_F(RespBadInput, tls_is_not_answered) {
  is_not_answered("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(500, '\x5a'));
  is_not_answered("\x16"s);
  is_not_answered("\0\0\0\0"s);
}

// --- Commands that are none of ours, or wrong.

TEST_F(RespBadInput, what_is_no_lease_command_is_refused_with_a_sentence) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"SUBSCRIBE", "news"},
                                                                                     {"MULTI"},
                                                                                     {"EXEC"},
                                                                                     {"WATCH", "mine"},
                                                                                     {"KEYS", "*"},
                                                                                     {"SCAN", "0"},
                                                                                     {"FLUSHALL"},
                                                                                     {"FLUSHDB"},
                                                                                     {"HSET", "mine", "a", "b"},
                                                                                     {"LPUSH", "mine", "a"},
                                                                                     {"INCR", "mine"},
                                                                                     {"APPEND", "mine", "x"},
                                                                                     {"RENAME", "mine", "other"},
                                                                                     {"SHUTDOWN"},
                                                                                     {"DEBUG", "SLEEP", "10"},
                                                                                     {"MONITOR"},
                                                                                     {"REPLICAOF", "host", "1"},
                                                                                     {"SAVE"},
                                                                                     {"LEASE.NOTHING", "mine"},
                                                                                     {""},
                                                                                     {"\0\xff"s}}) {
    refused(words, "ERR unknown command '" + words[0]);
  }
  refused({std::string(5'000, 'a')}, "ERR unknown command 'aaaa");
}

TEST_F(RespBadInput, words_of_the_connection) {
  refused({"HELLO", "4"}, "NOPROTO ");
  refused({"HELLO", "x"}, "NOPROTO ");
  refused({"HELLO", "3", "AUTH", "default", "secret"}, "ERR AUTH");
  refused({"HELLO", "3", "SETNAME"}, "ERR syntax error in HELLO option");
  refused({"HELLO", "3", "SETNAME", "a\nb"}, "ERR the name");
  refused({"AUTH", "secret"}, "ERR AUTH");
  refused({"AUTH", "default", "secret"}, "ERR AUTH");
  refused({"SELECT", "1"}, "ERR DB index is out of range");
  refused({"SELECT", "-1"}, "ERR DB index is out of range");
  refused({"SELECT"}, "ERR wrong number of arguments");
  refused({"CLIENT", "SETNAME", "a\r\nb"}, "ERR the name");
  refused({"CLIENT", "SETNAME", std::string(257, 'a')}, "ERR the name");
  refused({"CLIENT", "KILL", "ID", "1"}, "ERR CLIENT 'KILL'");
  refused({"CONFIG", "SET", "maxmemory", "1"}, "ERR CONFIG");
  refused({"PING", "a", "b"}, "ERR wrong number of arguments");
  // A refused greeting changes nothing of how answers are written.
  RespTalk talk(server_->port());
  EXPECT_EQ(talk.ask_whole({"HELLO", "3"}).kind, '%');
  EXPECT_TRUE(talk.ask_whole({"HELLO", "2", "AUTH", "a", "b"}).error());
  EXPECT_EQ(talk.ask_whole({"HELLO"}).kind, '%');
}

TEST_F(RespBadInput, key_commands) {
  for (const char* ttl : {"0", "-1", "abc", "", "1e3", "99999999999999999999", "1 "}) {
    refused({"SET", "k", "v", "NX", "PX", ttl}, "BAD_FIELD ");
    refused({"SET", "k", "v", "NX", "EX", ttl}, "BAD_FIELD ");
  }
  for (const char* ttl : {"abc", "", "1e3", "99999999999999999999"}) refused({"PEXPIRE", "mine", ttl}, "BAD_FIELD ");
  refused({"SET", "k", "v", "NX", "PX"}, "BAD_REQUEST ");
  refused({"SET", "k", "v", "NX", "XX"}, "BAD_REQUEST ");
  refused({"SET", "k", "v", "NX", "PX", "1000", "EX", "1"}, "BAD_REQUEST ");
  refused({"SET", "k", "v", "NX", "SOMETIMES"}, "BAD_REQUEST ");
  refused({"SET", "k"}, "BAD_REQUEST ");
  refused({"SET"}, "BAD_REQUEST ");
  refused({"GET"}, "BAD_REQUEST ");
  refused({"DEL"}, "BAD_REQUEST ");
  for (const std::string& name : {""s, "a\nb"s, "a\0b"s, "\xff\xfe"s, "a//b"s, "../a"s, std::string(513, 'n')}) {
    refused({"SET", name, "v", "NX", "PX", "1000"}, "BAD_NAME ");
    refused({"GET", name}, "BAD_NAME ");
    refused({"DEL", "mine", name}, "BAD_NAME ");
  }
}

TEST_F(RespBadInput, what_the_bystander_holds_is_not_for_others) {
  refused({"DEL", "mine"}, "KEY_NOT_PROVEN ");
  refused({"DEL", "free", "mine"}, "KEY_NOT_PROVEN ");
  refused({"PEXPIRE", "mine", "1000"}, "KEY_NOT_PROVEN ");
  refused({"PEXPIRE", "mine", "0"}, "KEY_NOT_PROVEN ");
  refused({"SET", "mine", "stolen"}, "KEY_NOT_PROVEN ");
  refused({"SET", "mine", "bystander", "XX", "PX", "1000"}, "KEY_NOT_PROVEN ");
  refused({"GETDEL", "mine"}, "KEY_NOT_PROVEN ");
  RespTalk other(server_->port());
  EXPECT_EQ(other.ask({"SET", "mine", "bystander", "NX", "PX", "1000"}), "nil")
      << "two that write the same both own it";
  EXPECT_EQ(other.ask({"DELIFEQ", "mine", "stolen"}), "0");
}

TEST_F(RespBadInput, scripts) {
  for (const char* count : {"-1", "x", "", "2", "18446744073709551616"}) {
    refused({"EVAL", "return 1", count, "k"}, "ERR the number of keys is");
  }
  refused({"EVAL", "return 1"}, "ERR wrong number of arguments");
  refused({"EVALSHA", std::string(40, 'f'), "0"}, "NOSCRIPT ");
  refused({"EVALSHA", "", "0"}, "NOSCRIPT ");
  refused({"SCRIPT", "KILL"}, "ERR SCRIPT");
  refused({"SCRIPT"}, "ERR SCRIPT");
  for (const std::string& script :
       {"return ("s, "while true do end"s, "\0"s, "return redis.call('get'"s, "x = 1"s, std::string(10'000, '(')}) {
    RespTalk talk(server_->port());
    EXPECT_EQ(talk.ask({"PING"}), "PONG");
    EXPECT_TRUE(talk.ask_whole({"EVAL", script, "0"}).error()) << testing::PrintToString(script.substr(0, 50));
    EXPECT_EQ(talk.ask({"PING"}), "PONG");
  }
  refused({"EVAL", "return redis.call('del', KEYS[1])", "1", "mine"}, "KEY_NOT_PROVEN ");
}

TEST_F(RespBadInput, operations_of_the_catalogue) {
  refused({"LEASE.ACQUIRE"}, "");
  refused({"LEASE.ACQUIRE", "k", "OWNER"}, "");
  refused({"LEASE.ACQUIRE", "k", "OWNER", "a", "TTL_MS", "0"}, "BAD_FIELD ");
  refused({"LEASE.ACQUIRE", "k", "OWNER", "a", "TTL_MS", "-1"}, "BAD_FIELD ");
  refused({"LEASE.ACQUIRE", "k", "OWNER", "a", "WAIT_MS", "600001"}, "BAD_FIELD ");
  refused({"LEASE.ACQUIRE", "k", "OWNER", "a", "TTTL_MS", "5"}, "UNKNOWN_FIELD ");
  refused({"LEASE.ACQUIRE", "k", "OWNER", "a", "OWNER", "b"}, "DUPLICATE_FIELD ");
  refused({"LEASE.ACQUIRE", "a//b", "OWNER", "a"}, "BAD_NAME ");
  refused({"LEASE.RENEW", "mine", "OWNER", "a"}, "MISSING_FIELD ");
  refused({"LEASE.RELEASE", "mine", "OWNER", "a", "TOKEN", "x"}, "BAD_FIELD ");
}

// --- How bytes come.

TEST_F(RespBadInput, good_and_bad_in_one_write_are_answered_in_order) {
  RespTalk talk(server_->port());
  std::string bytes;
  for (int i = 0; i < 200; ++i) {
    bytes += ping + command_text({"SET", "k", "v", "NX", "PX", "0"}) + command_text({"GET", "mine"}) +
             command_text({"KEYS", "*"}) + "ECHO " + std::to_string(i) + "\r\n";
  }
  talk.send(bytes + "*1\r\n$x\r\n" + ping + ping);
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(talk.receive().shown(), "PONG");
    ASSERT_THAT(talk.receive().shown(), StartsWith("-BAD_FIELD"));
    ASSERT_EQ(talk.receive().shown(), "bystander");
    ASSERT_THAT(talk.receive().shown(), StartsWith("-ERR unknown command"));
    ASSERT_EQ(talk.receive().shown(), std::to_string(i));
  }
  EXPECT_THAT(talk.receive().shown(), StartsWith("-ERR protocol error"));
  EXPECT_EQ(talk.until_closed(), "") << "something behind the error was done";
}

TEST_F(RespBadInput, byte_by_byte_is_as_good_as_at_once) {
  RespTalk talk(server_->port());
  for (const char byte : ping + command_text({"GET", "mine"}) + "ECHO \"a b\"\r\n" + command_text({"ECHO", "\r\n"})) {
    talk.send({&byte, 1});
  }
  EXPECT_EQ(talk.receive().shown(), "PONG");
  EXPECT_EQ(talk.receive().shown(), "bystander");
  EXPECT_EQ(talk.receive().shown(), "a b");
  EXPECT_EQ(talk.receive().shown(), "\r\n");
}

TEST_F(RespBadInput, half_a_command_does_nothing_however_it_ends) {
  const std::string whole = command_text({"SET", "stolen", "x", "NX", "PX", "60000"});
  for (std::size_t length = 1; length < whole.size(); ++length) {
    Talk talk(server_->port());
    talk.send(whole.substr(0, length));
    if (length % 3 == 0) talk.reset();
    if (length % 3 == 1) talk.close();
    if (length % 3 == 2) {
      talk.shut_down_writing();
      EXPECT_TRUE(talk.closed_within(10s)) << length;
    }
  }
}

TEST_F(RespBadInput, whoever_has_said_its_last_is_still_answered) {
  RespTalk talk(server_->port());
  talk.send(ping + command_text({"GET", "mine"}) + "*1\r\n$4\r\nPI");
  talk.raw().shut_down_writing();
  EXPECT_EQ(talk.receive().shown(), "PONG");
  EXPECT_EQ(talk.receive().shown(), "bystander");
  EXPECT_EQ(talk.until_closed(), "");
}

TEST_F(RespBadInput, two_hundred_that_never_finish_hold_nobody_up) {
  std::vector<Talk> slow;
  for (int i = 0; i < 200; ++i) {
    slow.emplace_back(server_->port());
    slow.back().send("*3\r\n$3\r\nSET\r\n$5\r\nst");
  }
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(bystander_->ask({"GET", "mine"}), "bystander");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
}

TEST_F(RespBadInput, whoever_says_nothing_that_makes_sense_is_let_go_after_ten_seconds) {
  Talk silent(server_->port()), slow(server_->port());
  RespTalk idle(server_->port());
  EXPECT_EQ(idle.ask({"PING"}), "PONG");
  slow.send("*1\r\n$4\r\nPIN");
  EXPECT_TRUE(silent.closed_within(20s));
  EXPECT_TRUE(slow.closed_within(5s));
  EXPECT_EQ(idle.ask({"PING"}), "PONG") << "who has spoken may be silent for as long as it likes";
}

}  // namespace
}  // namespace holdfast
