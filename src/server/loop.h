// Reading, writing and readiness of many connections on one thread. Knows no protocol.
//
// It goes in rounds: whatever is ready is read and handed to its peer, then everything that gathered is decided at
// once, then everything that is to be said is written, with one call for each connection. So a round costs two system
// calls a connection and one for all of them, however many commands came in.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fd.h"

namespace holdfast::server {

class Loop;

/// One connection. Lives on its loop's thread, from `Loop::add` until it is gone.
class Peer {
 public:
  /// `socket` is closed with the peer. Nothing here waits for it, whether or not it is set to block.
  explicit Peer(Fd socket) : socket_(std::move(socket)) {}
  virtual ~Peer() = default;
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  int socket() const { return socket_.get(); }

 protected:
  /// What to do with the bytes that have not been taken.
  enum class Next {
    read,   ///< More has to come before anything can be made of them.
    again,  ///< There is more to take, in the next round: others are to have their turn.
    wait,   ///< Not before `Loop::resume`.
    close,  ///< Nothing more is to be taken; the connection ends when `out` has left.
  };
  struct Taken {
    std::size_t bytes = 0;
    Next next = Next::read;
  };
  /// Takes what it can of `bytes`, which hold until it returns.
  virtual Taken take(std::string_view bytes) = 0;
  /// Whether it has something to say yet: while it has not, a peer that has closed its side is kept.
  virtual bool owes() const = 0;
  /// The other side is gone, and nobody may be told anything any more. Called once, and not where `close` was asked
  /// for.
  virtual void gone() {}
  /// The other side will send nothing more, while this one waits.
  virtual void half_closed() {}
  /// All of `out_` has been handed to the kernel, and is about to be forgotten.
  virtual void flushed() {}

  std::string out_;       ///< To be written at the end of the round. `Loop::say` must follow what is appended.
  std::size_t sent_ = 0;  ///< How much of it has left.

 private:
  friend class Loop;
  Fd socket_;
  std::string in_;         ///< What came and has not been taken.
  bool readable_ = false;  ///< The kernel may have more.
  bool peer_closed_ = false;
  bool in_turn_ = false;  ///< Is on the list of those who go on in the next round.
  bool saying_ = false;   ///< Is on the list of those who have something to say.
  bool blocked_ = false;  ///< The kernel takes no more until it says so.
  bool lost_ = false;     ///< To be removed at the end of the round.
  bool shut_ = false;     ///< Everything is said; what still comes is read away, until `ends_at_`.
  int reads_left_ = 64;
  std::uint32_t counted_in_ = 0;  ///< The last of the loop's counts that it was active in.
  std::chrono::steady_clock::time_point ends_at_{};
  Next next_ = Next::read;
};

/// `run` is the thread's; `post` and `stop` are for any; all else is for the thread.
class Loop {
 public:
  using Clock = std::chrono::steady_clock;

  struct Hooks {
    /// All that was ready has been taken. False: the calling thread has lost the loop meanwhile to another one, which
    /// calls `run`, and finds this still to be done.
    std::function<bool()> round_over;
    std::function<void()> taken;                    ///< What one peer had to say has been taken.
    std::function<void(Peer&)> removed;             ///< Before it is destroyed.
    std::function<void(Clock::time_point)> second;  ///< About once a second.
  };
  /// `kept_room`: how much a connection's buffer keeps while it is empty, at most.
  explicit Loop(Hooks hooks, std::size_t kept_room = 16 << 10);

  /// Until `stop`, or until `round_over` says that another thread has it. Whoever is connected at the end stays so
  /// until the loop is destroyed.
  void run();
  void stop();
  void post(std::move_only_function<void()> work);

  /// `received`: what has been read from its connection already.
  void add(std::unique_ptr<Peer> peer, std::string received = {});
  /// `peer` has something to say at the end of this round.
  void say(Peer& peer);
  /// Hands `bytes` to the kernel at once, unless something lies before them. How many it took: the rest is for `out_`.
  std::size_t hand_over(Peer& peer, std::string_view bytes);
  /// `peer` takes again, what has come and what will.
  void resume(Peer& peer);
  /// Ends the connection when what it has to say has left; `at_once`: now, whatever it still has to say.
  void close(Peer& peer, bool at_once);
  /// Forgets `peer`, and gives its connection away as it is.
  Fd release(Peer& peer);
  /// Of this round.
  Clock::time_point now() const { return now_; }
  std::size_t size() const { return peers_.size(); }

 private:
  void begin_round();
  void end_round();
  void pause();
  void take_turn(Peer& peer);
  void read_away(Peer& peer);
  void write(Peer& peer);
  void ask_again(Peer& peer);
  void settle(Peer& peer);
  void lose(Peer& peer);
  void remove_lost();
  void end_late();
  void run_posted();
  void forget(std::string& buffer) const;

  Hooks hooks_;
  const std::size_t kept_room_;
  Fd poll_;
  Fd poke_;
  std::atomic<bool> stopped_ = false;
  std::mutex posted_mutex_;
  std::vector<std::move_only_function<void()>> posted_;
  std::atomic<bool> poked_ = false;

  std::unordered_map<Peer*, std::unique_ptr<Peer>> peers_;
  std::vector<Peer*> turns_, taking_, saying_, writing_, lost_;
  std::vector<char> scratch_;
  std::vector<epoll_event> events_;
  bool in_round_ = false;    ///< Of a thread that has lost the loop on the way, too.
  std::size_t taken_ = 0;    ///< Peers that had a turn in the last round,
  std::size_t counted_ = 0;  ///< and since `counted_from_`,
  std::size_t active_ = 0;   ///< each of them once.
  Clock::time_point counted_from_{};
  std::uint32_t count_ = 1;  ///< Which one this is.
  bool busy_ = false;        ///< So many have something to say that it pays to let them gather.
  Clock::time_point now_{};
  Clock::time_point next_second_{};
};

}  // namespace holdfast::server
