#include "server/service.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "server/peer_address.h"

namespace holdfast::server {

void Clients::add(std::uint64_t client, int socket) {
  std::string address = address_of_peer(socket);
  const std::lock_guard lock(mutex_);
  open_.insert_or_assign(client, Open{socket, std::move(address)});
}

void Clients::remove(std::uint64_t client) {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(client);
  if (found == open_.end()) return;
  if (closed_in_order_.size() == closed_max) {
    closed_.erase(closed_in_order_.front());
    closed_in_order_.pop_front();
  }
  if (closed_.insert_or_assign(client, std::move(found->second.address)).second) closed_in_order_.push_back(client);
  open_.erase(found);
}

bool Clients::present(std::uint64_t client) const {
  const std::lock_guard lock(mutex_);
  const auto found = open_.find(client);
  if (found == open_.end()) return false;
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(found->second.socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return false;
  return info.tcpi_state == TCP_ESTABLISHED;  // CLOSE_WAIT: the peer has closed, only nobody has read that yet.
}

bool Clients::open(std::uint64_t client) const {
  const std::lock_guard lock(mutex_);
  return open_.contains(client);
}

std::string Clients::address_of(std::uint64_t client) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = open_.find(client); found != open_.end()) return found->second.address;
  const auto closed = closed_.find(client);
  return closed == closed_.end() ? std::string{} : closed->second;
}

void Service::room_changed(bool out, const journal::Room& room) {
  out_of_room = out;
  if (out) {
    log_.write(Log::Level::error,
               "the disk is full: nothing new can be owned; reads, renewals and releases go on. Make room",
               {{"left_bytes", std::to_string(room.bytes)}});
  } else {
    log_.write(Log::Level::info, "there is room on the disk again: everything is served");
  }
}

core::TakeBack Service::take_back(std::string name, core::Token token, core::Who who) {
  metrics_.grants_taken_back.fetch_add(1, std::memory_order_relaxed);
  core::Reply told;
  told.lease.name = name;
  told.lease.token = token;
  told.who = who;
  monitor_.taken_back(told);
  return {std::move(name), token, std::move(who)};
}

std::uint64_t Service::add_lane(Lane& lane) {
  lanes_.push_back(&lane);
  return lanes_.size();  // From 1: client 0 is nobody.
}

void Service::look_after_lanes() {
  for (Lane* lane : lanes_) lane->look_after();
}

void Service::deliver(std::vector<core::Answer>& leaving) {
  monitor_.observe(leaving);
  if (leaving.empty()) return;
  const std::uint64_t first = leaving.front().to.client >> lane_shift;
  const auto of_first = [&](const core::Answer& answer) { return answer.to.client >> lane_shift == first; };
  if (first >= 1 && first <= lanes_.size() && std::ranges::all_of(leaving, of_first)) {
    return lanes_[first - 1]->deliver(std::move(leaving));
  }
  std::vector<std::vector<core::Answer>> by_lane(lanes_.size());
  for (core::Answer& answer : leaving) {
    const std::uint64_t lane = answer.to.client >> lane_shift;
    if (lane >= 1 && lane <= lanes_.size()) by_lane[lane - 1].push_back(std::move(answer));
  }
  for (std::size_t lane = 0; lane < lanes_.size(); ++lane) {
    if (!by_lane[lane].empty()) lanes_[lane]->deliver(std::move(by_lane[lane]));
  }
}

}  // namespace holdfast::server
