#include "server/live/peer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>

#include "server/live/thread.h"

namespace holdfast::server::live {
namespace {

/// Messages of one socket that are taken in one round: then others have their turn.
constexpr std::size_t messages_a_round = 256;
/// Frames of so many bytes need not wait for others to leave with them.
constexpr std::size_t long_frame = 2 << 10;
/// How long a goodbye may take to leave.
constexpr std::chrono::seconds parting_time{3};
/// As the acceptor has it: who has vanished without a word is noticed within 10 s (L8).
constexpr int vanished_after_ms = 9'000;

void set_option(int socket, int level, int option, int value) {
  ::setsockopt(socket, level, option, &value, sizeof value);
}

}  // namespace

LivePeer::LivePeer(LiveThread& io, Fd socket, std::uint64_t client, std::string address, std::string welcome)
    : Peer(std::move(socket)),
      io_(io),
      client_(client),
      reader_(io.options.message_bytes_max),
      address_(std::move(address)),
      came_(io.loop.now()),
      heard_(came_),
      moved_(came_),
      next_ping_(came_ + io.options.ping) {
  io_.service.clients().add(client_, this->socket());
  set_option(this->socket(), SOL_SOCKET, SO_SNDBUF, static_cast<int>(io_.options.kernel_bytes));
  out_ = std::move(welcome);
  io_.loop.say(*this);
}

LivePeer::~LivePeer() {
  io_.service.clients().remove(client_);
}

bool LivePeer::may_take_more() const {
  return asked_.size() < io_.options.pipeline_max && heavy_ < io_.options.heavy_max &&
         pending() < io_.options.output_bytes_max;
}

Peer::Taken LivePeer::take(std::string_view bytes) {
  using Event = FrameReader::Event;
  heard_ = io_.loop.now();
  std::size_t taken = 0;
  for (std::size_t messages = 0;; ++messages) {
    if (ended_) return {bytes.size(), Next::close};
    if (!may_take_more()) return {taken, Next::wait};
    if (messages == messages_a_round) return {taken, Next::again};
    const FrameReader::Step step = reader_.next(bytes.substr(taken));
    taken += step.bytes;
    switch (step.event) {
      case Event::starved:
        return {taken, Next::read};
      case Event::message:
        io_.service.metrics().live_messages.fetch_add(1, std::memory_order_relaxed);
        handle(reader_.payload());
        break;
      case Event::ping:
        append_frame(out_, Opcode::pong, reader_.payload());
        io_.loop.say(*this);
        break;
      case Event::pong:
        pong(reader_.payload());
        break;
      case Event::close:
        end(reader_.code() == 1005 ? CloseCode::normal : static_cast<CloseCode>(reader_.code()), "");
        break;
      case Event::failure:
        io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
        end(static_cast<CloseCode>(reader_.code()), "");
        break;
    }
  }
}

void LivePeer::end(CloseCode code, std::string_view why) {
  if (std::exchange(ended_, true)) return;
  io_.forget(*this);
  append_close(out_, static_cast<std::uint16_t>(code), why);
  moved_ = io_.loop.now();
  io_.loop.close(*this, false);
}

void LivePeer::gone() {
  const std::uint64_t handed = handed_ + sent_;
  for (Untold& each : untold_) {
    // What the kernel has may arrive: whoever is told of a grant has it.
    if (each.end > handed) io_.take_back(each.to, std::move(each.name), each.token, std::move(each.who));
  }
  untold_.clear();
}

void LivePeer::half_closed() {
  io_.loop.close(*this, true);
}

void LivePeer::flushed() {
  handed_ += out_.size();
  untold_.clear();
  pushed_ = 0;
  if (may_take_more()) io_.loop.resume(*this);
}

std::size_t LivePeer::pushed() const {
  return std::min(pushed_, pending());
}

Member::Room LivePeer::room() const {
  if (ended_ || pushed() > io_.options.pushed_bytes_max) return Room::none;
  return pushed() > io_.options.tight_bytes ? Room::tight : Room::plenty;
}

void LivePeer::push(std::string_view frame) {
  if (ended_) return;
  // What is long is not first copied for each of a thousand: most of them take it at once.
  const std::size_t taken = frame.size() < long_frame ? 0 : io_.loop.hand_over(*this, frame);
  handed_ += taken;
  frame.remove_prefix(taken);
  if (frame.empty()) return;
  drop_what_has_left();
  pushed_ = pushed() + frame.size();
  out_ += frame;
  io_.loop.say(*this);
}

/// Whoever is always a little behind must not keep all that it ever was sent.
void LivePeer::drop_what_has_left() {
  if (sent_ < io_.options.tight_bytes || sent_ < out_.size() / 2) return;
  handed_ += sent_;
  out_.erase(0, sent_);
  sent_ = 0;
  std::erase_if(untold_, [this](const Untold& each) { return each.end <= handed_; });
}

void LivePeer::look_at_time(Loop::Clock::time_point now) {
  const std::uint64_t left = handed_ + sent_;
  const bool moves = std::exchange(progress_, left) != left;
  if (moves || pending() == 0) moved_ = now;
  if (ended_) {
    if (now - moved_ > parting_time) io_.loop.close(*this, true);
    return;
  }
  if (now - moved_ > io_.options.unread_for_max) {
    io_.service.metrics().live_cut_off.fetch_add(1, std::memory_order_relaxed);
    return end(CloseCode::too_slow, "nothing that was sent has been taken");
  }
  expect_slowness(pending() > 0);
  if (!said_hello_ && now - came_ > io_.options.hello_time) return end(CloseCode::no_hello, "nobody said hello");
  if (now < next_ping_) return;
  next_ping_ = now + io_.options.ping;
  if (!may_take_more()) {  // Its pongs are not read. But it takes what it is sent, and so is there.
    if (moves) renew_all(false);
  } else if (pings_ - pongs_ >= static_cast<std::uint32_t>(io_.options.pings_unanswered_max)) {
    io_.service.metrics().live_cut_off.fetch_add(1, std::memory_order_relaxed);
    end(CloseCode::no_pong, "no pong");
  } else {
    append_frame(out_, Opcode::ping, std::to_string(++pings_));
    io_.loop.say(*this);
  }
}

/// A peer that takes nothing for a while has not vanished.
void LivePeer::expect_slowness(bool slow) {
  if (std::exchange(slow_, slow) == slow) return;
  const auto patience = static_cast<int>(io_.options.unread_for_max.count());
  set_option(socket(), IPPROTO_TCP, TCP_USER_TIMEOUT, slow ? patience : vanished_after_ms);
}

void LivePeer::pong(std::string_view payload) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), number);
  if (error != std::errc{} || end != payload.data() + payload.size()) return;
  if (number <= pongs_ || number > pings_) return;  // Of no ping of ours that is not answered.
  pongs_ = number;
  if (number >= renew_from_) renew_all(true);
}

void LivePeer::renew_all(bool told) {
  if (renewing_) return;
  const std::vector<Hub::Held> held = io_.hub->holdings_of(*this);
  if (held.empty()) return;
  renewing_ = std::make_unique<Renewing>();
  renewing_->left = held.size();
  renewing_->told = told;
  for (const auto& [name, token] : held) io_.renew(*this, std::string{name}, token);
}

std::vector<core::Address> LivePeer::waits() const {
  std::vector<core::Address> found;
  for (const auto& [number, asked] : asked_) {
    if (asked.waits) found.push_back({client_, number});
  }
  return found;
}

}  // namespace holdfast::server::live
