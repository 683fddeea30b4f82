#include "tests/support/http_talk.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tests/support/loopback.h"

namespace holdfast::support {
namespace {

std::map<std::string, std::string> headers_of(std::string_view head) {
  std::map<std::string, std::string> headers;
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos && at + 2 < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at + 2), head.size());
    const std::string_view line = head.substr(at + 2, end - at - 2);
    if (const std::size_t colon = line.find(':'); colon != std::string_view::npos) {
      std::string name(line.substr(0, colon));
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      headers[name] = line.substr(std::min(colon + 2, line.size()));
    }
    at = end;
  }
  return headers;
}

}  // namespace

std::string Response::field(std::string_view name) const {
  const boost::json::value document = json();
  const boost::json::value* found = document.as_object().if_contains(name);
  if (!found) return {};
  return found->is_string() ? std::string(found->as_string()) : boost::json::serialize(*found);
}

std::uint64_t Response::token() const {
  return json().as_object().at("token").to_number<std::uint64_t>();
}

Talk::Talk(std::uint16_t port, std::chrono::milliseconds patience)
    : socket_(connect_to_loopback(port)), patience_(patience) {}

Talk::~Talk() {
  close();
}

Talk::Talk(Talk&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), patience_(other.patience_), buffer_(std::move(other.buffer_)) {}

void Talk::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) system_failed("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

bool Talk::fill(std::chrono::milliseconds time) {
  pollfd wanted{socket_, POLLIN, 0};
  const int ready = ::poll(&wanted, 1, static_cast<int>(time.count()));
  if (ready < 0) system_failed("poll");
  if (ready == 0) throw std::runtime_error(fmt::format("no answer within {} ms", time.count()));
  char bytes[16 << 10];
  const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got < 0 && errno == ECONNRESET) return false;
  if (got < 0) system_failed("recv");
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return got > 0;
}

std::optional<Response> Talk::receive_up_to_body() {
  std::size_t head_end;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (fill(patience_)) continue;
    if (buffer_.empty()) return std::nullopt;
    throw std::runtime_error("closed in the middle of an answer: " + buffer_);
  }
  Response response;
  response.headers = headers_of(std::string_view(buffer_).substr(0, head_end));
  response.status = std::stoi(buffer_.substr(buffer_.find(' ') + 1, 3));
  buffer_.erase(0, head_end + 4);
  return response;
}

std::optional<Response> Talk::receive_or_closed() {
  std::optional<Response> response = receive_up_to_body();
  if (!response) return response;
  const std::size_t length = std::stoul(response->headers.at("content-length"));
  while (buffer_.size() < length) {
    if (!fill(patience_)) throw std::runtime_error("closed in the middle of an answer's body");
  }
  response->body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return response;
}

Response Talk::receive_head() {
  return receive_up_to_body().value();
}

Response Talk::receive() {
  std::optional<Response> response = receive_or_closed();
  if (!response) throw std::runtime_error("the server closed the connection instead of answering");
  return *std::move(response);
}

bool Talk::closed_within(std::chrono::milliseconds time) {
  pollfd wanted{socket_, POLLIN, 0};
  if (::poll(&wanted, 1, static_cast<int>(time.count())) <= 0) return false;
  char byte;
  const ssize_t got = ::recv(socket_, &byte, 1, MSG_PEEK);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

bool Talk::answered_within(std::chrono::milliseconds time) {
  if (!buffer_.empty()) return true;
  pollfd wanted{socket_, POLLIN, 0};
  char byte;
  return ::poll(&wanted, 1, static_cast<int>(time.count())) > 0 && ::recv(socket_, &byte, 1, MSG_PEEK) == 1;
}

Response Talk::get(std::string_view target) {
  send(request_text("GET", target));
  return receive();
}

Response Talk::post(std::string_view target, std::string_view json) {
  send(request_text("POST", target, json));
  return receive();
}

void Talk::shut_down_writing() {
  ::shutdown(socket_, SHUT_WR);
}

void Talk::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void Talk::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::uint16_t Talk::local_port() const {
  sockaddr_in here{};
  socklen_t size = sizeof here;
  if (::getsockname(socket_, reinterpret_cast<sockaddr*>(&here), &size) != 0) system_failed("getsockname");
  return ntohs(here.sin_port);
}

std::string request_text(std::string_view method, std::string_view target, std::string_view json) {
  if (json.empty())
    return fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", method, target);
  return fmt::format(
      "{} {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", method,
      target, json.size(), json);
}

}  // namespace holdfast::support
