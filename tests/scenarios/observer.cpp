#include "tests/scenarios/observer.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace holdfast::scenarios {
namespace {

using namespace std::chrono_literals;

Duration longest(Duration ttl) {
  return ttl + ttl / 1000;
}  // L4: 0.1 % on top.

const std::set<std::string> refusals{"held", "held_by_you", "wait_over", "queue_full", "sessions_full", "buffers_full"};

/// It names no token: it touches whatever is held.
bool touches_key(const Ask& ask) {
  return ask.verb == "set" || ask.verb == "end" || ask.verb == "expire";
}

}  // namespace

void Observer::say(const std::string& what, const Told& told, const Open& open) {
  broken_.push_back(fmt::format("at {}: {}; {}/{} asked {} {} at {} and was told: {}",
                                std::chrono::duration_cast<std::chrono::milliseconds>(now_), what, open.ask.owner,
                                open.ask.session, open.ask.verb, open.ask.name,
                                std::chrono::duration_cast<std::chrono::milliseconds>(open.asked_at), to_text(told)));
}

Observer::Session* Observer::session_of(const Ask& ask, Holding** found) {
  const auto name = by_name_.find(ask.name);
  if (name == by_name_.end()) return nullptr;
  const auto holding = name->second.holdings.find(ask.number("token"));
  if (holding == name->second.holdings.end() || holding->second.owner != ask.owner) return nullptr;
  if (found) *found = &holding->second;
  const auto session = holding->second.sessions.find(ask.session);
  return session == holding->second.sessions.end() ? nullptr : &session->second;
}

void Observer::asked(const Ask& ask) {
  Open open{ask, now_, now_, ++order_};
  names_.insert(ask.name);
  if (ask.verb == "acquire" && ask.duration("wait") > 0s) {
    for (const auto& [request, other] : open_) {  // It takes over its own place.
      const bool own = other.ask.verb == "acquire" && other.ask.name == ask.name && other.ask.owner == ask.owner &&
                       other.ask.session == ask.session;
      if (own && other.ask.duration("wait") > 0s && !other.gone) open.order = std::min(open.order, other.order);
    }
  }
  wants_away(ask);
  if (ask.verb == "end_session") ends_session(ask);
  if (ask.verb == "release") {
    Holding* holding = nullptr;
    Session* session = session_of(ask, &holding);
    if (session) session->believes = false;  // It stops before it says so.
    if (holding) holding->release_asked = true;
    if (holding && ask.session.empty()) {
      for (auto& [_, each] : holding->sessions) each.believes = false;
    }
  }
  if (ask.verb == "renew" || ask.verb == "acquire" || ask.verb == "takeover" || touches_key(ask)) {
    // Before asking for a shorter ttl, belief is lowered to what it will be at the least.
    for (auto& [_, holding] : by_name_[ask.name].holdings) {
      const auto session = holding.sessions.find(ask.session);
      if (holding.owner != ask.owner || session == holding.sessions.end() || !ask.has("ttl")) continue;
      session->second.until =
          std::min(session->second.until, now_ + std::min(session->second.ttl, ask.duration("ttl")));
    }
  }
  open_[ask.request] = open;
}

/// From here on a holding of the name may end in the way that `ask` asks for.
void Observer::wants_away(const Ask& ask) {
  static const std::map<std::string, std::string> reasons{
      {"takeover", "taken_over"}, {"move", "moved"}, {"transfer", "transferred"},
      {"revoke", "revoked"},      {"set", "moved"},  {"end", "released"}};
  const auto reason = reasons.find(ask.verb);
  if (reason == reasons.end()) return;
  Name& name = by_name_[ask.name];
  for (auto& [token, holding] : name.holdings) {
    const bool whichever = ask.verb == "revoke" || touches_key(ask);
    const bool meant = ask.number("token") == token || (!ask.has("token") && whichever);
    if (!meant) continue;
    if (touches_key(ask)) {  // Whoever compared the value may, whose ever it is.
      holding.taken_away.insert(reason->second);
      holding.release_asked |= ask.verb == "end";
      continue;
    }
    const bool own = holding.owner == ask.owner;
    if (ask.verb == "takeover") holding.taken_away.insert(own ? "moved" : "taken_over");
    if (ask.verb == "revoke" || (own && ask.verb != "takeover")) holding.taken_away.insert(reason->second);
  }
  if (ask.verb != "transfer") return;
  name.given_to.insert(ask.text("to"));
  name.unseen = true;  // Whoever gets it is not told.
}

void Observer::ends_session(const Ask& ask) {
  for (auto& [_, name] : by_name_) {
    for (auto& [token, holding] : name.holdings) {
      const auto session = holding.sessions.find(ask.session);
      if (holding.owner != ask.owner || session == holding.sessions.end()) continue;
      session->second.believes = false;  // It stops before it says so.
      holding.release_asked = true;
    }
  }
}

void Observer::vanished(std::uint64_t client) {
  for (auto& [_, open] : open_) {
    if (open.ask.client == client) open.gone = true;
  }
}

void Observer::restarted() {
  for (const auto& [_, open] : open_) {
    if (open.ask.verb == "acquire" || open.ask.verb == "takeover") by_name_[open.ask.name].unseen = true;
  }
  open_.clear();
  for (auto& [_, name] : by_name_) {
    for (auto& [token, holding] : name.holdings) {
      for (auto& [session, part] : holding.sessions) {
        // Its lapse, where nobody was told of it, may have been lost: then it is held again.
        part.may_hold_until = std::max(part.may_hold_until, running_ + longest(part.ttl));
      }
    }
  }
}

std::vector<Ask> Observer::open() const {
  std::vector<const Open*> waiting;
  for (const auto& [_, open] : open_) {
    if (!open.gone) waiting.push_back(&open);
  }
  std::ranges::sort(waiting, {}, &Open::order);
  std::vector<Ask> asks;
  for (const Open* open : waiting) {
    asks.push_back(open->ask);
    const Duration wait = open->ask.duration("wait") - (now_ - open->asked_at);
    if (wait > 0s) asks.back().args["wait"] = fmt::format("{}ms", ceil_ms(wait));
  }
  return asks;
}

std::vector<Observer::Belief> Observer::beliefs() const {
  std::vector<Belief> all;
  for (const auto& [name, known] : by_name_) {
    for (const auto& [token, holding] : known.holdings) {
      for (const auto& [session, part] : holding.sessions) {
        if (part.believes && now_ < part.until) {
          all.push_back({name, holding.owner, session, token, part.until, part.ttl});
        }
      }
    }
  }
  return all;
}

bool Observer::may_hold_at(const Holding& holding) const {
  return std::ranges::any_of(holding.sessions, [&](const auto& s) { return running_ < s.second.may_hold_until; });
}

void Observer::told(const Told& told) {
  const auto found = open_.find(told.request);
  if (found == open_.end()) {
    broken_.push_back("an answer to nobody: " + to_text(told));
    return;
  }
  Open open = found->second;
  open_.erase(found);
  if (open.ask.name.empty()) open.ask.name = told.text("name");  // It was asked for by its buffer's number.
  const std::string& verb = open.ask.verb;
  const std::uint64_t shown = told.number("token");
  Name& name = by_name_[open.ask.name];

  if (told.word == "granted" || told.word == "renewed") {
    granted(told, open);
  } else if (told.word == "stale") {
    stale(told, open);
  } else if (verb == "acquire" && refusals.contains(told.word)) {
    refused(told, open);
  } else if (told.word == "released" && told.text("ended") == "yes") {
    released_.push_back({open.ask.name, open.ask.owner, told.text("session"), open.ask.number("token")});
    Holding* holding = nullptr;
    if (Session* session = session_of(open.ask, &holding)) session->may_hold_until = {};
    if (holding && open.ask.session.empty()) {
      for (auto& [_, each] : holding->sessions) each.may_hold_until = {};
    }
  } else if (told.word == "ended") {
    for (auto& [token, holding] : name.holdings) {
      for (auto& [session, part] : holding.sessions) part.believes = false;
    }
  } else if (told.word == "transferred") {
    for (auto& [_, each] : name.holdings[open.ask.number("token")].sessions) each.believes = false;
  } else if (told.word == "session_renewed") {
    for (auto& [_, each] : by_name_) {
      for (auto& [token, holding] : each.holdings) {
        const auto session = holding.sessions.find(open.ask.session);
        if (holding.owner != open.ask.owner || session == holding.sessions.end()) continue;
        Session& part = session->second;
        part.ttl = open.ask.duration("ttl", part.ttl);
        part.may_hold_until = std::max(part.may_hold_until, running_ + longest(part.ttl));
      }
    }
  } else if (told.word == "edited") {
    if (Session* part = session_of(open.ask)) {  // It may have come back with it (L6).
      part->may_hold_until = std::max(part->may_hold_until, running_ + longest(part->ttl));
    }
  } else if (told.word == "grant_lapsed" || told.word == "commit_unknown") {
    name.unseen = true;
  } else if (told.word == "nothing_held" || told.word == "not_yours" || told.word == "unknown_token") {
    const Session* session = session_of(open.ask);
    if (session && session->believes && now_ < session->until) say("L4: it may still believe to hold", told, open);
  } else if (told.word == "held" && verb == "get") {
    const auto holding = name.holdings.find(shown);
    if (holding != name.holdings.end() && !may_hold_at(holding->second))
      say("L5: shown as held after its end", told, open);
  }
  if (told.word == "free" || told.word == "unknown") {
    for (const Belief& belief : beliefs()) {
      if (belief.name != open.ask.name) continue;
      const std::set<std::string>& away = name.holdings[belief.token].taken_away;
      if (!away.contains("revoked") && !away.contains("released"))
        say("L4: " + belief.session + " may believe to hold it", told, open);
    }
  }
  if (open.ask.text("unsettled") != "yes") greatest_ = std::max(greatest_, shown);
}

void Observer::granted(const Told& told, const Open& open) {
  const Ask& ask = open.ask;
  Name& name = by_name_[ask.name];
  const std::uint64_t token = told.number("token");
  const bool acquired = ask.verb != "renew";
  const bool takes = ask.verb == "takeover" || ask.verb == "move" || touches_key(ask);
  const std::string owner = touches_key(ask) ? told.text("owner") : ask.owner;  // Of the holding that it touches.
  const std::string session = told.text("session");
  const bool shares = ask.text("holder") == "owner";
  const Duration ttl = told.milliseconds("ttl");
  const Duration waited = std::chrono::milliseconds(told.number("waited"));
  if (open.gone) say("L8: granted to a client known to be gone", told, open);
  if (ask.has("ttl") && ttl != ask.duration("ttl")) say("another ttl than asked for", told, open);
  if (waited > now_ - open.asked_at) say("L4: waited for longer than it has asked", told, open);

  const bool is_new = !name.holdings.contains(token);
  const bool joins = told.text("joined") == "yes" || (!is_new && name.holdings[token].owner == owner);
  if (acquired && is_new) {
    if (token <= greatest_ && !name.unseen) say("L2: the token of a new holding does not rise", told, open);
    if (token <= greatest_ && !name.holdings.empty() && token < name.holdings.rbegin()->first) {
      say("L2: an old token is back", told, open);
    }
    const std::uint64_t previous = told.number("previous");
    const std::uint64_t before = name.holdings.empty() ? 0 : name.holdings.rbegin()->first;
    const bool forgettable = running_ - name.quiet_since >= 1h || names_.size() > remembered_max_;
    const bool right = previous == before || (previous > before && name.unseen) || (previous == 0 && forgettable);
    if (!right && told.text("joined") != "yes") say(fmt::format("L2: previous is not {}", before), told, open);
    if (previous >= token) say("L2: previous is not before it", told, open);
    name.unseen = false;
  }
  if (!acquired && token != ask.number("token")) say("L7: renewed another holding than it named", told, open);
  for (const Belief& belief : beliefs()) {
    if (belief.name != ask.name) continue;
    const bool itself = belief.owner == owner && belief.session == session;
    const bool same_share = belief.token == token && belief.owner == owner && name.holdings[token].shared;
    // A takeover ends a belief: whoever had it hears of it later. Everything else has to wait for its end.
    if (belief.token < token && !name.holdings[belief.token].taken_away.empty()) continue;
    if (itself && belief.token != token) say("L12: its own holding lasts, and it got another", told, open);
    if (!itself && !same_share)
      say("L1: " + belief.owner + "/" + belief.session + " may believe to hold it", told, open);
  }
  const bool given = name.given_to.contains(ask.owner);
  if (acquired && !takes && !given) check_order(told, open, joins);

  Holding& holding = name.holdings[token];
  if (is_new) {
    // Everybody of an earlier holding is out.
    for (auto& [older, past] : name.holdings) {
      if (older == token) continue;
      for (auto& [_, each] : past.sessions) {
        each.may_hold_until = {};
        if (!past.taken_away.empty()) each.believes = false;
      }
    }
    holding.token = token;
    holding.owner = owner;
    holding.shared = shares || told.text("joined") == "yes";
  }
  if (holding.owner != owner) say("L1: the token is another owner's", told, open);
  Session& part = holding.sessions[session];
  part.ttl = ttl;
  part.until = std::max(part.believes ? part.until : Duration{}, open.asked_at + waited + ttl);
  part.believes = now_ < part.until;
  part.may_hold_until = std::max(part.may_hold_until, running_ + longest(ttl));
  name.quiet_since = running_;
}

void Observer::check_order(const Told& told, const Open& open, bool joins) {
  if (joins) return;
  for (const auto& [_, other] : open_) {
    const bool waits = other.ask.verb == "acquire" && other.ask.name == open.ask.name && !other.gone &&
                       other.order < open.order && other.ask.duration("wait") > now_ - other.asked_at + 60ms;
    const bool shares = open.ask.text("holder") == "owner" && other.ask.owner == open.ask.owner;
    if (waits && !shares) say("L8: " + other.ask.owner + "/" + other.ask.session + " was first", told, open);
  }
}

void Observer::refused(const Told& told, const Open& open) {
  const Ask& ask = open.ask;
  Name& name = by_name_[ask.name];
  for (const Belief& belief : beliefs()) {
    const bool itself = belief.name == ask.name && belief.owner == ask.owner && belief.session == ask.session;
    const bool may_be = told.word == "wait_over" || ask.text("anew") == "yes";
    if (itself && !may_be) say("L12: refused by its own lease", told, open);
  }
  if (told.word == "wait_over" && now_ - open.asked_at + 1ms < ask.duration("wait")) {
    say("L8: its wait was not over", told, open);
  }
  if (told.word != "held" && told.word != "held_by_you") return;
  if (told.text("held") != "yes") say("L11: refused by nobody", told, open);
  if ((told.word == "held_by_you") != (told.text("by") == ask.owner)) say("L11: the wrong kind of refusal", told, open);
  const auto holding = name.holdings.find(told.number("token"));
  if (holding == name.holdings.end()) return;
  if (!may_hold_at(holding->second)) say("L5: refused by a lease that is over", told, open);
  if (holding->second.owner != told.text("by")) say("L11: it names the wrong holder", told, open);
}

void Observer::stale(const Told& told, const Open& open) {
  const Ask& ask = open.ask;
  const Name& name = by_name_[ask.name];
  const std::uint64_t asked = ask.number("token");
  const std::string because = told.text("because");
  if (told.number("newest") != 0 && told.number("newest") < asked)
    say("L7: stale, but newer than the newest", told, open);
  const auto found = name.holdings.find(asked);
  if (found == name.holdings.end()) return;
  const Holding& holding = found->second;
  for (const auto& [session, part] : holding.sessions) {
    const bool taken = holding.taken_away.contains(because);
    if (part.believes && now_ < part.until && !taken)
      say("L4: " + session + " may still believe to hold it", told, open);
  }
  if (because == "lapsed") {
    // Not before every session's ttl was over; unless it was released, of which the journal tells.
    for (const auto& [session, part] : holding.sessions) {
      if (part.until > now_ && !holding.release_asked) say("L13: it cannot have lapsed yet", told, open);
    }
  } else if (because == "released") {
    if (!holding.release_asked && !name.unseen) say("L13: nobody released it", told, open);
  } else if (because.empty()) {
    const std::size_t later = static_cast<std::size_t>(std::distance(found, name.holdings.end()));
    const bool forgettable = running_ - name.quiet_since >= 1h || later > 16;
    if (!forgettable) say("L13: no reason", told, open);
  } else if (!holding.taken_away.contains(because)) {
    say("L13: nobody asked for that", told, open);
  }
}

}  // namespace holdfast::scenarios
