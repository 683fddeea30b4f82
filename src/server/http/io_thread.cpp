#include "server/http/io_thread.h"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include "server/closing.h"
#include "server/http/connection.h"

namespace holdfast::server::http {

namespace net = boost::asio;
using tcp = net::ip::tcp;

IoThread::IoThread(Service& its_service, const Options& its_options, const Admission& its_admission,
                   EventStreams& its_streams, live::LiveThread& its_live, const console::Files& its_files)
    : service(its_service),
      options(its_options),
      admission(its_admission),
      streams(its_streams),
      live(its_live),
      files(its_files),
      lane_(service.add_lane(*this)) {}

void IoThread::deliver(std::vector<core::Answer> answers) {
  if (std::this_thread::get_id() == thread_.get_id()) return hand_out(std::move(answers));
  net::post(loop, [this, answers = std::move(answers)]() mutable { hand_out(std::move(answers)); });
}

void IoThread::post(std::move_only_function<void()> work) {
  net::post(loop, std::move(work));
}

void IoThread::start() {
  thread_ = std::thread([this] {
    const auto work = net::make_work_guard(loop);
    loop.run();
  });
  net::post(loop, [this] { look_at_times(); });
}

void IoThread::join() {
  end_at_once(lister, walker);
  loop.stop();
  if (thread_.joinable()) thread_.join();
}

void IoThread::offered() {
  net::post(loop, [this] {
    for (const Offer& offer : take_offers()) adopt(offer);
  });
}

void IoThread::adopt(const Offer& offer) {
  boost::system::error_code error;
  tcp::socket socket(loop);
  socket.assign(offer.protocol, offer.fd, error);
  if (error) {
    ::close(offer.fd);
    service.metrics().connections.fetch_sub(1, std::memory_order_relaxed);
    return service.log().write(Log::Level::warn, "cannot watch a connection", {{"why", error.message()}});
  }
  const std::uint64_t client = Service::client_id(lane_, ++numbered_);
  auto connection = std::make_shared<Connection>(*this, std::move(socket), client);
  connections_[client] = connection.get();
  auto job = connection->serve();  // Named first: g++ 12 frees unnamed operands twice.
  net::co_spawn(loop, std::move(job), [this, connection, client](std::exception_ptr thrown) {
    connections_.erase(client);
    if (!thrown) return;
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      service.log().write(Log::Level::error, "a connection ended by an exception", {{"what", e.what()}});
    }
  });
}

void IoThread::gather(core::Address from, core::Command command) {
  gathered_.push_back({from, std::move(command)});
  if (gathered_.size() > 1) return;
  net::post(loop, [this] {
    submitted_.swap(gathered_);  // Both keep their room: requests are long to move.
    // A disk that hangs must hang nobody but those who asked for something of it: a renewal needs none.
    service.runner().submit(submitted_, {.others = connections_.size() > 1});
    submitted_.clear();
  });
}

bool IoThread::close_all() {
  for (const auto& [client, connection] : std::unordered_map(connections_)) connection->close();
  return true;
}

std::size_t IoThread::busy() const {
  std::size_t busy = 0;
  for (const auto& [client, connection] : connections_) busy += connection->idle() ? 0 : 1;
  return busy;
}

void IoThread::hand_out(std::vector<core::Answer> answers) {
  for (core::Answer& answer : answers) {
    const auto found = connections_.find(answer.to.client);
    if (found != connections_.end()) {
      found->second->answered(answer);
    } else {
      take_back(answer);
    }
  }
}

void IoThread::take_back(const core::Answer& answer) {
  const core::Reply& reply = answer.reply;
  if (reply.code != ErrorCode::none || reply.void_after == Instant{}) return;
  gather(answer.to, service.take_back(reply.lease.name, reply.lease.token, reply.who));
}

void IoThread::look_at_times() {
  const auto now = std::chrono::steady_clock::now();
  for (const auto& [client, connection] : std::unordered_map(connections_)) connection->look_at_time(now);
  second_.expires_after(std::chrono::seconds(1));
  second_.async_wait([this](const boost::system::error_code& error) {
    if (!error) look_at_times();
  });
}

}  // namespace holdfast::server::http
