// `holdfast VERB` as a process of its own, asking a server of the test's.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.h"

namespace holdfast::whole {

/// What a process said until its end, and how it ended.
struct Outcome {
  int status = -1;  ///< -1: a signal ended it.
  int signal = 0;
  std::string out, err;
};

/// The program with `words`; asks the server at `port` unless a word says otherwise.
inline support::Process start(std::uint16_t port, std::vector<std::string> words) {
  words.insert(words.begin(), HOLDFAST_PROGRAM);
  return support::Process(words, {{"HOLDFAST_SERVER", "http://127.0.0.1:" + std::to_string(port)}, {"TZ", "UTC"}});
}

inline Outcome outcome_of(support::Process& process) {
  const support::Ended ended = process.wait(std::chrono::seconds(60));
  return {.status = ended.exit_status, .signal = ended.signal, .out = process.output(), .err = process.errors()};
}

inline Outcome run(std::uint16_t port, std::vector<std::string> words) {
  support::Process process = start(port, std::move(words));
  return outcome_of(process);
}

}  // namespace holdfast::whole
