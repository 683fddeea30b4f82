// One watcher's connection: what it was told to write, and how much of that its peer has taken. Does not wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "core/types.h"
#include "server/event_spelling.h"

namespace holdfast::server {

using Steady = std::chrono::steady_clock;

/// Owns the socket.
class EventStream {
 public:
  /// `socket` does not block.
  EventStream(Fd socket, const EventSpelling& its_spelling, std::string of, core::Position after)
      : prefix(std::move(of)), spelling(its_spelling), seen(after), socket_(std::move(socket)) {}
  EventStream(const EventStream&) = delete;
  EventStream& operator=(const EventStream&) = delete;

  int socket() const { return socket_.get(); }
  std::size_t pending() const { return out_.size() - sent_; }
  void add(std::string_view text, Steady::time_point now);

  /// Hands as much to the kernel as it takes. False: the peer is gone.
  bool flush(Steady::time_point now);
  /// Throws away what the peer sent: there is nothing to say on this connection. False: the peer is gone, or floods.
  bool read_away() const;
  /// Throws away what the kernel has not sent yet, too: nobody is going to read it.
  void cut_off() const;

  /// Something is pending, and the kernel has taken nothing of it for `patience`.
  bool stalled(Steady::time_point now, Steady::duration patience) const {
    return pending() > 0 && now - progress_ >= patience;
  }
  Steady::time_point written() const { return written_; }

  const std::string prefix;
  const EventSpelling& spelling;
  core::Position seen;  ///< Everything up to here has been written, or does not concern it, or came before it.
  bool live = false;    ///< It is told each event as it comes; else it reads from the ring at its own pace.
  bool dirty = false;   ///< Something was added, and is to be flushed.
  bool gone = false;    ///< To be removed.

 private:
  const Fd socket_;
  std::string out_;
  std::size_t sent_ = 0;           ///< Of `out_`.
  Steady::time_point progress_{};  ///< When the kernel last took something, or there was nothing to take.
  Steady::time_point written_{};   ///< When something was last added.
};

}  // namespace holdfast::server
