// A second opinion on the rules: what semantics.md says, written down once more in the simplest way there is.
//
// It shares no code with what it judges: no state, no timers, no effects. It is asked the same, says what should be
// answered, in which order, and the property compares. Where it and the rules differ, one of both is wrong.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
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
    std::vector<std::string> page;
  };
  std::vector<Expected> take() { return std::exchange(expected_, {}); }

  void pass(Duration time) { now_ += time; }
  void gone(std::uint64_t client) { gone_.insert(client); }

  void ask(const ScriptAsk& ask, Address from) {
    using What = ScriptLine::What;
    if (ask.what == What::leave) return leave(from);
    if (ask.what == What::list) return list(from);
    Name& name = names_[ask.name];
    settle(ask.name);
    if (ask.what == What::acquire) acquire(name, ask, from);
    if (ask.what == What::renew) renew(name, ask, from);
    if (ask.what == What::release) release(name, ask, from);
    if (ask.what == What::check) check(name, ask, from);
    if (ask.what == What::get) say(from, ask.name, ErrorCode::none);
    if (ask.what == What::take_back) take_back(name, ask, from);
    hand_over(ask.name);
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
  struct Name {
    std::uint64_t token = 0, previous = 0;
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
    bool joinable_by(const ScriptAsk& ask) const { return held() && shared && ask.shared && owner == ask.who.owner; }
    Loss why(std::uint64_t of) const {
      if (of == token) return held() ? Loss::none : ended;
      for (const auto& [old, loss] : past) {
        if (old == of) return loss;
      }
      return Loss::none;
    }
  };

  Duration end_of(Duration ttl) const { return now_ + ttl + ttl / 1000; }

  Expected& say(Address to, const std::string& name, ErrorCode code) {
    const Name& of = names_[name];
    Expected e{.to = to, .code = code, .name = name, .token = of.token, .previous = of.previous, .held = of.held()};
    e.owner = of.owner;
    e.sessions = of.active();
    e.waiting = of.queue.size();
    e.ended = e.held ? Loss::none : of.ended;
    for (const Session& session : of.sessions) {
      if (!session.lapsed) e.ends_in = std::max(e.ends_in, session.ends - now_);
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
    e.ends_in = own.ends - now_;  // Its own part's, though others may hold on for longer.
  }
  void say_stale(Address to, const std::string& name, std::uint64_t token) {
    say(to, name, ErrorCode::stale).because = names_[name].why(token);
  }

  /// `who` holds from now on; a new holding where nobody does.
  void hold(Name& name, const ScriptAsk& ask, Address answered) {
    if (!name.held()) {
      if (name.token != 0) name.past.emplace_back(name.token, name.ended);
      if (name.past.size() > bounds_.losses) name.past.erase(name.past.begin());
      name.previous = name.token;
      name.token = ++greatest_;
      name.owner = ask.who.owner;
      name.shared = ask.shared;
      name.sessions.clear();
    }
    name.sessions.push_back({ask.who.session, ask.ttl, end_of(ask.ttl), false, answered});
  }
  void end(Name& name, const std::string& id) {
    const bool was_active = !name.session(id)->lapsed;
    std::erase_if(name.sessions, [&](const Session& session) { return session.id == id; });
    if (name.held() || (!was_active && !name.sessions.empty())) return;
    name.ended = Loss::released;
    name.sessions.clear();
    if (was_active) name.free_since = now_;
  }

  void settle(const std::string& of) {
    Name& name = names_[of];
    if (!name.held()) return;
    for (Session& session : name.sessions) session.lapsed = session.lapsed || session.ends <= now_;
    if (name.held()) return;
    name.ended = Loss::lapsed;
    name.free_since = now_;
    hand_over(of);
  }

  void hand_over(const std::string& of) {
    Name& name = names_[of];
    while (!name.held() && !name.queue.empty()) {
      const Waiting first = name.queue.front();
      name.queue.pop_front();
      serve(of, first, false);
      if (name.held() && first.ask.shared) let_others_join(of, first.ask);
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
  void let_others_join(const std::string& of, const ScriptAsk& granted) {
    Name& name = names_[of];
    std::vector<Waiting> joining;
    for (const Waiting& waiting : name.queue) {
      const bool same = waiting.ask.shared && waiting.ask.who.owner == granted.who.owner;
      if (same && name.sessions.size() + joining.size() < bounds_.sessions) joining.push_back(waiting);
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
    Session* own = mine ? name.session(ask.who.session) : nullptr;
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
    const Address from = place->from;
    name.queue.erase(place);
    say(from, ask.name, ErrorCode::wait_superseded);
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
    for (auto& [of, name] : names_) std::erase_if(name.queue, [&](const Waiting& each) { return each.from == from; });
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
