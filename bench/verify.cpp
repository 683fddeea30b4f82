// The checker: how long it takes to judge what 32 clients saw of one lock, and what it needs beyond the recording.
#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <queue>
#include <random>
#include <stdexcept>
#include <vector>

#include "bench/run.h"
#include "verify/judgement.h"

namespace holdfast::bench {
namespace {

using recording::Nanos;
using recording::Operation;
using recording::Outcome;
using recording::What;

constexpr std::size_t clients = 32;

/// A lock with leases and a sound history of it: whatever is asked happens at one moment between call and return.
class Sound {
 public:
  Sound(const recording::Lock& lock, std::size_t operations) : wanted_(operations) {
    made_.lock = lock;
    made_.names = {"job"};
    made_.operations.reserve(operations);
    for (std::size_t c = 0; c < clients; ++c) made_.clients.push_back({fmt::format("c{}", c), {}});
    asking_.resize(clients);
    token_of_.resize(clients, 0);
  }

  recording::Recording make() {
    for (recording::Index c = 0; c < clients; ++c) events_.push({below(100'000), Kind::call, c});
    while (!events_.empty()) {
      const Event event = events_.top();
      events_.pop();
      now_ = event.at;
      if (event.kind == Kind::call) {
        call(event.client);
      } else if (event.kind == Kind::happen) {
        happen(event.client);
      } else {
        answer(event.client);
      }
    }
    std::ranges::stable_sort(made_.operations, {}, &Operation::called);
    return std::move(made_);
  }

 private:
  enum class Kind { call, happen, answer };
  struct Event {
    Nanos at;
    Kind kind;
    recording::Index client;
    bool operator<(const Event& other) const { return at > other.at; }
  };
  static constexpr Nanos ttl = 2'000'000;

  Nanos below(Nanos bound) { return static_cast<Nanos>(random_() % static_cast<std::uint64_t>(bound)); }

  void call(recording::Index client) {
    if (++called_ > wanted_) return;
    Operation& asked = asking_[client] = {};
    asked.client = client;
    asked.call = static_cast<std::uint32_t>(called_);
    asked.called = now_;
    asked.token = token_of_[client];
    const bool holds = token_of_[client] != 0;
    asked.what = !holds ? (below(20) == 0 ? What::query : What::acquire) : below(2) == 0 ? What::renew : What::release;
    events_.push({now_ + 1 + below(50'000), Kind::happen, client});
  }

  void happen(recording::Index client) {
    Operation& asked = asking_[client];
    if (holder_ && until_ <= now_) holder_.reset();
    asked.outcome = Outcome::ok;
    const bool own = holder_ == client && asked.token == token_;
    if (asked.what == What::query) {
      asked.held = holder_.has_value();
    } else if (asked.what == What::acquire) {
      acquire(asked, client);
    } else if (!own) {
      asked.outcome = Outcome::stale;
    } else if (asked.what == What::renew) {
      until_ = now_ + (asked.ttl = ttl);
    } else {
      holder_.reset();
    }
    if (holder_ && asked.outcome == Outcome::ok && asked.held) show(asked);
    if (!made_.lock.tokens) asked.token = 0;
    if (asked.what != What::acquire || asked.outcome != Outcome::ok || asked.shown != 0) {
      events_.push({now_ + 1 + below(50'000), Kind::answer, client});
    }
    if (!holder_ && !waiting_.empty()) serve();
  }

  /// Whoever has waited longest is granted.
  void serve() {
    const auto [client, since] = waiting_.front();
    waiting_.pop();
    grant(asking_[client], client);
    asking_[client].waited = now_ - since;
    events_.push({now_ + 1 + below(50'000), Kind::answer, client});
  }

  void acquire(Operation& asked, recording::Index client) {
    if ((holder_ || !waiting_.empty()) && made_.lock.fifo) {
      waiting_.emplace(client, now_);
      return;
    }
    if (holder_) {
      asked.outcome = Outcome::busy;
      show(asked);
      return;
    }
    grant(asked, client);
  }

  void grant(Operation& asked, recording::Index client) {
    asked.previous = made_.lock.tokens ? token_ : 0;
    asked.shown = ++token_;
    asked.ttl = ttl;
    holder_ = client;
    until_ = now_ + ttl;
  }

  void show(Operation& asked) const {
    if (!made_.lock.tokens) return;  // Then it does not say who holds either.
    asked.shown = token_;
    asked.holder = *holder_;
  }

  void answer(recording::Index client) {
    Operation& asked = asking_[client];
    asked.returned = now_;
    if (asked.what == What::acquire && asked.outcome == Outcome::ok) token_of_[client] = asked.shown;
    if (asked.what == What::release || asked.outcome == Outcome::stale) token_of_[client] = 0;
    if (!made_.lock.tokens) asked.shown = 0;
    made_.operations.push_back(asked);
    events_.push({now_ + 1 + below(below(50) == 0 ? 3'000'000 : 100'000), Kind::call, client});
  }

  std::size_t wanted_, called_ = 0;
  recording::Recording made_;
  std::mt19937_64 random_{8812};
  std::priority_queue<Event> events_;
  std::vector<Operation> asking_;
  std::vector<std::uint64_t> token_of_;
  std::queue<std::pair<recording::Index, Nanos>> waiting_;  ///< Of a lock where who is refused waits, and since when.
  std::optional<recording::Index> holder_;
  std::uint64_t token_ = 0;
  Nanos until_ = 0, now_ = 0;
};

/// Of this process: `VmRSS` or `VmHWM`.
double memory_mb(std::string_view which) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(which)) return std::stod(line.substr(which.size() + 1)) / 1024;
  }
  throw std::runtime_error("no memory in /proc/self/status");
}

/// Of this thread: what else the machine does is left out, for the checker waits for nothing.
Duration processor_time() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

struct Judged {
  double ms = 0;
  double mb = 0;  ///< At most at one time, beyond the recording.
};

Judged judged(const recording::Recording& recording) {
  std::ofstream("/proc/self/clear_refs") << "5";  // The high-water mark begins anew.
  const double before = memory_mb("VmRSS");
  const Duration began = processor_time();
  const verify::Judgement judgement = verify::judge(recording);
  const double took = ms(processor_time() - began);
  for (const verify::Finding& finding : judgement.findings) {
    if (finding.answer == verify::Answer::violated)
      throw std::runtime_error("a sound lock is blamed: " + finding.because);
  }
  return {took, memory_mb("VmHWM") - before};
}

struct Size {
  std::size_t operations;
  std::string_view told;
  double ms_max, mb_max;
};

void measure_verify(Run& run) {
  const recording::Lock tokens{.tokens = true, .leases = true, .late_renewal = true, .reentrant = true};
  const recording::Lock plain{.leases = true};
  const recording::Lock queue{.tokens = true, .leases = true, .late_renewal = true, .reentrant = true, .fifo = true};
  constexpr double mb = 1 << 20;
  for (const Size& size : {Size{10'000, "10,000", 10, 10}, Size{1'000'000, "1,000,000", 500, 60e6 / mb},
                           Size{10'000'000, "10,000,000", 5'000, 600e6 / mb}}) {
    const int rounds = size.operations > 1'000'000 ? std::min(run.rounds, 3) : run.rounds;
    for (const auto& [lock, kind] :
         {std::pair{tokens, "tokens"}, std::pair{plain, "no tokens"}, std::pair{queue, "a queue"}}) {
      Run::say(fmt::format("{} operations, {}", size.told, kind));
      const recording::Recording recording = Sound(lock, size.operations).make();
      std::vector<double> took, needed;
      for (int round = 0; round < rounds; ++round) {
        const Judged one = judged(recording);
        took.push_back(one.ms);
        needed.push_back(one.mb);
      }
      run.figures.add({"verify", fmt::format("{} operations of {} clients on one lock, {}", size.told, clients, kind),
                       "ms", Must::be_at_most, size.ms_max, took});
      run.figures.add({"verify", "its memory beyond the recording", "MB", Must::be_at_most, size.mb_max, needed,
                       size.operations > 10'000 ? "60 bytes an operation" : ""});
    }
  }
}

}  // namespace

const Part verify_part{"verify", "how long the checker takes to judge what 32 clients saw", measure_verify};

}  // namespace holdfast::bench
