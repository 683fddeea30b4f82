#include "server/live/pushes.h"

#include "api/json_text.h"
#include "server/live/frames.h"
#include "text/change_json.h"
#include "text/change_record.h"

namespace holdfast::server::live {
namespace {

using api::JsonWriter;

/// A frame with the message that `write` adds members to.
template <class Write>
std::string push_frame(std::string_view push, Write&& write) {
  std::string message;
  JsonWriter json(message);
  json.text("push", push);
  write(json, message);
  json.end();
  return text_frame(message);
}

/// What a text's own effects say; see follower_push.
struct OfText {
  Standing& standing;
  core::Position at;

  std::optional<std::string> operator()(const core::BufferCreated& e) const {
    standing = {at.value, 0, e.text.length()};
    return push_frame("created", [&](JsonWriter& json, std::string&) {
      json.text("name", e.name).number("buffer", at.value).text("owner", e.by.owner);
    });
  }
  std::optional<std::string> operator()(const core::BufferRemoved& e) const {
    standing = {};
    return push_frame("removed",
                      [&](JsonWriter& json, std::string&) { json.text("name", e.name).text("owner", e.by.owner); });
  }
  std::optional<std::string> operator()(const core::BufferEdited& e) const {
    if (standing.buffer == 0 || e.base != standing.revision) return std::nullopt;
    Standing then = standing;
    bool whole = true;
    std::string frame = push_frame("revision", [&](JsonWriter& json, std::string& message) {
      json.text("name", e.name).number("buffer", then.buffer).number("base", e.base);
      json.number("revision", e.base + e.changes.size()).text("owner", e.who.owner).text("session", e.who.session);
      json.text("kind", core::word(e.kind)).key("changes");
      char before = '[';
      for (const std::string& record : e.changes) {
        const Result<text::ChangeSet> change = text::read_record(record, then.length);
        if (!change) {
          whole = false;
          return;
        }
        message += std::exchange(before, ',');
        text::write_changes(message, *change);
        then.length = change->length_after();
        ++then.revision;
      }
      message += ']';
    });
    if (!whole) return std::nullopt;
    standing = then;
    return frame;
  }
  template <class Other>
  std::optional<std::string> operator()(const Other&) const {
    return std::string{};
  }
};

}  // namespace

std::string text_frame(std::string_view message) {
  std::string frame;
  frame.reserve(message.size() + 10);
  append_frame(frame, Opcode::text, message);
  return frame;
}

std::optional<std::string> follower_push(const core::Effect& effect, const api::GivenPosition& at, Standing& standing) {
  if (!core::is_event(effect)) return std::visit(OfText{standing, at.position}, effect);
  return push_frame("event", [&](JsonWriter& json, std::string& message) {
    json.text("event", api::event_word(effect)).key("data");
    api::write_event(message, effect, at);
  });
}

std::string resync_push(std::string_view name, std::string_view code) {
  return push_frame("resync", [&](JsonWriter& json, std::string&) { json.text("name", name).text("code", code); });
}

std::string queue_push(std::optional<std::uint64_t> id, std::string_view name, std::size_t place, std::size_t waiting) {
  return push_frame("queue", [&](JsonWriter& json, std::string&) {
    id ? json.number("id", *id) : json.null("id");
    json.text("name", name).number("place", std::uint64_t{place}).number("waiting", std::uint64_t{waiting});
  });
}

std::string hand_in_push(std::string_view name, core::Token token, const core::Who& by, std::string_view reason,
                         Duration window) {
  return push_frame("hand_in", [&](JsonWriter& json, std::string&) {
    json.text("name", name).number("token", token.value).text("by", by.owner).text("by_session", by.session);
    json.text("reason", reason).number("window_ms", ceil_ms(window));
  });
}

std::string kept_push(std::string_view name, core::Token token) {
  return push_frame("kept",
                    [&](JsonWriter& json, std::string&) { json.text("name", name).number("token", token.value); });
}

std::string requested_push(std::string_view name, core::Token token, const core::Who& by, std::string_view message) {
  return push_frame("requested", [&](JsonWriter& json, std::string&) {
    json.text("name", name).number("token", token.value).text("by", by.owner);
    by.session.empty() ? json.null("by_session") : json.text("by_session", by.session);
    json.text("message", message).number("answer_within_ms", std::int64_t{answer_within.count()});
  });
}

std::string lost_push(std::string_view name, core::Token token, core::Loss because, std::string_view by,
                      std::string_view reason) {
  return push_frame("lost", [&](JsonWriter& json, std::string&) {
    json.text("name", name).number("token", token.value).text("because", core::word(because));
    by.empty() ? json.null("by") : json.text("by", by);
    reason.empty() ? json.null("reason") : json.text("reason", reason);
  });
}

std::string declined_push(std::string_view name, std::string_view by, std::string_view message) {
  return push_frame("declined", [&](JsonWriter& json, std::string&) {
    json.text("name", name).text("by", by).text("message", message);
  });
}

}  // namespace holdfast::server::live
