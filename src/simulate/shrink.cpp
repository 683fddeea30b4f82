#include "simulate/shrink.h"

#include <algorithm>
#include <utility>

#include "simulate/rehearsal.h"

namespace holdfast::simulate {
namespace {

constexpr std::uint64_t world_runs_max = 200;

/// Tries to leave out parts of `lines`, first large ones and then small ones, from the end on: what comes last depends
/// on what came before, and not the other way round. `try_it` keeps what it is given if that will do.
template <class Line, class Try>
bool fewer(std::vector<Line>& lines, const Try& try_it) {
  bool any = false;
  for (std::size_t size = std::max<std::size_t>(1, lines.size() / 2); size > 0; size /= 2) {
    for (std::size_t end = lines.size(); end > 0;) {
      const std::size_t from = end - std::min(size, end);
      std::vector<Line> without(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(from));
      without.insert(without.end(), lines.begin() + static_cast<std::ptrdiff_t>(std::min(end, lines.size())),
                     lines.end());
      any |= try_it(std::move(without));
      end = from;
    }
  }
  return any;
}

class Shrinker {
 public:
  Shrinker(const Plan& plan, const Machine& machine, const WrongWith& wrong_with, const std::string& kind,
           std::uint64_t runs_max)
      : machine_(machine), wrong_with_(wrong_with), kind_(kind), runs_max_(runs_max) {
    shrunk_.plan = plan;
    shrunk_.plan.absent.resize(plan.options.clients);
  }

  Shrunk run() {
    shrunk_.outcome = simulate::run(shrunk_.plan, machine_);
    shorten();
    fewer_clients();
    fewer(shrunk_.plan.faults, [&](std::vector<PlannedFault> faults) {
      Plan smaller = shrunk_.plan;
      smaller.faults = std::move(faults);
      return try_world(std::move(smaller));
    });
    fewer_clients();
    shrunk_.outcome = simulate::run(shrunk_.plan, machine_, {.to_the_end = false, .story = true});
    rehearse_less();
    return std::move(shrunk_);
  }

 private:
  bool try_world(Plan smaller) {
    if (shrunk_.runs >= std::min(runs_max_, world_runs_max)) return false;
    ++shrunk_.runs;
    Outcome outcome = simulate::run(smaller, machine_);
    if (wrong_with_(outcome) != kind_) return false;
    shrunk_.plan = std::move(smaller);
    shrunk_.outcome = std::move(outcome);
    shorten();
    return true;
  }

  /// What is wrong from inside is wrong at one time: it can end there.
  void shorten() {
    if (shrunk_.outcome.violations.empty()) return;
    shrunk_.plan.end = std::min(shrunk_.plan.end, shrunk_.outcome.covered.simulated + 1);
  }

  void fewer_clients() {
    for (std::uint32_t client = 0; client < shrunk_.plan.options.clients; ++client) {
      if (shrunk_.plan.absent[client]) continue;
      Plan smaller = shrunk_.plan;
      smaller.absent[client] = true;
      try_world(std::move(smaller));
    }
  }

  void rehearse_less() {
    script_ = script_of(shrunk_.outcome);
    script_.end += second;  // Without a network's delays things may come a little later, too.
    shrunk_.rehearsed = rehearse_on_some_disk();
    if (!shrunk_.rehearsed) return;
    const auto try_lines = [&](std::vector<Moment> lines) { return try_script({std::move(lines), script_.end}); };
    while (fewer(script_.lines, try_lines) && shrunk_.runs < runs_max_) {
    }
    for (std::size_t line = 0; line < script_.lines.size(); ++line) {
      for (const Nanos left : {Nanos{0}, 100 * milli, second}) {
        if (sooner(line, left)) break;
      }
    }
  }

  /// Where something goes wrong while a batch is under way, it must be under way for long enough.
  bool rehearse_on_some_disk() {
    for (const Nanos sync : {milli, 20 * milli, 100 * milli, 400 * milli}) {
      shrunk_.plan.options.disk_sync = sync;
      if (try_script(script_)) return true;
    }
    return false;
  }

  /// With no more than `left` between a line and the one before it.
  bool sooner(std::size_t line, Nanos left) {
    const Nanos before = line == 0 ? 0 : script_.lines[line - 1].at;
    const Nanos by = script_.lines[line].at - before - left;
    if (by <= 0) return false;
    Script smaller = script_;
    for (std::size_t i = line; i < smaller.lines.size(); ++i) smaller.lines[i].at -= by;
    smaller.end -= by;
    return try_script(std::move(smaller));
  }

  bool try_script(Script smaller) {
    if (shrunk_.runs >= runs_max_) return false;
    ++shrunk_.runs;
    Outcome outcome = rehearse(smaller, shrunk_.plan, machine_);
    if (wrong_with_(outcome) != kind_) return false;
    script_ = std::move(smaller);
    shrunk_.outcome = std::move(outcome);
    return true;
  }

  const Machine& machine_;
  const WrongWith& wrong_with_;
  const std::string& kind_;
  const std::uint64_t runs_max_;
  Script script_;
  Shrunk shrunk_;
};

}  // namespace

Shrunk shrink(const Plan& plan, const Machine& machine, const WrongWith& wrong_with, const std::string& kind,
              std::uint64_t runs_max) {
  return Shrinker(plan, machine, wrong_with, kind, runs_max).run();
}

}  // namespace holdfast::simulate
