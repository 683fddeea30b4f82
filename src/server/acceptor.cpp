#include "server/acceptor.h"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

namespace holdfast::server {
namespace {

namespace net = boost::asio;
using tcp = net::ip::tcp;

/// After this long a thread is not about to take a connection in: it waits for something.
constexpr std::chrono::milliseconds got_to_within{50};

/// Notices a peer that vanished without a word within 10 s (L8): probes after 5 s of silence, and gives up on unread
/// data as fast.
void watch_peer(tcp::socket& socket) {
  const int fd = socket.native_handle();
  const auto set = [&](int level, int option, int value) { ::setsockopt(fd, level, option, &value, sizeof value); };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 5);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 2);
  set(IPPROTO_TCP, TCP_KEEPCNT, 2);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 9'000);
}

}  // namespace

Taker::~Taker() {
  for (const Offer& offer : offers_) ::close(offer.fd);
}

void Taker::offer(Offer offer) {
  {
    const std::lock_guard lock(offers_mutex_);
    offers_.push_back(offer);
  }
  offered();
}

std::vector<Offer> Taker::withdraw(std::chrono::steady_clock::time_point time) {
  const std::lock_guard lock(offers_mutex_);
  const auto kept = std::ranges::partition(offers_, [&](const Offer& offer) { return offer.since >= time; });
  std::vector<Offer> back(kept.begin(), kept.end());
  offers_.erase(kept.begin(), kept.end());
  return back;
}

bool Taker::has_offers() {
  const std::lock_guard lock(offers_mutex_);
  return !offers_.empty();
}

std::vector<Offer> Taker::take_offers() {
  const std::lock_guard lock(offers_mutex_);
  return std::exchange(offers_, {});
}

Acceptor::Acceptor(Service& service, std::vector<Taker*> threads, Taker* spare, std::string option, std::string refusal)
    : service_(service),
      threads_(std::move(threads)),
      in_turn_(threads_.size()),
      option_(std::move(option)),
      refusal_(std::move(refusal)) {
  if (spare) threads_.push_back(spare);
}

Acceptor::~Acceptor() {
  close();
}

Result<void> Acceptor::listen(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  const auto address = net::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return fail(ErrorCode::bad_configuration, option_ + ": " + host + " is not an address");
  const tcp::endpoint endpoint(address, port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(4096, error);
  if (error) {
    return fail(ErrorCode::bad_configuration,
                fmt::format("{}: cannot listen on {}:{}: {}", option_, host, port, error.message()));
  }
  return {};
}

void Acceptor::start() {
  accept();
  thread_ = std::thread([this] { loop_.run(); });
}

void Acceptor::close() {
  if (!thread_.joinable()) return;
  net::post(loop_, [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    loop_.stop();
  });
  thread_.join();
}

void Acceptor::accept() {
  acceptor_.async_accept([this](const boost::system::error_code& error, tcp::socket socket) {
    if (error == net::error::operation_aborted || !acceptor_.is_open()) return;
    if (error) return accept_later(error);  // Out of file descriptors, most likely.
    Metrics& metrics = service_.metrics();
    if (metrics.connections.load(std::memory_order_relaxed) >=
        metrics.connections_max.load(std::memory_order_relaxed)) {
      turn_away(std::move(socket));
    } else {
      watch_peer(socket);
      metrics.connections.fetch_add(1, std::memory_order_relaxed);  // Not when its thread gets to it: it may be busy.
      boost::system::error_code ignored;
      const tcp protocol = socket.local_endpoint(ignored).protocol();
      threads_[next_]->offer({socket.release(), protocol, std::chrono::steady_clock::now()});
      next_ = (next_ + 1) % in_turn_;
      if (threads_.size() > in_turn_) look_after_offers();
    }
    accept();
  });
}

void Acceptor::look_after_offers() {
  if (std::exchange(looking_after_, true)) return;
  soon_.expires_after(got_to_within);
  soon_.async_wait([this](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    looking_after_ = false;
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      give_on(*threads_[(i + 1) % threads_.size()], threads_[i]->withdraw(now - got_to_within));
    }
    if (std::ranges::any_of(threads_, [](Taker* thread) { return thread->has_offers(); })) look_after_offers();
  });
}

void Acceptor::give_on(Taker& to, std::vector<Offer> offers) {
  for (Offer& offer : offers) {
    offer.since = std::chrono::steady_clock::now();
    to.offer(offer);
  }
}

void Acceptor::accept_later(const boost::system::error_code& error) {
  // Whoever looks at the figures says so in the log: five lines a second would hide all others.
  service_.metrics().accept_error.store(error.value(), std::memory_order_relaxed);
  service_.metrics().accept_failures.fetch_add(1, std::memory_order_relaxed);
  later_.expires_after(std::chrono::milliseconds(200));
  later_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled && acceptor_.is_open()) accept();
  });
}

void Acceptor::turn_away(tcp::socket socket) {
  service_.metrics().connections_refused.fetch_add(1, std::memory_order_relaxed);
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  socket.write_some(net::buffer(refusal_), ignored);
}

}  // namespace holdfast::server
