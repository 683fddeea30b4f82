#include "simulate/story.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "base/error.h"

namespace holdfast::simulate {
namespace {

using Kind = Moment::Kind;

/// An answer that took longer than this gets a line of its own.
constexpr Nanos at_once = 200 * milli;

std::string told_time(Nanos time) {
  return time % second == 0 ? fmt::format("{}s", time / second) : fmt::format("{}ms", time / milli);
}

std::string told_ttl(Duration ttl) {
  return ttl == core::forever ? "forever" : told_time(ttl.count());
}

/// What is broken by a violation of this kind.
std::string promises_of(const std::string& kind) {
  static const std::map<std::string, std::string> promises{
      {"two_holders", "L1"}, {"token", "L2 L3"}, {"early", "L4"}, {"late", "L5"},  {"lost", "L12"},
      {"stale", "L7"},       {"order", "L8"},    {"ghost", "L8"}, {"stuck", "L8"}, {"replay", "L12"}};
  const auto found = promises.find(kind);
  return found == promises.end() ? "L1" : found->second;
}

class Story {
 public:
  Story(const Plan& plan, const Outcome& outcome) : cast_(plan.options), outcome_(outcome) {
    for (const Moment& moment : outcome.story) {
      if (moment.kind == Kind::answered) answers_[moment.id] = moment;
    }
  }

  std::string text() {
    for (const Moment& moment : outcome_.story) line(moment);
    std::string head;
    for (const Violation& violation : outcome_.violations) head += "# " + violation.kind + ": " + violation.told + "\n";
    if (!outcome_.violations.empty()) head += "keeps " + promises_of(outcome_.violations.front().kind) + "\n";
    for (const std::string& need : needs_) head += "needs " + need + "\n";
    return head + body_;
  }

 private:
  std::string letter(std::uint64_t token) {
    if (token == 0) return "none";
    const auto [found, is_new] = letters_.try_emplace(token);
    if (is_new) {
      for (std::size_t n = letters_.size(); n > 0; n = (n - 1) / 26) {
        found->second.insert(found->second.begin(), static_cast<char>('A' + (n - 1) % 26));
      }
    }
    return found->second;
  }

  std::string actor(Index client) const {
    const core::Who& who = cast_.who(client);
    return who.session == "main" ? who.owner : who.owner + "/" + who.session;
  }

  std::string question(const Call& call) {
    const Ask& ask = call.ask;
    const std::string& name = cast_.name(ask.name);
    const std::string token = ask.token ? " token=" + letter(ask.token) : "";
    switch (ask.what) {
      case What::acquire: {
        const std::string wait = ask.wait > Duration::zero() ? " wait=" + told_time(ask.wait.count()) : "";
        return fmt::format("acquire {} ttl={}{}", name, told_ttl(ask.ttl), wait);
      }
      case What::renew: {
        const std::string ttl = ask.ttl > Duration::zero() ? " ttl=" + told_ttl(ask.ttl) : "";
        return fmt::format("renew {}{}{}", name, token, ttl);
      }
      case What::release:
        return fmt::format("release {}{}", name, token);
      case What::takeover: {
        const std::string flush = ask.flush > Duration::zero() ? " flush=" + told_time(ask.flush.count()) : "";
        return fmt::format("takeover {}{} reason=now ttl={}{}", name, token, told_ttl(ask.ttl), flush);
      }
      case What::move:
        return fmt::format("move {}{}", name, token);
      case What::transfer:
        return fmt::format("transfer {}{} to={} to_session={}", name, token, cast_.who(ask.to).owner,
                           cast_.who(ask.to).session);
      case What::revoke:
        return fmt::format("revoke {}{} reason=tidy", name, token);
      default:
        return "get " + name;
    }
  }

  std::string answer(const Call& call) {
    const Told& told = call.told;
    if (told.code == ErrorCode::stale) return "stale newest=" + letter(told.token);
    const bool busy = told.code == ErrorCode::held || told.code == ErrorCode::held_by_you;
    if (busy && told.holder != recording::nobody) {
      return fmt::format("{} by={} token={}", info_of(told.code).name, cast_.who(told.holder).owner,
                         letter(told.token));
    }
    if (told.code != ErrorCode::none) return std::string{info_of(told.code).name};
    switch (call.ask.what) {
      case What::acquire:
      case What::takeover:
      case What::move: {
        const std::string waited = told.waited > Duration::zero() ? " waited=" + told_time(told.waited.count()) : "";
        return fmt::format("granted token={} previous={}{}", letter(told.token), letter(told.previous), waited);
      }
      case What::renew:
        return "renewed token=" + letter(told.token);
      case What::release:
        return fmt::format("released ended={}", told.ended ? "yes" : "no");
      case What::transfer:
        return "transferred token=" + letter(told.token);
      case What::revoke:
        return "revoked";
      default:
        if (told.token == 0) return "unknown";
        if (!told.held || told.holder == recording::nobody) return "free token=" + letter(told.token);
        return fmt::format("held by={} token={}", cast_.who(told.holder).owner, letter(told.token));
    }
  }

  void put(Nanos at, const std::string& what, const std::string& expected = {}) {
    if (!began_) first_ = at, began_ = true;
    const std::string begin = fmt::format("at {:<8} {}", told_time((at - first_) / milli * milli), what);
    body_ += expected.empty() ? begin + "\n" : fmt::format("{:<64} -> {}\n", begin, expected);
  }
  void remark(const std::string& what) { body_ += "# " + what + "\n"; }

  void line(const Moment& moment) {
    switch (moment.kind) {
      case Kind::asked:
        return asked(moment);
      case Kind::answered:
        return answered(moment);
      case Kind::crash:
        if (moment.by != 0) remark("The power fails: what was written and not synced is lost, or partly kept.");
        return put(moment.at, "crash");
      case Kind::restart:
        return began_ ? put(moment.at, "restart") : void();
      case Kind::pause:
        return put(moment.at, "pause " + told_time(moment.by / milli * milli));
      case Kind::wall:
        return put(moment.at, fmt::format("wall{}{}", moment.by < 0 ? '-' : '+', told_time(std::abs(moment.by))));
      case Kind::disk:
        return disk(moment);
      case Kind::leave:
        return put(moment.at, actor(moment.call.client) + " leave");
      case Kind::vanish:
        needs_.insert("absence");
        return put(moment.at, actor(moment.call.client) + " vanish");
    }
  }

  void disk(const Moment& moment) {
    if (moment.words == "slow") return remark("From here on each batch takes " + told_time(moment.by) + " longer.");
    if (moment.words == "in_time") return remark("From here on the disk is as fast as ever.");
    needs_.insert("disk");
    put(moment.at, "disk " + moment.words);
  }

  void asked(const Moment& moment) {
    if (moment.call.twin) remark("The network delivers what was asked before once more; nobody hears the answer.");
    const std::string what = actor(moment.call.client) + " " + question(moment.call);
    const auto found = answers_.find(moment.id);
    if (found == answers_.end()) {
      return put(moment.at, what, "waits");
    }
    const Call& call = found->second.call;
    const bool waited = call.told.waited > Duration::zero() || call.told.code == ErrorCode::wait_over;
    if (waited || found->second.at - moment.at > at_once) {
      later_.insert(moment.id);
      return put(moment.at, what, "waits");
    }
    put(moment.at, what, answer(call));
  }

  void answered(const Moment& moment) {
    if (!later_.contains(moment.id)) return;
    put(moment.at, fmt::format("-> {} {}", actor(moment.call.client), answer(moment.call)));
  }

  const Cast cast_;
  const Outcome& outcome_;
  std::map<std::uint64_t, Moment> answers_;
  std::set<std::uint64_t> later_;
  std::map<std::uint64_t, std::string> letters_;
  std::set<std::string> needs_;
  std::string body_;
  Nanos first_ = 0;
  bool began_ = false;
};

}  // namespace

std::string scenario_of(const Plan& plan, const Outcome& outcome) {
  return Story(plan, outcome).text();
}

}  // namespace holdfast::simulate
