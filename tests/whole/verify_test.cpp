// `holdfast verify` against real servers: Holdfast, sound and with each bug that shows at its door, and locks of
// somebody else, racy and not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Process;
using support::ScratchDirectory;
using testing::HasSubstr;

struct Outcome {
  int status = -1;
  std::string out, err;
};

Outcome verify(std::vector<std::string> words) {
  words.insert(words.begin(), {HOLDFAST_PROGRAM, "verify"});
  Process process(words);
  const int status = process.wait(120s).exit_status;
  return {.status = status, .out = process.output(), .err = process.errors()};
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path) << text;
}

/// A lock server in Python that says where it listens.
class PythonLock {
 public:
  explicit PythonLock(std::vector<std::string> words)
      : process_(with_python(std::move(words)), {{"TMPDIR", scratch_.path()}}) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (port.empty() && process_.running() && std::chrono::steady_clock::now() < end) {
      const std::string said = process_.output();
      const std::size_t at = said.find("127.0.0.1:");
      if (at != std::string::npos && said.ends_with('\n')) port = said.substr(at + 10, said.find('\n', at) - at - 10);
      std::this_thread::sleep_for(5ms);
    }
    if (port.empty()) throw std::runtime_error("the lock did not start: " + process_.errors());
  }
  std::string port;

 private:
  static std::vector<std::string> with_python(std::vector<std::string> words) {
    words.insert(words.begin(), "python3");
    return words;
  }
  ScratchDirectory scratch_;
  Process process_;
};

/// The example that the documentation shows, on a port of its own.
class ExampleLock {
 public:
  explicit ExampleLock(bool fixed)
      : lock_(fixed ? std::vector<std::string>{"examples/verify/lock_server.py", "--port", "0", "--fixed"}
                    : std::vector<std::string>{"examples/verify/lock_server.py", "--port", "0"}) {
    std::string text = text_of("examples/verify/lock.toml");
    text.replace(text.find("8400"), 4, lock_.port);
    write(description(), text);
  }
  std::filesystem::path description() const { return scratch_.path() / "lock.toml"; }

 private:
  ScratchDirectory scratch_;
  PythonLock lock_;
};

/// Rows of a table, with a ttl, renewals and a token.
class SqlLock {
 public:
  explicit SqlLock(const std::string& racy)
      : lock_(racy.empty() ? std::vector<std::string>{"tests/whole/sql_lock.py"}
                           : std::vector<std::string>{"tests/whole/sql_lock.py", "--racy", racy}) {
    write(description(), "server  = \"http://127.0.0.1:" + lock_.port + R"("
acquire = 'POST /acquire {"name": "{name}", "client": "{client}", "ttl_ms": {ttl_ms}}'
granted = "state=yours"
held    = "state=taken"
holder  = "by"
token   = "fence"
renew   = 'POST /renew {"name": "{name}", "client": "{client}", "token": {token}, "ttl_ms": {ttl_ms}}'
release = 'POST /release {"name": "{name}", "client": "{client}", "token": {token}}'
)");
  }
  std::filesystem::path description() const { return scratch_.path() / "sql.toml"; }

 private:
  ScratchDirectory scratch_;
  PythonLock lock_;
};

TEST(Verify, finds_that_a_sound_server_holds_with_every_fault_of_the_network) {
  for (const std::string seed : {"1", "2"}) {
    const Outcome run = verify({"server", "--time", "3s", "--seed", seed});
    EXPECT_EQ(run.status, 0) << run.out << run.err;
  }
  const Outcome run = verify({"server", "--time", "4s", "--seed", "4", "--faults", "all"});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
}

TEST(Verify, finds_that_the_engine_holds_on_each_journal) {
  for (const std::string journal : {"engine:memory", "engine:file"}) {
    const Outcome run = verify({journal, "--time", "3s", "--seed", "1"});
    EXPECT_EQ(run.status, 0) << journal << run.out << run.err;
  }
}

/// What is injected, and where.
class InjectedBug : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

/// The budget is 2 s of driving, on each seed.
TEST_P(InjectedBug, is_caught_on_each_seed) {
  const auto& [target, bug] = GetParam();
  for (const std::string seed : {"1", "2", "3"}) {
    const Outcome run = verify({target, "--inject", bug, "--time", "2s", "--seed", seed});
    EXPECT_EQ(run.status, 1) << "seed " << seed << "\n" << run.out << run.err;
    EXPECT_THAT(run.out, HasSubstr("granted"));
  }
}

INSTANTIATE_TEST_SUITE_P(Verify, InjectedBug,
                         testing::Combine(testing::Values("server"),
                                          testing::Values("check-then-act", "release-by-name", "forget-waiter-check")),
                         [](const auto& of) {
                           std::string name = std::get<0>(of.param) + "_" + std::get<1>(of.param);
                           std::ranges::replace_if(
                               name, [](char c) { return c == '-' || c == ':'; }, '_');
                           return name;
                         });

TEST(Verify, tells_the_racy_lock_of_somebody_else_from_the_fixed_one) {
  const ExampleLock racy(false);
  for (const std::string seed : {"1", "2", "3"}) {
    const Outcome run = verify({racy.description(), "--time", "2s", "--seed", seed});
    EXPECT_EQ(run.status, 1) << "seed " << seed << "\n" << run.out << run.err;
  }
  const ExampleLock fixed(true);
  for (const std::string seed : {"1", "2"}) {
    const Outcome run = verify({fixed.description(), "--time", "3s", "--seed", seed});
    EXPECT_EQ(run.status, 0) << "seed " << seed << "\n" << run.out << run.err;
  }
}

TEST(Verify, describes_a_lock_in_at_most_fifteen_lines) {
  const std::string text = text_of("examples/verify/lock.toml");
  EXPECT_LE(std::ranges::count(text, '\n'), 15);
}

class RacySqlLock : public testing::TestWithParam<std::string> {};

TEST_P(RacySqlLock, is_violated) {
  const SqlLock lock(GetParam());
  const Outcome run = verify({lock.description(), "--time", "2s", "--seed", "1"});
  EXPECT_EQ(run.status, 1) << run.out << run.err;
}

INSTANTIATE_TEST_SUITE_P(Verify, RacySqlLock,
                         testing::Values("select-then-insert", "delete-by-name", "renew-by-name", "short-ttl",
                                         "token-per-client"),
                         [](const auto& of) {
                           std::string name = of.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(Verify, finds_that_a_sound_sql_lock_holds) {
  const SqlLock lock("");
  const Outcome run = verify({lock.description(), "--time", "3s", "--seed", "1"});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
}

TEST(Verify, writes_what_was_asked_for_and_judges_its_own_recording_alike) {
  const ScratchDirectory scratch;
  const std::string seen = scratch.path() / "seen.jsonl";
  const std::string page = scratch.path() / "page.html";
  const std::string ticket = scratch.path() / "ticket.md";
  const Outcome run = verify({"engine:memory", "--inject", "check-then-act", "--time", "2s", "--seed", "7", "--record",
                              seen, "--html", page, "--report", ticket, "--json"});
  EXPECT_EQ(run.status, 1) << run.err;
  EXPECT_TRUE(run.out.starts_with('{')) << run.out;
  EXPECT_THAT(run.err, HasSubstr("seed 7"));
  EXPECT_THAT(text_of(page), HasSubstr("<svg"));
  EXPECT_LT(std::filesystem::file_size(page), 200U << 10);
  EXPECT_THAT(text_of(ticket), HasSubstr("FAIL"));
  const Outcome again = verify({seen});
  EXPECT_EQ(again.status, 1) << again.err;
  EXPECT_THAT(again.out, HasSubstr("VIOLATED"));
}

TEST(Verify, of_clients_that_never_met_says_that_it_is_inconclusive) {
  const Outcome run = verify({"engine:memory", "--workload", "takeover", "--clients", "2", "--time", "300ms"});
  EXPECT_EQ(run.status, 3) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("no two clients asked for a name at one time"));
}

TEST(Verify, judges_by_one_workload_what_that_one_can_show) {
  const Outcome run = verify({"engine:memory", "--workload", "contend", "--clients", "4", "--time", "500ms"});
  EXPECT_EQ(run.status, 0) << run.out << run.err;
}

TEST(Verify, of_nothing_met_says_that_it_is_inconclusive) {
  const ExampleLock fixed(true);
  const Outcome run = verify({fixed.description(), "--workload", "pause", "--time", "1s"});
  EXPECT_EQ(run.status, 3) << run.out << run.err;
  EXPECT_THAT(run.err, HasSubstr("not played: pause (it has no ttl)"));
}

TEST(Verify, names_file_and_line_of_a_description_that_is_wrong) {
  const ScratchDirectory scratch;
  const std::string path = scratch.path() / "lock.toml";
  const auto said = [&](const std::string& text) {
    write(path, text);
    const Outcome run = verify({path});
    EXPECT_EQ(run.status, 65) << text << run.err;
    EXPECT_EQ(run.out, "") << "no verdict may be given";
    return run.err;
  };
  const std::string begin = "server = \"http://127.0.0.1:1\"\nacquire = \"POST /locks/{name}\"\n";
  EXPECT_THAT(said(begin + "relase = \"DELETE /locks/{name}\"\n"), HasSubstr(path + ":3: there is no 'relase'"));
  EXPECT_THAT(said(begin), HasSubstr(path + ": 'release' is missing"));
  EXPECT_THAT(said(begin + "release = \"DELETE /locks/{nam}\"\n"), HasSubstr(path + ":3: release: there is no {nam}"));
  EXPECT_THAT(said(begin + "release = DELETE\n"), HasSubstr(path + ":3: "));
  EXPECT_THAT(said(begin + "release = { method = \"DELETE\" }\n"), HasSubstr(path + ":3: release: write a text"));
}

TEST(Verify, shows_the_answer_that_a_description_does_not_understand) {
  const ExampleLock lock(true);
  std::string text = text_of(lock.description());
  text.replace(text.find("acquired=true"), 13, "granted=true");
  write(lock.description(), text);
  const Outcome run = verify({lock.description()});
  EXPECT_EQ(run.status, 65) << run.err;
  EXPECT_THAT(run.err, HasSubstr(R"('200 {"acquired": true)"));
  EXPECT_EQ(run.out, "");
}

TEST(Verify, ends_with_64_where_nobody_is_there_and_where_it_is_asked_wrongly) {
  const ScratchDirectory scratch;
  const std::string path = scratch.path() / "lock.toml";
  write(path, "server = \"http://127.0.0.1:1\"\nacquire = \"POST /a\"\nrelease = \"POST /b\"\n");
  const std::vector<std::vector<std::string>> wrong{{path},
                                                    {"http://127.0.0.1:1"},
                                                    {"nothing.toml"},
                                                    {"https://127.0.0.1"},
                                                    {"http://127.0.0.1:1", "--inject", "check-then-act"},
                                                    {"server", "--inject", "chek-then-act"},
                                                    {"engine:oracle"},
                                                    {"engine:memory", "--faults", "kil"},
                                                    {"engine:memory", "--workload", "conted"},
                                                    {"engine:memory", "--clients", "1"}};
  for (const auto& words : wrong) {
    const Outcome run = verify(words);
    EXPECT_EQ(run.status, 64) << testing::PrintToString(words) << run.err;
    EXPECT_EQ(run.out, "") << testing::PrintToString(words);
    EXPECT_NE(run.err, "");
  }
  EXPECT_THAT(verify({"http://127.0.0.1:1", "--inject", "check-then-act"}).err, HasSubstr("holdfast verify server"));
}

TEST(Verify, judges_histories_of_others_by_the_kind_of_lock_that_it_is_told) {
  const ScratchDirectory scratch;
  const std::string path = scratch.path() / "history.edn";
  write(path,
        "{:type :invoke, :f :acquire, :process 0, :time 10}\n{:type :ok, :f :acquire, :process 0, :time 20}\n"
        "{:type :invoke, :f :acquire, :process 1, :time 30}\n{:type :ok, :f :acquire, :process 1, :time 40}\n");
  EXPECT_EQ(verify({path}).status, 1);
  EXPECT_NE(verify({path, "--lock", "permits=2"}).status, 1) << "two may hold it";
  const Outcome wrong = verify({path, "--lock", "permit=2"});
  EXPECT_EQ(wrong.status, 64);
  EXPECT_THAT(wrong.err, HasSubstr("there is no 'permit=2'"));
}

TEST(Verify, ends_with_65_where_a_recording_is_none) {
  const ScratchDirectory scratch;
  const std::string path = scratch.path() / "seen.jsonl";
  write(path, "{\"this\": \"is no recording\"}\n");
  const Outcome run = verify({path});
  EXPECT_EQ(run.status, 65) << run.err;
  EXPECT_THAT(run.err, HasSubstr(path + ":1"));
  EXPECT_EQ(run.out, "");
}

TEST(Verify, leaves_no_server_and_no_directory_behind) {
  const ScratchDirectory scratch;
  Process process({HOLDFAST_PROGRAM, "verify", "server", "--time", "60s"}, {{"TMPDIR", scratch.path()}});
  const auto holds_something = [&] { return !std::filesystem::is_empty(scratch.path()); };
  while (!holds_something() && process.running()) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(holds_something());
  process.signal(SIGINT);  // What was seen so far is judged.
  process.wait(60s);
  EXPECT_FALSE(holds_something());
}

}  // namespace
}  // namespace holdfast
