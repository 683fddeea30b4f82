// One live socket as a test wants it: blocking, byte for byte what it was told to send, and able to misbehave. It
// frames by itself, and knows nothing of the server's reader and writer.
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::support {

/// An answer on a live socket.
struct LiveAnswer {
  int status = 0;
  boost::json::object body;

  /// As text: a string as it is, anything else as JSON writes it; empty where there is none.
  std::string field(std::string_view name) const;
  std::uint64_t token() const { return body.at("token").to_number<std::uint64_t>(); }
  std::string code() const { return field("code"); }
};

/// Not thread-safe. Every function that talks throws std::runtime_error when the peer is gone or silent for `patience`.
class LiveTalk {
 public:
  /// Shakes hands.
  explicit LiveTalk(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::seconds(30));
  /// And says hello.
  LiveTalk(std::uint16_t port, std::string_view owner, std::string_view session);
  ~LiveTalk();
  LiveTalk(LiveTalk&& other) noexcept;
  LiveTalk& operator=(LiveTalk&&) = delete;

  /// A request and its answer. `fields`: JSON members, `"name":"notes"`.
  LiveAnswer ask(std::string_view call, std::string_view fields = {});
  /// A request; what its id is.
  std::uint64_t send(std::string_view call, std::string_view fields = {});
  LiveAnswer answer(std::uint64_t id);
  /// The next push of this kind; those of other kinds that come before it are kept for later.
  boost::json::object push(std::string_view kind);
  /// Whether one has come, or comes within `time`.
  bool pushed_within(std::string_view kind, std::chrono::milliseconds time);
  /// Everything that comes until the server says goodbye, and its code; 1006 where it says none.
  std::uint16_t goodbye();
  /// The next message, whatever it is; none where the server closes, or says nothing for `time`.
  std::optional<std::string> message_within(std::chrono::milliseconds time);

  /// As it is: `first` is the first byte of the frame.
  void send_frame(int first, std::string_view payload, bool masked = true);
  void send_text(std::string_view text) { send_frame(0x81, text); }
  void send_bytes(std::string_view bytes);
  /// From now on no ping is answered.
  void fall_silent() { answers_pings_ = false; }
  std::uint32_t pings() const { return pings_; }

  void close();  ///< As a client that ends: FIN.
  void reset();  ///< As a client that crashes: RST.
  int socket() const { return socket_; }

 private:
  bool fill(std::chrono::milliseconds time);
  std::optional<std::string> take_frame();
  std::optional<std::string> next_message(std::chrono::milliseconds time);
  void keep(const std::string& message);

  int socket_ = -1;
  std::chrono::milliseconds patience_;
  std::string buffer_;
  std::uint64_t ids_ = 0;
  bool answers_pings_ = true;
  std::uint32_t pings_ = 0;
  std::optional<std::uint16_t> code_;  ///< With which the server has closed.
  std::deque<boost::json::object> answers_, pushes_;
};

/// The handshake that a browser would send.
std::string live_handshake(std::string_view host = "localhost", std::string_view more = {},
                           std::string_view protocol = "holdfast.v1");

}  // namespace holdfast::support
