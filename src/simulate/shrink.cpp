#include "simulate/shrink.h"

#include <algorithm>
#include <utility>

namespace holdfast::simulate {
namespace {

class Shrinker {
 public:
  Shrinker(Plan plan, const Machine& machine, const WrongWith& wrong_with, const std::string& kind,
           std::uint64_t runs_max)
      : plan_(std::move(plan)), machine_(machine), wrong_with_(wrong_with), kind_(kind), runs_max_(runs_max) {
    plan_.absent.resize(plan_.options.clients);
  }

  Shrunk run() {
    outcome_ = simulate::run(plan_, machine_);
    ++runs_;
    for (bool smaller = true; smaller && runs_ < runs_max_;) {
      smaller = shorten();
      smaller |= fewer_clients();
      smaller |= fewer_faults();
      smaller |= plainer();
      smaller |= fewer_acts();
    }
    shorten();
    return {plan_, simulate::run(plan_, machine_, {.to_the_end = false, .story = true}), runs_};
  }

 private:
  /// Keeps `smaller` if the same goes wrong in it.
  bool try_it(Plan smaller) {
    if (runs_ >= runs_max_) return false;
    ++runs_;
    Outcome outcome = simulate::run(smaller, machine_);
    if (wrong_with_(outcome) != kind_) return false;
    plan_ = std::move(smaller);
    outcome_ = std::move(outcome);
    return true;
  }

  bool shorten() {
    if (!outcome_.violations.empty()) {  // It ends where it went wrong.
      const Nanos end = outcome_.covered.simulated + 1;
      const bool shorter = end < plan_.end;
      plan_.end = std::min(plan_.end, end);
      return shorter;
    }
    bool any = false;
    for (Nanos cut = outcome_.covered.simulated / 2; cut > milli; cut /= 2) {
      Plan smaller = plan_;
      smaller.end = outcome_.covered.simulated - cut;
      any |= try_it(std::move(smaller));
    }
    return any;
  }

  bool fewer_clients() {
    bool any = false;
    for (std::uint32_t client = 0; client < plan_.options.clients; ++client) {
      if (plan_.absent[client]) continue;
      Plan smaller = plan_;
      smaller.absent[client] = true;
      any |= try_it(std::move(smaller));
    }
    return any;
  }

  bool fewer_faults() {
    bool any = false;
    for (std::size_t size = std::max<std::size_t>(1, plan_.faults.size()); size > 0; size /= 2) {
      for (std::size_t at = 0; at < plan_.faults.size();) {
        Plan smaller = plan_;
        const auto first = smaller.faults.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t count = std::min(size, plan_.faults.size() - at);
        smaller.faults.erase(first, first + static_cast<std::ptrdiff_t>(count));
        if (try_it(std::move(smaller))) {
          any = true;
        } else {
          at += count;
        }
      }
    }
    return any;
  }

  /// Without lost and doubled messages, and with clocks that run right.
  bool plainer() {
    bool any = false;
    for (std::uint32_t Options::*chance :
         {&Options::lost, &Options::twice, &Options::slow, &Options::server_ppm, &Options::client_ppm, &Options::guard,
          &Options::endless, &Options::pause, &Options::revoke, &Options::pass_on, &Options::takeover, &Options::late,
          &Options::forget}) {
      if (plan_.options.*chance == 0) continue;
      Plan smaller = plan_;
      smaller.options.*chance = 0;
      any |= try_it(std::move(smaller));
    }
    return any;
  }

  bool fewer_acts() {
    bool any = false;
    for (std::uint32_t client = 0; client < plan_.options.clients; ++client) {
      if (plan_.absent[client]) continue;
      for (std::uint32_t size = std::max<std::uint32_t>(1, outcome_.acts[client] / 2); size > 0; size /= 2) {
        // From the end: what comes last depends on what came before, and not the other way round.
        for (std::int64_t from = outcome_.acts[client]; from > 0 && runs_ < runs_max_; from -= size) {
          Plan smaller = plan_;
          bool fewer = false;
          for (std::int64_t act = std::max<std::int64_t>(0, from - size); act < from; ++act) {
            fewer |= smaller.left_out.emplace(client, static_cast<std::uint32_t>(act)).second;
          }
          if (fewer) any |= try_it(std::move(smaller));
        }
      }
    }
    return any;
  }

  Plan plan_;
  const Machine& machine_;
  const WrongWith& wrong_with_;
  const std::string& kind_;
  std::uint64_t runs_max_;
  std::uint64_t runs_ = 0;
  Outcome outcome_;
};

}  // namespace

Shrunk shrink(const Plan& plan, const Machine& machine, const WrongWith& wrong_with, const std::string& kind,
              std::uint64_t runs_max) {
  return Shrinker(plan, machine, wrong_with, kind, runs_max).run();
}

}  // namespace holdfast::simulate
