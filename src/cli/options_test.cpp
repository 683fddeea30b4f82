#include "cli/options.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <set>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

constexpr Verb tried{.name = "try",
                     .usage = "holdfast try NAME",
                     .summary = "For tests.",
                     .examples = "holdfast try a\nholdfast try b",
                     .details = "More words."};

/// What a verb with one option of each sort makes of its words.
struct Parsed {
  explicit Parsed(const Words& words, bool takes_command = false) {
    Options options{tried};
    options.word("NAME", name, "A name")
        .text("--text", text, "A text", "KIND")
        .number("-n,--number", number, "A number")
        .duration("--time", time, "A time")
        .duration_or_none("--ttl", ttl, "A ttl")
        .flag("--flag", flag, "A flag");
    if (takes_command) options.command(command);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    end = options.parse(words);
    out = testing::internal::GetCapturedStdout();
    err = testing::internal::GetCapturedStderr();
  }
  std::string name, text = "usual";
  std::uint64_t number = 7;
  Duration time = 30s;
  std::optional<Duration> ttl = 5s;
  bool flag = false;
  Words command;
  std::optional<int> end;
  std::string out, err;
};

TEST(Options, keep_what_is_not_given) {
  const Parsed parsed({"job"});
  EXPECT_EQ(parsed.end, std::nullopt);
  EXPECT_EQ(parsed.name, "job");
  EXPECT_EQ(parsed.text, "usual");
  EXPECT_EQ(parsed.number, 7u);
  EXPECT_EQ(parsed.time, 30s);
  EXPECT_EQ(parsed.ttl, 5s);
  EXPECT_EQ(parsed.out + parsed.err, "");
}

TEST(Options, take_what_is_given_in_any_order) {
  const Parsed parsed({"--time", "2m", "-n", "0", "job", "--ttl=none", "--text=", "--flag"});
  EXPECT_EQ(parsed.end, std::nullopt);
  EXPECT_EQ(parsed.name, "job");
  EXPECT_EQ(parsed.text, "");
  EXPECT_EQ(parsed.number, 0u);
  EXPECT_EQ(parsed.time, 2min);
  EXPECT_EQ(parsed.ttl, std::nullopt);
  EXPECT_TRUE(parsed.flag);
}

TEST(Options, print_help_on_stdout_with_defaults_and_examples) {
  const Parsed parsed({"--help"});
  EXPECT_EQ(parsed.end, 0);
  EXPECT_EQ(parsed.err, "");
  for (const char* part : {"For tests.\n", "More words.\n", "Usage: holdfast try NAME\n", "NAME (required)",
                           "--text KIND=usual", "--time TIME=30s", "--ttl TIME=5s", "  holdfast try a\n"}) {
    EXPECT_NE(parsed.out.find(part), std::string::npos) << part << "\n" << parsed.out;
  }
  EXPECT_TRUE(parsed.out.ends_with("  holdfast try b\n"));
  EXPECT_EQ(parsed.out.find("\n\n\n"), std::string::npos) << parsed.out;
}

TEST(Options, name_what_is_wrong_on_stderr_and_end_with_64) {
  const std::pair<Words, const char*> cases[] = {
      {{}, "NAME is required"},
      {{"a", "b"}, "not expected: b"},
      {{"a", "--nope"}, "not expected: --nope"},
      {{"a", "--time", "5x"}, "'5x' is not a duration. Say 30s"},
      {{"a", "--time", "none"}, "'none' is not a duration"},
      {{"a", "--ttl", "nine"}, "'nine' is not a duration"},
      {{"a", "--number", "-1"}, "-1"},
      {{"a", "--number", "1.5"}, "'1.5' is not a whole number from 0 to 9007199254740991"},
      {{"a", "--number", "9007199254740992"}, "is not a whole number from 0 to"},
      {{"a", "--number", ""}, "'' is not a whole number"},
      {{"a", "--number"}, "--number"},
      {{"a", "--time", "1s", "--time", "2s"}, "--time"},
  };
  for (const auto& [words, why] : cases) {
    const Parsed parsed(words);
    EXPECT_EQ(parsed.end, 64);
    EXPECT_EQ(parsed.out, "");
    EXPECT_TRUE(parsed.err.starts_with("holdfast try: ")) << parsed.err;
    EXPECT_NE(parsed.err.find(why), std::string::npos) << parsed.err;
    EXPECT_TRUE(parsed.err.ends_with("\nUsage: holdfast try NAME\n")) << parsed.err;
  }
}

TEST(Options, leave_everything_behind_the_dashes_to_the_command) {
  const Parsed parsed({"job", "--flag", "--", "prog", "--help", "--", "-n", ""}, true);
  EXPECT_EQ(parsed.end, std::nullopt);
  EXPECT_TRUE(parsed.flag);
  EXPECT_EQ(parsed.command, (Words{"prog", "--help", "--", "-n", ""}));
}

TEST(Options, want_a_command_where_there_must_be_one) {
  for (const Words& words : {Words{"job"}, Words{"job", "--"}}) {
    const Parsed parsed(words, true);
    EXPECT_EQ(parsed.end, 64);
    EXPECT_NE(parsed.err.find("which command"), std::string::npos) << parsed.err;
  }
}

TEST(Options, name_the_dashes_that_were_forgotten) {
  EXPECT_NE(Parsed({"job", "sleep", "10"}, true).err.find("put -- before the command"), std::string::npos);
  EXPECT_NE(Parsed({"job", "other", "--", "sleep"}, true).err.find("not expected: other"), std::string::npos);
}

Caller caller_after(const Words& words) {
  Caller caller;
  Options options{tried};
  options.caller(caller, "Which session");
  EXPECT_EQ(options.parse(words), std::nullopt);
  return caller;
}

TEST(Options, ask_the_server_of_the_environment_unless_told_otherwise) {
  ::unsetenv("HOLDFAST_SERVER");
  EXPECT_EQ(caller_after({}).server, "http://127.0.0.1:7420");
  ::setenv("HOLDFAST_SERVER", "", 1);
  EXPECT_EQ(caller_after({}).server, "http://127.0.0.1:7420");
  ::setenv("HOLDFAST_SERVER", "lock.example:1", 1);
  EXPECT_EQ(caller_after({}).server, "lock.example:1");
  EXPECT_EQ(caller_after({"--server", "other"}).server, "other");
  ::unsetenv("HOLDFAST_SERVER");
}

TEST(Options, ask_as_this_user_on_this_host_unless_told_otherwise) {
  const Caller usual = caller_after({});
  EXPECT_EQ(usual.owner, default_owner());
  EXPECT_NE(usual.owner.find('@'), std::string::npos);
  EXPECT_EQ(usual.session, "");
  EXPECT_FALSE(usual.json);
  const Caller told = caller_after({"--owner", "ci", "--session", "s", "--json"});
  EXPECT_EQ(told.owner + "/" + told.session, "ci/s");
  EXPECT_TRUE(told.json);
}

TEST(Options, make_a_session_that_nobody_else_has) {
  std::set<std::string> made;
  for (int i = 0; i < 100; ++i) made.insert(fresh_session());
  EXPECT_EQ(made.size(), 100u);
  EXPECT_NE(made.begin()->find("-" + std::to_string(::getpid()) + "-"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::cli
