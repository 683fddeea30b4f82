#include "tests/support/resp_talk.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace holdfast::support {
namespace {

ServerProcess::How with_door(ServerProcess::How how) {
  how.arguments.insert(how.arguments.end(), {"--resp", "127.0.0.1:0"});
  return how;
}

std::uint16_t announced_port(const Process& server) {
  constexpr std::string_view before = "clients of Redis: 127.0.0.1:";
  const std::string said = server.output();
  const std::size_t at = said.find(before);
  if (at == std::string::npos) throw std::runtime_error("the server does not say where clients of Redis connect");
  return static_cast<std::uint16_t>(std::stoul(said.substr(at + before.size())));
}

}  // namespace

// The address of this door is said with that of the other, in one write.
RespServer::RespServer(ServerProcess::How how)
    : server_(with_door(std::move(how))), port_(announced_port(server_.process())) {}

std::string Said::shown() const {
  if (null()) return "nil";
  if (error()) return "-" + text;
  if (kind != '*' && kind != '%' && kind != '>') return text;
  std::string out = "[";
  for (const Said& item : items) out += (out.size() > 1 ? ", " : "") + item.shown();
  return out + "]";
}

std::string Said::field(std::string_view key) const {
  for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].text == key) return items[i + 1].shown();
  }
  return {};
}

std::string command_text(const std::vector<std::string>& words) {
  std::string out = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words) out += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return out;
}

bool RespTalk::fill() {
  pollfd wanted{talk_.socket(), POLLIN, 0};
  const int ready = ::poll(&wanted, 1, static_cast<int>(patience_.count()));
  if (ready == 0) throw std::runtime_error(fmt::format("no answer within {} ms", patience_.count()));
  char bytes[64 << 10];
  const ssize_t got = ::recv(talk_.socket(), bytes, sizeof bytes, 0);
  if (got < 0 && errno != ECONNRESET) throw std::runtime_error(fmt::format("recv: {}", std::strerror(errno)));
  if (got <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(got));
  return true;
}

std::optional<std::string> RespTalk::line() {
  std::size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (fill()) continue;
    if (buffer_.empty()) return std::nullopt;
    throw std::runtime_error("closed in the middle of an answer: " + buffer_);
  }
  std::string found = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return found;
}

std::optional<Said> RespTalk::next() {
  std::optional<std::string> head = line();
  if (!head) return std::nullopt;
  if (head->empty()) throw std::runtime_error("an empty line instead of an answer");
  Said said{.kind = head->front(), .text = head->substr(1), .items = {}};
  switch (said.kind) {
    case '+':
    case '-':
    case ':':
    case '#':
    case ',':
    case '_':
      return said;
    case '$':
    case '=': {
      if (said.text == "-1") return Said{};
      const std::size_t length = std::stoul(said.text);
      while (buffer_.size() < length + 2) {
        if (!fill()) throw std::runtime_error("closed in the middle of a text");
      }
      if (buffer_.substr(length, 2) != "\r\n") throw std::runtime_error("a text that does not end where it says");
      said.text = buffer_.substr(0, length);
      buffer_.erase(0, length + 2);
      return said;
    }
    case '*':
    case '%':
    case '>': {
      if (said.text == "-1") return Said{};
      const std::size_t count = std::stoul(said.text) * (said.kind == '%' ? 2 : 1);
      for (std::size_t i = 0; i < count; ++i) {
        std::optional<Said> item = next();
        if (!item) throw std::runtime_error("closed in the middle of a list");
        said.items.push_back(*std::move(item));
      }
      return said;
    }
    default:
      throw std::runtime_error("not an answer: " + *head);
  }
}

std::optional<Said> RespTalk::receive_or_closed() {
  return next();
}

Said RespTalk::receive() {
  std::optional<Said> said = next();
  if (!said) throw std::runtime_error("the server closed the connection instead of answering");
  return *std::move(said);
}

Said RespTalk::ask_whole(const std::vector<std::string>& words) {
  send(command_text(words));
  return receive();
}

std::string RespTalk::until_closed() {
  while (fill()) {
  }
  return std::exchange(buffer_, {});
}

}  // namespace holdfast::support
