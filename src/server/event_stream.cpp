#include "server/event_stream.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>

namespace holdfast::server {
namespace {

/// Room that is kept for the next events once all is sent.
constexpr std::size_t room_kept = 8 << 10;

/// Who sends more than so many times 4 KiB in one go is no watcher, and would keep the thread from all others.
constexpr int reads_at_once = 64;

}  // namespace

void EventStream::add(std::string_view text, Steady::time_point now) {
  if (pending() == 0) progress_ = now;
  written_ = now;
  out_.append(text);
}

bool EventStream::flush(Steady::time_point now) {
  while (pending() > 0) {
    const ssize_t sent = ::send(socket(), out_.data() + sent_, pending(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (sent < 0) return false;
    sent_ += static_cast<std::size_t>(sent);
    progress_ = now;
  }
  if (pending() == 0) {
    out_.clear();
    if (out_.capacity() > room_kept) out_.shrink_to_fit();
  } else {
    out_.erase(0, sent_);
  }
  sent_ = 0;
  return true;
}

bool EventStream::read_away() const {
  std::array<char, 4096> away;
  for (int reads = 0; reads < reads_at_once; ++reads) {
    const ssize_t read = ::recv(socket(), away.data(), away.size(), MSG_DONTWAIT);
    if (read == 0) return false;
    if (read < 0 && errno != EINTR) return errno == EAGAIN || errno == EWOULDBLOCK;
  }
  return false;
}

void EventStream::cut_off() const {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

}  // namespace holdfast::server
