#include "verify/recorder.h"

#include <algorithm>
#include <utility>

namespace holdfast::verify {

using namespace recording;

Recorder::Recorder(Lock lock) {
  recording_.lock = lock;
}

Index Recorder::add_client(const std::string& name) {
  const std::scoped_lock guard(mutex_);
  const auto [at, is_new] = clients_.try_emplace(name, static_cast<Index>(recording_.clients.size()));
  if (is_new) recording_.clients.push_back({.name = name});
  return at->second;
}

Index Recorder::add_name(const std::string& name) {
  const std::scoped_lock guard(mutex_);
  const auto [at, is_new] = names_.try_emplace(name, static_cast<Index>(recording_.names.size()));
  if (is_new) recording_.names.push_back(name);
  return at->second;
}

std::string Recorder::name_of(Index name) const {
  const std::scoped_lock guard(mutex_);
  return recording_.names[name];
}

Index Recorder::client_called(const std::string& name) const {
  const std::scoped_lock guard(mutex_);
  const auto found = clients_.find(name);
  return found == clients_.end() ? nobody : found->second;
}

void Recorder::add(Operation operation) {
  const std::scoped_lock guard(mutex_);
  operation.call = static_cast<std::uint32_t>(recording_.operations.size());
  recording_.operations.push_back(operation);
}

void Recorder::add(Fault fault) {
  const std::scoped_lock guard(mutex_);
  recording_.faults.push_back(std::move(fault));
}

void Recorder::add_sighting(Sighting sighting, const std::string& name) {
  const std::scoped_lock guard(mutex_);
  if (!name.empty()) {
    const auto found = names_.find(name);
    if (found == names_.end()) return;
    sighting.name = found->second;
  }
  recording_.sightings.push_back(sighting);
}

std::size_t Recorder::operations() const {
  const std::scoped_lock guard(mutex_);
  return recording_.operations.size();
}

Recording Recorder::take(std::string about) {
  const std::scoped_lock guard(mutex_);
  recording_.about = std::move(about);
  std::ranges::stable_sort(recording_.operations, {}, &Operation::called);
  std::ranges::stable_sort(recording_.faults, {}, &Fault::at);
  std::ranges::stable_sort(recording_.sightings, {}, &Sighting::at);
  std::uint32_t call = 0;
  for (Operation& operation : recording_.operations) operation.call = ++call;  // In the order in which they are read.
  clients_.clear();
  names_.clear();
  return std::exchange(recording_, {});
}

}  // namespace holdfast::verify
