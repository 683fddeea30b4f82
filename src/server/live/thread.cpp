#include "server/live/thread.h"

#include <algorithm>

#include "server/closing.h"
#include "server/live/hub.h"
#include "server/live/peer.h"

namespace holdfast::server::live {
namespace {

/// Read from the ring in one go.
constexpr std::size_t batches_together = 64;
/// Room that an empty buffer of a socket keeps: next to none, for most are idle most of the time.
constexpr std::size_t kept_room = 256;
constexpr std::chrono::milliseconds parting{1'000};
/// How long others wait to hear who is here.
constexpr std::chrono::milliseconds patience_of_others{1'000};

}  // namespace

/// Who waits for a name, in one step of the engine.
class QueueLook final : public core::Program {
 public:
  explicit QueueLook(std::string name) : name_(std::move(name)) {}
  void run(core::Keys& keys) override { waiting = keys.waiting_for(name_); }

  std::vector<core::Address> waiting;  ///< The first of the queue first.

 private:
  std::string name_;
};

LiveThread::LiveThread(Service& its_service, Options its_options)
    : service(its_service),
      options(its_options),
      loop({.round_over = [this] { return round_over(); },
            .taken = [] {},
            .removed = [this](Peer& peer) { removed(peer); },
            .second = [this](Loop::Clock::time_point now) { each_second(now); }},
           kept_room),
      lane_(service.add_lane(*this)) {}

LiveThread::~LiveThread() {
  close(std::chrono::milliseconds(0));
  join();
}

void LiveThread::start() {
  hub.emplace(incarnation(), [this](core::Position behind, const Hub::Visit& visit) { return replay(behind, visit); });
  thread_ = std::thread([this] { loop.run(); });
  service.events().join(*this);
}

void LiveThread::join() {
  if (!thread_.joinable()) return;
  service.events().leave(*this);
  end_at_once(lister, walker);
  loop.stop();
  thread_.join();
}

void LiveThread::close(std::chrono::milliseconds patience) {
  if (!thread_.joinable()) return;
  closing = true;
  const auto until = std::chrono::steady_clock::now() + patience;
  const auto wait_until_none = [this](auto count, std::chrono::steady_clock::time_point time) {
    // Polls other threads' writes: no event.
    while (on_thread(*this, time, count).value_or(0) > 0 && std::chrono::steady_clock::now() < time) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  };
  wait_until_none([this] { return busy(); }, until);
  post([this] {
    for (const auto& [client, peer] : boost::unordered_flat_map(peers_))
      peer->end(CloseCode::going_away, "the server stops");
  });
  wait_until_none([this] { return loop.size(); }, std::chrono::steady_clock::now() + parting);
  close_connections(*this, until);
}

std::size_t LiveThread::busy() const {
  std::size_t busy = 0;
  for (const auto& [client, peer] : peers_) busy += peer->busy() ? 1 : 0;
  return busy;
}

bool LiveThread::close_all() {
  for (const auto& [client, peer] : peers_) loop.close(*peer, true);
  return true;
}

// --- From any thread.

void LiveThread::take(Arrival arrival) {
  places_.fetch_add(1);
  service.metrics().connections.fetch_add(1, std::memory_order_relaxed);
  service.metrics().live_sockets.fetch_add(1, std::memory_order_relaxed);
  loop.post([this, arrival = std::move(arrival)]() mutable { adopt(std::move(arrival)); });
}

void LiveThread::wake() {
  if (places_ == 0) return;  // Whoever comes reads the ring after it has taken its place.
  if (!woken_.exchange(true)) loop.post([this] { read_ring(); });
}

void LiveThread::deliver(std::vector<core::Answer> answers) {
  const bool here = std::this_thread::get_id() == thread_.get_id();
  {
    const std::lock_guard lock(inbox_mutex_);
    const bool asked_for = !inbox_.empty();
    inbox_.insert(inbox_.end(), std::make_move_iterator(answers.begin()), std::make_move_iterator(answers.end()));
    if (asked_for && !here) return;
  }
  here ? drain_inbox() : loop.post([this] { drain_inbox(); });
}

std::optional<std::vector<LiveSession>> LiveThread::live_sessions(const core::Who& after, const std::string& owner,
                                                                  std::size_t limit) {
  if (closing) return std::nullopt;  // It may have ended.
  const auto look = [this, after, owner, limit] {
    std::vector<LiveSession> found;
    for (Member* member : hub->members_behind(after, owner, limit)) {
      const LivePeer& peer = peer_of(*member);
      found.push_back({peer.who(), std::string(word(peer.mood())), peer.address(),
                       std::max(Duration::zero(), Duration(loop.now() - peer.heard()))});
    }
    return found;
  };
  return on_thread(*this, std::chrono::steady_clock::now() + patience_of_others, look);
}

// --- On its own.

void LiveThread::adopt(Arrival arrival) {
  if (peers_.empty()) hub->begin_at(service.events().last());
  const std::uint64_t client = Service::client_id(lane_, ++numbered_);
  auto peer = std::make_unique<LivePeer>(*this, std::move(arrival.socket), client, std::move(arrival.address),
                                         std::move(arrival.welcome));
  peers_[client] = peer.get();
  LivePeer& added = *peer;
  loop.add(std::move(peer), std::move(arrival.received));
  if (closing) added.end(CloseCode::going_away, "the server stops");
}

void LiveThread::removed(Peer& peer) {
  LivePeer& gone = static_cast<LivePeer&>(peer);
  forget(gone);
  peers_.erase(gone.client());
  places_.fetch_sub(1);
  service.metrics().connections.fetch_sub(1, std::memory_order_relaxed);
  service.metrics().live_sockets.fetch_sub(1, std::memory_order_relaxed);
  if (!gathered_.empty()) loop.post([] {});  // What it gives back is decided at once.
}

void LiveThread::forget(LivePeer& peer) {
  hub->forget(peer);
  for (const core::Address& wait : peer.waits()) gather(wait, core::Leave{});
  for (auto queue = queues_.begin(); queue != queues_.end();) {
    const auto is_its = [&](const core::Address& each) { return each.client == peer.client(); };
    if (std::erase_if(queue->second.waiting, is_its) > 0) queue->second.moved = true;
    queue = queue->second.waiting.empty() ? queues_.erase(queue) : std::next(queue);
  }
}

LivePeer* LiveThread::find(std::uint64_t client) const {
  const auto found = peers_.find(client);
  return found == peers_.end() ? nullptr : found->second;
}

LivePeer& LiveThread::peer_of(Member& member) const {
  return static_cast<LivePeer&>(member);
}

bool LiveThread::round_over() {
  look_at_queues();
  while (!gathered_.empty()) {
    submitted_.swap(gathered_);  // Both keep their room: requests are long to move.
    service.runner().submit(submitted_, {.others = true});
    submitted_.clear();
  }
  if (hub) hub->end_round(loop.now());
  return true;
}

void LiveThread::each_second(Loop::Clock::time_point now) {
  for (const auto& [client, peer] : boost::unordered_flat_map(peers_)) peer->look_at_time(now);
  hub->each_second();
  for (auto& [name, queue] : queues_) queue.moved = true;  // At other doors people come and go, too.
  publish_figures();
  loop.post([] {});  // What came of that is written now.
}

void LiveThread::publish_figures() {
  const Hub::Figures& now = hub->figures();
  Metrics& metrics = service.metrics();
  metrics.live_follows.store(static_cast<std::int64_t>(now.follows), std::memory_order_relaxed);
  metrics.live_pushes.fetch_add(now.pushes - published_.pushes, std::memory_order_relaxed);
  metrics.live_resyncs.fetch_add(now.resyncs - published_.resyncs, std::memory_order_relaxed);
  metrics.live_cursors_dropped.fetch_add(now.cursors_dropped - published_.cursors_dropped, std::memory_order_relaxed);
  published_ = now;
}

void LiveThread::drain_inbox() {
  std::vector<core::Answer> came;
  {
    const std::lock_guard lock(inbox_mutex_);
    came.swap(inbox_);
  }
  hand_out(came);
}

void LiveThread::hand_out(std::vector<core::Answer>& answers) {
  for (core::Answer& answer : answers) {
    if (answer.to.client == Service::client_id(lane_, 0)) {
      const auto found = own_.find(answer.to.request);
      if (found == own_.end()) continue;
      Own own = std::move(found->second);
      own_.erase(found);
      answered(std::move(own), answer);
    } else if (LivePeer* peer = find(answer.to.client)) {
      peer->answered(answer);
    } else {
      take_back(answer);
    }
  }
}

void LiveThread::take_back(const core::Answer& answer) {
  const core::Reply& reply = answer.reply;
  if (reply.code != ErrorCode::none || reply.void_after == Instant{}) return;
  take_back(answer.to, reply.lease.name, reply.lease.token, reply.who);
}

void LiveThread::take_back(const core::Address& to, std::string name, core::Token token, core::Who who) {
  gather(to, service.take_back(std::move(name), token, std::move(who)));
}

// --- The ring.

void LiveThread::read_ring() {
  woken_ = false;  // Before the ring is read: whatever comes from here on asks for it again.
  if (peers_.empty()) return;
  engine::EventRing::Read read = service.events().behind(hub->told(), batches_together);
  drain_inbox();  // What was answered before these became durable is said before them.
  if (read.gone) return hub->skip_to(service.events().last());
  for (const auto& batch : read.batches) {
    const core::Position told = hub->told();
    for (std::size_t i = told < batch->first ? 0 : told.value + 1 - batch->first.value; i < batch->effects.size();
         ++i) {
      const core::Effect& effect = batch->effects[i];
      hub->tell(effect, core::Position{batch->first.value + i});
      if (queues_.empty()) continue;
      const auto queue = queues_.find(std::string(core::name_of(effect)));
      if (queue != queues_.end()) queue->second.moved = true;
    }
  }
  if (read.batches.size() == batches_together && !woken_.exchange(true)) loop.post([this] { read_ring(); });
}

bool LiveThread::replay(core::Position behind, const Hub::Visit& visit) const {
  const core::Position until = hub->told();
  while (behind < until) {
    const engine::EventRing::Read read = service.events().behind(behind, batches_together);
    if (read.gone || read.batches.empty()) return false;
    for (const auto& batch : read.batches) {
      for (std::size_t i = behind < batch->first ? 0 : behind.value + 1 - batch->first.value;
           i < batch->effects.size() && behind < until; ++i) {
        behind = core::Position{batch->first.value + i};
        visit(batch->effects[i], behind);
      }
    }
  }
  return true;
}

// --- What the thread asks on its own.

void LiveThread::own(Own own, core::Command command) {
  gather({Service::client_id(lane_, 0), ++own_numbered_}, std::move(command));
  own_.emplace(own_numbered_, std::move(own));
}

void LiveThread::renew(const LivePeer& peer, std::string name, core::Token token) {
  core::Renew command{.name = name, .token = token, .who = peer.who(), .ttl = std::nullopt};
  own({.kind = Own::Kind::renewal, .client = peer.client(), .name = std::move(name), .token = token},
      std::move(command));
}

void LiveThread::give_up(const LivePeer& peer, std::uint64_t request, std::uint64_t cancel, const std::string& name) {
  gather({peer.client(), request}, core::Leave{});
  own({.kind = Own::Kind::cancel, .client = peer.client(), .name = name, .request = request, .cancel = cancel},
      core::Get{.name = name});
}

void LiveThread::waits(const std::string& name, core::Address from) {
  if (name.empty()) return;  // A buffer's number: its queue is that of its name.
  Queue& queue = queues_[name];
  queue.waiting.push_back(from);
  queue.moved = true;
}

void LiveThread::waits_no_more(const std::string& name, core::Address from) {
  const auto queue = queues_.find(name);
  if (queue == queues_.end()) return;
  if (std::erase(queue->second.waiting, from) > 0) queue->second.moved = true;
  if (queue->second.waiting.empty()) queues_.erase(queue);
}

void LiveThread::look_at_queues() {
  for (auto& [name, queue] : queues_) {
    if (!queue.moved || queue.looking) continue;
    queue.moved = false;
    queue.looking = true;
    auto look = std::make_shared<QueueLook>(name);
    own({.kind = Own::Kind::queue, .name = name, .look = look}, core::RunProgram{look, false});
  }
}

void LiveThread::answered(Own own, core::Answer& answer) {
  LivePeer* const peer = find(own.client);
  switch (own.kind) {
    case Own::Kind::renewal:
      if (peer) peer->renewed(answer.reply, own.name, own.token);
      break;
    case Own::Kind::cancel:
      if (peer) peer->cancelled(own.cancel, peer->give_up(own.request, answer.reply));
      break;
    case Own::Kind::queue: {
      const auto queue = queues_.find(own.name);
      if (queue == queues_.end()) break;
      queue->second.looking = false;
      const std::vector<core::Address>& line = own.look->waiting;
      for (std::size_t place = 0; place < line.size(); ++place) {
        if (line[place].client >> Service::lane_shift != lane_) continue;
        LivePeer* const waiter = find(line[place].client);
        if (waiter) waiter->tell_place(line[place].request, own.name, place + 1, line.size());
      }
      break;
    }
  }
}

}  // namespace holdfast::server::live
