#include "server/loop.h"

#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/check.h"

namespace holdfast::server {
namespace {

/// Read from one connection in one round, at most.
constexpr std::size_t chunk = 64 << 10;
constexpr std::size_t events_max = 512;

// Gathering, as network cards do with their interrupts: only while so many come that the pause is shorter than what
// they wait for anyway.
constexpr auto counted_for = std::chrono::milliseconds(1);
constexpr auto pays_from = std::chrono::microseconds(25);  ///< From one to the next, on average.
constexpr auto gathering = std::chrono::microseconds(60);
constexpr std::size_t enough = 16;  ///< In one round.
/// Of fewer nearly all wait for this thread already: it would wait with them for nothing.
constexpr std::size_t crowd = 32;

}  // namespace

void Loop::forget(std::string& buffer) const {
  buffer.clear();
  if (buffer.capacity() > kept_room_) std::string{}.swap(buffer);
}

Loop::Loop(Hooks hooks, std::size_t kept_room)
    : hooks_(std::move(hooks)), kept_room_(kept_room), scratch_(chunk), events_(events_max) {
  poll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  poke_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  HF_CHECK(poll_ && poke_);
  epoll_event event{};
  event.events = EPOLLIN;  // Its pointer is null: it is nobody's connection.
  HF_CHECK(::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, poke_.get(), &event) == 0);
  now_ = Clock::now();
  counted_from_ = now_;
  next_second_ = now_ + std::chrono::seconds(1);
}

void Loop::run() {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // Of this thread: else a pause takes twice as long as it should.
  while (!stopped_.load(std::memory_order_acquire)) {
    if (!std::exchange(in_round_, true)) begin_round();
    if (!hooks_.round_over()) return;
    end_round();
    in_round_ = false;
  }
}

void Loop::begin_round() {
  const bool more = !turns_.empty() || !lost_.empty();
  if (busy_ && !more && taken_ < enough) pause();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_second_ - now_);
  const int timeout = more ? 0 : std::max(0, static_cast<int>(left.count()));
  const int ready = ::epoll_wait(poll_.get(), events_.data(), events_max, timeout);
  now_ = Clock::now();
  for (int i = 0; i < ready; ++i) {
    Peer* peer = static_cast<Peer*>(events_[i].data.ptr);
    if (!peer) continue;
    const std::uint32_t what = events_[i].events;
    if ((what & EPOLLOUT) != 0 && std::exchange(peer->blocked_, false)) say(*peer);
    if ((what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) continue;
    peer->readable_ = true;
    const bool closed = (what & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    if (closed && !std::exchange(peer->peer_closed_, true) && peer->next_ == Peer::Next::wait) peer->half_closed();
    ask_again(*peer);
  }
  if (poked_.load(std::memory_order_acquire)) run_posted();
  taking_.swap(turns_);
  for (Peer* peer : taking_) {
    peer->in_turn_ = false;
    if (std::exchange(peer->counted_in_, count_) != count_) ++active_;
    take_turn(*peer);
    hooks_.taken();
  }
  taken_ = taking_.size();
  counted_ += taken_;
  taking_.clear();
}

void Loop::end_round() {
  writing_.swap(saying_);
  for (Peer* peer : writing_) {
    peer->saying_ = false;
    write(*peer);
  }
  writing_.clear();
  remove_lost();  // What those who are gone give back is part of the next round.
  if (now_ - counted_from_ >= counted_for) {
    busy_ = active_ >= crowd && counted_ >= static_cast<std::size_t>((now_ - counted_from_) / pays_from);
    counted_ = active_ = 0;
    counted_from_ = now_;
    ++count_;
  }
  if (now_ < next_second_) return;
  next_second_ = now_ + std::chrono::seconds(1);
  end_late();
  hooks_.second(now_);
}

/// Lets some gather who come all the time: a round for each two of them costs the kernel and the engine more than a
/// round for ten, of the same time of the processor that those who come need, too.
void Loop::pause() {
  timespec time{};
  time.tv_nsec = std::chrono::nanoseconds(gathering).count();
  ::nanosleep(&time, nullptr);
}

void Loop::stop() {
  post([this] { stopped_.store(true, std::memory_order_release); });
}

void Loop::post(std::move_only_function<void()> work) {
  {
    const std::lock_guard lock(posted_mutex_);
    posted_.push_back(std::move(work));
  }
  if (poked_.exchange(true, std::memory_order_acq_rel)) return;
  const std::uint64_t one = 1;
  // It can only fail where the counter is full, and then the loop is awake.
  [[maybe_unused]] const ssize_t told = ::write(poke_.get(), &one, sizeof one);
}

void Loop::run_posted() {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t heard = ::read(poke_.get(), &count, sizeof count);
  poked_.store(false, std::memory_order_release);  // Before the list is looked at: whoever comes later pokes again.
  std::vector<std::move_only_function<void()>> work;
  {
    const std::lock_guard lock(posted_mutex_);
    work.swap(posted_);
  }
  for (auto& each : work) each();
}

void Loop::add(std::unique_ptr<Peer> peer, std::string received) {
  epoll_event event{};
  // Told at each change only, and of everything at once: so a connection costs one of these calls in its life.
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = peer.get();
  Peer& added = *peer;
  peers_.emplace(peer.get(), std::move(peer));
  if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, added.socket(), &event) != 0) return lose(added);
  if (received.empty()) return;
  added.in_ = std::move(received);
  added.next_ = Peer::Next::again;
  ask_again(added);
}

void Loop::ask_again(Peer& peer) {
  if (!std::exchange(peer.in_turn_, true)) turns_.push_back(&peer);
}

void Loop::say(Peer& peer) {
  if (!std::exchange(peer.saying_, true)) saying_.push_back(&peer);
}

std::size_t Loop::hand_over(Peer& peer, std::string_view bytes) {
  if (!peer.out_.empty() || peer.blocked_ || peer.lost_ || peer.shut_) return 0;
  const ssize_t sent = ::send(peer.socket(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return 0;  // What is wrong shows when the rest is written.
  return static_cast<std::size_t>(sent);
}

void Loop::resume(Peer& peer) {
  if (peer.next_ != Peer::Next::wait) return;
  peer.next_ = Peer::Next::again;
  ask_again(peer);
}

void Loop::close(Peer& peer, bool at_once) {
  peer.next_ = Peer::Next::close;
  if (at_once) return lose(peer);
  say(peer);
}

Fd Loop::release(Peer& peer) {
  ::epoll_ctl(poll_.get(), EPOLL_CTL_DEL, peer.socket(), nullptr);
  lose(peer);
  return std::move(peer.socket_);
}

void Loop::take_turn(Peer& peer) {
  using Next = Peer::Next;
  if (peer.next_ == Next::wait) return;
  if (peer.next_ == Next::close) return read_away(peer);
  std::string_view bytes = peer.in_;
  if (peer.next_ == Next::read) {
    if (!peer.readable_) return;
    const std::size_t before = peer.in_.size();
    if (before > 0) peer.in_.resize(before + chunk);
    char* const space = before > 0 ? peer.in_.data() + before : scratch_.data();
    const ssize_t received = ::recv(peer.socket(), space, chunk, MSG_DONTWAIT);
    const std::size_t came = received > 0 ? static_cast<std::size_t>(received) : 0;
    if (before > 0) peer.in_.resize(before + came);
    if (received < 0) {
      if (errno == EAGAIN || errno == EWOULDBLOCK)
        peer.readable_ = false;
      else if (errno == EINTR)
        ask_again(peer);
      else
        lose(peer);
      return;
    }
    if (received == 0) {
      peer.readable_ = false;
      peer.next_ = Next::close;
      return settle(peer);
    }
    // Less than there was room for: it is all there was, and what comes later is told. The end is told with what came
    // before it.
    if (came < chunk && !peer.peer_closed_) peer.readable_ = false;
    bytes = before > 0 ? std::string_view(peer.in_) : std::string_view(scratch_.data(), came);
  }
  const Peer::Taken taken = peer.take(bytes);
  if (peer.next_ == Next::close) return settle(peer);  // It has been closed on the way.
  peer.next_ = taken.next;
  if (bytes.size() == taken.bytes) {
    forget(peer.in_);
  } else if (bytes.data() == peer.in_.data()) {
    peer.in_.erase(0, taken.bytes);
  } else {
    peer.in_.assign(bytes.substr(taken.bytes));
  }
  if (peer.next_ == Next::close) return settle(peer);
  if (peer.next_ == Next::wait && peer.peer_closed_) return peer.half_closed();
  if (peer.next_ == Next::again || (peer.next_ == Next::read && peer.readable_)) ask_again(peer);
}

/// What still comes is thrown away: unread, it would make the kernel throw away what has been said instead.
void Loop::read_away(Peer& peer) {
  if (!peer.shut_ || !peer.readable_) return;
  const ssize_t received = ::recv(peer.socket(), scratch_.data(), chunk, MSG_DONTWAIT);
  if (received > 0 && --peer.reads_left_ > 0) return ask_again(peer);
  const bool later = received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  if (!later) return lose(peer);
  peer.readable_ = false;
}

void Loop::write(Peer& peer) {
  if (peer.sent_ < peer.out_.size() && !peer.blocked_) {
    const ssize_t sent = ::send(peer.socket(), peer.out_.data() + peer.sent_, peer.out_.size() - peer.sent_,
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) return lose(peer);
    if (sent > 0) peer.sent_ += static_cast<std::size_t>(sent);
    if (peer.sent_ < peer.out_.size()) {
      peer.blocked_ = true;  // The kernel tells when there is room again.
    } else {
      peer.flushed();
      forget(peer.out_);
      peer.sent_ = 0;
    }
  }
  settle(peer);
}

/// Ends the connection if it is to end and there is nothing left to say.
void Loop::settle(Peer& peer) {
  if (peer.next_ != Peer::Next::close || peer.shut_ || peer.sent_ < peer.out_.size() || peer.owes()) return;
  if (peer.peer_closed_) return lose(peer);
  peer.shut_ = true;
  peer.ends_at_ = now_ + std::chrono::seconds(2);
  ::shutdown(peer.socket(), SHUT_WR);
  peer.readable_ = true;
  ask_again(peer);
}

void Loop::lose(Peer& peer) {
  peer.next_ = Peer::Next::close;
  if (!std::exchange(peer.lost_, true)) lost_.push_back(&peer);
}

void Loop::remove_lost() {
  for (std::size_t i = 0; i < lost_.size(); ++i) {
    Peer* const peer = lost_[i];
    peer->gone();
    hooks_.removed(*peer);
    std::erase(turns_, peer);
    std::erase(saying_, peer);
    peers_.erase(peer);  // Its socket is closed with it, which takes it off the poll.
  }
  lost_.clear();
}

void Loop::end_late() {
  for (const auto& [peer, owned] : peers_) {
    if (peer->shut_ && now_ >= peer->ends_at_) lose(*peer);
  }
}

}  // namespace holdfast::server
