#include "cli/verify_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace holdfast::cli {
namespace {

constexpr std::string_view before_url = "listens on ";

std::unexpected<Error> failed(std::string why) {
  return fail(ErrorCode::process_failed, std::move(why));
}

std::string text_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// In the child: becomes the server.
[[noreturn]] void become_server(const std::vector<std::string>& words, int output, const std::string& errors,
                                pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  ::setpgid(0, 0);  // A Ctrl-C at the terminal is the verifier's, which then ends us.
  const int log = ::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(output, STDOUT_FILENO);
  if (log >= 0) ::dup2(log, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv("/proc/self/exe", arguments.data());
  ::_exit(126);
}

/// The address that the server prints when it listens. None: it ended instead.
std::optional<std::string> url_printed(int output) {
  std::string said;
  char piece[512];
  for (;;) {
    const ssize_t got = ::read(output, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    said.append(piece, static_cast<std::size_t>(got));
    const std::size_t at = said.find(before_url);
    const std::size_t end = at == std::string::npos ? at : said.find('\n', at);
    if (end != std::string::npos) return said.substr(at + before_url.size(), end - at - before_url.size());
  }
}

}  // namespace

Result<TemporaryDirectory> TemporaryDirectory::make() {
  std::error_code error;
  std::string path = (std::filesystem::temp_directory_path(error) / "holdfast-verify-XXXXXX").string();
  if (error || !::mkdtemp(path.data())) return failed(system_words("a temporary directory", errno));
  return TemporaryDirectory(path);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<OwnServer> OwnServer::start(const std::vector<std::string>& inject) {
  HF_TRY(directory, TemporaryDirectory::make());
  std::vector<std::string> words{"holdfast",    "serve",  "--listen",
                                 "127.0.0.1:0", "--data", (directory.path() / "data").string(),
                                 "--log-level", "error"};
  for (const std::string& injection : inject) words.insert(words.end(), {"--inject", injection});
  const std::string errors = (directory.path() / "errors").string();
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return failed(system_words("a pipe", errno));
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become_server(words, pipe[1], errors, parent);
  ::close(pipe[1]);
  OwnServer server(std::move(directory), pid);
  const std::optional<std::string> printed = pid > 0 ? url_printed(pipe[0]) : std::nullopt;
  ::close(pipe[0]);
  if (!printed) return failed("holdfast serve did not start: " + text_of(errors));
  HF_TRY(url, client::parse_url(*printed));
  server.url_ = std::move(url);
  return server;
}

OwnServer::~OwnServer() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);  // What it kept is thrown away.
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace holdfast::cli
