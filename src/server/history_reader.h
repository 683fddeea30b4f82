// Reads of the history, for all doors.
#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "api/operations.h"
#include "history/store.h"

namespace holdfast::server {

class Clients;

/// Reads its files on a thread of its own, for one request after the other: a disk that hangs holds nobody up who asks
/// for something else. Thread-safe, but `keep`, which comes before the first request.
class HistoryReader {
 public:
  using Told = std::move_only_function<void(api::Written)>;

  /// Requests that wait or are read for. While the disk hangs each may keep a connection.
  static constexpr std::size_t requests_max = 128;

  /// `clients` must outlive it.
  explicit HistoryReader(const Clients& clients) : clients_(clients) {}

  /// Null: none is kept.
  void keep(history::Store* history) { history_ = history; }
  history::Store* history() const { return history_; }

  /// Has `told` called with the answer to what `client` asks, on its thread, or on this one where so many wait that it
  /// is refused. Whoever has gone meanwhile is told something, too, that nobody hears.
  void read(std::uint64_t client, const api::HistoryRequest& wanted, const api::Context& context, Told told);

  /// What waits is refused, and what comes. False: what is being read was not there by `until`, and only the end of the
  /// process ends that.
  bool end(std::chrono::steady_clock::time_point until);

 private:
  api::Written answer(std::uint64_t client, const api::HistoryRequest& wanted, const api::Context& context);

  const Clients& clients_;
  history::Store* history_ = nullptr;
  std::atomic<std::size_t> requests_ = 0;
  std::atomic<bool> ending_ = false;
  boost::asio::thread_pool thread_{1};
};

}  // namespace holdfast::server
