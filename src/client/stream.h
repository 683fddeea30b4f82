// An answer that does not end: read as it comes.
#pragma once

#include <memory>
#include <string>

#include "client/http.h"

namespace holdfast::client {

/// A connection of its own. One thread at a time, but for cancel().
class Stream {
 public:
  explicit Stream(Url server);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// Sends `request` and reads as far as the head of a 200. An answer with another status is read whole and given back.
  ///
  /// Errors: those of Connection::request.
  struct Opened {
    std::optional<Response> refusal;
  };
  Result<Opened> open(const Request& request, Deadline deadline);

  /// More of the body, at least one byte; empty at its end.
  ///
  /// Errors: answer_lost, also where nothing came until `deadline`; bad_answer.
  Result<std::string> more(Deadline deadline);

  /// From any thread: what is under way fails at once, and so does everything later.
  void cancel() noexcept;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace holdfast::client
