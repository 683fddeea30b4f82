#include "cli/own_server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

namespace holdfast::cli {
namespace {

constexpr std::string_view before_url = "listens on ";
constexpr std::chrono::seconds patience_for_url{10};

std::unexpected<Error> failed(std::string why) {
  return fail(ErrorCode::process_failed, std::move(why));
}

/// What lies in a pipe that nothing is written to any more, or that does not block.
std::string text_in(int pipe) {
  std::string text;
  char piece[512];
  for (;;) {
    const ssize_t got = ::read(pipe, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(piece, static_cast<std::size_t>(got));
  }
}

/// Two ends of a pipe.
struct Pipe {
  Fd from, to;
};
Result<Pipe> make_pipe(int flags) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | flags) != 0) return failed(system_words("a pipe", errno));
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

/// What the server is to know of its surroundings. Not the service manager's socket: whether the service is ready is
/// its parent's to say.
std::vector<char*> environment() {
  std::vector<char*> kept;
  for (char** each = environ; *each; ++each) {
    if (!std::string_view(*each).starts_with("NOTIFY_SOCKET=")) kept.push_back(*each);
  }
  kept.push_back(nullptr);
  return kept;
}

/// In the child: becomes the server.
[[noreturn]] void become_server(char* const* arguments, char* const* surroundings, int output, int errors,
                                pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(126);
  ::setpgid(0, 0);  // A Ctrl-C at the terminal is its parent's, which then ends it.
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execve("/proc/self/exe", arguments, surroundings);
  const std::string_view why = ::strerrordesc_np(errno);
  [[maybe_unused]] const ssize_t told = ::write(STDERR_FILENO, why.data(), why.size());
  ::_exit(126);
}

/// True: there is something to read, or nothing will ever be.
bool await_output(int output, std::chrono::steady_clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd wanted{.fd = output, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready >= 0 || errno != EINTR) return ready > 0;
  }
}

/// The address that the server prints when it listens. None: it ended instead, or takes too long.
std::optional<std::string> url_printed(int output) {
  const auto until = std::chrono::steady_clock::now() + patience_for_url;
  std::string said;
  char piece[512];
  for (;;) {
    if (!await_output(output, until)) return std::nullopt;
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

Result<OwnServer> OwnServer::start(const How& how) {
  OwnServer server;
  std::vector<std::string> words{"holdfast", "serve", "--listen",    "127.0.0.1:0",
                                 "--resp",   "off",   "--log-level", "error"};
  if (how.in_memory) {
    words.insert(words.end(), {"--journal", "memory"});
  } else {
    HF_TRY(directory, TemporaryDirectory::make());
    server.directory_.emplace(std::move(directory));
    words.insert(words.end(), {"--data", (server.directory_->path() / "data").string()});
  }
  for (const std::string& injection : how.inject) words.insert(words.end(), {"--inject", injection});
  words.insert(words.end(), how.further.begin(), how.further.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  HF_TRY(output, make_pipe(0));
  HF_TRY(errors, make_pipe(O_NONBLOCK));  // Once it is full, what is said there is lost, and nobody waits.
  const std::vector<char*> surroundings = environment();
  const pid_t parent = ::getpid();
  server.pid_ = ::fork();
  if (server.pid_ == 0) become_server(arguments.data(), surroundings.data(), output.to.get(), errors.to.get(), parent);
  if (server.pid_ < 0) return failed(system_words("fork", errno));
  output.to = Fd();
  server.errors_ = std::move(errors.from);
  const std::optional<std::string> printed = url_printed(output.from.get());
  if (!printed) {
    const std::string said = text_in(server.errors_.get());
    return failed("holdfast serve did not start: " +
                  (said.empty() ? fmt::format("it said nothing within {} s", patience_for_url.count()) : said));
  }
  HF_TRY(url, client::parse_url(*printed));
  server.url_ = std::move(url);
  return server;
}

bool OwnServer::has_ended() {
  if (pid_ <= 0 || ::waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
  pid_ = -1;
  return true;
}

OwnServer::~OwnServer() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);  // What it kept is thrown away.
  ::waitpid(pid_, nullptr, 0);
}

}  // namespace holdfast::cli
