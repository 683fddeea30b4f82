#include "server/live/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <limits>

#include "api/json_text.h"
#include "api/names.h"
#include "server/live/frames.h"

namespace holdfast::server::live {
namespace {

namespace json = boost::json;

constexpr std::size_t ranges_max = 64;

std::unexpected<Error> bad(std::string_view field, std::string what) {
  return fail(ErrorCode::bad_field, std::move(what), std::string{field});
}

/// Nothing is ignored in silence.
Result<void> has_only(const Message& message, std::initializer_list<std::string_view> fields) {
  for (const api::JsonMembers::Member& member : message.members.all()) {
    const bool known = std::ranges::find(fields, member.key) != fields.end() ||
                       std::ranges::find(beside, member.key) != std::end(beside);
    if (!known) return fail(ErrorCode::unknown_field, {}, member.key);
  }
  return {};
}

/// None: it was not given.
Result<std::optional<std::string>> text_of(const Message& message, std::string_view field) {
  const std::string_view value = message.members.find(field);
  if (value.empty() || value == "null") return std::nullopt;
  if (!api::is_json_text(value)) return bad(field, "must be text");
  Result<std::string> text = api::json_text(value);
  if (!text) return fail(text.error().code, text.error().where, std::string{field});
  return *std::move(text);
}
Result<std::optional<std::uint64_t>> number_of(const Message& message, std::string_view field) {
  const std::string_view value = message.members.find(field);
  if (value.empty() || value == "null") return std::nullopt;
  const std::optional<std::int64_t> number = api::json_integer(value);
  if (!number || *number < 0 || static_cast<std::uint64_t>(*number) > core::token_max) {
    return bad(field, "must be a whole number from 0 to 9007199254740991");
  }
  return static_cast<std::uint64_t>(*number);
}
template <class Value>
Result<Value> required(Result<std::optional<Value>> given, std::string_view field) {
  if (!given) return std::unexpected(std::move(given).error());
  if (!*given) return fail(ErrorCode::missing_field, {}, std::string{field});
  return **std::move(given);
}

Result<std::string> name_of(const Message& message) {
  HF_TRY(text, required(text_of(message, "name"), "name"));
  Result<std::string> name = api::canonical_name(text);
  if (!name) return fail(name.error().code, name.error().where, "name");
  return name;
}

/// As owners and sessions are spelled.
Result<void> check_plain(std::string_view text, std::string_view field) {
  if (api::is_plain_text(text, api::owner_bytes_max)) return {};
  return bad(field, fmt::format("must be 1 to {} bytes without control characters", api::owner_bytes_max));
}

}  // namespace

Result<Message> read_message(std::string_view text) {
  const auto bad_message = [](std::string why) { return fail(ErrorCode::bad_request, std::move(why)); };
  Result<api::JsonMembers> members = api::JsonMembers::read(text);
  if (!members) {
    const Error& error = members.error();
    return bad_message(error.code == ErrorCode::duplicate_field ? "the field " + error.field + " is given twice"
                                                                : "not one JSON object: " + error.where);
  }
  Message message{{}, {}, *std::move(members)};
  Result<std::optional<std::uint64_t>> id = number_of(message, "id");
  if (!id || message.members.find("id") == "null") return bad_message("an id is a whole number");
  message.id = *id;
  Result<std::optional<std::string>> call = text_of(message, "call");
  if (!call || !*call) return bad_message("a call has a name");
  message.call = **std::move(call);
  return message;
}

Result<core::Who> read_hello(const Message& message) {
  HF_TRY_VOID(has_only(message, {"owner", "session"}));
  HF_TRY(owner, text_of(message, "owner"));
  if (!owner) return fail(ErrorCode::owner_missing, {}, "owner");
  HF_TRY_VOID(check_plain(*owner, "owner"));
  HF_TRY(session, text_of(message, "session"));
  if (session) HF_TRY_VOID(check_plain(*session, "session"));
  return core::Who{*std::move(owner), session.value_or("")};
}

Result<FollowCall> read_follow(const Message& message) {
  HF_TRY_VOID(has_only(message, {"name", "buffer", "after"}));
  HF_TRY(name, name_of(message));
  HF_TRY(buffer, number_of(message, "buffer"));
  HF_TRY(after, number_of(message, "after"));
  if (after && !buffer) return fail(ErrorCode::missing_field, "a revision is one of a text: say of which", "buffer");
  return FollowCall{std::move(name), buffer.value_or(0), after};
}

Result<std::string> read_unfollow(const Message& message) {
  HF_TRY_VOID(has_only(message, {"name"}));
  return name_of(message);
}

Result<CursorCall> read_cursor(const Message& message) {
  HF_TRY_VOID(has_only(message, {"name", "revision", "ranges", "main"}));
  CursorCall cursor;
  HF_TRY(name, name_of(message));
  cursor.name = std::move(name);
  HF_TRY(revision, required(number_of(message, "revision"), "revision"));
  cursor.revision = revision;
  const std::string_view ranges = message.members.find("ranges");
  if (ranges.empty()) return fail(ErrorCode::missing_field, {}, "ranges");
  const auto wrong = [] {
    return bad("ranges", fmt::format("must be a list of 1 to {} pairs [anchor, head] of positions", ranges_max));
  };
  json::error_code error;
  const json::value list = json::parse(json::string_view(ranges.data(), ranges.size()), error);
  if (error || !list.is_array() || list.as_array().empty() || list.as_array().size() > ranges_max) return wrong();
  for (const json::value& range : list.as_array()) {
    if (!range.is_array() || range.as_array().size() != 2) return wrong();
    std::array<std::uint32_t, 2> ends{};
    for (std::size_t i = 0; i < 2; ++i) {
      const std::int64_t* const end = range.as_array()[i].if_int64();
      if (!end || *end < 0 || *end > std::numeric_limits<std::uint32_t>::max()) return wrong();
      ends[i] = static_cast<std::uint32_t>(*end);
    }
    cursor.ranges.emplace_back(ends[0], ends[1]);
  }
  HF_TRY(main, number_of(message, "main"));
  cursor.main = main.value_or(0);
  if (cursor.main >= cursor.ranges.size()) return bad("main", "must be one of the ranges, counted from 0");
  return cursor;
}

Result<Mood> read_state(const Message& message) {
  HF_TRY_VOID(has_only(message, {"state"}));
  HF_TRY(state, required(text_of(message, "state"), "state"));
  for (const Mood mood : {Mood::active, Mood::idle, Mood::hidden}) {
    if (state == word(mood)) return mood;
  }
  return bad("state", "must be active, idle or hidden");
}

Result<DeclineCall> read_decline(const Message& message) {
  HF_TRY_VOID(has_only(message, {"name", "token", "to", "message"}));
  HF_TRY(name, name_of(message));
  HF_TRY(token, required(number_of(message, "token"), "token"));
  HF_TRY(to, required(text_of(message, "to"), "to"));
  HF_TRY_VOID(check_plain(to, "to"));
  HF_TRY(said, text_of(message, "message"));
  if (said && said->size() > api::note_bytes_max) {
    return bad("message", fmt::format("must be at most {} bytes", api::note_bytes_max));
  }
  return DeclineCall{std::move(name), core::Token{token}, std::move(to), said.value_or("")};
}

Result<std::uint64_t> read_cancel(const Message& message) {
  HF_TRY_VOID(has_only(message, {"request"}));
  return required(number_of(message, "request"), "request");
}

std::string cursor_push(const CursorCall& cursor, const core::Who& who) {
  std::string message;
  api::JsonWriter writer(message);
  writer.text("push", "cursor").text("name", cursor.name).text("owner", who.owner).text("session", who.session);
  writer.number("revision", cursor.revision).key("ranges");
  char before = '[';
  for (const auto& [anchor, head] : cursor.ranges) {
    message += fmt::format("{}[{},{}]", std::exchange(before, ','), anchor, head);
  }
  message += ']';
  writer.number("main", std::uint64_t{cursor.main}).end();
  return text_frame(message);
}

void append_answer(std::string& out, std::optional<std::uint64_t> id, int status, std::string_view body) {
  const std::string before = id ? fmt::format(R"({{"id":{},"status":{},"body":)", *id, status)
                                : fmt::format(R"({{"status":{},"body":)", status);
  append_frame_head(out, Opcode::text, before.size() + body.size() + 1);
  out += before;
  out += body;
  out += '}';
}

}  // namespace holdfast::server::live
