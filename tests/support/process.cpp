#include "tests/support/process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace holdfast::support {
namespace {

[[noreturn]] void system_failed(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// In the child, between fork and exec: nothing but system calls.
[[noreturn]] void become(char* const* words, char* const* environment, int out, int err, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int in = ::open("/dev/null", O_RDONLY);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(err, 2);
  ::execvpe(words[0], words, environment);
  ::_exit(127);
}

/// HOLDFAST_SERVER_PROGRAM: another build of it, with sanitizers for example.
std::string server_program() {
  const char* const another = std::getenv("HOLDFAST_SERVER_PROGRAM");
  return another ? another : HOLDFAST_PROGRAM;
}

std::vector<std::string> server_words(const ServerProcess::How& how) {
  std::vector<std::string> words = how.wrapper;
  for (const std::string& word :
       {server_program(), std::string("serve"), std::string("--listen"), fmt::format("127.0.0.1:{}", how.port)}) {
    words.push_back(word);
  }
  words.insert(words.end(), how.arguments.begin(), how.arguments.end());
  return words;
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string pattern = std::filesystem::temp_directory_path() / "holdfast-test-XXXXXX";
  if (!::mkdtemp(pattern.data())) system_failed("mkdtemp");
  path_ = pattern;
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;  // A test that mounted something here has failed already.
  std::filesystem::remove_all(path_, ignored);
}

Process::Process(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment) {
  const int out = ::open((scratch_.path() / "out").c_str(), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  const int err = ::open((scratch_.path() / "err").c_str(), O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0600);
  if (out < 0 || err < 0) system_failed("open");

  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> settings;
  for (char** one = environ; *one; ++one) {
    const std::string_view ours = *one;
    // Not twice: bash takes the last of a name, other shells the first.
    if (!environment.contains(std::string(ours.substr(0, ours.find('='))))) settings.emplace_back(ours);
  }
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  std::vector<char*> variables;
  for (const std::string& setting : settings) variables.push_back(const_cast<char*>(setting.c_str()));
  variables.push_back(nullptr);

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) system_failed("fork");
  if (pid_ == 0) become(arguments.data(), variables.data(), out, err, parent);
  ::close(out);
  ::close(err);
}

Process::~Process() {
  if (reaped_) return;
  ::kill(pid_, SIGKILL);
  ::kill(pid_, SIGCONT);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
}

bool Process::running() {
  if (reaped_) return false;
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid == 0;
}

void Process::signal(int number) const {
  if (::kill(pid_, number) != 0) system_failed("kill");
  if (number != SIGSTOP) return;
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WSTOPPED | WEXITED | WNOWAIT) != 0) {
    if (errno != EINTR) system_failed("waitid");
  }
}

Ended Process::wait(std::chrono::milliseconds patience) {
  if (reaped_) return ended_;
  const int handle = static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0));
  if (handle < 0) system_failed("pidfd_open");
  pollfd ending{handle, POLLIN, 0};
  const int ready = ::poll(&ending, 1, static_cast<int>(patience.count()));
  ::close(handle);
  if (ready == 0) {
    throw std::runtime_error(
        fmt::format("process {} did not end within {} ms; it said: {}{}", pid_, patience.count(), output(), errors()));
  }
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) system_failed("waitpid");
  reaped_ = true;
  if (WIFEXITED(status)) ended_.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) ended_.signal = WTERMSIG(status);
  return ended_;
}

std::string Process::output() const {
  return content_of(scratch_.path() / "out");
}

std::string Process::errors() const {
  return content_of(scratch_.path() / "err");
}

ServerProcess::ServerProcess(const How& how) : process_(server_words(how), how.environment) {
  if (how.await_ready && !await_listening()) {
    throw std::runtime_error("the server ended instead of listening: " + process_.output() + process_.errors());
  }
}

bool ServerProcess::await_listening(std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  constexpr std::string_view before = "http://127.0.0.1:";
  while (true) {
    // Its files are written by another process: there is no event but its end, so this looks every millisecond.
    const bool alive = process_.running();
    const std::string said = process_.output();
    if (const std::size_t at = said.find(before); at != std::string::npos && said.find('\n', at) != std::string::npos) {
      port_ = static_cast<std::uint16_t>(std::stoul(said.substr(at + before.size())));
      return true;
    }
    if (!alive) return false;
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the server does not say where it listens");
    ::usleep(1'000);
  }
}

Ended ServerProcess::stop() {
  process_.signal(SIGTERM);
  return process_.wait();
}

void ServerProcess::kill() {
  process_.signal(SIGKILL);
  process_.wait();
}

}  // namespace holdfast::support
