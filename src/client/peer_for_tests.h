// The other end of a connection, as a test wants it: listens on loopback, and answers or misbehaves as it is told.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

#include "base/check.h"
#include "client/http.h"
#include "client/socket.h"

namespace holdfast::client {

/// One accepted connection.
class PeerEnd {
 public:
  explicit PeerEnd(int fd) : handle_(fd) { HF_CHECK(fd >= 0); }

  /// The next request, head and body. Empty: the client closed.
  std::string read_request() {
    for (;;) {
      if (const auto head = buffer_.find("\r\n\r\n"); head != std::string::npos) {
        const auto length = buffer_.find("Content-Length: ");
        const std::size_t body = length < head ? std::stoul(buffer_.substr(length + 16)) : 0;
        if (buffer_.size() >= head + 4 + body) {
          const std::string request = buffer_.substr(0, head + 4 + body);
          buffer_.erase(0, head + 4 + body);
          return request;
        }
      }
      char block[4096];
      const ssize_t got = ::recv(handle_.get(), block, sizeof block, 0);
      if (got <= 0) return {};
      buffer_.append(block, static_cast<std::size_t>(got));
    }
  }

  void send(std::string_view bytes) { (void)!::send(handle_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  /// A whole answer with a JSON body.
  void answer(int status, std::string_view json, std::string_view more_headers = {}) {
    send("HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(json.size()) + "\r\n" + std::string{more_headers} + "\r\n" + std::string{json});
  }

  void close() { handle_.close(); }
  /// Whoever reads or writes there has come to an end, in other threads too.
  void shut_down() { ::shutdown(handle_.get(), SHUT_RDWR); }
  /// As a machine that lost its memory.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(handle_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

 private:
  Handle handle_;
  std::string buffer_;
};

class Peer {
 public:
  explicit Peer(int backlog = 16) : handle_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof here;
    HF_CHECK(::bind(handle_.get(), reinterpret_cast<sockaddr*>(&here), size) == 0);
    HF_CHECK(::listen(handle_.get(), backlog) == 0);
    HF_CHECK(::getsockname(handle_.get(), reinterpret_cast<sockaddr*>(&here), &size) == 0);
    url = {"127.0.0.1", ntohs(here.sin_port)};
  }

  PeerEnd accept() { return PeerEnd(::accept4(handle_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  int listening() const { return handle_.get(); }
  /// Whether a connection waits to be accepted.
  bool has_caller() const {
    pollfd wanted{handle_.get(), POLLIN, 0};
    return ::poll(&wanted, 1, 0) == 1;
  }
  /// Nobody listens there from now on.
  void close() { handle_.close(); }

  Url url;

 private:
  Handle handle_;
};

/// Enough for whatever is not expected to take its time.
inline Deadline soon() {
  return BootTime::now() + std::chrono::seconds(30);
}

}  // namespace holdfast::client
