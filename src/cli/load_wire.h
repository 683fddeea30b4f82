// One connection of a load: HTTP/1.1, kept open, one request at a time, and nothing here waits but `connect`.
#pragma once

#include <netinet/in.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "client/socket.h"
#include "client/url.h"

namespace holdfast::cli {

/// An HTTP answer found in what was received. Views into the bytes it was found in.
struct HttpAnswer {
  enum class State { whole, cut_short, nonsense };
  State state = State::cut_short;
  int status = 0;
  std::string_view body;
  bool closes = false;  ///< The server ends the connection after it.
};

/// Reads the answer at the front of `bytes`. A body's length must be given: what has none, or comes in chunks, is
/// nonsense here.
HttpAnswer read_answer(std::string_view bytes);

/// The value behind `"key":` in the JSON `body`: a number or the inside of a string; empty where there is none. For
/// answers of a server whose keys are known; it does not look at how they nest.
std::string_view json_field(std::string_view body, std::string_view key);

/// A server's addresses, looked up once.
class Target {
 public:
  /// Error: unreachable.
  static Result<Target> look_up(const client::Url& url);
  /// Waits 10 s at most. Error: unreachable.
  Result<client::Handle> connect() const;

 private:
  struct Address {
    sockaddr_storage bytes{};
    socklen_t size = 0;
  };
  std::string text_;
  std::vector<Address> addresses_;
};

class Wire {
 public:
  explicit Wire(client::Handle socket) : socket_(std::move(socket)) {}

  /// False: the connection is broken. A request is short, and none is under way, so that the kernel takes it whole.
  bool send(std::string_view request);

  enum class Got { nothing_yet, answer, closed };
  /// Takes in what has arrived. After `answer`, `answer()` is valid until the next call; nonsense counts as `closed`.
  Got receive();
  const HttpAnswer& answer() const { return answer_; }

  /// Says that nothing more will be sent; answers may still come.
  void shut_down();
  void close() { socket_.close(); }
  bool open() const { return static_cast<bool>(socket_); }
  int fd() const { return socket_.get(); }

 private:
  client::Handle socket_;
  std::string received_;
  bool taken_ = true;  ///< The answer in `received_` was handed out.
  HttpAnswer answer_;
};

}  // namespace holdfast::cli
