// The frames of RFC 6455, as bytes: messages out of what a client sent, and what is sent to it. Does no I/O.
//
// Strict: what the RFC does not allow of a client ends the connection, with the code that says which rule it was. How
// long a message may be is looked at when its header has come, before anything of it is kept.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::server::live {

enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Why a connection ends, as the other side is told. docs/live.md lists them.
enum class CloseCode : std::uint16_t {
  none = 0,  ///< It does not.
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  not_text = 1003,
  not_utf8 = 1007,
  too_long = 1009,
  bad_message = 4000,
  superseded = 4001,
  no_hello = 4002,
  too_slow = 4003,
  no_pong = 4004,
};

/// Finds the messages in the bytes of one client, whose frames are masked.
class FrameReader {
 public:
  /// Of messages: longer ones end the connection.
  explicit FrameReader(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  enum class Event : std::uint8_t {
    starved,  ///< Everything has been taken; more has to come.
    message,  ///< A whole text message. `payload` is it.
    ping,     ///< To be answered with a pong of the same `payload`.
    pong,
    close,    ///< The other side says goodbye: with `code`, and `payload` for a reason. Nothing follows it.
    failure,  ///< The connection is to be closed with `code`; nothing behind this can be made sense of.
  };
  struct Step {
    Event event = Event::starved;
    std::size_t bytes = 0;  ///< How many of the bytes have been taken.
  };
  /// Takes up to the end of the next message or control frame. What it takes need not be given again.
  Step next(std::string_view bytes);

  /// Of the last step. Holds until the next.
  std::string_view payload() const { return in_control() ? std::string_view(control_) : std::string_view(message_); }
  /// Of a close: 1005 where none was said.
  std::uint16_t code() const { return code_; }

 private:
  bool in_control() const { return opcode_ >= Opcode::close; }
  Step fail(CloseCode code, std::size_t bytes);
  /// What the two first bytes of a frame say. None: it is all right.
  CloseCode begin_frame();
  CloseCode check_length() const;
  Step end_frame(std::size_t taken);
  Step end_control(std::size_t taken);
  void unmask(std::string_view from);

  std::size_t message_bytes_max_;
  std::string message_;            ///< As far as it has come.
  std::string control_;            ///< Of a control frame, which may come amid a message.
  std::uint64_t left_ = 0;         ///< Of the payload of this frame,
  std::uint64_t taken_ = 0;        ///< and what has been taken of it.
  std::array<char, 14> header_{};  ///< Of this frame, as far as it has come.
  std::uint8_t header_has_ = 0;    ///< Bytes.
  std::uint8_t header_needs_ = 2;  ///< Bytes; known in two steps.
  bool in_payload_ = false;        ///< The header is complete.
  bool in_message_ = false;        ///< A fragment has come, and the last one has not.
  bool told_ = false;              ///< What `payload` shows may be forgotten.
  bool final_ = false;             ///< This frame is the last of its message.
  Opcode opcode_ = Opcode::text;   ///< Of this frame.
  std::uint16_t code_ = 0;
};

/// XORs `bytes` with the mask, whose first byte is for the first of `from`, into `to`.
void apply_mask(const char* from, std::size_t bytes, std::array<char, 4> mask, char* to);

/// What stands before a payload that a server sends, whole and unmasked.
void append_frame_head(std::string& out, Opcode opcode, std::size_t payload_bytes);
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
/// `reason`: as much of it as fits is said.
void append_close(std::string& out, std::uint16_t code, std::string_view reason);

/// Whether a peer may say this code in a close frame.
bool may_be_said(std::uint16_t code);

}  // namespace holdfast::server::live
