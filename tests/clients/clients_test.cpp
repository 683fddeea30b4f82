// Clients of Redis and of WebSockets as they are, against a real server: whether what they take for a lock is one.
//
// Each script puts one client through the same: taking, being refused, extending, letting go, what a stranger may not
// do, and coming back too late. It asks the server over a connection of its own who holds what, and ends with 0.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/process.h"

namespace holdfast {
namespace {

using support::Process;
using testing::HasSubstr;
using testing::StartsWith;

class Clients : public testing::Test {
 protected:
  /// Where clients of Redis connect.
  std::string port() {
    constexpr std::string_view before = "clients of Redis: 127.0.0.1:";
    const std::string said = server_.process().output();
    const std::size_t at = said.find(before);
    if (at == std::string::npos) throw std::runtime_error("the server does not say where clients of Redis connect");
    return std::to_string(std::stoul(said.substr(at + before.size())));
  }

  /// Ends with 0 and says that all was as it should be.
  void goes_well(const std::vector<std::string>& words) {
    Process client(words, {{"NODE_PATH", modules()}});
    EXPECT_EQ(client.wait().exit_status, 0) << client.output() << client.errors();
    EXPECT_THAT(client.output(), HasSubstr("held as it should")) << client.errors();
  }

  void node(const std::string& script, const std::vector<std::string>& more = {}) {
    ASSERT_TRUE(std::filesystem::exists(modules())) << "tools/setup test installs what is tested here";
    std::vector<std::string> words{"node", folder("node/" + script), port()};
    words.insert(words.end(), more.begin(), more.end());
    goes_well(words);
  }

  /// What redis-cli prints, one line for each answer.
  std::string redis_cli(const std::string& words, const std::string& input = "") {
    Process shell({"sh", "-c", "printf \"$INPUT\" | redis-cli -p " + port() + ' ' + words}, {{"INPUT", input}});
    EXPECT_EQ(shell.wait().exit_status, 0) << shell.errors();
    return shell.output();
  }

  static std::string folder(const std::string& path) { return HOLDFAST_CLIENTS "/" + path; }
  static std::string modules() { return HOLDFAST_CLIENT_MODULES; }

  support::ScratchDirectory data_;
  support::ServerProcess server_{{.arguments = {"--resp", "127.0.0.1:0", "--data", data_.path() / "data"}}};
};

TEST_F(Clients, redlock_4) {
  node("redlock_4.js");
}
TEST_F(Clients, redlock_4_of_ten_that_contend) {
  node("race.js");
}
TEST_F(Clients, redlock_5) {
  node("redlock_newer.js", {"redlock-5"});
}
TEST_F(Clients, sesamecare_redlock) {
  node("redlock_newer.js", {"@sesamecare-oss/redlock"});
}
TEST_F(Clients, redis_semaphore) {
  node("semaphore.js");
}
TEST_F(Clients, ioredis_5) {
  node("ioredis.js", {"ioredis"});
}
TEST_F(Clients, ioredis_6) {
  node("ioredis.js", {"ioredis-6"});
}
TEST_F(Clients, node_redis_in_resp2) {
  node("node_redis.js", {"2"});
}
TEST_F(Clients, node_redis_in_resp3) {
  node("node_redis.js", {"3"});
}
TEST_F(Clients, redis_py) {
  goes_well({"/usr/bin/python3", folder("python/redis_py.py"), port()});  // Debian's, whichever else there is.
}
TEST_F(Clients, python_websockets_on_a_live_socket) {
  goes_well({"/usr/bin/python3", folder("python/live.py"), std::to_string(server_.port())});
}
TEST_F(Clients, ruby_redis) {
  goes_well({"/usr/bin/ruby", folder("ruby/redis_rb.rb"), port()});
}
TEST_F(Clients, laravel) {
  goes_well({"/usr/bin/php", folder("php/laravel.php"), port()});
}

TEST_F(Clients, redis_cli_one_command_a_connection) {
  EXPECT_EQ(redis_cli("SET job mine NX PX 20000"), "OK\n");
  EXPECT_EQ(redis_cli("SET job mine NX PX 20000"), "\n");
  EXPECT_EQ(redis_cli("-3 GET job"), "mine\n");
  EXPECT_EQ(redis_cli("--no-raw EXISTS job"), "(integer) 1\n");
  EXPECT_THAT(redis_cli("DEL job"), StartsWith("KEY_NOT_PROVEN Only the connection that took this key may do that"));
  EXPECT_EQ(redis_cli("DELIFEQ job theirs"), "0\n");
  EXPECT_EQ(redis_cli("SET job mine IFEQ mine PX 60000"), "OK\n");
  EXPECT_EQ(redis_cli("DELIFEQ job mine"), "1\n");
  EXPECT_EQ(redis_cli("GET job"), "\n");
  EXPECT_THAT(redis_cli("ZADD job 1 a"), HasSubstr("this server keeps leases and nothing else"));
  EXPECT_THAT(redis_cli("-3 LEASE.GET job"), HasSubstr("because released"));
}

TEST_F(Clients, redis_cli_with_several_commands_on_one) {
  EXPECT_EQ(redis_cli("", "SET job mine NX\\nTTL job\\nEXPIRE job 20\\nTTL job\\nPING\\nDEL job\\nEXISTS job\\n"),
            "OK\n-1\n1\n20\nPONG\n1\n0\n");
  EXPECT_EQ(redis_cli("", "SET job mine NX\\nEVAL \"return KEYS[1]\" 1 job\\nDEL job\\n"), "OK\njob\n1\n");
  EXPECT_THAT(redis_cli("--pipe", "SET a 1 NX\\r\\nSET b 2 NX\\r\\nGET a\\r\\n"), HasSubstr("errors: 0, replies: 3"));
}

TEST_F(Clients, redis_cli_with_a_script_from_a_file) {
  EXPECT_EQ(redis_cli("SET job mine NX PX 20000"), "OK\n");
  EXPECT_EQ(redis_cli("--eval " + folder("release.lua") + " job , theirs"), "0\n");
  EXPECT_EQ(redis_cli("--eval " + folder("release.lua") + " job , mine"), "1\n");
  EXPECT_EQ(redis_cli("EXISTS job"), "0\n");
}

TEST_F(Clients, redis_benchmark) {
  Process bench({"redis-benchmark", "-p", port(), "-n", "5000", "-c", "10", "-P", "8", "-r", "1000000", "--csv", "SET",
                 "lock:__rand_int__", "mine", "NX", "PX", "30000"});
  EXPECT_EQ(bench.wait().exit_status, 0) << bench.errors();
  EXPECT_THAT(bench.output(), HasSubstr("SET lock:__rand_int__ mine NX PX 30000")) << bench.errors();
  Process others(
      {"redis-benchmark", "-p", port(), "-n", "1000", "-c", "10", "--csv", "-t", "ping_inline,ping_mbulk,get"});
  EXPECT_EQ(others.wait().exit_status, 0) << others.errors();
  EXPECT_THAT(others.output(), HasSubstr("\"GET\"")) << others.errors();
}

}  // namespace
}  // namespace holdfast
