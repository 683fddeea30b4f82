#include "engine/session_page.h"

#include <algorithm>

namespace holdfast::engine {
namespace {

void add_client(std::vector<std::uint64_t>& clients, std::uint64_t client) {
  const bool fits = client != 0 && clients.size() < SessionPage::clients_max;
  if (fits && std::ranges::find(clients, client) == clients.end()) clients.push_back(client);
}

/// A wait is over when its connection is closed, so this one is open.
void put_first(std::vector<std::uint64_t>& clients, std::uint64_t client) {
  std::erase(clients, client);
  if (clients.size() == SessionPage::clients_max) clients.pop_back();
  clients.insert(clients.begin(), client);
}

}  // namespace

SessionPage::SessionPage(core::Who after, std::string owner, std::size_t limit)
    : after_(std::move(after)), owner_(std::move(owner)), limit_(limit) {}

SessionLine* SessionPage::line(const std::string& owner, const std::string& session) {
  if (!owner_.empty() && owner != owner_) return nullptr;
  const auto names = std::tie(owner, session);
  if (names <= std::tie(after_.owner, after_.session)) return nullptr;
  if (const auto found = lines_.find(names); found != lines_.end()) return &found->second;
  if (lines_.size() == limit_) {
    more_ = true;
    const auto last = std::prev(lines_.end());
    if (!Before{}(names, last->first)) return nullptr;
    lines_.erase(last);  // Whoever is put off the page stays off: its last line only ever comes nearer.
  }
  core::Who who{owner, session};
  return &lines_.emplace(who, SessionLine{.who = who}).first->second;
}

void SessionPage::look(const core::Lease& lease) {
  for (const core::Part& part : lease.parts) {
    SessionLine* const of = part.lapsed ? nullptr : line(lease.owner, part.session);
    if (!of) continue;
    ++of->leases;
    add_client(of->clients, part.answered.client);
    const bool shown = of->names.size() < names_max || lease.name < of->names.back();
    if (!shown) continue;
    of->names.insert(std::ranges::lower_bound(of->names, lease.name), lease.name);
    if (of->names.size() > names_max) of->names.pop_back();
  }
  const auto waits = [this](const core::Who& who, std::uint64_t client) {
    SessionLine* const of = line(who.owner, who.session);
    if (!of) return;
    ++of->waits;
    put_first(of->clients, client);
  };
  if (lease.queue) {
    for (const core::WaitQueue::Place& place : lease.queue->places) {
      waits(place.waiter.command.who, place.waiter.from.client);
    }
  }
  const core::PendingTakeover* const pending = lease.pending();
  if (pending && pending->command) waits(pending->by, pending->from.client);
}

std::vector<SessionLine> SessionPage::take() {
  std::vector<SessionLine> lines;
  lines.reserve(lines_.size());
  for (auto& [who, found] : lines_) lines.push_back(std::move(found));
  lines_.clear();
  return lines;
}

}  // namespace holdfast::engine
