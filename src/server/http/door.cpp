#include "server/http/door.h"

#include <fmt/format.h>

#include <optional>

#include "api/write.h"
#include "server/acceptor.h"
#include "server/closing.h"
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

}  // namespace

class Door::Impl {
 public:
  Impl(Service& service, EventStreams& streams, live::LiveThread& live, const console::Files& files, Options options)
      : service_(service), options_(std::move(options)), admission_(own_names(options_)) {
    service_.metrics().connections_max = static_cast<std::int64_t>(options_.connections_max);
    for (int i = 0; i <= options_.io_threads; ++i) {  // And a spare one.
      threads_.push_back(std::make_unique<IoThread>(service_, options_, admission_, streams, live, files));
    }
    std::vector<Taker*> takers;
    for (const auto& thread : threads_) takers.push_back(thread.get());
    Taker* const spare = takers.back();
    takers.pop_back();
    acceptor_.emplace(service_, std::move(takers), spare, "--listen", full_house());
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
    const auto until = std::chrono::steady_clock::now() + patience;
    for (auto& thread : threads_) close_connections(*thread, until);
  }

 private:
  Service& service_;
  Options options_;
  Admission admission_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::optional<Acceptor> acceptor_;  ///< After the threads: it lives on a loop of theirs.
  bool open_ = false;
};

Door::Door(Service& service, EventStreams& streams, live::LiveThread& live, const console::Files& files,
           Options options)
    : impl_(std::make_unique<Impl>(service, streams, live, files, std::move(options))) {}
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
