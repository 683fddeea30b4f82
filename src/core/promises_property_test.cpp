// Whatever a few people do to a few names, in whatever order: the rules answer what a second, simpler set of rules
// answers, and what they answer keeps the promises.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "base/seeded_for_tests.h"
#include "core/model_for_tests.h"

namespace holdfast::core {
namespace {

Limits limits_of(std::size_t sessions) {
  Limits limits;
  limits.waiters_max = 3;
  limits.sessions_max = sessions;
  limits.losses_max = 3;
  limits.remembered_for = 20s;
  return limits;
}

/// What somebody who sees only the answers can hold against them.
class Witness {
 public:
  void told(const Reply& reply, Duration now) {
    if (reply.code != ErrorCode::none || reply.void_after <= Instant{}) return;
    const LeaseView& lease = reply.lease;
    std::vector<Belief>& beliefs = beliefs_[lease.name];
    std::erase_if(beliefs, [&](const Belief& belief) { return belief.until <= now || belief.who == reply.who; });
    for (const Belief& belief : beliefs) {  // L1; and L4, as nobody's belief is cut short.
      RC_ASSERT((belief.token == lease.token && belief.who.owner == reply.who.owner));
      RC_ASSERT(lease.holder == HolderKind::owner);
    }
    beliefs.push_back({reply.who, lease.token, now + lease.ttl});
    const auto [known, is_new] = names_of_.try_emplace(lease.token.value, lease.name);
    RC_ASSERT(known->second == lease.name);              // L2: no token of two names.
    if (is_new) RC_ASSERT(lease.token.value > newest_);  // L2
    newest_ = std::max(newest_, lease.token.value);
    RC_ASSERT(lease.previous < lease.token);
  }
  void ended(const std::string& name, const std::string& session) {
    std::erase_if(beliefs_[name], [&](const Belief& belief) { return belief.who.session == session; });
  }

 private:
  struct Belief {
    Who who;
    Token token;
    Duration until{};
  };
  std::map<std::string, std::vector<Belief>> beliefs_;
  std::map<std::uint64_t, std::string> names_of_;
  std::uint64_t newest_ = 0;
};

/// How often the scripts came to each kind of answer: a property that never gets anywhere proves nothing.
std::map<std::string, int>& reached() {
  static std::map<std::string, int> counts;
  return counts;
}

class Trial {
 public:
  /// `steady`: a tick every 50 ms, as in a server. Else ticks come when the script says so.
  explicit Trial(bool steady) : Trial(steady, steady ? 2 : 3) {}

  void move(const ScriptLine& move) {
    using What = ScriptLine::What;
    if (move.what == What::pass) return pass(script_passes[move.pass]);
    if (move.what == What::tick) return tick();
    if (move.what == What::vanish) return vanish(move);
    ScriptAsk ask = crowd_.ask_of(move);
    const bool old_address = move.what == What::leave || move.what == What::take_back;
    const Address from = old_address ? crowd_.last(move.person) : crowd_.next(move.person);
    this->ask(ask, from);
  }

  /// Everything that was decided is what the journal would give back.
  void check_replay(std::size_t snapshot_at, std::size_t overlap) const {
    State from_effects(desk_.state.limits());
    replay(from_effects, 0);
    RC_ASSERT(kept(from_effects) == kept(desk_.state));
    RC_ASSERT(from_effects.next_token() == desk_.state.next_token());
    State before(desk_.state.limits());
    for (std::size_t i = 0; i < snapshot_at; ++i) before.apply(desk_.effects[i], Position{i + 1}, at(0s));
    State resumed(desk_.state.limits());
    for (const Effect& effect : kept(before)) resumed.apply(effect, before.position(), at(0s));
    replay(resumed, snapshot_at - std::min(snapshot_at, overlap));
    RC_ASSERT(kept(resumed) == kept(desk_.state));
    RC_ASSERT(resumed.next_token() == desk_.state.next_token());
  }
  std::size_t effects() const { return desk_.effects.size(); }

 private:
  Trial(bool steady, std::size_t sessions)
      : steady_(steady),
        desk_(limits_of(sessions)),
        model_({.waiters = 3, .sessions = sessions, .losses = 3, .remembered = 20s}) {}

  void pass(Duration time) {
    while (steady_ && time > Duration::zero()) {
      go_on(50ms);
      time -= 50ms;
      tick();
    }
    go_on(time);
  }
  void go_on(Duration time) {
    desk_.now += time;
    model_.pass(time);
  }
  void tick() {
    const std::size_t before = desk_.effects.size();
    desk_.tick();
    std::vector<std::string> order;
    for (std::size_t i = before; i < desk_.effects.size(); ++i) {
      if (std::holds_alternative<Lapsed>(desk_.effects[i])) order.emplace_back(name_of(desk_.effects[i]));
    }
    model_.tick(order);
    compare(true);
  }
  void ask(const ScriptAsk& ask, Address from) {
    desk_.submit(to_command(ask), from);
    model_.ask(ask, from);
    compare(false);
  }
  void vanish(const ScriptLine& move) {
    const std::uint64_t client = crowd_.client(move.person);
    desk_.clients.gone.insert(client);
    model_.gone(client);
    crowd_.hang_up(move.person);
    if (!move.shared) return;
    for (const Address& from : desk_.state.all_waiting()) {
      if (from.client == client) ask({.what = ScriptLine::What::leave}, from);
    }
  }

  void compare(bool any_order) {
    std::vector<Answer> got = std::exchange(desk_.answers, {});
    std::vector<Model::Expected> expected = model_.take();
    for (; seen_effects_ < desk_.effects.size(); ++seen_effects_) {
      changed_[std::string{name_of(desk_.effects[seen_effects_])}].push_back(seen_effects_ + 1);
    }
    note_endings();
    if (any_order) {
      std::ranges::stable_sort(got, {}, &Answer::to);
      std::ranges::stable_sort(expected, {}, &Model::Expected::to);
    }
    RC_ASSERT(got.size() == expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      compare(got[i], expected[i], any_order);
      check_waits_for(got[i].reply);
      count(got[i].reply);
      RC_ASSERT(!(got[i].reply.waited > 0s && got[i].reply.void_after > Instant{} &&
                  desk_.clients.gone.contains(got[i].to.client)));  // L8
      crowd_.saw(got[i].reply.lease.name, got[i].reply.lease.token);
    }
    if (any_order) std::ranges::sort(got, {}, [](const Answer& answer) { return answer.reply.lease.token; });
    for (const Answer& answer : got) witness_.told(answer.reply, desk_.now);
  }
  void note_endings() {
    for (; noted_ < desk_.effects.size(); ++noted_) {
      if (const Released* released = std::get_if<Released>(&desk_.effects[noted_])) {
        witness_.ended(released->name, released->session);
      }
    }
  }

  static void compare(const Answer& answer, const Model::Expected& expected, bool tick) {
    const Reply& got = answer.reply;
    const LeaseView& lease = got.lease;
    RC_ASSERT(answer.to == expected.to);
    RC_ASSERT(got.code == expected.code);
    RC_ASSERT(lease.name == expected.name);
    RC_ASSERT(got.waited == expected.waited);
    if (tick && got.code == ErrorCode::wait_over) return;  // What it shows depends on what came first in the tick.
    RC_ASSERT(lease.known == (expected.token != 0));
    RC_ASSERT(lease.token.value == expected.token);
    RC_ASSERT(lease.previous.value == expected.previous);
    RC_ASSERT(lease.held == expected.held);
    RC_ASSERT(lease.who.owner == expected.owner);
    RC_ASSERT(lease.sessions == expected.sessions);
    RC_ASSERT(lease.ended == expected.ended);
    RC_ASSERT(lease.ends_in == expected.ends_in);
    if (!tick) RC_ASSERT(lease.waiting == expected.waiting);
    RC_ASSERT(got.because == expected.because);
    RC_ASSERT(got.ended == expected.ended_now);
    RC_ASSERT(got.joined == expected.joined);
    RC_ASSERT((got.void_after > Instant{}) == expected.grant);
    if (expected.grant) {
      RC_ASSERT(got.who.session == expected.session);
      RC_ASSERT(lease.ttl == expected.ttl);
    }
    std::vector<std::string> page;
    for (const LeaseView& each : got.page) page.push_back(each.name);
    RC_ASSERT(page == expected.page);
  }

  static void count(const Reply& reply) {
    const bool grant = reply.void_after > Instant{};
    ++reached()[reply.code != ErrorCode::none ? std::string{info_of(reply.code).name} : grant ? "granted" : "done"];
    if (reply.joined) ++reached()["joined"];
    if (grant && reply.waited > 0s) ++reached()["granted after waiting"];
    if (reply.code == ErrorCode::stale) ++reached()["stale, " + std::string{word(reply.because)}];
  }

  /// No answer may leave before what it shows is durable, nor wait for what it does not show.
  void check_waits_for(const Reply& reply) const {
    std::uint64_t last = 0;
    if (const auto changes = changed_.find(reply.lease.name); changes != changed_.end()) {
      for (const std::uint64_t position : changes->second) {
        if (position <= reply.position.value) last = position;
      }
    }
    const bool absent = !reply.lease.known;
    if (reply.unsettled) return RC_ASSERT(reply.waits_for == Position{});
    RC_ASSERT(reply.waits_for.value == (absent ? reply.position.value : last));
  }

  static std::vector<Effect> kept(const State& state) {
    std::vector<Effect> all;
    state.keep([&](const Effect& effect) { all.push_back(effect); });
    std::stable_sort(all.begin() + 1, all.end(),
                     [](const Effect& a, const Effect& b) { return name_of(a) < name_of(b); });
    return all;
  }
  void replay(State& state, std::size_t from) const {
    for (std::size_t i = from; i < desk_.effects.size(); ++i) state.apply(desk_.effects[i], Position{i + 1}, at(0s));
  }

  bool steady_;
  Desk desk_;
  Model model_;
  Crowd crowd_;
  Witness witness_;
  std::size_t seen_effects_ = 0, noted_ = 0;
  std::map<std::string, std::vector<std::uint64_t>> changed_;  ///< Positions of the effects on each name.
};

std::vector<ScriptLine> any_script() {
  return *rc::gen::scale(2.5, rc::gen::container<std::vector<ScriptLine>>(any_line()));
}

RC_GTEST_PROP(Promises, are_kept_whatever_is_asked, ()) {
  Trial run(true);
  for (const ScriptLine& move : any_script()) run.move(move);
}

RC_GTEST_PROP(Promises, are_kept_when_ticks_come_late_or_not_at_all, ()) {
  Trial run(false);
  for (const ScriptLine& move : any_script()) run.move(move);
}

RC_GTEST_PROP(Effects, say_everything_that_has_to_survive, ()) {
  Trial run(true);
  for (const ScriptLine& move : any_script()) run.move(move);
  const auto snapshot_at = *rc::gen::inRange<std::size_t>(0, run.effects() + 1);
  run.check_replay(snapshot_at, *rc::gen::inRange<std::size_t>(0, 10));
}

TEST(Promises, are_tried_where_it_matters) {
  const auto own = rc::gen::container<std::vector<ScriptLine>>(300, any_line());
  reached().clear();
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    Trial run(seed % 2 == 0);
    for (const ScriptLine& move : own(rc::Random(seed), 100).value()) run.move(move);
  }
  for (const char* outcome : {"granted", "joined", "granted after waiting", "done", "held", "held_by_you", "wait_over",
                              "wait_superseded", "queue_full", "sessions_full", "nothing_held", "not_yours",
                              "session_needed", "unknown_token", "stale, lapsed", "stale, released"}) {
    EXPECT_GE(reached()[outcome], 5) << outcome;
  }
}

}  // namespace
}  // namespace holdfast::core
