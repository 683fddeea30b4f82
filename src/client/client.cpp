#include <holdfast/client.h>

#include <time.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cstdlib>
#include <utility>

#include "client/belief.h"
#include "client/client_core.h"
#include "client/identity.h"
#include "client/retry.h"

namespace holdfast {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using client::Belief;
using client::path_of;
using client::Request;
using client::text_at;

constexpr Duration one_wait_max = 10min;   ///< The longest that one request may wait at the server.
constexpr Duration one_try_at_least = 1s;  ///< However short the whole time is.
constexpr Duration time_max = 24h * 365;   ///< More than any call takes, less than makes a deadline overflow.

std::optional<std::chrono::milliseconds> in_ms(const std::optional<Duration>& time) {
  if (!time) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(*time);
}

/// One try of several: there is time for another one.
Duration patience_of(Duration timeout) {
  return std::min(timeout, std::max(timeout / 3, one_try_at_least));
}

/// Null where `text` is empty; a problem where it is no JSON object.
Answer<json::value> metadata_of(const std::string& text) {
  if (text.empty()) return json::value{};
  json::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return bad_field("metadata", "it is not a JSON object");
  return value;
}

std::string word(Holder holder) {
  return holder == Holder::owner ? "owner" : std::string{};
}

/// `asked`: none is of no end, or as before. Belief is in the shorter of what was asked for and what was given; an
/// answer that does not say what was given, gave nothing.
Grant grant_of(client::Holding holding, Duration sent, Duration received, Duration waited,
               const std::optional<Duration>& asked) {
  std::optional<Duration> ttl = holding.ttl;
  if (asked) ttl = std::min(*asked, ttl.value_or(*asked));
  if (!ttl && !holding.json.contains("ttl_ms")) ttl = Duration::zero();
  Belief belief;
  belief.granted(sent, received, waited, ttl);
  return {.name = std::move(holding.name),
          .token = holding.token,
          .previous = holding.previous,
          .session = std::move(holding.session),
          .ttl = in_ms(holding.ttl),
          .valid_until = belief.until() == Belief::forever ? BootTime::never() : point_of(belief.until()),
          .waited = *in_ms(holding.waited),
          .joined = holding.joined,
          .position = text_at(holding.json, "position"),
          .json = json::serialize(holding.json)};
}

client::TokenCall token_call(const HoldingId& holding, const std::string& owner) {
  return {.name = holding.name, .token = holding.token, .owner = owner, .session = holding.session};
}

Duration boot_now() {
  return BootTime::now().time_since_epoch();
}

PastHolding past_of(const json::object& from) {
  return {.name = text_at(from, "name"),
          .token = client::number_at(from, "token").value_or(0),
          .owner = text_at(from, "owner"),
          .session = text_at(from, "session"),
          .previous = client::number_at(from, "previous").value_or(0),
          .since = text_at(from, "since"),
          .until = text_at(from, "until"),
          .open = client::flag_at(from, "open"),
          .uncertain = client::flag_at(from, "uncertain"),
          .because = text_at(from, "because"),
          .by = text_at(from, "by"),
          .by_session = text_at(from, "by_session"),
          .reason = text_at(from, "reason"),
          .to = text_at(from, "to"),
          .to_session = text_at(from, "to_session"),
          .began = text_at(from, "began"),
          .taken_from = text_at(from, "taken_from"),
          .taken_because = text_at(from, "taken_because"),
          .note = text_at(from, "note"),
          .address = text_at(from, "address"),
          .json = json::serialize(from)};
}

/// A call that is made by `core` with the time that its options give it.
client::Answer<json::object> ask(client::Core& core, const Request& request, Duration more_time = {},
                                 const std::stop_token& stop = {}) {
  const client::Servers::Terms terms{.deadline = BootTime::now() + core.timeout + more_time,
                                     .patience = patience_of(core.timeout),
                                     .repeatable = request.repeatable || request.method == "GET",
                                     .stop = stop};
  return core.servers.ask([&] { return request; }, terms);
}

/// A call that starts a new holding of the caller's.
Answer<Grant> ask_for_grant(client::Core& core, const Request& request, const std::optional<Duration>& ttl,
                            Duration more_time = {}, const std::stop_token& stop = {}) {
  Duration sent{};
  const client::Servers::Terms terms{.deadline = BootTime::now() + core.timeout + more_time, .stop = stop};
  auto answer = core.servers.ask(
      [&] {
        sent = boot_now();
        return request;
      },
      terms);
  if (!answer) return problem_of(std::move(answer).error(), stop.stop_requested());
  client::Holding holding = client::holding_of(*std::move(answer));
  const Duration waited = holding.waited;
  return grant_of(std::move(holding), sent, boot_now(), waited, ttl);
}

Answer<Lease> ask_for_lease(client::Core& core, const Request& request) {
  auto answer = ask(core, request);
  if (!answer) return problem_of(std::move(answer).error());
  return lease_of(client::holding_of(*std::move(answer)));
}

/// An acquire that waits may need several requests, and each has its own time.
class Acquiring {
 public:
  Acquiring(client::Core& core, const Acquire& what, client::AcquireCall call)
      : core_(core), stop_(what.stop), call_(std::move(call)), ttl_(call_.ttl) {
    begun_ = boot_now();
    wait_end_ = begun_ + std::clamp<Duration>(what.wait, 0s, time_max);
    give_up_ = wait_end_ + core.timeout;
  }

  Answer<Grant> carry_out() {
    for (;;) {
      call_.wait = std::clamp<Duration>(wait_end_ - boot_now(), 0s, one_wait_max);
      const Duration sent = boot_now();
      auto answer = core_.servers.once(client::acquire_request(call_), try_until(sent), stop_);
      // How long an earlier request of ours waited says nothing about when this one was granted.
      if (answer) {
        client::Holding holding = client::holding_of(*std::move(answer));
        const Duration waited = asked_before_ ? Duration::zero() : holding.waited;
        return grant_of(std::move(holding), sent, boot_now(), waited, ttl_);
      }
      const client::Problem& problem = answer.error();
      asked_before_ = asked_before_ || problem.code != ErrorCode::unreachable;
      if (stop_.stop_requested() || !again(problem, boot_now() - sent)) {
        return problem_of(std::move(answer).error(), stop_.stop_requested());
      }
    }
  }

 private:
  client::Deadline try_until(Duration sent) const {
    const bool repeatable = !call_.session.empty();
    const Duration patience = call_.wait + (repeatable ? patience_of(core_.timeout) : core_.timeout);
    return point_of(std::min(sent + patience, give_up_));
  }

  /// Whether to ask again, having paused where that is due.
  bool again(const client::Problem& problem, Duration took) {
    const bool waits_on = boot_now() < wait_end_;
    if (problem.code == ErrorCode::wait_over && waits_on && took > client::Backoff::first) return true;
    if (problem.code == ErrorCode::wait_over || problem.code == ErrorCode::queue_full) {
      return waits_on && pause(problem, wait_end_);
    }
    const client::Next next = client::next_after(problem, !call_.session.empty());
    if (next == client::Next::answer) return false;
    ++failures_;
    if (next == client::Next::elsewhere && failures_ % core_.servers.size() != 0 && boot_now() < give_up_) return true;
    return pause(problem, give_up_);
  }

  bool pause(const client::Problem& problem, Duration until) {
    const Duration time = backoff_.pause(problem, client::Servers::chance());
    return boot_now() + time < until && !client::Servers::paused(time, point_of(until), stop_);
  }

  client::Core& core_;
  const std::stop_token stop_;
  client::AcquireCall call_;
  const std::optional<Duration> ttl_;
  Duration begun_{}, wait_end_{}, give_up_{};
  bool asked_before_ = false;  ///< A request may have reached a server.
  std::size_t failures_ = 0;
  client::Backoff backoff_;
};

}  // namespace

BootTime::time_point BootTime::now() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return time_point(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

// Forms --------------------------------------------------------------------------------------------------------------

bool Problem::held_by_other() const {
  return code == "held" || code == "held_by_you" || code == "wait_over" || code == "wait_superseded" ||
         code == "queue_full" || code == "sessions_full";
}

bool Problem::means_lost() const {
  return code == "stale" || code == "nothing_held" || code == "unknown_token" || code == "not_yours";
}

Lease lease_of(client::Holding holding) {
  // Answers that are about a holder alone (check, request, transfer) do not say that there is one.
  const bool held = holding.held || (!holding.owner.empty() && !holding.json.contains("held"));
  return {.name = std::move(holding.name),
          .held = held,
          .token = holding.token,
          .owner = std::move(holding.owner),
          .session = std::move(holding.session),
          .since = std::move(holding.since),
          .note = std::move(holding.note),
          .ttl = in_ms(holding.ttl),
          .ends_in = in_ms(holding.ends_in),
          .waiting = holding.waiting,
          .last_owner = std::move(holding.last_owner),
          .ended = std::move(holding.ended),
          .position = text_at(holding.json, "position"),
          .json = json::serialize(holding.json)};
}

Problem problem_of(client::Problem problem, bool cancelled) {
  Problem out{.code = std::move(problem.name),
              .detail = std::move(problem.detail),
              .maybe_done = problem.fate == Fate::maybe_done,
              .cancelled = cancelled,
              .status = problem.status,
              .field = std::move(problem.field),
              .because = std::move(problem.because),
              .by = text_at(problem.holding.json, "by"),
              .reason = text_at(problem.holding.json, "reason"),
              .retry_after = problem.retry_after};
  out.json = json::serialize(problem.holding.json);
  out.holder = lease_of(std::move(problem.holding));
  return out;
}

Problem bad_field(const std::string& field, const std::string& why) {
  Problem problem = problem_of(client::problem_of(Error{ErrorCode::bad_field, field + ": " + why}));
  problem.field = field;
  return problem;
}

// Client -------------------------------------------------------------------------------------------------------------

Client::Client(std::shared_ptr<client::Core> core) : core_(std::move(core)) {}

Answer<Client> Client::open(ClientOptions options) {
  std::string servers = std::move(options.servers);
  if (servers.empty()) {
    const char* from_environment = std::getenv("HOLDFAST_SERVER");
    servers = from_environment && *from_environment ? from_environment
                                                    : "http://127.0.0.1:" + std::to_string(client::default_port);
  }
  auto urls = client::parse_urls(servers);
  if (!urls) return problem_of(client::problem_of(urls.error()));
  if (options.timeout <= 0ms || options.timeout > time_max) {
    return problem_of(client::problem_of(
        Error{ErrorCode::bad_configuration, "the timeout of a client is more than nothing and at most a year"}));
  }
  if (options.owner.empty()) options.owner = client::default_owner();
  return Client(std::make_shared<client::Core>(*std::move(urls), std::move(options.owner), options.timeout));
}

const std::string& Client::owner() const {
  return core_->owner;
}

std::string Client::server() const {
  return core_->servers.current().text();
}

Answer<Grant> Client::acquire(const Acquire& what) const {
  auto metadata = metadata_of(what.metadata);
  if (!metadata) return metadata.problem();
  client::AcquireCall call{.name = what.name,
                           .owner = core_->owner,
                           .session = what.session,
                           .ttl = what.ttl,
                           .note = what.note,
                           .holder = word(what.holder)};
  if (metadata->is_object()) call.metadata = *std::move(metadata);
  return Acquiring(*core_, what, std::move(call)).carry_out();
}

Answer<Grant> Client::renew(const HoldingId& holding, std::optional<std::chrono::milliseconds> ttl) const {
  client::TokenCall call = token_call(holding, core_->owner);
  call.ttl = ttl;
  Duration sent{};
  const client::Servers::Terms terms{
      .deadline = BootTime::now() + core_->timeout, .patience = patience_of(core_->timeout), .repeatable = true};
  auto answer = core_->servers.ask(
      [&] {
        sent = boot_now();
        return client::renew_request(call);
      },
      terms);
  if (!answer) return problem_of(std::move(answer).error());
  client::Holding renewed = client::holding_of(*std::move(answer));
  // Of a renewal as before the answer says what it was.
  const std::optional<Duration> asked = ttl ? std::optional<Duration>(*ttl) : std::nullopt;
  return grant_of(std::move(renewed), sent, boot_now(), Duration::zero(), asked);
}

Answer<bool> Client::release(const HoldingId& holding) const {
  auto answer = ask(*core_, client::release_request(token_call(holding, core_->owner)));
  if (!answer) return problem_of(std::move(answer).error());
  return client::flag_at(*answer, "released");
}

Answer<Lease> Client::check(const std::string& name, std::uint64_t token) const {
  return ask_for_lease(*core_, client::check_request(name, token));
}

Answer<Lease> Client::get(const std::string& name) const {
  return ask_for_lease(*core_, client::get_request(name));
}

Answer<LeasePage> Client::list(const List& what) const {
  auto answer = ask(*core_, client::list_request({.prefix = what.prefix,
                                                  .owner = what.owner,
                                                  .after = what.after,
                                                  .contended = what.contended,
                                                  .limit = what.limit}));
  if (!answer) return problem_of(std::move(answer).error());
  LeasePage out{.leases = {}, .next = {}, .position = text_at(*answer, "position")};
  client::Page page = client::page_of(*std::move(answer));
  for (client::Holding& holding : page.leases) out.leases.push_back(lease_of(std::move(holding)));
  out.next = std::move(page.next);
  return out;
}

Answer<HistoryPage> Client::history(const History& what) const {
  std::string target = what.name.empty() ? "/v1/history" : "/v1/history/" + path_of(what.name);
  client::add_parameter(target, "prefix", what.prefix);
  client::add_parameter(target, "owner", what.owner);
  client::add_parameter(target, "from", what.from);
  client::add_parameter(target, "to", what.to);
  client::add_parameter(target, "after", what.after);
  client::add_parameter(target, "limit", what.limit ? std::to_string(what.limit) : "");
  auto answer = ask(*core_, {.target = std::move(target)});
  if (!answer) return problem_of(std::move(answer).error());
  HistoryPage page{.holdings = {},
                   .next = text_at(*answer, "next"),
                   .has_gaps = answer->contains("gaps"),
                   .memory_only = client::flag_at(*answer, "memory_only"),
                   .position = text_at(*answer, "position"),
                   .json = json::serialize(*answer)};
  const json::value* holdings = answer->if_contains("holdings");
  if (!holdings || !holdings->is_array()) {
    return problem_of(client::problem_of(Error{ErrorCode::bad_answer, "a history without holdings"}));
  }
  for (const json::value& holding : holdings->get_array()) {
    if (holding.is_object()) page.holdings.push_back(past_of(holding.get_object()));
  }
  return page;
}

Answer<Grant> Client::take_over(const Takeover& what) const {
  auto metadata = metadata_of(what.metadata);
  if (!metadata) return metadata.problem();
  client::TakeoverCall call{.want = {.name = what.name,
                                     .owner = core_->owner,
                                     .session = what.session,
                                     .ttl = what.ttl,
                                     .note = what.note,
                                     .holder = word(what.holder)},
                            .token = what.token,
                            .flush = what.flush,
                            .reason = what.reason};
  if (metadata->is_object()) call.want.metadata = *std::move(metadata);
  const std::optional<Duration> ttl = what.ttl ? std::optional<Duration>(*what.ttl) : std::nullopt;
  const Duration window = what.flush ? Duration(*what.flush) : client::flush_expected;
  return ask_for_grant(*core_, client::takeover_request(call), ttl, std::clamp<Duration>(window, 0s, time_max),
                       what.stop);
}

Answer<Grant> Client::move(const Move& what) const {
  const client::TokenCall to{.name = what.name, .token = what.token, .owner = core_->owner, .session = what.session};
  return ask_for_grant(*core_, client::move_request(to), std::nullopt);
}

Answer<Lease> Client::request(const std::string& name, const std::string& message) const {
  const client::AskCall call{.name = name, .owner = core_->owner, .session = {}, .message = message};
  return ask_for_lease(*core_, client::ask_request(call));
}

Answer<Lease> Client::transfer(const Transfer& what) const {
  const client::TransferCall call{
      .from = token_call(what.holding, core_->owner), .to = what.to, .to_session = what.to_session};
  return ask_for_lease(*core_, client::transfer_request(call));
}

Answer<Lease> Client::revoke(const Revoke& what) const {
  const client::RevokeCall call{.name = what.name, .token = what.token, .owner = core_->owner, .reason = what.reason};
  return ask_for_lease(*core_, client::revoke_request(call));
}

Answer<SessionAnswer> Client::renew_session(const std::string& session,
                                            std::optional<std::chrono::milliseconds> ttl) const {
  const Request request = client::renew_session_request({.session = session, .owner = core_->owner, .ttl = ttl});
  const Duration before = boot_now();
  auto answer = ask(*core_, request);
  if (!answer) return problem_of(std::move(answer).error());
  return SessionAnswer{.leases = client::number_at(*answer, "renewed").value_or(0),
                       .valid_until = point_of(before + ttl.value_or(0ms)),
                       .json = json::serialize(*answer)};
}

Answer<SessionAnswer> Client::end_session(const std::string& session) const {
  const Request request = client::end_session_request({.session = session, .owner = core_->owner});
  const BootTime::time_point before = BootTime::now();
  auto answer = ask(*core_, request);
  if (!answer) return problem_of(std::move(answer).error());
  return SessionAnswer{.leases = client::number_at(*answer, "ended").value_or(0),
                       .valid_until = before,
                       .json = json::serialize(*answer)};
}

}  // namespace holdfast
