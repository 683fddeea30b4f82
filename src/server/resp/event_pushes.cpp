#include "server/resp/event_pushes.h"

#include "server/resp/lease_commands.h"

namespace holdfast::server::resp {

void EventPushes::begin(std::string& out, std::string_view, std::string_view, std::string_view data) const {
  Writer writer(out, version_);
  write_json(writer, data);
}

void EventPushes::event(std::string& out, std::string_view, std::string_view, std::string_view data) const {
  Writer writer(out, version_);
  writer.push(2);
  writer.text("watch");
  write_json(writer, data);
}

void EventPushes::sign_of_life(std::string& out, std::string_view at) const {
  Writer writer(out, version_);
  writer.push(2);
  writer.text("watch");
  writer.map(2);
  writer.text("position");
  writer.text(at);
  writer.text("type");
  writer.text("alive");
}

const EventPushes& event_pushes(Writer::Version version) {
  static const EventPushes second{Writer::Version::resp2}, third{Writer::Version::resp3};
  return version == Writer::Version::resp3 ? third : second;
}

}  // namespace holdfast::server::resp
