#include "simulate/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace holdfast::simulate {
namespace {

using recording::Operation;
using Result = recording::Outcome;

Nanos ttl_of(Duration ttl) {
  return ttl == core::forever ? 0 : ttl.count();
}

bool begins(What what) {
  return what == What::acquire || what == What::takeover || what == What::move;
}

Result outcome_of(const Call& call) {
  const Told& told = call.told;
  if (told.refused_connection) return Result::error;
  switch (told.code) {
    case ErrorCode::none:
      // It was over before: what was named is no holding any more.
      return call.ask.what == What::release && !told.ended ? Result::stale : Result::ok;
    case ErrorCode::held:
    case ErrorCode::held_by_you:
    case ErrorCode::takeover_pending:
      return Result::busy;
    case ErrorCode::not_yours:  // The token is the newest, but of another session.
      return told.held ? Result::busy : Result::error;
    case ErrorCode::stale:
    case ErrorCode::unknown_token:
    case ErrorCode::nothing_held:
      return Result::stale;
    case ErrorCode::wait_over:
      return Result::over;
    case ErrorCode::commit_unknown:
    case ErrorCode::grant_lapsed:  // A holding began, and ended before anybody was told.
      return Result::unknown;
    default:
      return Result::error;
  }
}

}  // namespace

core::Command command_of(const Call& call, const Cast& cast) {
  const Ask& ask = call.ask;
  const std::string& name = cast.name(ask.name);
  const core::Who& who = cast.who(call.client);
  const core::Token token{ask.token};
  const auto acquire = [&] { return core::Acquire{.name = name, .who = who, .ttl = ask.ttl, .wait = ask.wait}; };
  switch (ask.what) {
    case What::acquire:
      return acquire();
    case What::renew:
      return core::Renew{name, token, who, ask.ttl > Duration::zero() ? std::optional(ask.ttl) : std::nullopt};
    case What::release:
      return core::Release{name, token, who};
    case What::takeover:
      return core::Takeover{acquire(), token, ask.flush, "now"};
    case What::move:
      return core::Move{name, token, who, {}};
    case What::transfer:
      return core::Transfer{name, token, who, cast.who(ask.to).owner, cast.who(ask.to).session, {}};
    case What::revoke:
      return core::Revoke{name, token, who, "tidy"};
    default:
      return core::Get{name};
  }
}

Told told_of(const core::Reply& reply, const Cast& cast) {
  Told told;
  told.code = reply.code;
  told.held = reply.lease.held;
  told.ended = reply.ended;
  told.joined = reply.joined;
  told.token = reply.lease.token.value;
  told.previous = reply.lease.previous.value;
  told.ttl = reply.lease.ttl;
  told.waited = reply.waited;
  if (reply.lease.held) told.holder = cast.client_of(reply.lease.who.owner, reply.lease.who.session);
  return told;
}

Record::Record(const Cast& cast, const Plan& plan, recording::Recording& into) : into_(into) {
  into.about = fmt::format("simulated world of seed {}", plan.seed);
  into.lock.tokens = true;
  into.lock.leases = true;
  into.lock.late_renewal = true;
  into.lock.reentrant = true;
  // Not fifo: a request that the network delivers twice keeps its place in a queue without any client knowing. The
  // observer looks at queues themselves.
  for (Index client = 0; client < cast.clients(); ++client) {
    const core::Who& who = cast.who(client);
    into.clients.push_back({who.owner + "/" + who.session, who.owner});
  }
  for (Index name = 0; name < cast.names(); ++name) into.names.push_back(cast.name(name));
}

std::size_t Record::called(const Call& call) {
  Operation operation;
  operation.called = call.sent;
  operation.call = static_cast<std::uint32_t>(into_.operations.size() + 1);
  operation.client = call.client;
  operation.name = call.ask.name;
  operation.what = call.ask.what;
  operation.token = call.ask.token;
  if (call.ask.what == What::transfer) operation.holder = call.ask.to;
  if (call.ask.what == What::write) operation.value = call.ask.value;
  into_.operations.push_back(operation);
  asked_.push_back(call.ask.ttl == core::forever ? recording::never : call.ask.ttl.count());
  return into_.operations.size() - 1;
}

void Record::returned(const Call& call, Nanos now) {
  Operation& operation = into_.operations[call.operation];
  const Told& told = call.told;
  operation.returned = now;
  operation.outcome = outcome_of(call);
  if (call.ask.what == What::read || call.ask.what == What::write) {
    if (call.ask.what == What::read) operation.value = told.value;
    return;
  }
  if (operation.outcome == Result::unknown || operation.outcome == Result::error) return;
  operation.shown = told.token;
  operation.held = told.held;
  operation.joined = told.joined;
  const bool given = call.ask.what == What::transfer && operation.outcome == Result::ok;
  if (!given) operation.holder = told.held ? told.holder : recording::nobody;
  if (operation.outcome != Result::ok) return;
  if (begins(call.ask.what) || call.ask.what == What::renew) operation.ttl = ttl_of(told.ttl);
  if (call.ask.what == What::transfer) operation.ttl = ttl_of(told.ttl);
  if (begins(call.ask.what) || call.ask.what == What::transfer) operation.previous = told.previous;
  // Of a free name a takeover is an acquire, whatever holding it meant.
  if (call.ask.what == What::takeover && told.previous != call.ask.token) operation.token = 0;
  if (begins(call.ask.what)) operation.waited = told.waited.count();
}

void Record::settle() {
  // A request may be late by so much, and shorten what was promised after it was sent.
  constexpr Nanos late_max = 30 * second;
  std::map<std::pair<Index, Index>, std::vector<std::size_t>> of_session;
  for (std::size_t i = 0; i < into_.operations.size(); ++i) {
    const Operation& operation = into_.operations[i];
    if (asked_[i] > 0 && asked_[i] != recording::never && operation.outcome != Result::error) {
      of_session[{operation.client, operation.name}].push_back(i);
    }
  }
  for (Operation& operation : into_.operations) {
    const bool given = operation.what == What::transfer;
    const bool promises =
        operation.outcome == Result::ok && (begins(operation.what) || operation.what == What::renew || given);
    const auto asks = of_session.find({given ? operation.holder : operation.client, operation.name});
    if (!promises || asks == of_session.end()) continue;
    const Nanos from = operation.called + operation.waited;
    Nanos until = operation.ttl == 0 ? recording::never : from + operation.ttl;
    const auto sent = [&](std::size_t i) { return into_.operations[i].called; };
    for (auto ask = std::ranges::lower_bound(asks->second, operation.called - late_max, {}, sent);
         ask != asks->second.end() && sent(*ask) < until; ++ask) {
      if (&into_.operations[*ask] != &operation) until = std::min(until, std::max(sent(*ask), from) + asked_[*ask]);
    }
    if (until != recording::never) operation.ttl = until - from;
  }
}

void Record::lost(const Displaced& one, Nanos now) {
  into_.losses.push_back({now, one.client, one.name, one.token, std::string{core::word(one.why)}});
}

void Record::fault(const PlannedFault& fault) {
  const bool of_client = fault.kind == FaultKind::client_pause || fault.kind == FaultKind::client_dies;
  into_.faults.push_back(
      {fault.at, fault.until, of_client ? fault.client : recording::nobody, std::string{word(fault.kind)}});
}

}  // namespace holdfast::simulate
