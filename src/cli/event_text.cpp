#include "cli/event_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/durations.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;

/// Empty where it is none.
json::object object_of(const std::string& text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  return error || !value.is_object() ? json::object{} : value.get_object();
}

std::string shown_at(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found && found->is_string() ? shown({found->get_string().data(), found->get_string().size()}) : std::string{};
}

class Sentence {
 public:
  explicit Sentence(const Change& change) : json_(object_of(change.json)), type_(change.type) {}

  std::string text() const {
    if (type_ == "granted") return "granted to " + holder() + lasting() + waited() + said(". Note: ", "note");
    if (type_ == "taken_over") return "taken over by " + holder() + said(": ", "reason");
    if (type_ == "moved") return "moved to " + holder();
    if (type_ == "transferred") return "given to " + holder();
    if (type_ == "joined") return "joined by " + holder() + waited();
    if (type_ == "released") return "released by " + holder() + others();
    if (type_ == "lapsed") return "lapsed: " + holder() + " did not renew it in time" + others();
    if (type_ == "revived") return "held again by " + holder() + ", who renewed it late";
    if (type_ == "revoked") return "revoked by " + asker() + said(": ", "reason");
    if (type_ == "takeover_asked")
      return asker() + " takes it over in " + milliseconds("flush_ms") + said(": ", "reason");
    if (type_ == "takeover_dropped") return "the takeover by " + asker() + " is off" + dropped();
    if (type_ == "requested") return asker() + " asks for it" + said(": ", "message");
    return shown(type_);  // Of a newer server.
  }
  std::string field(std::string_view name) const { return shown_at(json_, name); }

 private:
  std::string person(std::string_view owner, std::string_view session) const {
    const std::string name = field(session);
    return name.empty() ? field(owner) : fmt::format("{} (session {})", field(owner), name);
  }
  std::string holder() const { return person("owner", "session"); }
  std::string asker() const { return person("by", "by_session"); }
  std::string said(std::string_view before, std::string_view name) const {
    const std::string text = field(name);
    return text.empty() ? text : std::string{before} + text;
  }
  std::string milliseconds(std::string_view name) const {
    const json::value* found = json_.if_contains(name);
    json::error_code error;
    const std::int64_t ms = found && found->is_number() ? found->to_number<std::int64_t>(error) : 0;
    return told(std::chrono::milliseconds(error ? 0 : ms));
  }
  std::string lasting() const {
    const json::value* ttl = json_.if_contains("ttl_ms");
    return ttl && ttl->is_number() ? " for " + milliseconds("ttl_ms") : " until it is released";
  }
  std::string waited() const {
    const json::value* waited = json_.if_contains("waited_ms");
    const bool at_once = !waited || !waited->is_number() || (waited->is_int64() && waited->get_int64() == 0);
    return at_once ? "" : ", who waited " + milliseconds("waited_ms");
  }
  std::string others() const {
    const json::value* ends = json_.if_contains("ends");
    return ends && ends->is_bool() && !ends->get_bool() ? "; other sessions still hold it" : "";
  }
  std::string dropped() const {
    const std::string because = field("because");
    if (because == "taker_left") return ": the taker has gone";
    if (because == "restart") return ": the server started anew";
    return because.empty() ? "" : ": " + because;
  }

  const json::object json_;
  const std::string& type_;
};

}  // namespace

std::string line_of(const Event& event, WallTime now) {
  if (const auto* gap = std::get_if<Gap>(&event)) {
    return fmt::format("GAP       events are missing here ({}). {}", shown(gap->code),
                       shown_at(object_of(gap->json), "detail"));
  }
  const auto* change = std::get_if<Change>(&event);
  if (!change) return {};
  const Sentence sentence(*change);
  return fmt::format("{}  {}  {}", told_clock(sentence.field("at"), now), shown(change->name), sentence.text());
}

}  // namespace holdfast::cli
