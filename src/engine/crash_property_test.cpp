// A crash at any moment takes back no answer.
//
// A random script runs through an engine whose batches become durable when the script says so. At each place where the
// power could have failed, what is durable by then (and any part of the batch in flight) starts a new engine; and the
// answers that had left are held against what that one knows.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "core/script_for_tests.h"
#include "engine/bench_for_tests.h"

namespace holdfast::engine {
namespace {

using core::Effect;
using core::Loss;
using core::Position;
using core::Reply;
using core::ScriptLine;
using core::Token;

/// A move, or something that happens to the disk.
struct Line {
  enum class Disk { nothing, take, durable, commit, crash };
  Disk disk = Disk::nothing;
  ScriptLine move;
};
void showValue(const Line& line, std::ostream& out) {
  const char* words[] = {"", "\n  the batch goes to the disk", "\n  it is durable", "\n  everything is durable",
                         "\n  crash and restart"};
  if (line.disk != Line::Disk::nothing) {
    out << words[static_cast<int>(line.disk)];
  } else {
    showValue(line.move, out);
  }
}
rc::Gen<Line> any_line_of_all() {
  using Disk = Line::Disk;
  const auto disk = rc::gen::weightedElement<Disk>(
      {{12, Disk::nothing}, {3, Disk::take}, {3, Disk::durable}, {2, Disk::commit}, {1, Disk::crash}});
  return rc::gen::build<Line>(rc::gen::set(&Line::disk, disk), rc::gen::set(&Line::move, core::any_line()));
}
rc::Gen<std::vector<Line>> any_script() {
  return rc::gen::container<std::vector<Line>>(any_line_of_all());
}

/// Bounds at which a short script arrives.
core::Limits small_limits() {
  core::Limits limits;
  limits.waiters_max = 3;
  limits.sessions_max = 2;
  limits.remembered_for = 20s;
  return limits;
}

/// What was answered about a name, last of all: after this the name may have changed, but not back.
struct Shown {
  std::string name;
  bool known = false, held = false;
  Token token;
  std::string owner;
  Loss ended = Loss::none;
  std::uint64_t position = 0;   ///< How much had been decided when it was answered.
  std::uint64_t waits_for = 0;  ///< The last effect that it shows.
};

/// How often crashes met what they are there to meet.
std::map<std::string, int>& reached() {
  static std::map<std::string, int> counts;
  return counts;
}

class CrashTrial {
 public:
  void run(const std::vector<Line>& script) {
    for (const Line& line : script) {
      step(line);
      check_crash_now(collect());
    }
  }

 private:
  using Disk = Line::Disk;

  void step(const Line& line) {
    const bool in_flight = !bench_.taken.effects.empty();
    switch (line.disk) {
      case Disk::take:
        if (!in_flight && bench_.engine->pending()) bench_.take();
        return;
      case Disk::durable:
        if (in_flight) bench_.durable();
        return;
      case Disk::commit:
        if (in_flight) bench_.durable();
        return bench_.commit();
      case Disk::crash:
        return crash();
      case Disk::nothing:
        return move(line.move);
    }
  }
  void move(const ScriptLine& move) {
    using What = ScriptLine::What;
    if (move.what == What::pass) return bench_.pass(core::script_passes[move.pass]);
    if (move.what == What::restart) return crash();
    if (move.what == What::tick) return void(bench_.engine->tick(bench_.left));
    if (move.what == What::vanish) {
      bench_.clients.gone.insert(crowd_.client(move.person));
      return crowd_.hang_up(move.person);
    }
    const bool old_address = move.what == What::leave || move.what == What::take_back;
    const Address from = old_address ? crowd_.last(move.person) : crowd_.next(move.person);
    const core::ScriptAsk ask = crowd_.ask_of(move);
    bench_.ask(to_command(ask), from);
  }
  /// What is on its way may get to the disk, in part: here half of it does.
  void crash() {
    const std::size_t kept = bench_.taken.effects.size() / 2;
    bench_.disk.insert(bench_.disk.end(), bench_.taken.effects.begin(),
                       bench_.taken.effects.begin() + static_cast<std::ptrdiff_t>(kept));
    bench_.left.clear();
    bench_.start();
  }

  /// Notes what the answers that have left give away; whether there were any.
  bool collect() {
    const bool any = !bench_.left.empty();
    for (const core::Answer& answer : std::exchange(bench_.left, {})) {
      const Reply& reply = answer.reply;
      RC_ASSERT(reply.waits_for.value <=
                bench_.disk.size());  // Also of what a session has, which shows no single name.
      const bool nothing_said = reply.unsettled || reply.code == ErrorCode::stopping ||
                                reply.code == ErrorCode::journal_behind || reply.lease.name.empty();
      for (const core::LeaseView& each : reply.page) {
        if (!reply.unsettled) note(each, reply);
      }
      if (!nothing_said) note(reply.lease, reply);
    }
    return any;
  }
  void note(const core::LeaseView& lease, const Reply& reply) {
    crowd_.saw(lease.name, lease.token);
    greatest_ = std::max(greatest_, lease.token);
    Shown shown{lease.name, lease.known, lease.held, lease.token, lease.who.owner, lease.ended, reply.position.value};
    shown.waits_for = reply.waits_for.value;
    std::vector<Shown>& of_name = shown_[lease.name];
    of_name.push_back(shown);
  }

  void check_crash_now(bool anything_new) {
    for (std::size_t partly = 0; partly <= bench_.taken.effects.size(); ++partly) {
      std::vector<Effect> survives = bench_.disk;
      survives.insert(survives.end(), bench_.taken.effects.begin(),
                      bench_.taken.effects.begin() + static_cast<std::ptrdiff_t>(partly));
      if (anything_new || survives.size() != checked_) check_recovery(survives);
      checked_ = survives.size();
    }
  }
  void check_recovery(const std::vector<Effect>& survives) {
    HandClock clock;
    clock.set_wall(WallTime{});  // No help from the wall clock: tokens must rise by what is durable alone.
    core::Clients clients;
    Engine engine(clock, clients, small_limits());
    for (std::size_t i = 0; i < survives.size(); ++i) engine.replay(survives[i], Position{i + 1});
    engine.start();
    const core::State& state = std::as_const(engine).state();
    RC_ASSERT(state.next_token() > greatest_);  // L3
    check_takeovers(survives, engine);
    for (const auto& [name, all] : shown_) {
      for (const Shown& shown : all) {
        RC_ASSERT(shown.waits_for <= survives.size());  // It was durable when it left.
        check_shown(shown, state.find(name), survives);
      }
    }
  }
  /// L9: what was asked for and neither came about nor was dropped is dropped by the start, which writes that down.
  static void check_takeovers(const std::vector<Effect>& survives, Engine& engine) {
    std::map<std::string, core::Who> pending;
    for (const Effect& effect : survives) {
      const std::string name{core::name_of(effect)};
      if (const auto* asked = std::get_if<core::TakeoverAsked>(&effect)) pending[name] = asked->by;
      const bool over =
          std::holds_alternative<core::Taken>(effect) || std::holds_alternative<core::TakeoverDropped>(effect);
      if (over) pending.erase(name);
      if (const auto* taken = std::get_if<core::Taken>(&effect)) {
        ++reached()["survived, " + std::string{core::word(taken->displaced)}];
      }
      if (std::holds_alternative<core::Revoked>(effect)) ++reached()["survived, revoked"];
    }
    RC_ASSERT(std::as_const(engine).state().all_pending().empty());
    RC_ASSERT(std::as_const(engine).state().waiting() == 0U);
    const std::vector<Effect> written = engine.take_batch().effects;
    RC_ASSERT(written.size() == pending.size());
    for (const Effect& effect : written) {
      const auto* dropped = std::get_if<core::TakeoverDropped>(&effect);
      RC_ASSERT(dropped != nullptr);
      RC_ASSERT((pending.contains(dropped->name) && pending.at(dropped->name) == dropped->by));
      RC_ASSERT(dropped->because == core::Drop::restart);
      ++reached()["dropped by the start"];
    }
  }
  /// What was shown is true still, unless an effect that is durable as well changed it since.
  static void check_shown(const Shown& shown, const core::Lease* lease, const std::vector<Effect>& survives) {
    for (std::size_t i = shown.waits_for; i < survives.size(); ++i) {
      if (core::name_of(survives[i]) == shown.name) return;  // Changed since, for good.
    }
    if (!shown.known) return RC_ASSERT((!lease || !lease->remembered()));
    RC_ASSERT(lease != nullptr);
    RC_ASSERT(lease->held() == shown.held);  // No grant is gone, no release or lapse is back.
    RC_ASSERT(lease->token == shown.token);
    RC_ASSERT(lease->owner == shown.owner);
    RC_ASSERT(lease->ended == shown.ended);
    for (const core::Part& part : lease->parts) {
      if (!part.lapsed) RC_ASSERT(part.ends_at >= core::deadline(Instant{}, part.ttl));  // L4: the full ttl again.
    }
  }

  Workbench bench_{small_limits()};
  core::Crowd crowd_;
  Token greatest_;
  std::map<std::string, std::vector<Shown>> shown_;
  std::size_t checked_ = 0;
};

RC_GTEST_PROP(Crash, takes_back_no_answer_wherever_it_comes, ()) {
  CrashTrial().run(*any_script());
}

TEST(Crash, is_tried_where_it_matters) {
  const auto script = rc::gen::container<std::vector<Line>>(120, any_line_of_all());
  reached().clear();
  for (std::uint64_t seed = 0; seed < 20; ++seed) CrashTrial().run(script(rc::Random(seed), 100).value());
  for (const char* outcome : {"survived, taken_over", "survived, moved", "survived, transferred", "survived, revoked",
                              "dropped by the start"}) {
    EXPECT_GE(reached()[outcome], 5) << outcome;
  }
}

}  // namespace
}  // namespace holdfast::engine
