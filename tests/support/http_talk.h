// One HTTP connection as a test wants it: blocking, byte for byte what it was told to send, and able to misbehave.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::support {

struct Response {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< Names in small letters.
  std::string body;

  boost::json::value json() const { return boost::json::parse(body); }
  /// A field of the JSON body as text: a string as it is, anything else as JSON writes it; empty where there is none.
  std::string field(std::string_view name) const;
  std::uint64_t token() const;
};

/// Not thread-safe. Every function that talks throws std::runtime_error when the peer is gone or silent for `patience`.
class Talk {
 public:
  explicit Talk(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds(30));
  ~Talk();
  Talk(Talk&& other) noexcept;
  Talk& operator=(Talk&&) = delete;

  void send(std::string_view bytes);
  Response receive();
  /// The answer to a HEAD: it says a length, and no body follows.
  Response receive_head();
  /// None: the server closed the connection instead of answering.
  std::optional<Response> receive_or_closed();
  /// True once the server has closed; false if it has not within `time`.
  bool closed_within(std::chrono::milliseconds time);
  /// True if a byte of an answer has come, or does within `time`.
  bool answered_within(std::chrono::milliseconds time);

  Response get(std::string_view target);
  Response post(std::string_view target, std::string_view json);

  void shut_down_writing();
  void close();  ///< As a client that ends: FIN.
  void reset();  ///< As a client that crashes: RST.

  int socket() const { return socket_; }
  std::uint16_t local_port() const;

 private:
  bool fill(std::chrono::milliseconds time);  ///< False: closed by the peer.
  std::optional<Response> receive_up_to_body();

  int socket_ = -1;
  std::chrono::milliseconds patience_;
  std::string buffer_;
};

/// The bytes of a request with a JSON body.
std::string request_text(std::string_view method, std::string_view target, std::string_view json = {});

}  // namespace holdfast::support
