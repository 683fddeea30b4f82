#include "server/conflict_monitor.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text_hash.h"

namespace holdfast::server {
namespace {

const std::uint64_t salt = salt_of_process();

/// Never 0, which is nobody's.
inline std::uint64_t hash(std::string_view text) {
  return std::max<std::uint64_t>(hash_of(text, salt), 1);
}

inline std::uint32_t short_hash(std::string_view text) {
  return std::max(static_cast<std::uint32_t>(hash(text)), 1U);
}

bool is_of(const Told& told, core::Token token, std::string_view owner) {
  return told.token == token && told.owner == short_hash(owner);
}

/// The answer that grants the next holding says that this one was ended by somebody who may.
bool ended_by(const Told& told, core::Token previous, core::Loss before) {
  using core::Loss;
  // A release or a lapse explains nothing: whoever held was told of the one, and the other has its time.
  const bool taken =
      before == Loss::taken_over || before == Loss::moved || before == Loss::transferred || before == Loss::revoked;
  return taken && previous == told.token;
}

}  // namespace

void ConflictMonitor::observe(std::span<const core::Answer> leaving) {
  const std::lock_guard lock(mutex_);
  if (leaving.size() > 1) {
    // Among a million names each look is a wait for memory; begun together, these waits overlap.
    for (const core::Answer& answer : leaving) {
      if (answer.reply.lease.name.empty()) continue;
      const std::uint64_t name = hash(answer.reply.lease.name);
      shard_of(name).told.prefetch(name);
    }
  }
  for (const core::Answer& answer : leaving) take(answer.reply);
}

void ConflictMonitor::observe(const core::Reply& reply) {
  const std::lock_guard lock(mutex_);
  take(reply);
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
    const std::uint64_t name = hash(reply.lease.name);
    Shard& shard = shard_of(name);
    Told* const told = shard.told.find(name);
    if (told && told->token == reply.lease.token) erase(shard, *told);
  } else if (reply.before == core::Loss::transferred) {
    forget_displaced(reply.lease, reply.before);  // Whoever gave it away was told so; who has it now may never ask.
  }
}

void ConflictMonitor::forget_displaced(const core::LeaseView& lease, core::Loss before) {
  const std::uint64_t name = hash(lease.name);
  Shard& shard = shard_of(name);
  Told* const told = shard.told.find(name);
  if (told && ended_by(*told, lease.previous, before)) erase(shard, *told);
}

void ConflictMonitor::granted(const Grant& grant) {
  const std::uint64_t name = hash(grant.lease.name);
  const std::uint32_t session = short_hash(grant.who.session);
  Shard& shard = shard_of(name);
  Told* told = shard.told.find(name);
  if (told && is_of(*told, grant.lease.token, grant.who.owner)) {
    return believe(shard, *told, session, grant.void_after);
  }
  const Told newest{.name = name,
                    .token = grant.lease.token,
                    .until = grant.void_after,
                    .owner = short_hash(grant.who.owner),
                    .session = session};
  if (told) {
    if (grant.granted_at < told->until && !ended_by(*told, grant.lease.previous, grant.before)) {
      report(grant, told->token);
    }
    shard.several.erase(name);
    *told = newest;
    return;
  }
  if (shard.told.size() >= shard.sweep_at && grant.granted_at >= shard.sweep_after) sweep(shard, grant.granted_at);
  if (shard.told.size() < names_max / shards) shard.told.add(newest);
}

void ConflictMonitor::believe(Shard& shard, Told& told, std::uint32_t session, Instant until) {
  if (told.session == session) {
    told.until = until;
    return;
  }
  std::vector<Believer>& believers = shard.several[told.name];
  if (told.session != 0) believers.push_back({std::exchange(told.session, 0), told.until});
  const auto known = std::ranges::find(believers, session, &Believer::session);
  if (known != believers.end()) {
    known->until = until;
  } else {
    believers.push_back({session, until});
  }
  told.until = std::ranges::max(believers, {}, &Believer::until).until;
}

void ConflictMonitor::erase(Shard& shard, Told& told) {
  if (told.session == 0) shard.several.erase(told.name);
  shard.told.erase(told);
}

void ConflictMonitor::over(std::string_view name_text, core::Token token, const core::Who& who) {
  const std::uint64_t name = hash(name_text);
  const std::uint32_t session = short_hash(who.session);
  Shard& shard = shard_of(name);
  Told* const told = shard.told.find(name);
  // Whoever releases ends its own belief and nobody else's, whatever the engine made of it.
  if (!told || !is_of(*told, token, who.owner)) return;
  if (told->session == session) return erase(shard, *told);
  if (told->session != 0) return;
  std::vector<Believer>& believers = shard.several[name];
  std::erase_if(believers, [&](const Believer& each) { return each.session == session; });
  if (believers.empty()) return erase(shard, *told);
  told->until = std::ranges::max(believers, {}, &Believer::until).until;
}

void ConflictMonitor::taken_back(const core::Reply& reply) {
  const std::lock_guard lock(mutex_);
  over(reply.lease.name, reply.lease.token, reply.who);
  for (const core::Reply::Grant& each : reply.granted) over(each.lease.name, each.lease.token, each.who);
}

void ConflictMonitor::sweep(Shard& shard, Instant now) {
  const std::size_t before = shard.told.size();
  shard.told.erase_if([&](const Told& told) { return told.until <= now; });
  std::erase_if(shard.several, [&](const auto& entry) { return !shard.told.find(entry.first); });
  // Where all of them are long leases, the next name and the one after it would each have to look at all of them again.
  if (shard.told.size() > before / 8 * 7) shard.sweep_after = now + std::chrono::seconds(1);
  // Never beyond the bound, or new names would not be watched for good.
  shard.sweep_at = std::clamp<std::size_t>(2 * shard.told.size(), 1'000, names_max / shards);
}

void ConflictMonitor::report(const Grant& grant, core::Token other) {
  metrics_.buffer_conflicts.fetch_add(1, std::memory_order_relaxed);
  const core::LeaseView& lease = grant.lease;
  const Log::Fields fields{{"name", lease.name},
                           {"owner", grant.who.owner},
                           {"session", grant.who.session},
                           {"token", std::to_string(lease.token.value)},
                           {"other_token", std::to_string(other.value)}};
  log_.write(Log::Level::debug, "lock acquisition failed after availability check passed", fields);
  log_.write(Log::Level::warn, "buffer ownership conflict detected", fields);
  log_.write(Log::Level::error, fmt::format("multiple owners for buffer_id={}", lease.buffer), fields);
}

}  // namespace holdfast::server
