// Events on a connection of this door: the answer to LEASE.WATCH, and then a message for each.
#pragma once

#include "server/event_spelling.h"
#include "server/resp/writer.h"

namespace holdfast::server::resp {

/// Begins with the map of where the watch begins. Each event is a push of two, `watch` and its map; in RESP2, which has
/// neither, they are lists. Where nothing happens, a map with the type `alive` now and then.
class EventPushes final : public EventSpelling {
 public:
  explicit EventPushes(Writer::Version version) : version_(version) {}

  void begin(std::string& out, std::string_view at, std::string_view word, std::string_view data) const override;
  void event(std::string& out, std::string_view at, std::string_view word, std::string_view data) const override;
  void sign_of_life(std::string& out, std::string_view at) const override;

 private:
  Writer::Version version_;
};

const EventPushes& event_pushes(Writer::Version version);

}  // namespace holdfast::server::resp
