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

void ConflictMonitor::observe(const core::Reply& reply) {
  if (reply.lease.name.empty()) return;
  const std::size_t key = hash(reply.lease.name);
  const bool granted = reply.code == ErrorCode::none && reply.void_after > Instant{};
  const bool released = reply.code == ErrorCode::none && reply.ended;
  if (!granted && !released) return;

  const std::lock_guard lock(mutex_);
  const auto found = told_.find(key);
  if (released) {
    // The last session's release ends the holding. With a successor the lease is held again, under another token.
    const bool over = !reply.lease.held || (found != told_.end() && reply.lease.token != found->second.token);
    if (found != told_.end() && over) told_.erase(found);
    return;
  }
  const Told now{reply.lease.token, hash(reply.who.owner), reply.void_after};
  if (found == told_.end()) {
    if (told_.size() >= sweep_at_) sweep(reply.granted_at);
    if (told_.size() < names_max) told_.emplace(key, now);
    return;
  }
  Told& other = found->second;
  const bool same_holding = other.token == now.token && other.owner == now.owner;
  if (!same_holding && reply.granted_at < other.until) report(reply, other);
  other.until = same_holding ? std::max(other.until, now.until) : now.until;
  other.token = now.token;
  other.owner = now.owner;
}

void ConflictMonitor::sweep(Instant now) {
  erase_if(told_, [&](const auto& entry) { return entry.second.until <= now; });
  sweep_at_ = std::max<std::size_t>(100'000, 2 * told_.size());
}

void ConflictMonitor::taken_back(std::string_view name, core::Token token) {
  const std::lock_guard lock(mutex_);
  const auto found = told_.find(hash(name));
  if (found != told_.end() && found->second.token == token) told_.erase(found);
}

void ConflictMonitor::report(const core::Reply& reply, const Told& other) {
  metrics_.buffer_conflicts.fetch_add(1, std::memory_order_relaxed);
  const core::LeaseView& lease = reply.lease;
  const Log::Fields fields{{"name", lease.name},
                           {"owner", reply.who.owner},
                           {"session", reply.who.session},
                           {"token", std::to_string(lease.token.value)},
                           {"other_token", std::to_string(other.token.value)}};
  log_.write(Log::Level::debug, "lock acquisition failed after availability check passed", fields);
  log_.write(Log::Level::warn, "buffer ownership conflict detected", fields);
  log_.write(Log::Level::error, fmt::format("multiple owners for buffer_id={}", lease.buffer), fields);
}

}  // namespace holdfast::server
