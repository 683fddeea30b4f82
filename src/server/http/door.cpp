#include "server/http/door.h"

#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <thread>

#include "server/http/acceptor.h"
#include "server/http/event_streams.h"
#include "server/http/io_thread.h"

namespace holdfast::server::http {
namespace {

std::vector<std::string> own_names(const Options& options) {
  std::vector<std::string> names = options.names;
  names.push_back(options.host.find(':') == std::string::npos ? options.host : "[" + options.host + "]");
  return names;
}

/// Runs `work` on the thread's loop and waits for it.
template <class Work>
auto on(IoThread& thread, Work work) {
  std::packaged_task<std::invoke_result_t<Work>()> task(std::move(work));
  auto done = task.get_future();
  boost::asio::post(thread.loop, [&task] { task(); });
  return done.get();
}

}  // namespace

class Door::Impl {
 public:
  Impl(Service& service, Options options)
      : service_(service),
        options_(std::move(options)),
        admission_(own_names(options_)),
        streams_(service.events(), service.metrics(), options_.events) {
    service_.metrics().connections_max = static_cast<std::int64_t>(options_.connections_max);
    for (int i = 0; i < options_.io_threads; ++i) {
      threads_.push_back(std::make_unique<IoThread>(service_, options_, admission_, streams_));
    }
    acceptor_.emplace(service_, threads_);
  }

  ~Impl() { close(std::chrono::milliseconds(0)); }

  Result<void> open() {
    if (Result<void> listening = acceptor_->listen(options_.host, options_.port); !listening) return listening;
    streams_.start();
    for (auto& thread : threads_) thread->start();
    acceptor_->start();
    open_ = true;
    return {};
  }

  std::uint16_t port() const { return acceptor_->port(); }

  void stop_taking() {
    if (!open_) return;
    for (auto& thread : threads_) {
      on(*thread, [this, &thread] {
        if (thread == threads_.front()) acceptor_->close();
        thread->closing = true;
      });
    }
    streams_.stop();  // After the threads know: nobody is let in behind it.
  }

  void close(std::chrono::milliseconds patience) {
    if (!std::exchange(open_, false)) return;
    const auto until = std::chrono::steady_clock::now() + patience;
    for (auto& thread : threads_) {
      std::size_t busy = 1;
      while (busy > 0 && std::chrono::steady_clock::now() < until) {
        busy = on(*thread, [&] { return thread->busy(); });
        if (busy > 0)
          std::this_thread::sleep_for(std::chrono::milliseconds(5));  // Polls other threads' writes: no event.
      }
      on(*thread, [&] { thread->close_all(); });
    }
    for (auto& thread : threads_) thread->join();
    streams_.stop();  // Where nobody called stop_taking.
  }

 private:
  Service& service_;
  Options options_;
  Admission admission_;
  EventStreams streams_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::optional<Acceptor> acceptor_;  ///< After the threads: it lives on a loop of theirs.
  bool open_ = false;
};

Door::Door(Service& service, Options options) : impl_(std::make_unique<Impl>(service, std::move(options))) {}
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
