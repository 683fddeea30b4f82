// Scripts tried on the rules and on the model side by side, and a witness who sees only the answers.
#pragma once

#include <rapidcheck.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/model_for_tests.h"

namespace holdfast::core {

inline Limits limits_of(std::size_t sessions) {
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
    if (reply.lease.known) shown(reply.lease);
    if (reply.code != ErrorCode::none || reply.void_after <= Instant{}) return;
    const LeaseView& lease = reply.lease;
    std::vector<Belief>& beliefs = beliefs_[lease.name];
    std::erase_if(beliefs, [&](const Belief& belief) { return belief.until <= now || belief.who == reply.who; });
    for (const Belief& belief : beliefs) {  // L1; and L4, as nobody's belief is cut short.
      RC_ASSERT((belief.token == lease.token && belief.who.owner == reply.who.owner));
      RC_ASSERT(lease.holder == HolderKind::owner);
    }
    const bool over = lease.token <= over_[lease.name];  // In the very step that granted it.
    if (!over) beliefs.push_back({reply.who, lease.token, end_of(lease.ttl, now)});
  }
  /// All leases of the session were renewed, this one under its `token`.
  void renewed(const std::string& name, const Who& who, Token token, Duration ttl, Duration now) {
    std::vector<Belief>& beliefs = beliefs_[name];
    std::erase_if(beliefs, [&](const Belief& belief) { return belief.until <= now || belief.who == who; });
    for (const Belief& belief : beliefs) RC_ASSERT((belief.token == token && belief.who.owner == who.owner));  // L1
    beliefs.push_back({who, token, end_of(ttl, now)});
  }
  /// The holding of `token` and those before it are over: taken over, moved, transferred or revoked. Nothing else cuts
  /// a belief short (L4).
  void displaced(const std::string& name, Token token) {
    std::erase_if(beliefs_[name], [&](const Belief& belief) { return belief.token <= token; });
    over_[name] = token;
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
  /// Of a transfer only the giver may hear: so whoever sees the new token first is who says that it rose.
  void shown(const LeaseView& lease) {
    const auto [known, is_new] = names_of_.try_emplace(lease.token.value, lease.name);
    RC_ASSERT(known->second == lease.name);              // L2: no token of two names.
    if (is_new) RC_ASSERT(lease.token.value > newest_);  // L2
    newest_ = std::max(newest_, lease.token.value);
    RC_ASSERT(lease.previous < lease.token);
  }
  static Duration end_of(Duration ttl, Duration now) { return ttl == forever ? forever : now + ttl; }

  std::map<std::string, std::vector<Belief>> beliefs_;
  std::map<std::string, Token> over_;  ///< The newest token of each name whose holding was ended for its holder.
  std::map<std::uint64_t, std::string> names_of_;
  std::uint64_t newest_ = 0;
};

/// How often the scripts came to each kind of answer: a property that never gets anywhere proves nothing.
inline std::map<std::string, int>& reached() {
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
    if (move.what == What::restart) return restart();
    ScriptAsk ask = crowd_.ask_of(move);
    const bool old_address = move.what == What::leave || move.what == What::take_back;
    const Address from = old_address ? crowd_.last(move.person) : crowd_.next(move.person);
    this->ask(ask, from);
  }

  /// Asks, and compares what is answered.
  void ask(const ScriptAsk& ask, Address from) {
    using What = ScriptLine::What;
    const std::size_t before = desk_->effects.size();
    const bool silent = ask.what == What::leave || ask.what == What::take_back;
    if (!silent) unanswered_.insert(from);
    if (ask.what == What::leave) unanswered_.erase(from);
    desk_->submit(to_command(ask), from);
    const bool of_session = ask.what == What::renew_session || ask.what == What::end_session;
    model_.ask(ask, from, of_session ? order_since(before) : std::vector<std::string>{});
    compare(of_session);
  }
  void pass(Duration time) {
    while (steady_ && time > Duration::zero()) {
      go_on(50ms);
      time -= 50ms;
      tick();
    }
    go_on(time);
  }
  void tick() {
    const std::size_t before = desk_->effects.size();
    desk_->tick();
    model_.tick(order_since(before));
    compare(true);
  }
  /// The connection of `client` is gone; where `heard`, the server has noticed.
  void vanish(std::uint64_t client, bool heard) {
    desk_->clients.gone.insert(client);
    model_.gone(client);
    if (!heard) return;
    for (const Address& from : desk_->state.all_waiting()) {
      if (from.client == client) ask({.what = ScriptLine::What::leave}, from);
    }
  }
  /// The server starts anew: whoever waited is told nothing, and the history says what became of the takeovers.
  void restart() {
    const std::vector<std::string> pending = desk_->state.all_pending();
    const std::size_t before = desk_->effects.size();
    desk_ = desk_->restarted();
    model_.restart();
    unanswered_.clear();
    RC_ASSERT(desk_->effects.size() == before + pending.size());
    for (std::size_t i = 0; i < pending.size(); ++i) {
      const auto* dropped = std::get_if<TakeoverDropped>(&desk_->effects[before + i]);
      RC_ASSERT(dropped && dropped->name == pending[i] && dropped->because == Drop::restart);
    }
    RC_ASSERT(desk_->state.all_pending().empty() && desk_->state.waiting() == 0U);
    compare(false);
  }
  const Desk& desk() const { return *desk_; }

  /// Everything that was decided is what the journal would give back.
  void check_replay(std::size_t snapshot_at, std::size_t overlap) const {
    State from_effects(desk_->state.limits());
    replay(from_effects, 0);
    RC_ASSERT(kept(from_effects) == kept(desk_->state));
    RC_ASSERT(from_effects.next_token() == desk_->state.next_token());
    State before(desk_->state.limits());
    for (std::size_t i = 0; i < snapshot_at; ++i) before.apply(desk_->effects[i], Position{i + 1}, at(0s));
    State resumed(desk_->state.limits());
    for (const Effect& effect : kept(before)) resumed.apply(effect, before.position(), at(0s));
    replay(resumed, snapshot_at - std::min(snapshot_at, overlap));
    RC_ASSERT(kept(resumed) == kept(desk_->state));
    RC_ASSERT(resumed.next_token() == desk_->state.next_token());
  }
  std::size_t effects() const { return desk_->effects.size(); }

 private:
  Trial(bool steady, std::size_t sessions)
      : steady_(steady),
        desk_(std::make_unique<Desk>(limits_of(sessions))),
        model_({.waiters = 3, .sessions = sessions, .losses = 3, .remembered = 20s}) {}

  void go_on(Duration time) {
    desk_->now += time;
    model_.pass(time);
  }
  /// In which order names were looked at.
  std::vector<std::string> order_since(std::size_t before) const {
    std::vector<std::string> order;
    for (std::size_t i = before; i < desk_->effects.size(); ++i) {
      const std::string name{name_of(desk_->effects[i])};
      if (std::ranges::find(order, name) == order.end()) order.push_back(name);
    }
    return order;
  }
  void vanish(const ScriptLine& move) {
    const std::uint64_t client = crowd_.client(move.person);
    crowd_.hang_up(move.person);
    vanish(client, move.shared);
  }

  void compare(bool any_order) {
    std::vector<Answer> got = std::exchange(desk_->answers, {});
    std::vector<Model::Expected> expected = model_.take();
    for (; seen_effects_ < desk_->effects.size(); ++seen_effects_) {
      changed_[std::string{name_of(desk_->effects[seen_effects_])}].push_back(seen_effects_ + 1);
      count(desk_->effects[seen_effects_]);
    }
    note_endings();
    if (any_order) {
      std::ranges::stable_sort(got, {}, &Answer::to);
      std::ranges::stable_sort(expected, {}, &Model::Expected::to);
    }
    RC_ASSERT(got.size() == expected.size());
    for (const Answer& answer : got) RC_ASSERT(unanswered_.erase(answer.to) == 1U);  // Once, and nobody else.
    check_nobody_is_forgotten();
    for (std::size_t i = 0; i < got.size(); ++i) {
      compare(got[i], expected[i], any_order);
      if (expected[i].renewed.empty()) {
        check_waits_for(got[i].reply);
      } else {
        check_renewed(got[i].reply, expected[i]);
      }
      count(got[i].reply);
      RC_ASSERT(!(got[i].reply.waited > 0s && got[i].reply.void_after > Instant{} &&
                  desk_->clients.gone.contains(got[i].to.client)));  // L8
      crowd_.saw(got[i].reply.lease.name, got[i].reply.lease.token);
    }
    if (any_order) std::ranges::sort(got, {}, [](const Answer& answer) { return answer.reply.lease.token; });
    for (const Answer& answer : got) witness_.told(answer.reply, desk_->now);
  }
  /// Whoever asked and was not answered waits, or is gone.
  void check_nobody_is_forgotten() {
    const std::vector<Address> waiting = desk_->state.all_waiting();
    for (const Address& from : unanswered_) {
      const bool waits = std::ranges::find(waiting, from) != waiting.end();
      RC_ASSERT((waits || desk_->clients.gone.contains(from.client)));
    }
    for (const Address& from : waiting) RC_ASSERT(unanswered_.contains(from));
  }
  void check_renewed(const Reply& reply, const Model::Expected& expected) {
    std::uint64_t last = 0;
    for (const std::string& name : expected.renewed) {
      const Lease& lease = *desk_->state.find(name);
      witness_.renewed(name, reply.who, lease.token, lease.part_of(reply.who.session)->ttl, desk_->now);
      for (const std::uint64_t position : changed_.at(name)) last = std::max(last, position);
    }
    RC_ASSERT(reply.waits_for.value == last);
  }
  void note_endings() {
    for (; noted_ < desk_->effects.size(); ++noted_) {
      const Effect& effect = desk_->effects[noted_];
      if (const Taken* taken = std::get_if<Taken>(&effect)) {
        witness_.displaced(taken->grant.name, Token{taken->grant.token.value - 1});
      }
      if (const Revoked* revoked = std::get_if<Revoked>(&effect)) witness_.displaced(revoked->name, revoked->token);
      if (const Released* released = std::get_if<Released>(&desk_->effects[noted_])) {
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
    compare_wanted(lease, expected);
    if (!tick) RC_ASSERT(lease.waiting == expected.waiting);
    RC_ASSERT(got.because == expected.because);
    RC_ASSERT((got.why ? got.why->by : "") == expected.stale_by);
    RC_ASSERT((got.why ? got.why->reason : "") == expected.stale_reason);
    RC_ASSERT((lease.why ? lease.why->by : "") == expected.why_by);
    RC_ASSERT((lease.why ? lease.why->reason : "") == expected.why_reason);
    RC_ASSERT(got.count == expected.count);
    RC_ASSERT(got.left == 0U);
    RC_ASSERT(got.parts.size() == expected.given_up.size());
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

  static void compare_wanted(const LeaseView& lease, const Model::Expected& expected) {
    const Wanted nobody;
    const Wanted& wanted = lease.wanted ? *lease.wanted : nobody;
    RC_ASSERT(wanted.taker == expected.taker);
    RC_ASSERT(wanted.reason == expected.taker_reason);
    RC_ASSERT(wanted.window_ends_in == expected.window);
    RC_ASSERT(wanted.asked_by == expected.asked_by);
    RC_ASSERT(wanted.message == expected.message);
  }

  static void count(const Effect& effect) {
    if (const Taken* taken = std::get_if<Taken>(&effect)) {
      const bool came_first = taken->displaced == Loss::none;
      ++reached()[came_first ? "taken when it came free" : std::string{word(taken->displaced)}];
      if (taken->grant.waited > 0s && taken->displaced == Loss::taken_over) ++reached()["taken over after its window"];
    }
    if (const TakeoverDropped* dropped = std::get_if<TakeoverDropped>(&effect)) {
      ++reached()["dropped, " + std::string{word(dropped->because)}];
    }
    if (std::holds_alternative<TakeoverAsked>(effect)) ++reached()["window began"];
    if (std::holds_alternative<Requested>(effect)) ++reached()["requested"];
    if (std::holds_alternative<Revoked>(effect)) ++reached()["revoked"];
  }
  static void count(const Reply& reply) {
    const bool grant = reply.void_after > Instant{};
    ++reached()[reply.code != ErrorCode::none ? std::string{info_of(reply.code).name} : grant ? "granted" : "done"];
    if (reply.joined) ++reached()["joined"];
    if (reply.count > 1) ++reached()["several of a session"];
    if (grant && reply.lease.ttl == forever) ++reached()["granted for ever"];
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
    for (std::size_t i = from; i < desk_->effects.size(); ++i) state.apply(desk_->effects[i], Position{i + 1}, at(0s));
  }

  bool steady_;
  std::unique_ptr<Desk> desk_;
  Model model_;
  Crowd crowd_;
  Witness witness_;
  std::set<Address> unanswered_;
  std::size_t seen_effects_ = 0, noted_ = 0;
  std::map<std::string, std::vector<std::uint64_t>> changed_;  ///< Positions of the effects on each name.
};

}  // namespace holdfast::core
