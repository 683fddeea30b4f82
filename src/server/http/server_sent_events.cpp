#include "server/http/server_sent_events.h"

#include "server/http/wire.h"

namespace holdfast::server::http {

void ServerSentEvents::begin(std::string& out, std::string_view at, std::string_view word,
                             std::string_view data) const {
  out.append(event_stream_head()).append("retry: 1000\n\n");
  event(out, at, word, data);
}

void ServerSentEvents::event(std::string& out, std::string_view at, std::string_view word,
                             std::string_view data) const {
  out.append("id: ").append(at).append("\nevent: ").append(word).append("\ndata: ").append(data).append("\n\n");
}

void ServerSentEvents::sign_of_life(std::string& out, std::string_view at) const {
  out.append(":\nid: ").append(at).append("\n\n");
}

const ServerSentEvents& server_sent_events() {
  static const ServerSentEvents only;
  return only;
}

}  // namespace holdfast::server::http
