#include "tests/support/live_talk.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "tests/support/loopback.h"

namespace holdfast::support {
namespace {

namespace json = boost::json;
using Steady = std::chrono::steady_clock;

}  // namespace

std::string LiveAnswer::field(std::string_view name) const {
  const json::value* found = body.if_contains(name);
  if (!found) return {};
  return found->is_string() ? std::string(found->as_string()) : json::serialize(*found);
}

std::string live_handshake(std::string_view host, std::string_view more, std::string_view protocol) {
  return fmt::format(
      "GET /v1/live HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: "
      "{}\r\n{}\r\n",
      host, protocol, more);
}

LiveTalk::LiveTalk(std::uint16_t port, std::chrono::milliseconds patience)
    : socket_(connect_to_loopback(port)), patience_(patience) {
  send_bytes(live_handshake());
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill(patience_)) throw std::runtime_error("closed amid the handshake: " + buffer_);
  }
  const std::string head = buffer_.substr(0, end);
  if (!head.starts_with("HTTP/1.1 101 ") || head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == std::string::npos) {
    throw std::runtime_error("not let in: " + head);
  }
  buffer_.erase(0, end + 4);
}

LiveTalk::LiveTalk(std::uint16_t port, std::string_view owner, std::string_view session) : LiveTalk(port) {
  const LiveAnswer told = ask("hello", fmt::format(R"("owner":"{}","session":"{}")", owner, session));
  if (told.status != 200) throw std::runtime_error("hello was refused: " + json::serialize(told.body));
}

LiveTalk::~LiveTalk() {
  close();
}

LiveTalk::LiveTalk(LiveTalk&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      patience_(other.patience_),
      buffer_(std::move(other.buffer_)),
      ids_(other.ids_),
      answers_pings_(other.answers_pings_),
      pings_(other.pings_),
      code_(other.code_),
      answers_(std::move(other.answers_)),
      pushes_(std::move(other.pushes_)) {}

void LiveTalk::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void LiveTalk::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void LiveTalk::send_bytes(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) system_failed("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void LiveTalk::send_frame(int first, std::string_view payload, bool masked) {
  std::string frame(1, static_cast<char>(first));
  const int bit = masked ? 0x80 : 0;
  if (payload.size() < 126) {
    frame += static_cast<char>(bit | static_cast<int>(payload.size()));
  } else {
    const int bytes = payload.size() < 65'536 ? 2 : 8;
    frame += static_cast<char>(bit | (bytes == 2 ? 126 : 127));
    for (int i = bytes - 1; i >= 0; --i) frame += static_cast<char>(payload.size() >> (8 * i) & 0xFF);
  }
  constexpr std::string_view mask = "\x5A\x01\xFE\x33";
  if (masked) frame += mask;
  const std::size_t at = frame.size();
  frame += payload;
  for (std::size_t i = 0; masked && i < payload.size(); ++i)
    frame[at + i] = static_cast<char>(payload[i] ^ mask[i % 4]);
  send_bytes(frame);
}

/// False: the server has closed, or said nothing for so long.
bool LiveTalk::fill(std::chrono::milliseconds time) {
  pollfd wanted{socket_, POLLIN, 0};
  const int ready = ::poll(&wanted, 1, static_cast<int>(std::max<std::int64_t>(0, time.count())));
  if (ready < 0) system_failed("poll");
  if (ready == 0) return false;
  char bytes[64 << 10];
  const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
  if (got <= 0) {
    if (!code_) code_ = 1006;
    return false;
  }
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

/// The next message, past pings; none: more has to come, or nothing will.
std::optional<std::string> LiveTalk::take_frame() {
  while (true) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(buffer_[at]); };
    if (buffer_.size() < 2) return std::nullopt;
    std::size_t head = 2, length = byte(1);
    if (length >= 126) {
      const std::size_t bytes = length == 126 ? 2 : 8;
      head += bytes;
      if (buffer_.size() < head) return std::nullopt;
      length = 0;
      for (std::size_t i = 0; i < bytes; ++i) length = length << 8U | byte(2 + i);
    }
    if (buffer_.size() < head + length) return std::nullopt;
    const int first = byte(0);
    std::string payload = buffer_.substr(head, length);
    buffer_.erase(0, head + length);
    if (first == 0x81) return payload;
    if (first == 0x88) {
      code_ = payload.size() < 2 ? 1005
                                 : static_cast<std::uint16_t>(static_cast<unsigned char>(payload[0]) << 8U |
                                                              static_cast<unsigned char>(payload[1]));
      return std::nullopt;
    }
    if (first == 0x89) {
      ++pings_;
      if (answers_pings_) send_frame(0x8A, payload);
    } else if (first != 0x8A) {
      throw std::runtime_error(fmt::format("a frame that no server should send: {:02x}", first));
    } else {
      pushes_.push_back({{"push", "pong"}, {"payload", payload}});
    }
  }
}

std::optional<std::string> LiveTalk::next_message(std::chrono::milliseconds time) {
  const auto until = Steady::now() + time;
  while (true) {
    if (std::optional<std::string> message = take_frame()) return message;
    if (code_ || !fill(std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()))) return std::nullopt;
  }
}

std::optional<std::string> LiveTalk::message_within(std::chrono::milliseconds time) {
  return next_message(time);
}

void LiveTalk::keep(const std::string& message) {
  json::object read = json::parse(message).as_object();
  (read.contains("push") ? pushes_ : answers_).push_back(std::move(read));
}

std::uint64_t LiveTalk::send(std::string_view call, std::string_view fields) {
  send_text(fmt::format(R"({{"id":{},"call":"{}"{}{}}})", ++ids_, call, fields.empty() ? "" : ",", fields));
  return ids_;
}

LiveAnswer LiveTalk::answer(std::uint64_t id) {
  const auto until = Steady::now() + patience_;
  while (true) {
    for (auto each = answers_.begin(); each != answers_.end(); ++each) {
      const json::value* const its = each->if_contains("id");
      if (!its || its->to_number<std::uint64_t>() != id) continue;
      LiveAnswer found{static_cast<int>(each->at("status").as_int64()), each->at("body").as_object()};
      answers_.erase(each);
      return found;
    }
    const std::optional<std::string> message =
        next_message(std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()));
    if (!message) {
      throw std::runtime_error(code_ ? fmt::format("closed with {} instead of an answer", *code_) : "no answer came");
    }
    keep(*message);
  }
}

LiveAnswer LiveTalk::ask(std::string_view call, std::string_view fields) {
  return answer(send(call, fields));
}

bool LiveTalk::pushed_within(std::string_view kind, std::chrono::milliseconds time) {
  const auto until = Steady::now() + time;
  while (true) {
    const auto is_it = [&](const json::object& each) { return each.at("push").as_string() == kind; };
    if (std::ranges::any_of(pushes_, is_it)) return true;
    const std::optional<std::string> message =
        next_message(std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()));
    if (message) {
      keep(*message);
    } else if (std::ranges::none_of(pushes_, is_it)) {
      return false;
    }
  }
}

json::object LiveTalk::push(std::string_view kind) {
  if (!pushed_within(kind, patience_)) {
    throw std::runtime_error(
        fmt::format("no {} was pushed{}", kind, code_ ? fmt::format("; closed with {}", *code_) : ""));
  }
  const auto found =
      std::ranges::find_if(pushes_, [&](const json::object& each) { return each.at("push").as_string() == kind; });
  json::object push = std::move(*found);
  pushes_.erase(found);
  return push;
}

std::uint16_t LiveTalk::goodbye() {
  const auto until = Steady::now() + patience_;
  while (!code_) {
    const std::optional<std::string> message =
        next_message(std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now()));
    if (message) {
      keep(*message);
    } else if (!code_) {
      throw std::runtime_error("the server did not say goodbye");
    }
  }
  return *code_;
}

}  // namespace holdfast::support
