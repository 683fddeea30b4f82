#include "verify/http_wire.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>

namespace holdfast::verify {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t answer_bytes_max = 4 << 20;

std::string small(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<std::size_t> number(std::string_view text, int base = 10) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

std::unexpected<Error> nonsense(std::string why) {
  return fail(ErrorCode::bad_answer, std::move(why));
}

/// The chunks of `bytes` put together; none: the last one has not come.
Result<std::optional<std::string>> unchunked(std::string_view bytes) {
  std::string out;
  for (;;) {
    const std::size_t line = bytes.find("\r\n");
    if (line == std::string_view::npos) return std::nullopt;
    const auto size = number(bytes.substr(0, line), 16);
    if (!size || *size > answer_bytes_max) return nonsense("a chunk without a length");
    bytes.remove_prefix(line + 2);
    if (bytes.size() < *size + 2) return std::nullopt;
    if (*size == 0) return out;
    out += bytes.substr(0, *size);
    bytes.remove_prefix(*size + 2);
  }
}

Result<void> read_head(std::string_view head, HttpAnswer& answer) {
  const std::size_t line = std::min(head.find("\r\n"), head.size());
  const std::string_view first = head.substr(0, line);
  const auto status = first.size() >= 12 ? number(first.substr(9, 3)) : std::nullopt;
  if (!first.starts_with("HTTP/1.") || !status) return nonsense("no HTTP/1 answer");
  answer.status = static_cast<int>(*status);
  answer.closes = first[7] == '0';
  for (head.remove_prefix(std::min(line + 2, head.size())); !head.empty();) {
    const std::size_t end = std::min(head.find("\r\n"), head.size());
    const std::string_view field = head.substr(0, end);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos) return nonsense("a header without a colon");
    answer.headers[small(field.substr(0, colon))] = trimmed(field.substr(colon + 1));
    head.remove_prefix(std::min(end + 2, head.size()));
  }
  if (const auto found = answer.headers.find("connection"); found != answer.headers.end()) {
    answer.closes = small(found->second) == "close" || (answer.closes && small(found->second) != "keep-alive");
  }
  return {};
}

bool bodiless(int status) {
  return status == 204 || status == 304;
}

int left_ms(Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

bool ready(int fd, short events, Clock::time_point until) {
  pollfd poll{.fd = fd, .events = events, .revents = 0};
  int came = 0;
  do {
    came = ::poll(&poll, 1, left_ms(until));
  } while (came < 0 && errno == EINTR);
  return came > 0;
}

/// False: the connection is broken.
bool send_all(int fd, std::string_view bytes, Clock::time_point until) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (!ready(fd, POLLOUT, until)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

std::string bytes_of(const HttpRequest& request, const HttpPlace& place, bool keep_open) {
  std::string out =
      fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n", request.method, place.base, request.path, place.authority());
  for (const auto& [name, value] : request.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (!keep_open) out += "Connection: close\r\n";
  if (!request.body.empty() || request.method != "GET") {
    out += fmt::format("Content-Length: {}\r\n", request.body.size());
  }
  return out + "\r\n" + request.body;
}

}  // namespace

std::string HttpPlace::authority() const {
  return fmt::format("{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", port);
}

std::string HttpPlace::text() const {
  return "http://" + authority() + base;
}

Result<HttpPlace> parse_http_place(std::string_view text) {
  const auto bad = [&](std::string_view why) {
    return fail(ErrorCode::bad_description, fmt::format("'{}': {}", text, why));
  };
  std::string_view rest = text;
  if (rest.starts_with("https://")) return bad("only http:// can be verified, not https://");
  if (!rest.starts_with("http://")) return bad("write http://host:port");
  rest.remove_prefix(7);
  HttpPlace place;
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  place.base = rest.substr(slash);
  while (place.base.ends_with('/')) place.base.pop_back();
  rest = rest.substr(0, slash);
  if (rest.find('@') != std::string_view::npos) return bad("a user belongs into a header");
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos) {
    const std::string_view digits = rest.substr(colon + 1);
    const auto port = number(digits);
    const bool whole = digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (!port || !whole || *port == 0 || *port > 65535) return bad("the port must be a number from 1 to 65535");
    place.port = static_cast<std::uint16_t>(*port);
    rest = rest.substr(0, colon);
  }
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  if (rest.empty()) return bad("it names no host");
  place.host = rest;
  return place;
}

Result<HttpAnswer> take_http_answer(std::string_view bytes, bool ended) {
  HttpAnswer answer;
  std::size_t head = bytes.find("\r\n\r\n");
  while (head != std::string_view::npos) {
    answer = {};
    HF_TRY_VOID(read_head(bytes.substr(0, head), answer));
    bytes.remove_prefix(head + 4);
    if (answer.status >= 200) break;
    head = bytes.find("\r\n\r\n");  // A 100 Continue; the answer follows.
  }
  if (head == std::string_view::npos) {
    if (ended || bytes.size() > answer_bytes_max) return nonsense("the connection ended before the answer did");
    return HttpAnswer{};
  }
  const bool chunked = answer.headers.contains("transfer-encoding");
  if (bodiless(answer.status)) return answer;
  if (chunked) {
    HF_TRY(body, unchunked(bytes));
    if (body) {
      answer.body = *std::move(body);
      return answer;
    }
  } else if (const auto length = answer.headers.find("content-length"); length != answer.headers.end()) {
    const auto size = number(length->second);
    if (!size || *size > answer_bytes_max) return nonsense("a length that is none");
    if (bytes.size() >= *size) {
      answer.body = bytes.substr(0, *size);
      return answer;
    }
  } else if (ended) {
    answer.body = bytes;
    answer.closes = true;
    return answer;
  }
  if (ended) return nonsense("the connection ended before the answer did");
  return HttpAnswer{};
}

HttpWire::~HttpWire() {
  close();
}

void HttpWire::hang_up() {
  const std::scoped_lock lock(guarding_socket_);
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void HttpWire::close() {
  const std::scoped_lock lock(guarding_socket_);
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
}

bool HttpWire::quiet() const {
  char byte = 0;
  return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

Result<void> HttpWire::connect(Duration patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int looked = ::getaddrinfo(place_.host.c_str(), std::to_string(place_.port).c_str(), &hints, &found);
  if (looked != 0) {
    return fail(ErrorCode::unreachable, fmt::format("{}: {}", place_.text(), ::gai_strerror(looked)));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  const Clock::time_point until = Clock::now() + patience;
  int why = ETIMEDOUT;
  for (const addrinfo* address = found; address; address = address->ai_next) {
    const int fd = ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      why = errno;
      continue;
    }
    if (::connect(fd, address->ai_addr, address->ai_addrlen) != 0 && errno != EINPROGRESS) {
      why = errno;
    } else if (ready(fd, POLLOUT, until)) {
      socklen_t size = sizeof why;
      ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size);
      if (why == 0) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // A last byte must not be held back twice.
        const std::scoped_lock lock(guarding_socket_);
        socket_ = fd;
        return {};
      }
    } else {
      why = ETIMEDOUT;
    }
    ::close(fd);
  }
  return fail(ErrorCode::unreachable, system_words(place_.text(), why));
}

Result<HttpAnswer> HttpWire::exchange(const HttpRequest& request, Ticket& gate, Duration patience, bool keep_open) {
  if (socket_ >= 0 && !quiet()) close();  // The server has closed it since.
  if (socket_ < 0) HF_TRY_VOID(connect(patience));
  const Clock::time_point until = Clock::now() + patience;
  const std::string bytes = bytes_of(request, place_, keep_open);
  const std::string_view all = bytes;
  if (!send_all(socket_, all.substr(0, all.size() - 1), until)) {
    close();
    return fail(ErrorCode::unreachable, system_words(place_.text(), errno));
  }
  bool sent = true;
  gate.pass([&] { sent = send_all(socket_, all.substr(all.size() - 1), until); });
  // A server that writes head and body apart would wait for our acknowledgement in between, 40 ms for each answer.
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  std::string received;
  char piece[16 << 10];
  while (sent && ready(socket_, POLLIN, until)) {
    const ssize_t got = ::recv(socket_, piece, sizeof piece, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) break;
    received.append(piece, static_cast<std::size_t>(got));
    if (got == 0 && received.empty()) break;
    Result<HttpAnswer> answer = take_http_answer(received, got == 0);
    if (!answer || answer->status != 0) {
      if (!answer || answer->closes || !keep_open || got == 0) close();
      return answer;
    }
  }
  close();
  return fail(ErrorCode::answer_lost, "no answer came from " + place_.text());
}

}  // namespace holdfast::verify
