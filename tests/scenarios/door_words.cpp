#include "tests/scenarios/door_words.h"

#include <fmt/format.h>

#include <cmath>
#include <sstream>
#include <stdexcept>

#include "tests/scenarios/text_words.h"
#include "tests/scenarios/words.h"
#include "text/change_json.h"
#include "text/text.h"

namespace holdfast::scenarios {

namespace json = boost::json;

// --- Questions, as fields.

bool asks_for_buffer(const Ask& ask) {
  return ask.verb == "acquire" && (ask.text("numbered") == "yes" || ask.has("buffer"));
}

namespace {

json::object buffer_body(const Ask& ask) {
  json::object body{{"user", ask.owner}, {"session", ask.session}};
  if (ask.has("buffer")) {
    body["buffer_id"] = ask.number("buffer");
    return body;
  }
  constexpr std::string_view before = "projects/";
  const std::size_t slash = ask.name.find('/', before.size());
  if (!ask.name.starts_with(before) || slash == std::string::npos) throw std::invalid_argument(ask.name);
  body["project"] = ask.name.substr(before.size(), slash - before.size());
  body["path"] = ask.name.substr(slash + 1);
  return body;
}

}  // namespace

namespace {

void add_text_fields(json::object& body, const Ask& ask) {
  for (const char* key : {"base", "seq"}) {
    if (ask.has(key)) body[key] = ask.number(key);
  }
  if (ask.has("changes")) {
    json::array& changes = body["changes"].emplace_array();
    for (const text::ChangeSet& change : changes_of(ask)) changes.push_back(json::parse(text::changes_json(change)));
  }
  if (ask.verb == "put") body["text"] = text_of(ask);
  if (ask.has("anyway")) body["anyway"] = ask.text("anyway") == "yes";
}

}  // namespace

json::object body_of(const Ask& ask) {
  if (asks_for_buffer(ask)) return buffer_body(ask);
  json::object body;
  const bool of_session = ask.verb == "renew_session" || ask.verb == "end_session";
  if (ask.verb != "check") {
    body["owner"] = ask.owner;
    if (!ask.session.empty() && !of_session) body["session"] = ask.session;
  }
  for (const char* key : {"ttl", "wait", "flush"}) {
    if (ask.has(key)) body[std::string(key) + "_ms"] = ceil_ms(ask.duration(key));
    if (ask.text(key) == "forever") body[std::string(key) + "_ms"] = nullptr;
  }
  for (const char* key : {"holder", "note", "reason", "message", "to", "to_session"}) {
    if (ask.has(key)) body[key] = ask.text(key);
  }
  if (ask.has("metadata")) body["metadata"] = json::parse(ask.text("metadata"));
  if (ask.has("token")) body["token"] = ask.number("token");
  if (is_text_verb(ask.verb)) add_text_fields(body, ask);
  return body;
}

// --- Answers, as the words of a table.

namespace {

std::string word_of(const Ask& ask, const json::object& body) {
  if (const json::value* code = body.if_contains("code")) return std::string(code->as_string());
  if (const std::string_view word = word_when_done(ask.verb); !word.empty()) return std::string{word};
  if (body.at("held").as_bool()) return "held";
  return body.at("token").is_null() ? "unknown" : "free";
}

std::string text_of(const json::value& value) {
  if (value.is_null()) return "";
  if (value.is_bool()) return value.as_bool() ? "yes" : "no";
  if (value.is_string()) return std::string(value.as_string());
  return json::serialize(value);
}

WallTime to_wall(const std::string& rfc3339) {
  std::chrono::sys_time<std::chrono::microseconds> time;
  std::istringstream in(rfc3339);
  int year = 0, month = 0, day = 0, hour = 0, minute = 0;
  double second = 0;
  char dash = 0;
  in >> year >> dash >> month >> dash >> day >> dash >> hour >> dash >> minute >> dash >> second;
  if (!in) throw std::runtime_error("no RFC 3339: " + rfc3339);
  (void)dash;
  (void)time;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(std::abs(month))},
                                         std::chrono::day{static_cast<unsigned>(std::abs(day))}};
  return WallTime{std::chrono::sys_days{date} + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                  std::chrono::milliseconds(std::llround(second * 1000))};
}

/// The JSON member, and the words of a table that it answers to.
struct Member {
  const char* name;
  std::vector<const char*> words;
};
const std::vector<Member>& members() {
  static const std::vector<Member> all{
      {"name", {"name"}},
      {"held", {"held"}},
      {"token", {"token", "newest"}},
      {"newest", {"newest", "token"}},
      {"previous", {"previous"}},
      {"last_owner", {"owner", "by"}},
      {"owner", {"owner", "by"}},
      {"session", {"session", "by_session"}},
      {"sessions", {"sessions"}},
      {"waiting", {"waiting"}},
      {"buffer_id", {"buffer"}},
      {"note", {"note"}},
      {"metadata", {"metadata"}},
      {"holder", {"holder"}},
      {"ttl_ms", {"ttl"}},
      {"deadline_in_ms", {"ends_in"}},
      {"waited_ms", {"waited"}},
      {"joined", {"joined"}},
      {"because", {"because"}},
      {"asked", {"asked"}},
      {"released", {"ended"}},
      {"revoked", {"ended"}},
      {"renewed", {"count"}},
      {"ended", {"count"}},
      {"by", {"why_by"}},
      {"reason", {"why"}},
      {"field", {"field"}},
      {"next", {"next"}},
      {"buffer", {"text_number"}},
      {"revision", {"revision"}},
      {"base", {"base"}},
      {"again", {"again"}},
      {"undo", {"undo"}},
      {"redo", {"redo"}},
      {"created_by", {"made_by"}},
      {"changed_by", {"changed_by"}},
      {"draft", {"draft"}},
      {"inserted", {"inserted"}},
      {"deleted", {"deleted"}},
      {"fit", {"fit"}},
      {"more", {"more"}},
  };
  return all;
}

/// What is no member of its own.
void add_text_answer(Fields& fields, const Ask& ask, const json::object& body) {
  if (const json::value* drafts = body.if_contains("drafts")) {
    fields["drafts"] = drafts->is_array() ? "" : text_of(*drafts);
    if (drafts->is_array()) {
      fields["count"] = fmt::to_string(drafts->as_array().size());
      if (drafts->as_array().size() == 1) fields["draft"] = text_of(drafts->as_array()[0].at("draft"));
    }
  }
  if (const json::value* changes = body.if_contains("changes"); changes && ask.verb == "changes") {
    fields["count"] = fmt::to_string(changes->as_array().size());
  }
  if (const json::value* text = body.if_contains("text")) fields["text"] = as_word(text_of(*text));
  if (ask.verb == "draft" || ask.verb == "keep") {
    if (const json::value* owner = body.if_contains("owner")) fields["draft_of"] = text_of(*owner);
  }
  if (const json::value* base_text = body.if_contains("base_text")) {
    text::Text whole = text::Text::from_utf8(text_of(*base_text)).value();
    if (!whole.apply(text::read_changes(json::serialize(body.at("change"))).value())) throw std::runtime_error("draft");
    fields["text"] = as_word(whole.utf8());
  }
}

}  // namespace

Told to_told(const Ask& ask, const json::object& body, WallTime wall_began) {
  Told told{ask.request, word_of(ask, body), {}};
  // What an answer leaves out because it is nothing.
  told.fields = {{"token", "0"},    {"newest", "0"},  {"previous", "0"}, {"buffer", "0"},
                 {"asked", "0"},    {"note", ""},     {"because", ""},   {"why_by", ""},
                 {"why", ""},       {"taker", ""},    {"asked_by", ""},  {"message", ""},
                 {"sessions", "1"}, {"waiting", "0"}, {"joined", "no"},  {"field", ""}};
  for (const Member& member : members()) {
    const json::value* value = body.if_contains(member.name);
    if (!value) continue;
    for (const char* word : member.words) {
      if (!value->is_null() || !told.fields.contains(word)) told.fields[word] = text_of(*value);
    }
  }
  for (const auto& [member, word] : {std::pair{"ttl_ms", "ttl"}, std::pair{"deadline_in_ms", "ends_in"}}) {
    const json::value* value = body.if_contains(member);
    if (value && value->is_null()) told.fields[word] = "forever";
  }
  if (const json::value* takeover = body.if_contains("takeover")) {
    told.fields["taker"] = text_of(takeover->at("by"));
    told.fields["taker_reason"] = text_of(takeover->at("reason"));
    told.fields["window"] = text_of(takeover->at("ends_in_ms"));
  }
  if (const json::value* request = body.if_contains("request")) {
    told.fields["asked_by"] = text_of(request->at("by"));
    if (const json::value* message = request->as_object().if_contains("message")) {
      told.fields["message"] = text_of(*message);
    }
  }
  if (told.word == "granted") told.fields["held"] = "yes";
  if (const json::value* since = body.if_contains("since")) {
    const auto passed = to_wall(std::string(since->as_string())) - wall_began;
    told.fields["since"] = fmt::to_string(std::chrono::floor<std::chrono::milliseconds>(passed).count());
  }
  for (const char* list : {"leases", "buffers"}) {
    const json::value* found = body.if_contains(list);
    if (!found) continue;
    std::string names;
    for (const json::value& each : found->as_array()) {
      names += (names.empty() ? "" : ",") + std::string(each.at("name").as_string());
    }
    told.fields["names"] = names;
  }
  if (is_text_verb(ask.verb)) add_text_answer(told.fields, ask, body);
  return told;
}

}  // namespace holdfast::scenarios
