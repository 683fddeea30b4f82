#include "cli/load_wire.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace holdfast::cli {
namespace {

constexpr std::size_t read_bytes = 16 << 10;
constexpr std::string_view head_end = "\r\n\r\n";

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return small(x) == small(y); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The two header fields that matter to a load.
struct Fields {
  std::optional<std::size_t> length;
  bool closes = false;
};

Fields read_fields(std::string_view lines) {
  Fields fields;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string_view value = trimmed(line.substr(colon + 1));
    if (same_word(name, "content-length")) fields.length = number_of<std::size_t>(value);
    if (same_word(name, "connection")) fields.closes = same_word(value, "close");
  }
  return fields;
}

std::unexpected<Error> unreachable(const std::string& where, std::string_view why) {
  return fail(ErrorCode::unreachable, fmt::format("{}: {}", where, why));
}

}  // namespace

HttpAnswer read_answer(std::string_view bytes) {
  const std::size_t head = bytes.find(head_end);
  if (head == std::string_view::npos) return {};
  const HttpAnswer nonsense{.state = HttpAnswer::State::nonsense, .body = {}};
  constexpr std::string_view version = "HTTP/1.1 ";
  if (!bytes.starts_with(version) || head < version.size() + 3) return nonsense;
  const std::optional<int> status = number_of<int>(bytes.substr(version.size(), 3));
  const std::size_t line = bytes.find("\r\n");
  const Fields fields = read_fields(bytes.substr(line + 2, head > line ? head - line - 2 : 0));
  if (!status || !fields.length) return nonsense;
  const std::string_view behind = bytes.substr(head + head_end.size());
  if (behind.size() < *fields.length) return {};
  return {HttpAnswer::State::whole, *status, behind.substr(0, *fields.length), fields.closes};
}

std::string_view json_field(std::string_view body, std::string_view key) {
  const std::string quoted = fmt::format("\"{}\":", key);
  const std::size_t at = body.find(quoted);
  if (at == std::string_view::npos) return {};
  std::string_view value = body.substr(at + quoted.size());
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (!value.starts_with('"')) return value.substr(0, value.find_first_of(",} \r\n"));
  value.remove_prefix(1);
  return value.substr(0, value.find('"'));
}

Result<Target> Target::look_up(const client::Url& url) {
  Target target;
  target.text_ = url.text();
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (failed != 0) return unreachable(target.text_, ::gai_strerror(failed));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Address address{.size = one->ai_addrlen};
    std::memcpy(&address.bytes, one->ai_addr, one->ai_addrlen);
    target.addresses_.push_back(address);
  }
  return target;
}

Result<client::Handle> Target::connect() const {
  int failure = ECONNREFUSED;
  for (const Address& address : addresses_) {
    client::Handle socket(::socket(address.bytes.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket) return unreachable(text_, std::strerror(errno));
    const timeval patience{.tv_sec = 10, .tv_usec = 0};  // Linux gives up a connect at the sending time limit.
    ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    const int now = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &now, sizeof now);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address.bytes), address.size) == 0) return socket;
    failure = errno == EINPROGRESS ? ETIMEDOUT : errno;
  }
  return unreachable(text_, std::strerror(failure));
}

bool Wire::send(std::string_view request) {
  const ssize_t sent = ::send(socket_.get(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent == static_cast<ssize_t>(request.size());
}

Wire::Got Wire::receive() {
  if (std::exchange(taken_, false)) received_.clear();
  const std::size_t had = received_.size();
  received_.resize(had + read_bytes);
  const ssize_t got = ::recv(socket_.get(), received_.data() + had, read_bytes, MSG_DONTWAIT);
  received_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) return errno == EAGAIN || errno == EINTR ? Got::nothing_yet : Got::closed;
  if (got == 0) return Got::closed;
  answer_ = read_answer(received_);
  if (answer_.state == HttpAnswer::State::nonsense) return Got::closed;
  if (answer_.state == HttpAnswer::State::cut_short) return Got::nothing_yet;
  taken_ = true;
  return Got::answer;
}

void Wire::shut_down() {
  ::shutdown(socket_.get(), SHUT_WR);
}

}  // namespace holdfast::cli
