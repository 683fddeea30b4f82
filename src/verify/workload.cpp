#include "verify/workload.h"

#include <algorithm>
#include <array>
#include <thread>

namespace holdfast::verify {
namespace {

constexpr std::array workloads{&contend_workload, &counter_workload, &names_workload, &renew_workload,
                               &pause_workload,   &crash_workload,   &stale_workload, &reentry_workload,
                               &waiting_workload, &takeover_workload};

void add_once(std::vector<std::string>& to, const std::string& text) {
  if (std::ranges::find(to, text) == to.end()) to.push_back(text);
}

}  // namespace

std::span<const Workload* const> all_workloads() {
  return workloads;
}

const Workload* find_workload(std::string_view name) {
  const auto found = std::ranges::find(workloads, name, [](const Workload* workload) { return workload->name; });
  return found == workloads.end() ? nullptr : *found;
}

std::string_view lacks_leases(const Manner& manner) {
  return manner.traits.lock.leases ? "" : "it has no ttl";
}

void Stage::together(std::size_t times, const std::function<void(std::size_t)>& part) {
  std::vector<std::jthread> threads;
  threads.reserve(times);
  for (std::size_t i = 0; i < times; ++i) threads.emplace_back([&part, i] { part(i); });
}

void Stage::note(const std::string& text) {
  const std::scoped_lock lock(guarding_notes_);
  add_once(notes, text);
}

void Stage::miss(const std::string& text) {
  const std::scoped_lock lock(guarding_notes_);
  add_once(missed, text);
}

}  // namespace holdfast::verify
