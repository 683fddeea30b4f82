#include "tests/durability/strace.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "tests/durability/here.h"

namespace holdfast::durability {
namespace {

using support::Process;

std::string content_of(const std::filesystem::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

}  // namespace

Calls calls_on(const std::filesystem::path& directory, const std::filesystem::path& trace,
               const std::vector<pid_t>& threads) {
  std::map<pid_t, std::size_t> numbered;
  for (const pid_t thread : threads) numbered.emplace(thread, numbered.size());
  std::string text;
  await("strace to end", [&] {
    text = content_of(trace);
    const std::size_t last = text.rfind("+++ ");
    return last != std::string::npos && text.find('\n', last) == text.size() - 1;
  });
  Calls calls;
  std::map<std::pair<pid_t, std::string>, std::uint64_t> counts;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    pid_t thread = 0;
    std::string call;
    words >> thread >> call;
    const std::size_t end = call.find('(');
    if (end == std::string::npos) continue;  // `<... resumed>`, `+++ exited`.
    call.resize(end);
    const std::uint64_t number = ++counts[{thread, call}];
    if (line.find(directory.string()) == std::string::npos) continue;
    calls[{numbered.emplace(thread, numbered.size()).first->second, call}].push_back(number);
  }
  return calls;
}

std::vector<std::uint64_t> sample(const std::vector<std::uint64_t>& numbers) {
  if (std::getenv("HOLDFAST_EVERY_CALL") != nullptr) return numbers;
  constexpr std::size_t each = 20;
  const std::size_t first = std::min(each, numbers.size());
  std::vector<std::uint64_t> chosen(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(first));
  const std::size_t rest = numbers.size() - first;
  const std::size_t more = std::min(2 * each, rest);
  for (std::size_t at = 0; at < more; ++at) chosen.push_back(numbers[first + at * rest / more]);
  return chosen;
}

std::vector<pid_t> threads_of(pid_t process) {
  std::vector<pid_t> threads;
  for (const auto& entry : std::filesystem::directory_iterator(fmt::format("/proc/{}/task", process))) {
    threads.push_back(std::stoi(entry.path().filename()));
  }
  std::ranges::sort(threads);
  return threads;
}

std::vector<std::string> traced(const std::filesystem::path& trace, const std::vector<std::string>& options) {
  std::vector<std::string> words{"strace", "-D", "-f", "-q", "-y", "-o", trace};
  words.insert(words.end(), options.begin(), options.end());
  words.emplace_back("--");
  return words;
}

Attached::Attached(pid_t thread, bool all, const std::filesystem::path& trace,
                   const std::vector<std::string>& options) {
  std::vector<std::string> words{"strace", "-y", "-o", trace, "-p", std::to_string(thread)};
  if (all) words.insert(words.begin() + 1, "-f");
  words.insert(words.end(), options.begin(), options.end());
  strace_ = std::make_unique<Process>(words);
  await("strace to attach", [&] {
    const bool running = strace_->running();
    if (strace_->errors().find(" attached") != std::string::npos) return true;  // It may have killed already.
    if (!running) throw std::runtime_error("strace: " + strace_->errors());
    return false;
  });
}

void Attached::detach() {
  strace_->signal(SIGINT);
  strace_->wait();
}

}  // namespace holdfast::durability
