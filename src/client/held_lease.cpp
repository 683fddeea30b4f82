#include <holdfast/held_lease.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "client/belief.h"
#include "client/client_core.h"
#include "client/identity.h"
#include "client/keeper.h"
#include "client/socket.h"

namespace holdfast {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using client::Keeper;

constexpr std::chrono::milliseconds ttl_least = 100ms;
constexpr std::chrono::milliseconds ttl_most = 24h;
constexpr Duration answer_in_takeover = 500ms;  ///< After one has come about at the latest it is said, answer or not.
constexpr Duration pause_in_takeover = 20ms;    ///< Between two questions whether it has happened.
constexpr Duration last_patience = 2s;          ///< Of a release that nobody waits for.

Duration now() {
  return BootTime::now().time_since_epoch();
}

Loss::Reason reason_of(const Problem& problem) {
  for (const Loss::Reason reason : {Loss::Reason::lapsed, Loss::Reason::released, Loss::Reason::taken_over,
                                    Loss::Reason::transferred, Loss::Reason::moved, Loss::Reason::revoked}) {
    if (problem.because == to_text(reason)) return reason;
  }
  return Loss::Reason::unknown;
}

Loss loss_of(const Keeper& keeper, Duration believed_until, Duration at) {
  Loss loss;
  loss.reason = Loss::Reason::not_renewed;
  loss.valid_until = point_of(believed_until);
  const auto& trouble = keeper.trouble();
  if (!trouble) return loss;
  loss.problem = problem_of(*trouble);
  if (!trouble->means_lost()) return loss;
  loss.reason = reason_of(loss.problem);
  loss.by = loss.problem.by;
  loss.why = loss.problem.reason;
  loss.valid_until = point_of(std::min(believed_until, at));
  return loss;
}

/// What is wrong with how it is to be held.
std::optional<Problem> fault_in(std::chrono::milliseconds ttl, std::chrono::milliseconds grace) {
  if (ttl < ttl_least || ttl > ttl_most) return bad_field("ttl", "it is 100 ms to 24 h");
  if (grace < 0ms || grace > ttl / 2) return bad_field("grace", "it is at most half of the ttl");
  return std::nullopt;
}

/// What may have been granted to a session that nobody else knows, and that we have not heard of.
void leave_nothing(const Client& client, const std::string& name, const std::string& session) {
  const auto lease = client.get(name);
  if (lease && lease->held && lease->owner == client.owner()) {
    (void)client.release({.name = name, .token = lease->token, .session = session});  // Refused where it is not ours.
  }
}

}  // namespace

const char* to_text(Loss::Reason reason) {
  switch (reason) {
    case Loss::Reason::not_renewed:
      return "not_renewed";
    case Loss::Reason::lapsed:
      return "lapsed";
    case Loss::Reason::released:
      return "released";
    case Loss::Reason::taken_over:
      return "taken_over";
    case Loss::Reason::transferred:
      return "transferred";
    case Loss::Reason::moved:
      return "moved";
    case Loss::Reason::revoked:
      return "revoked";
    case Loss::Reason::unknown:
      break;
  }
  return "unknown";
}

/// The thread that renews, and what others may see of it.
class HeldLease::Keeping {
 public:
  Keeping(std::shared_ptr<client::Core> core, const Grant& grant, const Keep& how, Duration began)
      : id(grant.id()),
        core_(std::move(core)),
        how_(how),
        keeper_(belief_of(grant, how.ttl, began), how.ttl, how.grace, began),
        believed_until_(keeper_.belief().until().count()) {
    thread_ = std::thread([this] { run(); });
  }

  ~Keeping() {
    (void)release(last_patience);
    thread_.join();
  }

  bool still_held() const noexcept { return now() < valid_until(); }
  Duration valid_until() const noexcept { return std::min(Duration(believed_until_), Duration(ended_at_)); }

  std::optional<Loss> lost() const {
    const std::scoped_lock lock(guarding_);
    return loss_;
  }

  Answer<bool> release(Duration patience) {
    const std::scoped_lock once(releasing_);
    if (released_) return *released_;
    end_belief();
    closing_ = true;
    renewing_.request_stop();
    wake_.say();
    const client::Request request = client::release_request(token_call());
    const client::Servers::Terms terms{
        .deadline = BootTime::now() + patience, .patience = patience / 2, .repeatable = true};
    // What is lost ends by itself: one try has to do, where nobody may be there at all.
    auto answer =
        lost() ? core_->servers.once(request, terms.deadline, {}) : core_->servers.ask([&] { return request; }, terms);
    if (answer) {
      released_ = client::flag_at(*answer, "released");
    } else {
      released_ = problem_of(std::move(answer).error());
    }
    return *released_;
  }

  Duration release_patience() const { return core_->timeout; }

  const HoldingId id;

 private:
  /// No longer than the grant, nor than the ttl that will be asked for: it may be a shorter one.
  static client::Belief belief_of(const Grant& grant, Duration ttl, Duration began) {
    const Duration until = std::min(grant.valid_until.time_since_epoch(), began + ttl);
    client::Belief belief;
    belief.granted(until - ttl, until - ttl, Duration::zero(), ttl);
    return belief;
  }

  client::TokenCall token_call() const {
    return {.name = id.name, .token = id.token, .owner = core_->owner, .session = id.session};
  }

  void end_belief() {
    Duration::rep not_yet = never;
    ended_at_.compare_exchange_strong(not_yet, now().count());
  }

  void run() {
    while (!closing_) {
      const Duration at = now();
      if (keeper_.stand(at) != Keeper::Stand::holds || at >= say_taken_at()) {
        lose();
        return;
      }
      if (keeper_.renewal_due(at)) {
        renew(at);
      } else {
        client::cancelled_before(point_of(std::min(keeper_.next(at), say_taken_at())), wake_);
      }
    }
  }

  void renew(Duration sent) {
    keeper_.renewal_sent(sent);
    client::TokenCall call = token_call();
    call.ttl = how_.ttl;  // The same each time: one that was given up may still arrive, and must not shorten it.
    // No later than the loss would have to be said.
    const Duration by = std::min({sent + keeper_.patience(), keeper_.next(sent), say_taken_at()});
    auto object = core_->servers.once(client::renew_request(call), point_of(by), renewing_.get_token());
    if (closing_) return;
    const client::Answer<client::Holding> answer =
        object ? client::Answer<client::Holding>(client::holding_of(*std::move(object)))
               : std::unexpected(std::move(object).error());
    keeper_.renewal_answered(answer, now());
    if (!keeper_.belief().is_lost())
      believed_until_ = std::min(keeper_.belief().until(), takeover_at(answer, sent)).count();
    if (answer) tell_wishes(answer->json);
  }

  /// When a takeover that is pending will have happened at the earliest: no belief after that, until the server says
  /// that nothing came of it. So it is asked then.
  Duration takeover_at(const client::Answer<client::Holding>& answer, Duration sent) {
    if (!answer) return takeover_at_;
    takeover_at_ = Duration::max();
    const json::value* pending = answer->json.if_contains("takeover");
    if (pending && pending->is_object()) {
      // The server rounds up, so a millisecond may be less.
      takeover_at_ = sent + client::ms_at(pending->get_object(), "ends_in_ms").value_or(1ms) - 1ms;
      keeper_.ask_by(std::max(takeover_at_, now() + pause_in_takeover));
    }
    return takeover_at_;
  }

  /// When the loss is said where a takeover must have come about by now and no answer says anything else.
  Duration say_taken_at() const {
    return takeover_at_ == Duration::max() ? takeover_at_ : takeover_at_ + answer_in_takeover;
  }

  void lose() {
    const Loss loss = loss_of(keeper_, valid_until(), now());
    end_belief();
    {
      const std::scoped_lock lock(guarding_);
      if (closing_.exchange(true)) return;  // Released in the same moment.
      loss_ = loss;
    }
    if (how_.on_lost) how_.on_lost(loss);
  }

  void tell_wishes(const json::object& answer) {
    tell_wish(answer, "takeover", "reason", Wish::Kind::takeover);
    if (!closing_) tell_wish(answer, "request", "message", Wish::Kind::request);
  }

  void tell_wish(const json::object& answer, std::string_view key, std::string_view words, Wish::Kind kind) {
    const json::value* found = answer.if_contains(key);
    if (!found || !found->is_object()) {
      told_.erase(kind);
      return;
    }
    const json::object& from = found->get_object();
    const Duration ends_in = client::ms_at(from, "ends_in_ms").value_or(Duration::zero());
    const Wish wish{.kind = kind,
                    .by = client::text_at(from, "by"),
                    .message = client::text_at(from, words),
                    .ends_in = std::chrono::duration_cast<std::chrono::milliseconds>(ends_in)};
    if (std::exchange(told_[kind], wish.by + '\n' + wish.message) == wish.by + '\n' + wish.message) return;
    if (how_.on_wish) how_.on_wish(wish);
  }

  const std::shared_ptr<client::Core> core_;
  const Keep how_;
  Keeper keeper_;                           ///< Of the thread alone, once it runs.
  std::map<Wish::Kind, std::string> told_;  ///< The same.
  Duration takeover_at_ = Duration::max();  ///< The same.
  static constexpr Duration::rep never = Duration::max().count();
  std::atomic<Duration::rep> believed_until_;    ///< On the belief's clock.
  std::atomic<Duration::rep> ended_at_ = never;  ///< Lost or released then. Never goes back.
  std::atomic<bool> closing_ = false;            ///< The thread has nothing to do any more.
  std::stop_source renewing_;
  client::Cancel wake_;
  mutable std::mutex guarding_;
  std::optional<Loss> loss_;
  std::mutex releasing_;
  std::optional<Answer<bool>> released_;
  std::thread thread_;
};

HeldLease::HeldLease(std::unique_ptr<Keeping> keeping) : keeping_(std::move(keeping)) {}
HeldLease::~HeldLease() = default;
HeldLease::HeldLease(HeldLease&&) noexcept = default;
HeldLease& HeldLease::operator=(HeldLease&&) noexcept = default;

Answer<HeldLease> HeldLease::acquire(const Client& client, const Hold& what) {
  if (const auto fault = fault_in(what.ttl, what.grace)) return *fault;
  const std::string session = what.session.empty() ? client::fresh_session() : what.session;
  auto grant = client.acquire({.name = what.name,
                               .session = session,
                               .ttl = what.ttl,
                               .wait = what.wait,
                               .note = what.note,
                               .metadata = what.metadata,
                               .holder = what.holder,
                               .stop = what.stop});
  if (!grant) {
    if (grant.problem().maybe_done && what.session.empty()) leave_nothing(client, what.name, session);
    return grant.problem();
  }
  // A grant that was long under way leaves too little to begin with.
  if (grant->valid_until - BootTime::now() < what.ttl / 2) {
    const auto renewed = client.renew(grant->id(), what.ttl);
    if (!renewed) {
      if (what.session.empty()) leave_nothing(client, what.name, session);
      return renewed.problem();
    }
    grant->valid_until = renewed->valid_until;
  }
  return keep(client, *grant, {.ttl = what.ttl, .grace = what.grace, .on_lost = what.on_lost, .on_wish = what.on_wish});
}

Answer<HeldLease> HeldLease::keep(const Client& client, const Grant& grant, const Keep& how) {
  if (const auto fault = fault_in(how.ttl, how.grace)) return *fault;
  return HeldLease(std::make_unique<Keeping>(client.core_, grant, how, now()));
}

const std::string& HeldLease::name() const {
  return keeping_->id.name;
}
const std::string& HeldLease::session() const {
  return keeping_->id.session;
}
std::uint64_t HeldLease::token() const {
  return keeping_->id.token;
}
HoldingId HeldLease::id() const {
  return keeping_->id;
}
bool HeldLease::still_held() const noexcept {
  return keeping_->still_held();
}
BootTime::time_point HeldLease::valid_until() const noexcept {
  return point_of(keeping_->valid_until());
}
std::optional<Loss> HeldLease::lost() const {
  return keeping_->lost();
}
Answer<bool> HeldLease::release() {
  return keeping_->release(keeping_->release_patience());
}

}  // namespace holdfast
