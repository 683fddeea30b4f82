// One connection to the door for clients of Redis, as a test wants it: blocking, and byte for byte what it was told to
// send. It reads answers by a reader of its own, which knows nothing of the server's writer.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast::support {

/// `holdfast serve` with that door open, on a free port of its own.
class RespServer {
 public:
  explicit RespServer(ServerProcess::How how);

  std::uint16_t port() const { return port_; }
  std::uint16_t http_port() const { return server_.port(); }
  Process& process() { return server_.process(); }
  ServerProcess& server() { return server_; }

 private:
  ServerProcess server_;
  std::uint16_t port_ = 0;
};

/// An answer.
struct Said {
  char kind = '_';   ///< As on the wire; null is '_' however it was spelled.
  std::string text;  ///< Of a status, an error, a text, a number.
  std::vector<Said> items;

  bool null() const { return kind == '_'; }
  bool error() const { return kind == '-'; }
  /// In one line: OK, 7, nil, [a, b]; errors as -WORDS.
  std::string shown() const;
  /// Of a map (in RESP2 a list of twice as many), what belongs to `key`; empty where there is none.
  std::string field(std::string_view key) const;
};

/// `words` as clients send them.
std::string command_text(const std::vector<std::string>& words);

/// Not thread-safe. What talks throws std::runtime_error when the peer is gone or silent for `patience`.
class RespTalk {
 public:
  explicit RespTalk(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds(30))
      : talk_(port, patience), patience_(patience) {}

  void send(std::string_view bytes) { talk_.send(bytes); }
  Said receive();
  /// None: the server closed the connection instead.
  std::optional<Said> receive_or_closed();
  /// Sends one command and returns the answer as Said::shown().
  std::string ask(const std::vector<std::string>& words) { return ask_whole(words).shown(); }
  Said ask_whole(const std::vector<std::string>& words);
  /// Everything that comes until the server closes.
  std::string until_closed();

  Talk& raw() { return talk_; }

 private:
  bool fill();
  std::optional<Said> next();
  std::optional<std::string> line();

  Talk talk_;
  std::chrono::milliseconds patience_;
  std::string buffer_;
};

}  // namespace holdfast::support
