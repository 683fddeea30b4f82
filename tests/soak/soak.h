// Real clients against a real server under a random schedule of faults, and a verdict on what they saw.
//
// It goes in rounds of some seconds, on one data directory: in each the clients play every workload of the verifier,
// and meanwhile one fault follows the other. Then all faults are gone, and everything must work again within ten
// seconds; and what the clients saw is judged. A round's recording is kept only if something is wrong with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "recording/recording.h"
#include "verify/judgement.h"

namespace holdfast::soak {

struct Options {
  std::uint64_t seed = 1;
  std::chrono::milliseconds time = std::chrono::minutes(1);
  std::size_t clients = 12;
  std::vector<std::string> inject{};  ///< Bugs that are put back.
  std::filesystem::path keep = ".";   ///< Where the recording of a violation is written to.
  std::function<void(const std::string&)> tell = [](const std::string&) {};  ///< A line on each round.
};

/// What a soak covered, and what it found.
struct Outcome {
  std::size_t rounds = 0;
  std::map<std::string, std::size_t> faults;  ///< How often each was brought about.
  std::size_t starts = 0;
  verify::Coverage met;                        ///< Of all rounds together.
  std::chrono::milliseconds slowest_return{};  ///< Until everything worked again, after the faults of a round.
  bool violated = false;
  std::size_t undecided = 0, inconclusive = 0;  ///< Rounds.
  std::string report;                           ///< Of the round that violated something.
  std::filesystem::path recording;              ///< And where its recording is.
  std::vector<std::string> complaints;          ///< What else went wrong.

  bool good() const { return !violated && complaints.empty(); }
};

/// Ends with the first violation or complaint. Throws std::runtime_error where a server does not come back.
Outcome soak(const Options& options);

/// In some lines.
std::string told(const Outcome& outcome, const Options& options);

}  // namespace holdfast::soak
