#include "server/resp/door.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "server/acceptor.h"
#include "server/resp/io_thread.h"
#include "server/resp/scripts.h"

namespace holdfast::server::resp {
namespace {

using Time = std::chrono::steady_clock::time_point;

/// A thread that waits for a disk is not waited for any longer than this when its connections are to be closed.
constexpr std::chrono::milliseconds patience_for_closing{100};

/// What `work` says on the thread's loop; none if the loop has not got to it `until` then. It may still do so later.
template <class Work>
auto on(IoThread& thread, Time until, Work work) -> std::optional<std::invoke_result_t<Work>> {
  auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Work>()>>(std::move(work));
  auto said = task->get_future();
  thread.post([task] { (*task)(); });
  if (said.wait_until(until) != std::future_status::ready) return std::nullopt;
  return said.get();
}

/// What is said to a connection beyond the limit.
std::string full_house() {
  return fmt::format("-ERR {}\r\n", info_of(ErrorCode::too_many_connections).told);
}

}  // namespace

class Door::Impl {
 public:
  Impl(Service& service, EventStreams& streams, Options options) : options_(std::move(options)) {
    std::vector<Taker*> takers;
    for (int i = 0; i <= options_.io_threads; ++i) {  // And a spare one.
      threads_.push_back(std::make_unique<IoThread>(service, options_, scripts_, streams));
      takers.push_back(threads_.back().get());
    }
    acceptor_.emplace(service, std::move(takers), "--resp", full_house());
  }

  ~Impl() {
    close(std::chrono::milliseconds(0));
    for (auto& thread : threads_) thread->join();
  }

  Result<void> open() {
    if (Result<void> listening = acceptor_->listen(options_.host, options_.port); !listening) return listening;
    for (auto& thread : threads_) {
      thread->port = acceptor_->port();
      thread->start();
    }
    acceptor_->start();
    open_ = true;
    return {};
  }

  std::uint16_t port() const { return acceptor_->port(); }

  void stop_taking() {
    if (!open_) return;
    acceptor_->close();
    for (auto& thread : threads_) {
      thread->closing = true;
      thread->post([&io = *thread] { io.begin_closing(); });
    }
  }

  void close(std::chrono::milliseconds patience) {
    if (!open_) return;
    stop_taking();
    open_ = false;
    const Time until = std::chrono::steady_clock::now() + patience;
    for (auto& thread : threads_) {
      IoThread& io = *thread;
      std::optional<std::size_t> busy = 1;
      while (busy.value_or(0) > 0 && std::chrono::steady_clock::now() < until) {
        busy = on(io, until, [&io] { return io.busy(); });
        // Polls other threads' writes: no event.
        if (busy.value_or(0) > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      }
      const Time soon = std::max(until, std::chrono::steady_clock::now() + patience_for_closing);
      const auto close_all = [&io] {
        io.close_all();
        return true;
      };
      if (on(io, soon, close_all)) io.join();  // Else it waits for the disk, and only the end of the process ends that.
    }
  }

 private:
  Options options_;
  Scripts scripts_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::optional<Acceptor> acceptor_;  ///< After the threads: it gives them connections.
  bool open_ = false;
};

Door::Door(Service& service, EventStreams& streams, Options options)
    : impl_(std::make_unique<Impl>(service, streams, std::move(options))) {}
Door::~Door() = default;
Result<void> Door::open() {
  return impl_->open();
}
std::uint16_t Door::port() const {
  return impl_->port();
}
void Door::stop_taking() {
  impl_->stop_taking();
}
void Door::close(std::chrono::milliseconds patience) {
  impl_->close(patience);
}

}  // namespace holdfast::server::resp
