// What is in ops/ for those who run it: the unit is one that systemd takes, and the image's description fits the
// program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>

#include "tests/support/process.h"

namespace holdfast {
namespace {

using support::Process;
using support::ServerProcess;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// `text` with every `from` as `to`.
std::string with(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

/// What `systemd-analyze verify` says of a unit.
std::string verdict_on(const std::string& unit) {
  const support::ScratchDirectory scratch;
  const std::string file = scratch.path() / "holdfast.service";
  std::ofstream(file) << unit;
  Process verify({"systemd-analyze", "--man=no", "verify", file});
  verify.wait();
  return verify.errors() + verify.output();
}

TEST(Unit, is_one_that_systemd_takes) {
  const std::string unit = with(text_of("ops/holdfast.service"), "/usr/bin/holdfast", HOLDFAST_PROGRAM);
  EXPECT_EQ(verdict_on(unit), "");
  EXPECT_THAT(verdict_on(with(unit, "Restart=on-failure", "Restart=somehow")), HasSubstr("somehow"));
}

TEST(Unit, lets_the_server_do_little) {
  Process security({"systemd-analyze", "security", "--offline=true", "--threshold=20", "ops/holdfast.service"});
  EXPECT_EQ(security.wait().exit_status, 0) << "above 2.0\n" << security.output();
}

TEST(Unit, and_image_start_the_server_with_options_that_it_has) {
  Process help({HOLDFAST_PROGRAM, "serve", "--help"});
  help.wait();
  for (const char* path : {"ops/holdfast.service", "ops/Dockerfile"}) {
    std::istringstream lines(text_of(path));
    int starts = 0;
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("ExecStart=") && !line.starts_with("ENTRYPOINT ")) continue;
      ++starts;
      std::istringstream words(with(with(line, "\"", " "), ",", " "));
      for (std::string word; words >> word;) {
        if (word.starts_with("--")) {
          EXPECT_THAT(help.output(), HasSubstr(word)) << path;
        }
      }
    }
    EXPECT_EQ(starts, 1) << path;
  }
}

// The image installs the libraries that the program is linked with, and no others.
TEST(Image, has_the_libraries_that_the_program_needs) {
  const std::string packages_of = R"(
    for library in $(ldd "$0" | awk '/=> \//{print $3}'); do
      dpkg -S "$library" 2>/dev/null || dpkg -S "/usr$library"
    done | cut -d: -f1 | sort -u | grep -vE '^(libc6|libgcc-s1|libstdc[+][+]6)$')";
  Process needed({"sh", "-c", packages_of, HOLDFAST_PROGRAM});
  ASSERT_EQ(needed.wait().exit_status, 0) << needed.errors();
  const std::string image = text_of("ops/Dockerfile"), page = text_of("docs/deploying.md");
  std::istringstream packages(needed.output());
  int count = 0;
  for (std::string package; packages >> package; ++count) {
    EXPECT_THAT(image, HasSubstr(" " + package)) << "ops/Dockerfile";
    EXPECT_THAT(with(page, "\n", " "), HasSubstr(" " + package)) << "docs/deploying.md";
  }
  EXPECT_GE(count, 5);
}

/// The lines of a Dockerfile that are instructions, those that go on put together.
std::vector<std::string> instructions(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream lines(with(text, "\\\n", " "));
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.front() != '#') out.push_back(line);
  }
  return out;
}

TEST(Image, is_described_in_instructions_that_there_are_and_runs_as_nobody_in_particular) {
  bool user = false, health = false, volume = false;
  for (const std::string& line : instructions(text_of("ops/Dockerfile"))) {
    EXPECT_THAT(line.substr(0, line.find(' ')), testing::AnyOf("FROM", "RUN", "COPY", "WORKDIR", "USER", "VOLUME",
                                                               "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT"));
    if (line.starts_with("USER ")) user = line != "USER root" && line != "USER 0";
    if (line.starts_with("HEALTHCHECK ")) health = line.ends_with(R"(["/usr/bin/holdfast", "ready"])");
    if (line.starts_with("VOLUME ")) volume = true;
    EXPECT_THAT(line, Not(HasSubstr("--insecure"))) << "that is for whoever runs it to say";
  }
  EXPECT_TRUE(user && health && volume);
}

TEST(Ready, tells_health_checks_whether_the_server_serves) {
  const support::ScratchDirectory scratch;
  ServerProcess server({.arguments = {"--data", scratch.path() / "data"}});
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, std::vector<std::string>{"--live"}}) {
    std::vector<std::string> words{HOLDFAST_PROGRAM, "ready", "--server", url};
    words.insert(words.end(), more.begin(), more.end());
    Process ready(words);
    EXPECT_EQ(ready.wait().exit_status, 0) << ready.errors();
    EXPECT_EQ(ready.output() + ready.errors(), "");
  }
  server.stop();
  Process gone({HOLDFAST_PROGRAM, "ready", "--server", url});
  EXPECT_EQ(gone.wait().exit_status, 69);
}

TEST(ServiceManager, hears_when_the_server_serves_and_when_it_stops) {
  const support::ScratchDirectory scratch;
  const std::string path = scratch.path() / "notify";
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const timeval patience{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto next = [&] {
    char bytes[64];
    const ssize_t read = ::recv(socket, bytes, sizeof bytes, 0);
    return read < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(read));
  };
  ServerProcess server({.arguments = {"--journal", "memory"}, .environment = {{"NOTIFY_SOCKET", path}}});
  EXPECT_EQ(next(), "READY=1");
  server.stop();
  EXPECT_EQ(next(), "STOPPING=1");
  ::close(socket);
}

}  // namespace
}  // namespace holdfast
