#include "server/event_streams.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"

namespace holdfast::server {
namespace {

using core::Position;
using namespace std::chrono_literals;

/// Of the poke among the numbers that epoll hands back.
constexpr std::uint64_t poke_number = ~std::uint64_t{0};

/// How much is read from the ring before sockets are looked at again: some milliseconds' work.
constexpr std::size_t batches_together = 64;
constexpr std::size_t effects_together = 8'192;
constexpr std::size_t effects_of_a_turn = 4'096;

bool concerns(std::string_view prefix, std::string_view name) {
  return prefix.empty() || (name.starts_with(prefix) && (name.size() == prefix.size() || name[prefix.size()] == '/'));
}

}  // namespace

EventStreams::EventStreams(engine::EventRing& events, Metrics& metrics, EventBounds bounds)
    : events_(events), metrics_(metrics), bounds_(bounds) {}

EventStreams::~EventStreams() {
  stop();
}

void EventStreams::start() {
  poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  poke_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  HF_CHECK(poll_ >= 0 && poke_ >= 0);
  epoll_event event{.events = EPOLLIN, .data = {.u64 = poke_number}};
  HF_CHECK(::epoll_ctl(poll_, EPOLL_CTL_ADD, poke_, &event) == 0);
  {
    const std::lock_guard lock(newcomers_mutex_);
    closed_ = false;
  }
  thread_ = std::thread([this] { run(); });
  events_.join(*this);
}

void EventStreams::stop() {
  if (!thread_.joinable()) return;
  events_.leave(*this);
  stopping_ = true;
  poke();
  thread_.join();
  ::close(poke_);
  ::close(poll_);
}

// --- From any thread.

bool EventStreams::reserve() {
  if (stopping_) return false;
  if (places_.fetch_add(1) < bounds_.watchers_max) return true;
  cancel();
  metrics_.watchers_refused.fetch_add(1, std::memory_order_relaxed);
  return false;
}

void EventStreams::cancel() {
  places_.fetch_sub(1);
}

void EventStreams::take(Newcomer newcomer) {
  const std::lock_guard lock(newcomers_mutex_);  // To the end: once it is closed, the poke may be somebody else's file.
  if (closed_) return cancel();
  newcomers_.push_back(std::move(newcomer));
  metrics_.connections.fetch_add(1, std::memory_order_relaxed);
  metrics_.watchers.fetch_add(1, std::memory_order_relaxed);
  poke();
}

void EventStreams::wake() {
  if (places_ == 0) return;  // Whoever comes reads the ring after it has taken its place.
  if (!woken_.exchange(true)) poke();
}

void EventStreams::poke() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t poked = ::write(poke_, &one, sizeof one);  // Fails only where it has been poked.
}

// --- On its own thread.

void EventStreams::run() {
  bool more = false;
  while (!stopping_) {
    const auto until_look = std::chrono::ceil<std::chrono::milliseconds>(next_look_ - Steady::now()).count();
    if (!wait(more ? 0 : static_cast<int>(std::clamp<std::int64_t>(until_look, 0, 1'000)))) continue;
    take_newcomers();
    more = tell_live();
    more = catch_up() || more;
    for (const Number number : std::exchange(dirty_, {})) flush(number);
    if (now_ >= next_look_) look_at_times();
    remove_gone();
  }
  end_all();
}

/// Returns when there may be something to do. False: not this time.
bool EventStreams::wait(int timeout_ms) {
  std::array<epoll_event, 256> ready;
  const int count = ::epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), timeout_ms);
  if (count < 0) return false;  // A signal.
  now_ = Steady::now();
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = ready[static_cast<std::size_t>(i)];
    if (event.data.u64 == poke_number) {
      std::uint64_t pokes = 0;
      [[maybe_unused]] const ssize_t taken = ::read(poke_, &pokes, sizeof pokes);
      continue;
    }
    const Number number = event.data.u64;
    const bool there =
        (event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0 || streams_[number]->read_away();
    if (!there) {
      mark_gone(number);
    } else if (event.events & EPOLLOUT) {
      flush(number);
      if (!streams_[number]->live) behind_.push_back(number);
    }
  }
  woken_.exchange(false);  // Before the ring is read: whatever comes from here on pokes again.
  return true;
}

void EventStreams::take_newcomers() {
  std::vector<Newcomer> newcomers;
  {
    const std::lock_guard lock(newcomers_mutex_);
    newcomers.swap(newcomers_);
  }
  for (Newcomer& newcomer : newcomers) begin(std::move(newcomer));
}

void EventStreams::begin(Newcomer newcomer) {
  if (open_ == 0) told_ = events_.last();
  incarnation_ = newcomer.incarnation;
  ++open_;
  Number number = streams_.size();
  if (free_.empty()) {
    streams_.emplace_back();
  } else {
    number = free_.back();
    free_.pop_back();
  }
  streams_[number] = std::make_unique<EventStream>(std::move(newcomer.socket), *newcomer.spelling,
                                                   std::move(newcomer.prefix), newcomer.after);
  EventStream& stream = *streams_[number];

  const auto set = [&](int level, int option, int value) {
    ::setsockopt(stream.socket(), level, option, &value, sizeof value);
  };
  set(SOL_SOCKET, SO_SNDBUF, static_cast<int>(bounds_.kernel_bytes));
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(bounds_.stall.count()));  // A full peer is not a vanished one.
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u64 = number}};
  HF_CHECK(::epoll_ctl(poll_, EPOLL_CTL_ADD, stream.socket(), &event) == 0);

  if (newcomer.reset == ErrorCode::none && !events_.reaches_back_to(stream.seen)) {
    newcomer.reset = ErrorCode::position_gone;
  }
  if (newcomer.reset != ErrorCode::none) {
    reset(stream, newcomer.reset, newcomer.asked, true);
    go_live(number);
  } else {
    line_.clear();
    api::write_begin(line_, given(stream.seen), stream.prefix);
    text_.clear();
    stream.spelling.begin(text_, api::position_text(given(stream.seen)), "begin", line_);
    stream.add(text_, now_);
    stream.seen >= told_ ? go_live(number) : behind_.push_back(number);
  }
  flush(number);
}

/// From here on it is told what comes, and that it does not know what was.
void EventStreams::reset(EventStream& stream, ErrorCode why, const api::GivenPosition& asked, bool begins) {
  stream.seen = told_;
  line_.clear();
  api::write_reset(line_, why, asked, given(told_));
  text_.clear();
  const std::string at = api::position_text(given(told_));
  begins ? stream.spelling.begin(text_, at, "reset", line_) : stream.spelling.event(text_, at, "reset", line_);
  stream.add(text_, now_);
  metrics_.event_resets.fetch_add(1, std::memory_order_relaxed);
}

/// Tells all who are live what is new. True: there is more.
bool EventStreams::tell_live() {
  if (open_ == 0) return false;
  engine::EventRing::Read read = events_.behind(told_, batches_together);
  if (read.gone) {  // This thread is later than the ring is long. All of them find that out in catch_up.
    for (Number number = 0; number < streams_.size(); ++number) {
      if (streams_[number] && streams_[number]->live) fall_behind(number, std::max(told_, streams_[number]->seen));
    }
    told_ = events_.last();
    return true;
  }
  std::size_t effects = 0;
  for (const auto& batch : read.batches) {
    for (std::size_t i = told_ < batch->first ? 0 : told_.value + 1 - batch->first.value; i < batch->effects.size();
         ++i) {
      tell(batch->effects[i], Position{batch->first.value + i});
      told_ = Position{batch->first.value + i};
    }
    effects += batch->effects.size();
    if (effects >= effects_together) return true;
  }
  return read.batches.size() == batches_together;
}

void EventStreams::tell(const core::Effect& effect, Position position) {
  if (!core::is_event(effect)) return;
  written_ = false;
  index_.concerned(core::name_of(effect), [&](Number number) {
    EventStream& stream = *streams_[number];
    if (position <= stream.seen || !stream.live || stream.gone) return;
    if (!written_) write(effect, position);
    if (add_event(stream)) {
      if (!std::exchange(stream.dirty, true)) dirty_.push_back(number);
    } else {
      slow_.push_back(number);
    }
  });
  for (const Number number : slow_) fall_behind(number, Position{position.value - 1});
  slow_.clear();
}

void EventStreams::write(const core::Effect& effect, Position position) {
  written_ = true;
  at_ = api::position_text(given(position));
  word_ = api::event_word(effect);
  line_.clear();
  api::write_event(line_, effect, given(position));
  for (Spelled& each : spelled_) each.done = false;
}

/// The event as `spelling` has it.
const std::string& EventStreams::text_for(const EventSpelling& spelling) {
  auto found = std::ranges::find(spelled_, &spelling, &Spelled::by);
  if (found == spelled_.end()) found = spelled_.insert(found, {.by = &spelling});
  if (!std::exchange(found->done, true)) {
    found->text.clear();
    spelling.event(found->text, at_, word_, line_);
  }
  return found->text;
}

/// False: its peer has not taken what it was sent before.
bool EventStreams::add_event(EventStream& stream) {
  const std::string& text = text_for(stream.spelling);
  const auto fits = [&] {
    return stream.pending() == 0 || stream.pending() + text.size() <= bounds_.pending_bytes_max;
  };
  if (!fits() && !stream.flush(now_)) return true;  // Whoever is gone is found out when it is flushed again.
  if (!fits()) return false;
  stream.add(text, now_);
  metrics_.events_sent.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// Lets those who are not live read from the ring. True: there is more for one of them.
bool EventStreams::catch_up() {
  std::vector<Number> turns = std::exchange(behind_, {});
  std::ranges::sort(turns);
  const auto twice = std::ranges::unique(turns);
  turns.erase(twice.begin(), twice.end());
  for (const Number number : turns) {
    if (streams_[number] && !streams_[number]->gone && !streams_[number]->live && catch_up(number)) {
      behind_.push_back(number);
    }
  }
  return !behind_.empty();
}

/// One turn of one watcher. False: it is live, or waits for its peer.
bool EventStreams::catch_up(Number number) {
  EventStream& stream = *streams_[number];
  std::size_t looks = effects_of_a_turn;
  while (stream.seen < told_) {
    const engine::EventRing::Read read = events_.behind(stream.seen, 8);
    if (read.gone) {
      reset(stream, ErrorCode::position_gone, given(stream.seen), false);
      break;
    }
    for (const auto& batch : read.batches) {
      const std::size_t first = stream.seen < batch->first ? 0 : stream.seen.value + 1 - batch->first.value;
      for (std::size_t i = first; i < batch->effects.size() && stream.seen < told_; ++i) {
        const core::Effect& effect = batch->effects[i];
        if (core::is_event(effect) && concerns(stream.prefix, core::name_of(effect))) {
          write(effect, Position{batch->first.value + i});
          if (!add_event(stream)) return false;  // The socket says when there is room.
        }
        stream.seen = Position{batch->first.value + i};
        if (--looks == 0) {
          flush(number);
          return true;
        }
      }
    }
  }
  go_live(number);
  flush(number);
  return false;
}

void EventStreams::go_live(Number number) {
  streams_[number]->live = true;
  index_.add(streams_[number]->prefix, number);
}

void EventStreams::fall_behind(Number number, Position seen) {
  EventStream& stream = *streams_[number];
  if (!std::exchange(stream.live, false)) return;
  stream.seen = seen;
  index_.remove(stream.prefix, number);
  behind_.push_back(number);
}

void EventStreams::flush(Number number) {
  EventStream& stream = *streams_[number];
  stream.dirty = false;
  if (!stream.gone && !stream.flush(now_)) mark_gone(number);
}

void EventStreams::look_at_times() {
  next_look_ = now_ + std::min<Steady::duration>({1s, bounds_.sign_of_life / 4, bounds_.stall / 4});
  for (Number number = 0; number < streams_.size(); ++number) {
    if (!streams_[number] || streams_[number]->gone) continue;
    EventStream& stream = *streams_[number];
    if (stream.stalled(now_, bounds_.stall)) {
      metrics_.watchers_cut_off.fetch_add(1, std::memory_order_relaxed);
      stream.cut_off();
      mark_gone(number);
    } else if (stream.pending() == 0 && now_ - stream.written() >= bounds_.sign_of_life) {
      const Position seen = stream.live ? std::max(told_, stream.seen) : stream.seen;
      text_.clear();
      stream.spelling.sign_of_life(text_, api::position_text(given(seen)));
      stream.add(text_, now_);
      flush(number);
    }
  }
}

void EventStreams::mark_gone(Number number) {
  if (!std::exchange(streams_[number]->gone, true)) gone_.push_back(number);
}

void EventStreams::remove_gone() {
  for (const Number number : std::exchange(gone_, {})) {
    EventStream& stream = *streams_[number];
    if (stream.live) index_.remove(stream.prefix, number);
    streams_[number].reset();  // Closing takes it out of epoll.
    free_.push_back(number);
    --open_;
    cancel();
    metrics_.watchers.fetch_sub(1, std::memory_order_relaxed);
    metrics_.connections.fetch_sub(1, std::memory_order_relaxed);
  }
}

void EventStreams::end_all() {
  {
    const std::lock_guard lock(newcomers_mutex_);
    closed_ = true;
  }
  take_newcomers();
  for (Number number = 0; number < streams_.size(); ++number) {
    if (!streams_[number]) continue;
    flush(number);
    mark_gone(number);
  }
  remove_gone();
}

}  // namespace holdfast::server
