#include "server/conflict_monitor.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace holdfast::server {
namespace {

std::size_t hash(std::string_view text) {
  return std::hash<std::string_view>{}(text);
}

}  // namespace

bool ConflictMonitor::Told::is_of(core::Token of, std::string_view whose) const {
  return token == of && owner == hash(whose);
}

bool ConflictMonitor::Told::ended_by(core::Token previous, core::Loss before) const {
  using core::Loss;
  // A release or a lapse explains nothing: whoever held was told of the one, and the other has its time.
  const bool taken =
      before == Loss::taken_over || before == Loss::moved || before == Loss::transferred || before == Loss::revoked;
  return taken && previous == token;
}

Instant ConflictMonitor::Told::until() const {
  Instant last{};
  for (const Believer& each : believers) last = std::max(last, each.until);
  return last;
}

void ConflictMonitor::Told::forget(std::size_t session) {
  const auto others = std::ranges::remove(believers, session, &Believer::session);
  believers.erase(others.begin(), others.end());
}

void ConflictMonitor::observe(const core::Reply& reply) {
  const std::lock_guard lock(mutex_);
  take(reply);
}

void ConflictMonitor::observe(std::span<const core::Answer> answers) {
  const std::lock_guard lock(mutex_);
  if (answers.size() > 1) {
    // Among a million names each look is a wait for memory; one after the other, these waits overlap.
    for (const core::Answer& answer : answers) {
      if (answer.reply.void_after <= Instant{} || answer.reply.code != ErrorCode::none) continue;
      const std::size_t name = hash(answer.reply.lease.name);
      shard_of(name).told.find(name);
    }
  }
  for (const core::Answer& answer : answers) take(answer.reply);
}

void ConflictMonitor::take(const core::Reply& reply) {
  const bool lapsed = reply.code == ErrorCode::grant_lapsed;  // Of what it ended and displaced, all is true.
  if (reply.code != ErrorCode::none && !lapsed) return;
  for (const core::Reply::Part& part : reply.parts) {
    over(part.name, part.token, part.who.owner.empty() ? reply.who : part.who);
  }
  for (const core::Reply::Grant& each : reply.granted) {
    if (lapsed) {
      forget_displaced(each.lease, each.before);
    } else {
      granted({each.lease, each.who, each.granted_at, each.void_after, each.before});
    }
  }
  if (lapsed) return forget_displaced(reply.lease, reply.before);
  if (reply.lease.name.empty()) return;
  if (reply.void_after > Instant{}) {
    granted({reply.lease, reply.who, reply.granted_at, reply.void_after, reply.before});
  } else if (reply.ended) {
    over(reply.lease.name, reply.lease.token, reply.who);
  } else if (reply.before == core::Loss::revoked) {
    const std::size_t name = hash(reply.lease.name);
    const auto found = shard_of(name).told.find(name);
    if (found != shard_of(name).told.end() && found->second.token == reply.lease.token)
      shard_of(name).told.erase(found);
  } else if (reply.before == core::Loss::transferred) {
    forget_displaced(reply.lease, reply.before);  // Whoever gave it away was told so; who has it now may never ask.
  }
}

void ConflictMonitor::forget_displaced(const core::LeaseView& lease, core::Loss before) {
  const std::size_t name = hash(lease.name);
  Shard& shard = shard_of(name);
  const auto found = shard.told.find(name);
  if (found != shard.told.end() && found->second.ended_by(lease.previous, before)) shard.told.erase(found);
}

void ConflictMonitor::granted(const Grant& grant) {
  const std::size_t name = hash(grant.lease.name);
  Shard& shard = shard_of(name);
  auto found = shard.told.find(name);
  if (found == shard.told.end()) {
    if (shard.told.size() >= shard.sweep_at && grant.granted_at >= shard.sweep_after) sweep(shard, grant.granted_at);
    if (shard.told.size() >= names_max / shards) return;
    found = shard.told.emplace(name, Told{}).first;
  }
  Told& told = found->second;
  if (!told.is_of(grant.lease.token, grant.who.owner)) {
    if (grant.granted_at < told.until() && !told.ended_by(grant.lease.previous, grant.before)) report(grant, told);
    told = {grant.lease.token, hash(grant.who.owner), {}};
  }
  const std::size_t session = hash(grant.who.session);
  const auto known = std::ranges::find(told.believers, session, &Believer::session);
  if (known != told.believers.end()) {
    known->until = grant.void_after;
  } else {
    told.believers.push_back({session, grant.void_after});
  }
}

void ConflictMonitor::over(std::string_view name_text, core::Token token, const core::Who& who) {
  const std::size_t name = hash(name_text);
  Shard& shard = shard_of(name);
  const auto found = shard.told.find(name);
  // Whoever releases ends its own belief and nobody else's, whatever the engine made of it.
  if (found == shard.told.end() || !found->second.is_of(token, who.owner)) return;
  found->second.forget(hash(who.session));
  if (found->second.believers.empty()) shard.told.erase(found);
}

void ConflictMonitor::taken_back(const core::Reply& reply) {
  const std::lock_guard lock(mutex_);
  over(reply.lease.name, reply.lease.token, reply.who);
  for (const core::Reply::Grant& each : reply.granted) over(each.lease.name, each.lease.token, each.who);
}

void ConflictMonitor::sweep(Shard& shard, Instant now) {
  const std::size_t before = shard.told.size();
  erase_if(shard.told, [&](const auto& entry) { return entry.second.until() <= now; });
  // Where all of them are long leases, the next name and the one after it would each have to look at all of them again.
  if (shard.told.size() > before / 8 * 7) shard.sweep_after = now + std::chrono::seconds(1);
  // Never beyond the bound, or new names would not be watched for good.
  shard.sweep_at = std::clamp<std::size_t>(2 * shard.told.size(), 1'000, names_max / shards);
}

void ConflictMonitor::report(const Grant& grant, const Told& other) {
  metrics_.buffer_conflicts.fetch_add(1, std::memory_order_relaxed);
  const core::LeaseView& lease = grant.lease;
  const Log::Fields fields{{"name", lease.name},
                           {"owner", grant.who.owner},
                           {"session", grant.who.session},
                           {"token", std::to_string(lease.token.value)},
                           {"other_token", std::to_string(other.token.value)}};
  log_.write(Log::Level::debug, "lock acquisition failed after availability check passed", fields);
  log_.write(Log::Level::warn, "buffer ownership conflict detected", fields);
  log_.write(Log::Level::error, fmt::format("multiple owners for buffer_id={}", lease.buffer), fields);
}

}  // namespace holdfast::server
