// What tests of the rules have at hand: some people, time that is turned by hand, and a partition to ask.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/rules.h"

namespace holdfast::core {

using namespace std::chrono_literals;

inline const Who alice{"alice", "a1"};
inline const Who alice2{"alice", "a2"};
inline const Who bob{"bob", "b1"};
inline const Who carol{"carol", "c1"};

/// The lease time `since` the start, and a wall clock that was set right.
constexpr Now at(Duration since) {
  constexpr WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + std::chrono::hours{12}};
  return {Instant{since}, noon + std::chrono::duration_cast<std::chrono::microseconds>(since)};
}

/// Clients are there until a test says otherwise.
class Clients final : public Presence {
 public:
  bool present(std::uint64_t client) const override { return !gone.contains(client); }
  std::set<std::uint64_t> gone;
};

/// A partition with its clock. Asks are answered at once, or later by another step.
class Desk {
 public:
  explicit Desk(Limits limits = {}) : state(limits) {}

  /// Asks from a request of its own on `client`; the reply, if it came at once.
  std::optional<Reply> ask(Command command, std::uint64_t client = 1) { return ask(std::move(command), next(client)); }
  std::optional<Reply> ask(Command command, Address from) {
    submit(command, from);
    return reply_to(from);
  }
  /// Asks, and leaves what is answered in `answers`.
  void submit(const Command& command, Address from) {
    Outcome outcome;
    Step{state, at(now), clients, outcome}.handle(command, from);
    take(outcome);
  }
  /// An address of its own on `client`.
  Address next(std::uint64_t client) { return {client, ++requests_}; }
  /// The reply that came for `from`, once.
  std::optional<Reply> reply_to(Address from) {
    const auto found = std::ranges::find(answers, from, &Answer::to);
    if (found == answers.end()) return std::nullopt;
    Reply reply = std::move(found->reply);
    answers.erase(found);
    return reply;
  }
  /// True when there was more to do than `budget` allowed.
  bool tick(std::size_t budget = 1'000) {
    Outcome outcome;
    const bool more = Step{state, at(now), clients, outcome}.tick(budget);
    take(outcome);
    return more;
  }

  Token grant(const std::string& name, const Who& who, Duration ttl = 10s) {
    return ask(Acquire{.name = name, .who = who, .ttl = ttl}).value().lease.token;
  }
  /// As a stop of the server, or a disk without room, does.
  void drop_takeovers(Drop because) {
    Outcome outcome;
    Step{state, at(now), clients, outcome}.drop_takeovers(because);
    take(outcome);
  }
  /// What the next start of a server makes of the effects: nobody waits, and each lease has its full ttl.
  std::unique_ptr<Desk> restarted() const {
    auto next = std::make_unique<Desk>(state.limits());
    next->clients = clients;
    next->now = now;
    next->requests_ = requests_;
    next->effects = effects;
    for (std::size_t i = 0; i < effects.size(); ++i) next->state.apply(effects[i], Position{i + 1}, at(now));
    next->drop_takeovers(Drop::restart);
    return next;
  }

  LeaseView show(const std::string& name) { return ask(Get{.name = name}).value().lease; }

  State state;
  Clients clients;
  Duration now{};
  std::vector<Effect> effects;     ///< All there ever were.
  std::vector<Answer> answers;     ///< That nobody asked for yet, oldest first.
  std::vector<Duration> lateness;  ///< Of all lapses.

 private:
  void take(Outcome& outcome) {
    std::ranges::move(outcome.effects, std::back_inserter(effects));
    std::ranges::move(outcome.answers, std::back_inserter(answers));
    std::ranges::move(outcome.lateness, std::back_inserter(lateness));
  }
  std::uint64_t requests_ = 0;
};

// --- For failures that can be read.

inline std::ostream& operator<<(std::ostream& out, Token token) {
  return out << '#' << token.value;
}
inline std::ostream& operator<<(std::ostream& out, Position position) {
  return out << '@' << position.value;
}
inline std::ostream& operator<<(std::ostream& out, const Address& address) {
  return out << address.client << '.' << address.request;
}
inline std::ostream& operator<<(std::ostream& out, const Who& who) {
  return out << who.owner << '/' << who.session;
}

struct EffectText {
  std::ostream& out;
  void operator()(const Granted& e) const { out << "Granted " << e.name << " to " << e.who << ' ' << e.token; }
  void operator()(const Joined& e) const { of_session("Joined ", e); }
  void operator()(const Renewed& e) const { of_session("Renewed ", e); }
  void operator()(const Released& e) const { of_session("Released ", e); }
  void operator()(const Lapsed& e) const { of_session("Lapsed ", e); }
  void operator()(const Revived& e) const { of_session("Revived ", e); }
  void operator()(const Forgotten& e) const { out << "Forgotten " << e.name; }
  void operator()(const Numbered& e) const { out << "Numbered " << e.name << ' ' << e.buffer; }
  void operator()(const Kept& e) const { out << "Kept " << e.name << ' ' << e.owner << ' ' << e.token; }
  void operator()(const KeptTotals& e) const { out << "KeptTotals " << e.greatest << ' ' << e.buffers; }
  void operator()(const Taken& e) const {
    out << "Taken " << e.grant.name << " by " << e.grant.who << ' ' << e.grant.token << ' ' << word(e.displaced);
  }
  void operator()(const Revoked& e) const { out << "Revoked " << e.name << " by " << e.by << ' ' << e.token; }
  void operator()(const TakeoverAsked& e) const {
    out << "TakeoverAsked " << e.name << " by " << e.by << ' ' << e.token;
  }
  void operator()(const TakeoverDropped& e) const { out << "TakeoverDropped " << e.name << ' ' << word(e.because); }
  void operator()(const Requested& e) const { out << "Requested " << e.name << " by " << e.by << ' ' << e.token; }
  void operator()(const Started& e) const { out << "Started " << e.incarnation; }
  void operator()(const KeptWhys& e) const { out << "KeptWhys " << e.name << ' ' << e.whys.size(); }
  void operator()(const BufferCreated& e) const { out << "BufferCreated " << e.name << " by " << e.by; }
  void operator()(const BufferRemoved& e) const { out << "BufferRemoved " << e.name << " by " << e.by; }
  void operator()(const BufferEdited& e) const {
    out << "BufferEdited " << e.name << " by " << e.who << ' ' << e.token << ' ' << word(e.kind) << ' ' << e.base << '+'
        << e.changes.size();
  }
  void operator()(const DraftKept& e) const {
    out << "DraftKept " << e.draft << " of " << e.name << " by " << e.who << " at " << e.base;
  }
  void operator()(const DraftEnded& e) const { out << "DraftEnded " << e.draft << ' ' << word(e.how); }
  void operator()(const KeptBuffer& e) const { out << "KeptBuffer " << e.name; }
  void operator()(const KeptDraft& e) const { out << "KeptDraft " << e.draft.draft; }
  void operator()(const KeptStart& e) const { out << "KeptStart " << e.incarnation << " from " << e.from; }

 private:
  void of_session(const char* what, const auto& e) const {
    out << what << e.name << ' ' << e.session << ' ' << e.token;
  }
};
inline void PrintTo(const Effect& effect, std::ostream* out) {
  std::visit(EffectText{*out}, effect);
}

}  // namespace holdfast::core
