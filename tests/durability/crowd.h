// Clients that acquire and release over HTTP until the server is gone, and enter everything into a ledger.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/durability/ledger.h"

namespace holdfast::durability {

/// They do not end where a disk is full: a refusal with disk_full is entered, counted, and they go on. Each client is
/// one session, and stays it over all starts of the server. It remembers what it holds.
class Crowd {
 public:
  struct Mix {
    std::size_t clients = 8;
    std::size_t shared = 4;  ///< Names that all of them want.
    std::size_t own = 20;    ///< Names that only one of them wants, for each.
    std::size_t note = 0;    ///< Bytes of a note in each acquire, to fill segments with.
  };
  Crowd(Ledger& ledger, std::uint64_t seed, Mix mix);
  Crowd(Ledger& ledger, std::uint64_t seed) : Crowd(ledger, seed, Mix{}) {}
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Lets all of them loose on a server. They go on until it is gone, or says that it stops.
  void start(std::uint16_t port);
  /// Waits until so many more requests were answered, or all clients have ended. True: answered.
  bool await_answers(std::size_t count);
  /// No client sends another request; waits for the answers to those under way.
  void stop();
  /// Waits until they have ended because the server has. Throws std::runtime_error if it has not within half a minute.
  void join();

  /// Of the last run, by client: how it ended.
  struct End {
    int status = 0;  ///< Of the answer that ended it; 0: a connection that broke.
    std::string code, fate;
    std::string broke;  ///< What was said when the connection broke.
  };
  const std::vector<End>& ends() const { return ends_; }
  /// Of all runs: refusals because the disk was full.
  std::size_t refused_full() const { return refused_full_; }

 private:
  struct Client {
    Who who;
    std::mt19937_64 chance;
    std::map<std::string, std::uint64_t> holds;
  };
  void run(std::size_t index, std::uint16_t port);
  /// False: it was the last request.
  bool one_request(Client& client, support::Talk& talk, End& end);
  std::string pick(Client& client, std::size_t index);

  Ledger& ledger_;
  const Mix mix_;
  std::vector<Client> clients_;
  std::vector<End> ends_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::size_t> refused_full_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t answers_ = 0;  // Guarded by mutex_.
  std::size_t running_ = 0;  // Guarded by mutex_.
  std::vector<std::jthread> threads_;
};

}  // namespace holdfast::durability
