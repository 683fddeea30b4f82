#include "server/http/door.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <thread>

#include "api/write.h"
#include "server/acceptor.h"
#include "server/event_streams.h"
#include "server/http/io_thread.h"

namespace holdfast::server::http {
namespace {

std::vector<std::string> own_names(const Options& options) {
  std::vector<std::string> names = options.names;
  names.push_back(options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]");
  return names;
}

/// What is said to a connection beyond the limit.
std::string full_house() {
  const api::Written written = api::problem(Error{ErrorCode::too_many_connections});
  return fmt::format(
      "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n"
      "retry-after: 1\r\nconnection: close\r\n\r\n{}",
      written.body.size(), written.body);
}

using Time = std::chrono::steady_clock::time_point;

/// A thread that waits for a disk is not waited for any longer than this when its connections are to be closed.
constexpr std::chrono::milliseconds patience_for_closing{100};

/// What `work` says on the thread's loop; none if the loop has not got to it `until` then. It may still do so later.
template <class Work>
auto on(IoThread& thread, Time until, Work work) -> std::optional<std::invoke_result_t<Work>> {
  auto task = std::make_shared<std::packaged_task<std::invoke_result_t<Work>()>>(std::move(work));
  auto said = task->get_future();
  boost::asio::post(thread.loop, [task] { (*task)(); });
  if (said.wait_until(until) != std::future_status::ready) return std::nullopt;
  return said.get();
}

}  // namespace

class Door::Impl {
 public:
  Impl(Service& service, EventStreams& streams, Options options)
      : service_(service), options_(std::move(options)), admission_(own_names(options_)) {
    service_.metrics().connections_max = static_cast<std::int64_t>(options_.connections_max);
    for (int i = 0; i <= options_.io_threads; ++i) {  // And a spare one.
      threads_.push_back(std::make_unique<IoThread>(service_, options_, admission_, streams));
    }
    std::vector<Taker*> takers;
    for (const auto& thread : threads_) takers.push_back(thread.get());
    acceptor_.emplace(service_, std::move(takers), "--listen", full_house());
  }

  ~Impl() {
    close(std::chrono::milliseconds(0));
    for (auto& thread : threads_) thread->join();
  }

  Result<void> open() {
    if (Result<void> listening = acceptor_->listen(options_.host, options_.port); !listening) return listening;
    for (auto& thread : threads_) thread->start();
    acceptor_->start();
    open_ = true;
    return {};
  }

  std::uint16_t port() const { return acceptor_->port(); }

  void stop_taking() {
    if (!open_) return;
    acceptor_->close();
    for (auto& thread : threads_) thread->closing = true;
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
  Service& service_;
  Options options_;
  Admission admission_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::optional<Acceptor> acceptor_;  ///< After the threads: it lives on a loop of theirs.
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

}  // namespace holdfast::server::http
