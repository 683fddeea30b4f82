// A second opinion on the rules: what semantics.md says, written down once more in the simplest way there is.
//
// It shares no code with what it judges: no state, no timers, no effects. It is asked the same, says what should be
// answered, in which order, and the property compares. Where it and the rules differ, one of both is wrong.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/script_for_tests.h"

namespace holdfast::core {

class Model {
 public:
  struct Bounds {
    std::size_t waiters = 0, sessions = 0, losses = 0;
    Duration remembered{};
  };
  explicit Model(Bounds bounds) : bounds_(bounds) {}

  /// What should be answered.
  struct Expected {
    Address to;
    ErrorCode code = ErrorCode::none;
    std::string name;
    // Of the name.
    std::uint64_t token = 0, previous = 0;
    bool held = false;
    std::string owner;
    std::size_t sessions = 0, waiting = 0;
    Loss ended = Loss::none;
    Duration ends_in{};
    // Of the answer.
    bool grant = false, joined = false, ended_now = false;
    std::string session;  ///< Of a grant: whose.
    Duration ttl{}, waited{};
    Loss because = Loss::none;
    std::string stale_by, stale_reason;  ///< What was said of it.
    std::string why_by, why_reason;      ///< What was said of how the last holding of a free name ended.
    std::vector<std::string> page;
    // Who wants it from its holder.
    Who taker;
    std::string taker_reason, asked_by, message;
    Duration window{};
    // Of what a session has.
    std::size_t count = 0;
    std::vector<std::string> renewed, given_up;
  };
  std::vector<Expected> take() { return std::exchange(expected_, {}); }

  void pass(Duration time) { now_ += time; }
  void gone(std::uint64_t client) { gone_.insert(client); }

  /// `order`: of what a session has, which name is looked at first is nobody's promise.
  void ask(const ScriptAsk& ask, Address from, const std::vector<std::string>& order = {}) {
    using What = ScriptLine::What;
    if (ask.what == What::leave) return leave(from);
    if (ask.what == What::list) return list(from);
    if (ask.what == What::renew_session) return renew_session(ask, from, order);
    if (ask.what == What::end_session) return end_session(ask, from, order);
    Name& name = names_[ask.name];
    settle(ask.name);
    if (ask.what == What::acquire) acquire(name, ask, from);
    if (ask.what == What::renew) renew(name, ask, from);
    if (ask.what == What::release) release(name, ask, from);
    if (ask.what == What::check) check(name, ask, from);
    if (ask.what == What::get) say(from, ask.name, ErrorCode::none);
    if (ask.what == What::take_back) take_back(name, ask, from);
    if (ask.what == What::take_over) take_over(name, ask, from);
    if (ask.what == What::move) move(name, ask, from);
    if (ask.what == What::ask_holder) ask_holder(name, ask, from);
    if (ask.what == What::transfer) transfer(name, ask, from);
    if (ask.what == What::revoke) revoke(name, ask, from);
    hand_over(ask.name);
  }

  /// Nobody waits any more, for whatever it was, and each lease has its full ttl.
  void restart() {
    for (auto& [of, name] : names_) {
      name.queue.clear();
      name.taking.reset();
      name.free_since = now_;
      for (Session& session : name.sessions) {
        session.answered = Address{};
        if (!session.lapsed) session.ends = end_of(session.ttl);
      }
    }
  }

  /// Names in `order` are looked at in that order: which of two lapses comes first is nobody's promise.
  void tick(const std::vector<std::string>& order) {
    for (const std::string& name : order) settle(name);
    for (const std::string& name : script_names) settle(name);
    for (const std::string& name : script_names) end_waits(name);
    for (const std::string& name : script_names) {
      Name& each = names_[name];
      if (each.token != 0 && !each.held() && each.free_since + bounds_.remembered <= now_) each = Name{};
    }
  }

 private:
  struct Session {
    std::string id;
    Duration ttl{}, ends{};
    bool lapsed = false;
    Address answered;
  };
  struct Waiting {
    ScriptAsk ask;
    Address from;
    Duration since{}, until{};
  };
  /// A takeover whose window is open.
  struct Taking {
    ScriptAsk ask;
    std::string reason;
    Address from;
    Duration since{}, until{};
  };
  struct Said {
    std::uint64_t token = 0;
    std::string by, reason;
  };
  struct Name {
    std::uint64_t token = 0, previous = 0;
    std::optional<Taking> taking;
    std::optional<ScriptAsk> asked;
    std::vector<Said> said;
    std::string owner;
    bool shared = false;
    Loss ended = Loss::none;
    Duration free_since{};
    std::vector<Session> sessions;
    std::deque<Waiting> queue;
    std::vector<std::pair<std::uint64_t, Loss>> past;

    std::size_t active() const {
      return static_cast<std::size_t>(std::ranges::count(sessions, false, &Session::lapsed));
    }
    bool held() const { return active() > 0; }
    Session* session(const std::string& id) {
      const auto found = std::ranges::find(sessions, id, &Session::id);
      return found == sessions.end() ? nullptr : &*found;
    }
    bool joinable_by(const ScriptAsk& ask) const {
      return held() && shared && ask.shared && !ask.anew && owner == ask.who.owner && !taking;
    }
    Said said_of(std::uint64_t of) const {
      const auto found = std::ranges::find(said, of, &Said::token);
      return found == said.end() ? Said{} : *found;
    }
    /// When the last of those who hold is over.
    Duration last_end() const {
      Duration last{};
      for (const Session& session : sessions) {
        if (!session.lapsed) last = std::max(last, session.ends);
      }
      return last;
    }
    Loss why(std::uint64_t of) const {
      if (of == token) return held() ? Loss::none : ended;
      for (const auto& [old, loss] : past) {
        if (old == of) return loss;
      }
      return Loss::none;
    }
  };

  Duration end_of(Duration ttl) const { return ttl == forever ? forever : now_ + ttl + ttl / 1000; }
  Duration until(Duration end) const { return end == forever ? forever : end - now_; }

  Expected& say(Address to, const std::string& name, ErrorCode code) {
    const Name& of = names_[name];
    Expected e{.to = to, .code = code, .name = name, .token = of.token, .previous = of.previous, .held = of.held()};
    e.owner = of.owner;
    e.sessions = of.active();
    e.waiting = of.queue.size();
    e.ended = e.held ? Loss::none : of.ended;
    if (e.held) {
      e.ends_in = until(of.last_end());
      if (of.asked) e.asked_by = of.asked->who.owner, e.message = of.asked->reason;
      if (of.taking) {
        e.taker = of.taking->ask.who;
        e.taker_reason = of.taking->reason;
        e.window = std::max(Duration::zero(), of.taking->until - now_);
      }
    } else {
      e.why_by = of.said_of(of.token).by;
      e.why_reason = of.said_of(of.token).reason;
    }
    expected_.push_back(e);
    return expected_.back();
  }
  void say_granted(Address to, const std::string& name, const std::string& session, bool joined, Duration waited) {
    Expected& e = say(to, name, ErrorCode::none);
    e.grant = true;
    e.session = session;
    e.joined = joined;
    e.waited = waited;
    const Session& own = *names_[name].session(session);
    e.ttl = own.ttl;
    e.ends_in = until(own.ends);  // Its own part's, though others may hold on for longer.
  }
  void say_stale(Address to, const std::string& name, std::uint64_t token) {
    Expected& e = say(to, name, ErrorCode::stale);
    e.because = names_[name].why(token);
    e.stale_by = names_[name].said_of(token).by;
    e.stale_reason = names_[name].said_of(token).reason;
  }

  /// `who` holds from now on; a new holding where nobody does.
  void hold(Name& name, const ScriptAsk& ask, Address answered) {
    if (!name.held()) begin(name, ask, name.ended);
    if (Session* own = name.session(ask.who.session)) return extend(*own, ask.ttl);
    name.sessions.push_back({ask.who.session, ask.ttl, end_of(ask.ttl), false, answered});
  }
  /// `who` holds instead of whoever does, who loses it for `loss`.
  void displace(Name& name, const ScriptAsk& ask, Address answered, Loss loss, const std::string& reason = {}) {
    if (loss == Loss::taken_over) say_why(name, ask.who.owner, reason);
    begin(name, ask, loss);
    name.sessions.push_back({ask.who.session, ask.ttl, end_of(ask.ttl), false, answered});
  }
  void begin(Name& name, const ScriptAsk& ask, Loss before) {
    if (name.token != 0) name.past.emplace_back(name.token, before);
    if (name.past.size() > bounds_.losses) name.past.erase(name.past.begin());
    name.previous = name.token;
    name.token = ++greatest_;
    name.owner = ask.who.owner;
    name.shared = ask.shared;
    name.sessions.clear();
    name.asked.reset();
    name.taking.reset();
  }
  void say_why(Name& name, const std::string& by, const std::string& reason) {
    name.said.push_back({name.token, by, reason});
    if (name.said.size() > bounds_.losses) name.said.erase(name.said.begin());
  }
  void end(Name& name, const std::string& id) {
    const bool was_active = !name.session(id)->lapsed;
    std::erase_if(name.sessions, [&](const Session& session) { return session.id == id; });
    if (name.held() || (!was_active && !name.sessions.empty())) return;
    name.ended = Loss::released;
    name.sessions.clear();
    name.asked.reset();
    if (was_active) name.free_since = now_;
  }

  void settle(const std::string& of) {
    Name& name = names_[of];
    if (!name.held()) return;
    // What came first is carried out first: the end of the window, or that of the holding.
    const bool window_over = name.taking && name.taking->until <= now_ && name.taking->until < name.last_end();
    const bool dropped = window_over && !take(of);
    for (Session& session : name.sessions) session.lapsed = session.lapsed || session.ends <= now_;
    if (!name.held()) {
      name.ended = Loss::lapsed;
      name.free_since = now_;
      name.asked.reset();
      hand_over(of);
    }
    if (dropped) let_others_join(of);
  }

  /// The takeover comes about, if whoever asked for it is still there.
  bool take(const std::string& of) {
    Name& name = names_[of];
    const Taking taking = *name.taking;
    name.taking.reset();
    if (gone_.contains(taking.from.client)) return false;
    const ScriptAsk& ask = taking.ask;
    displace(name, ask, taking.from, name.held() ? Loss::taken_over : name.ended, taking.reason);
    say_granted(taking.from, of, ask.who.session, false, now_ - taking.since);
    give_up_place(name, ask);
    let_others_join(of);
    return true;
  }

  void hand_over(const std::string& of) {
    Name& name = names_[of];
    if (!name.held() && name.taking) take(of);
    while (!name.held() && !name.queue.empty()) {
      const Waiting first = name.queue.front();
      name.queue.pop_front();
      serve(of, first, false);
      let_others_join(of);
    }
  }
  void serve(const std::string& of, const Waiting& waiting, bool joins) {
    if (waiting.until <= now_) {
      say(waiting.from, of, ErrorCode::wait_over).waited = now_ - waiting.since;
    } else if (!gone_.contains(waiting.from.client)) {
      hold(names_[of], waiting.ask, waiting.from);
      say_granted(waiting.from, of, waiting.ask.who.session, joins, now_ - waiting.since);
    }
  }
  void let_others_join(const std::string& of) {
    Name& name = names_[of];
    std::vector<Waiting> joining;
    for (const Waiting& waiting : name.queue) {
      if (name.joinable_by(waiting.ask) && name.sessions.size() + joining.size() < bounds_.sessions)
        joining.push_back(waiting);
    }
    for (const Waiting& each : joining) {
      std::erase_if(name.queue, [&](const Waiting& waiting) { return waiting.from == each.from; });
      serve(of, each, true);
    }
  }
  void end_waits(const std::string& of) {
    Name& name = names_[of];
    for (const Waiting& waiting : std::deque<Waiting>(name.queue)) {
      if (waiting.until > now_) continue;
      std::erase_if(name.queue, [&](const Waiting& each) { return each.from == waiting.from; });
      say(waiting.from, of, ErrorCode::wait_over).waited = now_ - waiting.since;
    }
  }

  void acquire(Name& name, const ScriptAsk& ask, Address from) {
    const bool mine = name.held() && name.owner == ask.who.owner;
    Session* own = mine && !ask.anew ? name.session(ask.who.session) : nullptr;
    const bool join = name.joinable_by(ask);
    if (!name.held()) {
      hold(name, ask, from);
      return say_granted(from, ask.name, ask.who.session, false, {});
    }
    if (own && (!own->lapsed || join)) {
      const bool joined = name.active() > (own->lapsed ? 0U : 1U);
      give_up_place(name, ask);
      extend(*own, ask.ttl);
      return say_granted(from, ask.name, ask.who.session, joined, {});
    }
    if (join) {
      if (name.sessions.size() >= bounds_.sessions) {
        const auto lapsed = std::ranges::find(name.sessions, true, &Session::lapsed);
        if (lapsed == name.sessions.end()) return void(say(from, ask.name, ErrorCode::sessions_full));
        name.sessions.erase(lapsed);
      }
      give_up_place(name, ask);
      hold(name, ask, from);
      return say_granted(from, ask.name, ask.who.session, true, {});
    }
    if (ask.wait > Duration::zero()) return wait(name, ask, from);
    say(from, ask.name, mine ? ErrorCode::held_by_you : ErrorCode::held);
  }
  void extend(Session& session, Duration ttl) {
    session.answered = Address{};
    session.ttl = ttl;
    session.ends = end_of(ttl);
    session.lapsed = false;
  }
  void give_up_place(Name& name, const ScriptAsk& ask) {
    const auto place = std::ranges::find(name.queue, ask.who, [](const Waiting& waiting) { return waiting.ask.who; });
    if (place == name.queue.end()) return;
    const Waiting waited = *place;
    name.queue.erase(place);
    if (waited.until <= now_) {
      say(waited.from, ask.name, ErrorCode::wait_over).waited = now_ - waited.since;
    } else {
      say(waited.from, ask.name, ErrorCode::wait_superseded);
    }
  }
  void wait(Name& name, const ScriptAsk& ask, Address from) {
    const Waiting waiting{ask, from, now_, now_ + ask.wait};
    const auto place = std::ranges::find(name.queue, ask.who, [](const Waiting& each) { return each.ask.who; });
    if (place != name.queue.end()) {
      const Address before = std::exchange(*place, waiting).from;
      say(before, ask.name, ErrorCode::wait_superseded);
    } else if (name.queue.size() >= bounds_.waiters) {
      say(from, ask.name, ErrorCode::queue_full);
    } else {
      name.queue.push_back(waiting);
    }
  }

  /// The refusals that everything that names a token has in common.
  bool refused(Name& name, const ScriptAsk& ask, Address from) {
    if (name.token == 0) return say(from, ask.name, ErrorCode::nothing_held), true;
    if (ask.token.value > name.token) return say(from, ask.name, ErrorCode::unknown_token), true;
    if (ask.token.value < name.token) return say_stale(from, ask.name, ask.token.value), true;
    return false;
  }
  Session* meant(Name& name, const ScriptAsk& ask) {
    if (!ask.who.session.empty()) return name.session(ask.who.session);
    return name.sessions.size() == 1 ? &name.sessions.front() : nullptr;
  }
  bool unclear(const Name& name, const ScriptAsk& ask) const {
    return ask.who.session.empty() && name.sessions.size() > 1;
  }

  void renew(Name& name, const ScriptAsk& ask, Address from) {
    if (refused(name, ask, from)) return;
    if (name.owner != ask.who.owner) return void(say(from, ask.name, ErrorCode::not_yours));
    if (!name.held() && name.ended != Loss::lapsed) return say_stale(from, ask.name, ask.token.value);
    if (unclear(name, ask)) return void(say(from, ask.name, ErrorCode::session_needed));
    Session* session = meant(name, ask);
    if (!session) return void(say(from, ask.name, ErrorCode::not_yours));
    extend(*session, ask.has_ttl ? ask.ttl : session->ttl);
    say_granted(from, ask.name, session->id, false, {});
  }
  void release(Name& name, const ScriptAsk& ask, Address from) {
    if (refused(name, ask, from)) return;
    if (name.owner != ask.who.owner) return void(say(from, ask.name, ErrorCode::not_yours));
    if (!name.held() && name.ended != Loss::lapsed) return void(say(from, ask.name, ErrorCode::none));
    if (unclear(name, ask)) return void(say(from, ask.name, ErrorCode::session_needed));
    Session* session = meant(name, ask);
    if (!session) return void(say(from, ask.name, name.shared ? ErrorCode::none : ErrorCode::not_yours));
    const bool ended_now = !session->lapsed;
    end(name, std::string{session->id});
    say(from, ask.name, ErrorCode::none).ended_now = ended_now;
  }
  void check(Name& name, const ScriptAsk& ask, Address from) {
    if (name.token != 0 && ask.token.value > name.token) {
      say(from, ask.name, ErrorCode::unknown_token);
    } else if (name.token == 0 || ask.token.value < name.token || !name.held()) {
      say_stale(from, ask.name, ask.token.value);
    } else {
      say(from, ask.name, ErrorCode::none);
    }
  }
  void take_back(Name& name, const ScriptAsk& ask, Address from) {
    if (ask.token.value != name.token || name.owner != ask.who.owner) return;
    Session* session = name.session(ask.who.session);
    if (session && !session->lapsed && session->answered == from) end(name, std::string{session->id});
  }
  void leave(Address from) {
    for (auto& [of, name] : names_) {
      std::erase_if(name.queue, [&](const Waiting& each) { return each.from == from; });
      if (!name.taking || name.taking->from != from) continue;
      name.taking.reset();
      settle(of);
      let_others_join(of);
    }
  }

  void take_over(Name& name, const ScriptAsk& ask, Address from) {
    const bool mine = name.held() && name.owner == ask.who.owner;
    if (ask.reason.empty() && !mine) return void(say(from, ask.name, ErrorCode::reason_missing));
    const bool unheard_of = name.token != 0 && ask.token.value > name.token;
    if (unheard_of) return void(say(from, ask.name, ErrorCode::unknown_token));
    const Session* own = mine ? name.session(ask.who.session) : nullptr;
    if (!name.held() || (own && !own->lapsed) || name.joinable_by(ask)) {
      ScriptAsk plainly = ask;
      plainly.wait = Duration::zero();
      acquire(name, plainly, from);
      if (ask.shared) let_others_join(ask.name);
      return;
    }
    if (!ask.token) return void(say(from, ask.name, ErrorCode::token_needed));
    if (ask.token.value < name.token) return say_stale(from, ask.name, ask.token.value);
    if (name.taking) return take_over_again(name, ask, from);
    if (mine || ask.window == Duration::zero()) {
      give_up_place(name, ask);
      displace(name, ask, from, mine ? Loss::moved : Loss::taken_over, ask.reason);
      say_granted(from, ask.name, ask.who.session, false, {});
      return let_others_join(ask.name);
    }
    name.taking = Taking{ask, ask.reason, from, now_, now_ + ask.window};
  }
  void take_over_again(Name& name, const ScriptAsk& ask, Address from) {
    if (name.taking->ask.who != ask.who) return void(say(from, ask.name, ErrorCode::takeover_pending));
    const Address before = std::exchange(name.taking->from, from);
    name.taking->ask = ask;  // The window, and what was said when it began, stay.
    name.taking->since = now_;
    say(before, ask.name, ErrorCode::wait_superseded);
  }

  void move(Name& name, const ScriptAsk& ask, Address from) {
    Session* own = name.owner == ask.who.owner ? name.session(ask.who.session) : nullptr;
    const bool holds = own && !own->lapsed;
    if (holds && name.previous == ask.token.value) {
      give_up_place(name, ask);
      extend(*own, own->ttl);
      return say_granted(from, ask.name, ask.who.session, false, {});
    }
    if (refused(name, ask, from)) return;
    if (name.owner != ask.who.owner) return void(say(from, ask.name, ErrorCode::not_yours));
    if (!name.held()) return say_stale(from, ask.name, ask.token.value);
    if (holds) return void(say(from, ask.name, ErrorCode::to_oneself));
    if (name.taking) return void(say(from, ask.name, ErrorCode::takeover_pending));
    ScriptAsk goes_on = ask;
    goes_on.ttl = std::ranges::find(name.sessions, false, &Session::lapsed)->ttl;
    goes_on.shared = name.shared;
    give_up_place(name, ask);
    displace(name, goes_on, from, Loss::moved);
    say_granted(from, ask.name, ask.who.session, false, {});
  }

  void ask_holder(Name& name, const ScriptAsk& ask, Address from) {
    if (!name.held()) return void(say(from, ask.name, ErrorCode::nothing_held));
    if (name.owner == ask.who.owner) return void(say(from, ask.name, ErrorCode::to_oneself));
    name.asked = ask;
    say(from, ask.name, ErrorCode::none);
  }

  void transfer(Name& name, const ScriptAsk& ask, Address from) {
    if (refused(name, ask, from)) return;
    if (name.owner != ask.who.owner) return void(say(from, ask.name, ErrorCode::not_yours));
    if (!name.held()) return say_stale(from, ask.name, ask.token.value);
    if (unclear(name, ask)) return void(say(from, ask.name, ErrorCode::session_needed));
    const Session* giver = meant(name, ask);
    if (!giver) return void(say(from, ask.name, ErrorCode::not_yours));
    if (ask.to.owner == name.owner) return void(say(from, ask.name, ErrorCode::to_oneself));
    if (name.taking) return void(say(from, ask.name, ErrorCode::takeover_pending));
    const auto place = std::ranges::find_if(name.queue, [&](const Waiting& each) {
      const bool meant = ask.to.session.empty() || ask.to.session == each.ask.who.session;
      return each.ask.who.owner == ask.to.owner && meant && each.until > now_ && !gone_.contains(each.from.client);
    });
    if (place != name.queue.end()) {
      const Waiting first = *place;
      name.queue.erase(place);
      displace(name, first.ask, first.from, Loss::transferred);
      say_granted(first.from, ask.name, first.ask.who.session, false, now_ - first.since);
    } else {
      ScriptAsk given = ask;
      given.who = ask.to;
      if (given.who.session.empty()) given.who.session = script_fresh_session;
      given.ttl = giver->ttl;
      given.shared = name.shared;
      give_up_place(name, given);
      displace(name, given, Address{}, Loss::transferred);
    }
    say(from, ask.name, ErrorCode::none);
    let_others_join(ask.name);
  }

  void revoke(Name& name, const ScriptAsk& ask, Address from) {
    if (ask.reason.empty()) return void(say(from, ask.name, ErrorCode::reason_missing));
    ScriptAsk meant = ask;
    if (!meant.token) meant.token.value = name.token;
    if (refused(name, meant, from)) return;
    const bool was_held = name.held();
    if (was_held || name.ended == Loss::lapsed) {
      name.sessions.clear();
      name.ended = Loss::revoked;
      name.asked.reset();
      say_why(name, ask.who.owner, ask.reason);
      if (was_held) name.free_since = now_;
    }
    say(from, ask.name, ErrorCode::none).ended_now = was_held;
  }

  /// What the session has a part in, lapsed ones too; those in `order` first.
  std::vector<std::string> names_of(const Who& who, const std::vector<std::string>& order) {
    std::vector<std::string> all = order;
    for (const std::string& name : script_names) {
      if (std::ranges::find(all, name) == all.end()) all.push_back(name);
    }
    std::erase_if(all, [&](const std::string& of) { return !has_part(of, who); });
    return all;
  }
  bool has_part(const std::string& of, const Who& who) {
    return names_[of].owner == who.owner && names_[of].session(who.session);
  }
  void renew_session(const ScriptAsk& ask, Address from, const std::vector<std::string>& order) {
    Expected e{.to = from};
    for (const std::string& of : names_of(ask.who, order)) {
      settle(of);
      if (!has_part(of, ask.who)) continue;
      Session& own = *names_[of].session(ask.who.session);
      extend(own, ask.has_ttl ? ask.ttl : own.ttl);
      e.renewed.push_back(of);
    }
    e.count = e.renewed.size();
    if (e.count == 0) e.code = ErrorCode::nothing_of_session;
    expected_.push_back(e);
  }
  void end_session(const ScriptAsk& ask, Address from, const std::vector<std::string>& order) {
    Expected e{.to = from};
    for (const std::string& of : names_of(ask.who, order)) {
      settle(of);
      if (!has_part(of, ask.who)) continue;
      if (!names_[of].session(ask.who.session)->lapsed) e.given_up.push_back(of);
      end(names_[of], ask.who.session);
    }
    e.count = e.given_up.size();
    expected_.push_back(e);
    for (const std::string& of : e.given_up) hand_over(of);
  }
  void list(Address from) {
    std::vector<std::string> page;
    for (const std::string& name : script_names) {
      settle(name);
      if (names_[name].held()) page.push_back(name);
    }
    expected_.push_back({.to = from, .page = page});
  }

  Bounds bounds_;
  Duration now_{};
  std::uint64_t greatest_ = 0;
  std::map<std::string, Name> names_;
  std::set<std::uint64_t> gone_;
  std::vector<Expected> expected_;
};

}  // namespace holdfast::core
