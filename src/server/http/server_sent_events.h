// Events as browsers read them: text/event-stream.
#pragma once

#include "server/event_spelling.h"

namespace holdfast::server::http {

class ServerSentEvents final : public EventSpelling {
 public:
  /// With the head of the response.
  void begin(std::string& out, std::string_view at, std::string_view word, std::string_view data) const override;
  void event(std::string& out, std::string_view at, std::string_view word, std::string_view data) const override;
  void sign_of_life(std::string& out, std::string_view at) const override;
};

/// The one of this door.
const ServerSentEvents& server_sent_events();

}  // namespace holdfast::server::http
