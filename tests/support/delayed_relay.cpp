#include "tests/support/delayed_relay.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace holdfast::support {
namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// One direction of one connection. An empty piece is the end.
struct Way {
  int from;
  int to;
  struct Piece {
    Clock::time_point due;
    std::string bytes;
  };
  std::deque<Piece> under_way{};
  bool open = true;

  void read(std::chrono::milliseconds delay) {
    char bytes[16 << 10];
    const ssize_t got = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    under_way.push_back(
        {Clock::now() + delay, std::string(bytes, static_cast<std::size_t>(std::max<ssize_t>(got, 0)))});
    if (got <= 0) open = false;
  }
  void pass_on() {
    while (!under_way.empty() && under_way.front().due <= Clock::now()) {
      const std::string bytes = std::move(under_way.front().bytes);
      under_way.pop_front();
      if (bytes.empty()) {
        ::shutdown(to, SHUT_WR);
      } else if (::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
        under_way.clear();  // The other end is gone; the way back will say so.
      }
    }
  }
};

struct Pair {
  int client;
  int server;
  Way there{client, server};
  Way back{server, client};

  bool over() const { return !there.open && !back.open && there.under_way.empty() && back.under_way.empty(); }
};

int milliseconds_until_next(const std::list<Pair>& pairs) {
  Clock::time_point next = Clock::time_point::max();
  for (const Pair& pair : pairs) {
    for (const Way* way : {&pair.there, &pair.back}) {
      if (!way->under_way.empty()) next = std::min(next, way->under_way.front().due);
    }
  }
  if (next == Clock::time_point::max()) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

DelayedRelay::DelayedRelay(std::uint16_t server_port, std::chrono::milliseconds delay) {
  listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in here = loopback(0);
  socklen_t size = sizeof here;
  if (listening_ < 0 || ::bind(listening_, reinterpret_cast<sockaddr*>(&here), size) != 0 ||
      ::listen(listening_, 1024) != 0 || ::getsockname(listening_, reinterpret_cast<sockaddr*>(&here), &size) != 0 ||
      ::pipe2(stop_, O_CLOEXEC) != 0) {
    throw std::runtime_error("the relay cannot listen");
  }
  port_ = ntohs(here.sin_port);
  thread_ = std::thread([this, server_port, delay] { relay(server_port, delay); });
}

DelayedRelay::~DelayedRelay() {
  ::close(stop_[1]);
  thread_.join();
  ::close(stop_[0]);
  ::close(listening_);
}

void DelayedRelay::relay(std::uint16_t server_port, std::chrono::milliseconds delay) const {
  std::list<Pair> pairs;
  while (true) {
    std::vector<pollfd> watched{{stop_[0], POLLIN, 0}, {listening_, POLLIN, 0}};
    for (const Pair& pair : pairs) {
      watched.push_back({pair.there.open ? pair.client : -1, POLLIN, 0});
      watched.push_back({pair.back.open ? pair.server : -1, POLLIN, 0});
    }
    ::poll(watched.data(), watched.size(), milliseconds_until_next(pairs));
    if (watched[0].revents != 0) break;

    std::size_t place = 2;
    for (Pair& pair : pairs) {
      if (watched[place++].revents != 0) pair.there.read(delay);
      if (watched[place++].revents != 0) pair.back.read(delay);
      pair.there.pass_on();
      pair.back.pass_on();
    }
    if (watched[1].revents != 0) {
      const int client = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const sockaddr_in there = loopback(server_port);
      if (::connect(server, reinterpret_cast<const sockaddr*>(&there), sizeof there) != 0)
        ::shutdown(client, SHUT_RDWR);
      send_at_once(client);
      send_at_once(server);
      pairs.push_back({client, server});
    }
    std::erase_if(pairs, [](const Pair& pair) {
      if (!pair.over()) return false;
      ::close(pair.client);
      ::close(pair.server);
      return true;
    });
  }
  for (const Pair& pair : pairs) {
    ::close(pair.client);
    ::close(pair.server);
  }
}

}  // namespace holdfast::support
