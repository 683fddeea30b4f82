#include "server/resp/door.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "server/acceptor.h"
#include "server/closing.h"
#include "server/resp/io_thread.h"
#include "server/resp/scripts.h"

namespace holdfast::server::resp {
namespace {

/// What is said to a connection beyond the limit.
std::string full_house() {
  return fmt::format("-ERR {}\r\n", info_of(ErrorCode::too_many_connections).told);
}

}  // namespace

class Door::Impl {
 public:
  Impl(Service& service, EventStreams& streams, Options options) : options_(std::move(options)) {
    std::vector<Taker*> takers;
    for (int i = 0; i < options_.io_threads; ++i) {
      threads_.push_back(std::make_unique<IoThread>(service, options_, scripts_, streams));
      takers.push_back(threads_.back().get());
    }
    // None is spare: each has another thread that stands in for it.
    acceptor_.emplace(service, std::move(takers), nullptr, "--resp", full_house());
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
    const auto until = std::chrono::steady_clock::now() + patience;
    for (auto& thread : threads_) close_connections(*thread, until);
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
