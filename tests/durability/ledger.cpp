#include "tests/durability/ledger.h"

#include <fmt/format.h>

#include <iterator>

namespace holdfast::durability {
namespace {

using support::Response;
using Lock = std::lock_guard<std::mutex>;

constexpr std::size_t complaints_max = 40;

std::optional<std::uint64_t> number(const Response& response, std::string_view field) {
  const std::string text = response.field(field);
  if (text.empty() || text == "null") return std::nullopt;
  return std::stoull(text);
}

std::string text(const Who& who) {
  return who.owner + "/" + who.session;
}

}  // namespace

void Ledger::complain(const std::string& name, std::string what) {
  if (complaints_.size() < complaints_max) {
    complaints_.push_back(name + ": " + std::move(what));
  } else {
    ++unlisted_;
  }
}

Ledger::Ask Ledger::acquires(const std::string& name, const Who& who) {
  const Lock lock(mutex_);
  Ask ask{.kind = Ask::Kind::acquire, .name = name, .who = who, .at = ++events_};
  ask.newest = given_.empty() ? 0 : given_.rbegin()->first;
  Maybe& maybe = books_[name].maybe[who];
  if (maybe.open++ == 0) maybe.newest = ask.newest;
  return ask;
}

Ledger::Ask Ledger::releases(const std::string& name, const Who& who, std::uint64_t token) {
  const Lock lock(mutex_);
  Holding& holding = books_[name].holdings[token];
  Ask ask{.kind = Ask::Kind::release, .name = name, .who = who, .token = token, .at = ++events_};
  ask.asked_before = holding.release != Release::not_asked;
  if (!ask.asked_before) holding.release = Release::maybe;
  return ask;
}

Ledger::Ask Ledger::looks(const std::string& name) {
  const Lock lock(mutex_);
  return {.kind = Ask::Kind::look, .name = name, .at = ++events_};
}

void Ledger::unanswered(const Ask& ask) {
  const Lock lock(mutex_);
  ++open_ends_;
  if (ask.kind == Ask::Kind::acquire) books_[ask.name].ever_unanswered = true;
}

void Ledger::answered(const Ask& ask, const Response& response) {
  if (response.status == 503 && response.field("fate") == "maybe_done") return unanswered(ask);
  const Lock lock(mutex_);
  ++events_;
  const std::string code = response.status == 200 ? "" : response.field("code");
  Book& book = books_[ask.name];
  if (response.status == 503) {  // Not done.
    if (ask.kind == Ask::Kind::release && !ask.asked_before) book.holdings[ask.token].release = Release::not_asked;
    if (ask.kind == Ask::Kind::acquire && --book.maybe[ask.who].open == 0) book.maybe.erase(ask.who);
    return;
  }
  switch (ask.kind) {
    case Ask::Kind::acquire:
      if (response.status == 200) {
        granted(ask, response);
      } else if (code == "held") {
        seen(ask, response.token(), {response.field("owner"), response.field("session")}, number(response, "previous"));
      } else {
        complain(ask.name, "an acquire was answered " + response.body);
      }
      // This session's earlier requests that nobody answered have their answer now: asking again tells (L12).
      book.maybe.erase(ask.who);
      return;
    case Ask::Kind::release:
      return was_released(ask, response);
    case Ask::Kind::look:
      if (response.status != 200) return complain(ask.name, "a look was answered " + response.body);
      if (response.field("held") == "true") {
        seen(ask, response.token(), {response.field("owner"), response.field("session")}, number(response, "previous"));
      }
      return;
  }
}

void Ledger::granted(const Ask& ask, const Response& response) {
  ++grants_;
  const std::uint64_t token = response.token();
  Book& book = books_[ask.name];
  const bool known = book.holdings.contains(token);
  const std::uint64_t before = std::min(ask.newest, book.maybe[ask.who].newest);
  if (!known && token <= before) {
    complain(ask.name, fmt::format("a new grant has token {}, but {} had been given already", token, before));
  }
  if (Response asked = response; asked.field("owner") != ask.who.owner || asked.field("session") != ask.who.session) {
    complain(ask.name, "a grant to somebody else than asked: " + response.body);
  }
  seen(ask, token, ask.who, number(response, "previous"));
}

/// Somebody was told that `who` holds the name, so that is a promise, whether or not `who` has heard of it.
void Ledger::seen(const Ask& ask, std::uint64_t token, const Who& who, std::optional<std::uint64_t> previous) {
  Book& book = books_[ask.name];
  const Holding& holding = enter(ask, token, who, previous.value_or(0));
  if (holding.release == Release::done && holding.released_at < ask.at) {
    complain(ask.name, fmt::format("token {} of {} was released, and holds again", token, text(who)));
  }
  const auto newest = std::prev(book.holdings.end());
  for (auto other = newest; other->first > token; --other) {
    if (other->second.told_at == 0 || other->second.told_at > ask.at) continue;
    complain(ask.name, fmt::format("token {} is shown after token {} was", token, other->first));
    break;
  }
  if (previous) enter(ask, *previous, std::nullopt, std::nullopt);
  check_place(ask.name, token);
}

Ledger::Holding& Ledger::enter(const Ask& ask, std::uint64_t token, const std::optional<Who>& who,
                               std::optional<std::uint64_t> previous) {
  const auto [given, fresh] = given_.try_emplace(token, ask.name);
  if (given->second != ask.name) {
    complain(ask.name, fmt::format("token {} was given for {} as well", token, given->second));
  }
  Book& book = books_[ask.name];
  const auto [at, made] = book.holdings.try_emplace(token);
  Holding& holding = at->second;
  if (made) {
    holding.told_at = events_;
    // Only an unanswered request explains a holding that nobody was told of.
    const bool explained = who ? book.maybe.contains(*who) : book.ever_unanswered;
    if (!explained)
      complain(ask.name, fmt::format("token {} was never asked for by {}", token, who ? text(*who) : "anybody"));
    if (!who) holding.release = Release::maybe;
  }
  if (who && holding.who && *who != *holding.who) {
    complain(ask.name, fmt::format("token {} was given to {} and to {}", token, text(*holding.who), text(*who)));
  }
  if (who) holding.who = who;
  if (previous && holding.previous && *previous != *holding.previous) {
    complain(ask.name, fmt::format("before token {} there was {}, and now {}", token, *holding.previous, *previous));
  }
  if (previous) holding.previous = previous;
  return holding;
}

/// `token` has its place between the other holdings of the name: the one before has ended, and was named.
void Ledger::check_place(const std::string& name, std::uint64_t token) {
  const auto& holdings = books_[name].holdings;
  const auto check = [&](auto after) {
    if (after == holdings.end() || after == holdings.begin()) return;
    const auto before = std::prev(after);
    if (before->second.release == Release::not_asked) {
      complain(name, fmt::format("token {} was told of and never released, but token {} came after it", before->first,
                                 after->first));
    }
    if (after->second.previous && *after->second.previous != before->first) {
      complain(name, fmt::format("token {} names {} as the one before, and jumps over {}", after->first,
                                 *after->second.previous, before->first));
    }
  };
  const auto here = holdings.find(token);
  check(here);
  check(std::next(here));
}

void Ledger::was_released(const Ask& ask, const Response& response) {
  Holding& holding = books_[ask.name].holdings[ask.token];
  const std::string code = response.status == 200 ? "" : response.field("code");
  const bool over = code == "stale" && response.field("because") == "released";
  const bool ended_by_itself = response.status == 200 && response.field("released") != "true" && !ask.asked_before;
  if (!ended_by_itself && (response.status == 200 || (over && ask.asked_before))) {
    if (holding.release != Release::done) ++released_;
    holding.release = Release::done;
    if (holding.released_at == 0) holding.released_at = events_;
    if (over && response.field("held") == "true") {
      seen(ask, response.token(), {response.field("owner"), response.field("session")}, number(response, "previous"));
    }
    return;
  }
  complain(ask.name, fmt::format("the release of token {}, asked {}, was answered {}", ask.token,
                                 ask.asked_before ? "again" : "for the first time", response.body));
}

void Ledger::audit_name(const Ask& ask, const Response& response) {
  answered(ask, response);
  const Lock lock(mutex_);
  const Book& book = books_[ask.name];
  if (book.holdings.empty() || response.status != 200) return;
  const auto newest = std::prev(book.holdings.end());
  const std::optional<std::uint64_t> token = number(response, "token");
  if (response.field("held") == "true") {
    if (*token < newest->first) {
      complain(ask.name, fmt::format("token {} holds, but token {} was told of", *token, newest->first));
    }
    return;
  }
  if (newest->second.release == Release::not_asked) {
    complain(ask.name, fmt::format("token {} of {} was told of and never released, but the name is free: {}",
                                   newest->first, text(newest->second.who.value_or(Who{})), response.body));
  }
  if (!token || *token < newest->first) {
    complain(ask.name, fmt::format("free and token {} forgotten: {}", newest->first, response.body));
  } else if (*token > newest->first && !book.ever_unanswered) {
    complain(ask.name, fmt::format("free after token {}, which nobody asked for", *token));
  }
}

void Ledger::audit(std::uint16_t port) {
  std::vector<std::string> names;
  {
    const Lock lock(mutex_);
    for (const auto& [name, book] : books_) names.push_back(name);
  }
  support::Talk talk(port);
  for (const std::string& name : names) {
    const Ask ask = looks(name);
    audit_name(ask, talk.get("/v1/leases/" + name));
  }
}

std::vector<std::string> Ledger::complaints() const {
  const Lock lock(mutex_);
  return complaints_;
}

std::string Ledger::told() const {
  const Lock lock(mutex_);
  std::string out = fmt::format("{} grants and {} releases were told of, {} requests never answered, {} names\n",
                                grants_, released_, open_ends_, books_.size());
  for (const std::string& complaint : complaints_) out += complaint + "\n";
  if (unlisted_ > 0) out += fmt::format("and {} more\n", unlisted_);
  return out;
}

std::size_t Ledger::grants() const {
  const Lock lock(mutex_);
  return grants_;
}

std::size_t Ledger::released() const {
  const Lock lock(mutex_);
  return released_;
}

std::size_t Ledger::open_ends() const {
  const Lock lock(mutex_);
  return open_ends_;
}

}  // namespace holdfast::durability
