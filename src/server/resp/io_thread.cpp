#include "server/resp/io_thread.h"

#include "server/closing.h"
#include "server/peer_address.h"
#include "server/resp/connection.h"

namespace holdfast::server::resp {
IoThread::IoThread(Service& its_service, const Options& its_options, Scripts& its_scripts, EventStreams& its_streams)
    : service(its_service),
      options(its_options),
      scripts(its_scripts),
      streams(its_streams),
      loop({.round_over = [this] { return submit(); },
            .taken = [this] { submit_some(); },
            .removed = [this](Peer& peer) { removed(peer); },
            .second = [this](Loop::Clock::time_point now) { look_at_times(now); }}),
      lane_(service.add_lane(*this)) {}

IoThread::~IoThread() {
  join();
}

void IoThread::start() {
  for (const Helm::Hand hand : {Helm::Hand::first, Helm::Hand::second})
    threads_.emplace_back([this, hand] { serve(hand); });
}

void IoThread::serve(Helm::Hand hand) {
  while (helm_.await(hand)) loop.run();
}

void IoThread::look_after() {
  if (helm_.relieve()) service.metrics().threads_relieved.fetch_add(1, std::memory_order_relaxed);
}

void IoThread::join() {
  end_at_once(lister, walker);
  loop.stop();
  helm_.close();
  for (std::thread& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

void IoThread::deliver(std::vector<core::Answer> answers) {
  if (helm_.mine()) return hand_out(answers);
  {
    const std::lock_guard lock(inbox_mutex_);
    if (inbox_.empty()) {
      inbox_.swap(answers);
    } else {
      inbox_.insert(inbox_.end(), std::make_move_iterator(answers.begin()), std::make_move_iterator(answers.end()));
      return;  // Whoever put the first in has asked for it to be looked at.
    }
  }
  loop.post([this] {
    std::vector<core::Answer> came;
    {
      const std::lock_guard lock(inbox_mutex_);
      came.swap(inbox_);
    }
    hand_out(came);
  });
}

void IoThread::offered() {
  loop.post([this] {
    for (const Offer& offer : take_offers()) adopt(offer);
  });
}

void IoThread::adopt(const Offer& offer) {
  const std::uint64_t client = Service::client_id(lane_, ++numbered_);
  auto connection = std::make_unique<Connection>(*this, Fd(offer.fd), client, address_of_peer(offer.fd));
  connections_[client] = connection.get();
  loop.add(std::move(connection));
}

void IoThread::removed(Peer& peer) {
  connections_.erase(static_cast<Connection&>(peer).client());
}

/// Commands of many who pipeline are decided in parts: what belongs to a few dozen of them, from the words that were
/// read to the answers, is still at hand in the processor's caches. They are made durable together, nevertheless.
void IoThread::submit_some() {
  constexpr std::size_t part = 48;
  if (gathered_.size() < part) return;
  submitted_.swap(gathered_);
  service.runner().submit(submitted_, {.others = true, .more = true});
  submitted_.clear();
}

/// False: the other thread has taken over, from within here.
bool IoThread::submit() {
  submitted_.clear();  // What a thread that was held up has left.
  // Handing answers out may give something back, which is decided at once, too.
  while (!gathered_.empty()) {
    submitted_.swap(gathered_);  // Both keep their room: requests are long to move.
    // A disk that hangs must hang nobody but those who asked something of it: a renewal needs none.
    service.runner().submit(submitted_, {.others = connections_.size() > 1, .wait = &helm_});
    if (!helm_.mine()) return false;
    submitted_.clear();
  }
  return true;
}

void IoThread::hand_out(std::vector<core::Answer>& answers) {
  std::uint64_t client = 0;  // Nobody's.
  Connection* connection = nullptr;
  for (core::Answer& answer : answers) {
    if (answer.to.client != client) connection = find(client = answer.to.client);  // Pipelines are answered in a row.
    if (connection) {
      connection->answered(answer);
      continue;
    }
    const core::Reply& reply = answer.reply;
    if (reply.code != ErrorCode::none) continue;
    for (const core::Reply::Grant& grant : reply.granted) {
      take_back(answer.to, grant.lease.name, grant.lease.token, grant.who);
    }
    if (reply.void_after > Instant{} && reply.granted.empty()) {
      take_back(answer.to, reply.lease.name, reply.lease.token, reply.who);
    }
  }
}

void IoThread::take_back(const core::Address& to, std::string name, core::Token token, core::Who who) {
  gather(to, service.take_back(std::move(name), token, std::move(who)));
}

Connection* IoThread::find(std::uint64_t client) const {
  const auto found = connections_.find(client);
  return found == connections_.end() ? nullptr : found->second;
}

void IoThread::begin_closing() {
  closing = true;
  for (const auto& [client, connection] : connections_) connection->begin_closing();
}

std::size_t IoThread::busy() const {
  std::size_t busy = 0;
  for (const auto& [client, connection] : connections_) busy += connection->owes() ? 1 : 0;
  return busy;
}

bool IoThread::close_all() {
  for (const auto& [client, connection] : connections_) loop.close(*connection, true);
  return helm_.all_back();
}

void IoThread::look_at_times(Loop::Clock::time_point now) {
  for (const auto& [client, connection] : connections_) connection->look_at_time(now);
}

}  // namespace holdfast::server::resp
