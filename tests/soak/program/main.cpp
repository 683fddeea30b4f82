// soak [--seed N] [--time DURATION] [--clients N] [--keep DIRECTORY] [--inject BUG]...
//
// Exits with 0 (holds), 1 (violated, or something else went wrong), 64 (wrong usage).
#include <sys/resource.h>

#include <cstdio>
#include <random>
#include <stdexcept>

#include "cli/durations.h"
#include "tests/soak/soak.h"

namespace {

using holdfast::soak::Options;

[[noreturn]] void wrong(const std::string& what) {
  std::fprintf(stderr, "soak: %s\nsoak [--seed N] [--time 1h] [--clients N] [--keep DIRECTORY] [--inject BUG]...\n",
               what.c_str());
  std::exit(64);
}

std::uint64_t number(const std::string& text) {
  try {
    return std::stoull(text);
  } catch (const std::logic_error&) {
    wrong("not a number: " + text);
  }
}

Options read(int count, char** words) {
  Options options;
  options.seed = std::random_device{}();
  for (int i = 1; i < count; i += 2) {
    const std::string flag = words[i];
    if (i + 1 == count) wrong(flag + " wants a value");
    const std::string value = words[i + 1];
    if (flag == "--seed") {
      options.seed = number(value);
    } else if (flag == "--time") {
      const auto time = holdfast::cli::parse_duration(value);
      if (!time) wrong("not a duration: " + value);
      options.time = std::chrono::ceil<std::chrono::milliseconds>(*time);
    } else if (flag == "--clients") {
      options.clients = number(value);
    } else if (flag == "--keep") {
      options.keep = value;
    } else if (flag == "--inject") {
      options.inject.push_back(value);
    } else {
      wrong("there is no " + flag);
    }
  }
  return options;
}

}  // namespace

int main(int count, char** words) {
  Options options = read(count, words);
  options.tell = [](const std::string& line) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  };
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  options.tell("seed " + std::to_string(options.seed));
  try {
    const holdfast::soak::Outcome outcome = holdfast::soak::soak(options);
    std::printf("%s", holdfast::soak::told(outcome, options).c_str());
    return outcome.good() ? 0 : 1;
  } catch (const std::runtime_error& error) {
    std::printf("FAILED: %s\nseed %llu\n", error.what(), static_cast<unsigned long long>(options.seed));
    return 1;
  }
}
