// Effects to test the history with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/effects.h"
#include "history/entry.h"

namespace holdfast::history {

/// Second number `second` of a day.
inline WallTime at(std::int64_t second) {
  return WallTime{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}} + std::chrono::seconds(second);
}

inline core::Granted granted(const std::string& name, const std::string& owner, std::uint64_t token,
                             std::int64_t second) {
  core::Granted grant{.name = name, .who = {owner, owner + "-1"}, .token = {token}, .ttl = std::chrono::seconds(30)};
  grant.since = at(second);
  grant.from = "192.0.2.7";
  return grant;
}

inline core::Released released(const std::string& name, const std::string& owner, std::uint64_t token,
                               std::int64_t second, bool ends = true) {
  return {name, owner + "-1", {token}, at(second), owner, ends};
}

inline core::Lapsed lapsed(const std::string& name, const std::string& owner, std::uint64_t token, std::int64_t second,
                           bool ends = true) {
  return {name, owner + "-1", {token}, at(second), owner, ends};
}

inline core::Taken taken(const std::string& name, const std::string& owner, std::uint64_t token, std::int64_t second,
                         core::Loss displaced, const std::string& reason) {
  return {granted(name, owner, token, second), displaced, reason};
}

/// `effects` at positions 1, 2, ...
inline std::vector<Entry> entries(std::vector<core::Effect> effects, std::uint64_t first = 1) {
  std::vector<Entry> out;
  for (core::Effect& effect : effects) out.push_back({{first++}, 0, std::move(effect)});
  return out;
}

inline std::shared_ptr<const std::vector<core::Effect>> batch(std::vector<core::Effect> effects) {
  return std::make_shared<const std::vector<core::Effect>>(std::move(effects));
}

}  // namespace holdfast::history
