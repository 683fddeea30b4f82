// A load on a server: many clients on one thread, each with one request under way, and how long each took.
//
// `holdfast bench` runs it, and so do the benchmarks. Latencies count from when a request is sent, or, where a rate is
// given, from when it was due: a server that stalls cannot hide the requests that it kept from being sent.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/error.h"
#include "cli/load_histogram.h"
#include "cli/load_work.h"
#include "client/url.h"

namespace holdfast::cli {

/// How a load goes on, told once a second.
struct LoadProgress {
  Duration since_begin{};
  std::uint64_t answered = 0;  ///< Since it was told last.
  Duration over{};             ///< In this time.
};

struct LoadOptions {
  client::Url server{};
  LoadKind kind = LoadKind::acquire_release;
  std::string owner;
  std::size_t clients = 64;
  std::uint32_t names = 100'000;
  Duration time = std::chrono::seconds(5);
  double rate = 0;  ///< Requests a second of all clients together; 0: as fast as they are answered.

  std::function<bool()> give_up{};  ///< Asked often; true ends the measuring early. Cleaning up follows all the same.
  std::function<void(const LoadProgress&)> progress{};
  std::function<void()> begins{};  ///< Called just before the measuring, when what it needs has been acquired.
  std::function<void()> ended{};   ///< Called just after it, before what is held is released.
};

/// One operation's answers.
struct OpReport {
  LatencyHistogram latency;  ///< Refusals included.
  std::uint64_t done = 0;
  std::map<std::string, std::uint64_t> refused;  ///< By code.
};

struct LoadReport {
  Duration took{};  ///< From the first request to the last answer.
  std::map<LoadOp, OpReport> operations;
  LatencyHistogram hand_over;     ///< Of `contend`: from a release being sent to the next one's grant having come.
  std::uint64_t lost = 0;         ///< Requests whose answer never came.
  std::uint64_t prepared = 0;     ///< Acquired before the measuring.
  std::uint64_t cleaned_up = 0;   ///< Released after it.
  std::uint64_t left_behind = 0;  ///< That could not be released: they last until their ttl is over.

  std::uint64_t requests() const;
  std::uint64_t done() const;
  double rate() const;  ///< Requests a second.
};

/// Runs a load and releases whatever it acquired.
///
/// Errors: unreachable (nothing was measured), held (what the measuring needs is held by somebody else).
Result<LoadReport> run_load(const LoadOptions& options);

}  // namespace holdfast::cli
