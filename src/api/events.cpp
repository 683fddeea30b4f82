#include "api/events.h"

#include <fmt/format.h>

#include <charconv>

#include "api/json_text.h"

namespace holdfast::api {
namespace {

using namespace core;

std::string_view word_of_taking(Loss displaced) {
  // None: the holding was over already, and the taker was the first to be given the name.
  return displaced == Loss::none ? "granted" : word(displaced);
}

struct Word {
  std::string_view operator()(const Granted&) const { return "granted"; }
  std::string_view operator()(const Taken& e) const { return word_of_taking(e.displaced); }
  std::string_view operator()(const Joined&) const { return "joined"; }
  std::string_view operator()(const Released&) const { return "released"; }
  std::string_view operator()(const Lapsed&) const { return "lapsed"; }
  std::string_view operator()(const Revived&) const { return "revived"; }
  std::string_view operator()(const Revoked&) const { return "revoked"; }
  std::string_view operator()(const TakeoverAsked&) const { return "takeover_asked"; }
  std::string_view operator()(const TakeoverDropped&) const { return "takeover_dropped"; }
  std::string_view operator()(const Requested&) const { return "requested"; }
  template <class Silent>
  std::string_view operator()(const Silent&) const {
    return {};
  }
};

/// What is particular to each kind of event. Network addresses are the history's: whoever may watch a name need not
/// know from where others come.
class Writer {
 public:
  explicit Writer(JsonWriter& json) : json_(json) {}

  void operator()(const Granted& e) const { grant(e); }
  void operator()(const Taken& e) const {
    grant(e.grant);
    if (!e.reason.empty()) json_.text("reason", e.reason);
  }
  void operator()(const Joined& e) const {
    common(e.name, e.token, {e.owner, e.session}, e.at);
    ttl(e.ttl);
    json_.number("waited_ms", ceil_ms(e.waited));
  }
  void operator()(const Released& e) const { ended(e); }
  void operator()(const Lapsed& e) const { ended(e); }
  void operator()(const Revived& e) const {
    common(e.name, e.token, {e.owner, e.session}, e.at);
    ttl(e.ttl);
  }
  void operator()(const Revoked& e) const {
    common(e.name, e.token, {}, e.at);
    by(e.by);
    json_.text("reason", e.reason);
  }
  void operator()(const TakeoverAsked& e) const {
    common(e.name, e.token, {}, e.at);
    by(e.by);
    json_.text("reason", e.reason).number("flush_ms", ceil_ms(e.flush));
  }
  void operator()(const TakeoverDropped& e) const {
    common(e.name, e.token, {}, e.at);
    by(e.by);
    json_.text("because", word(e.because));
  }
  void operator()(const Requested& e) const {
    common(e.name, e.token, {}, e.at);
    by(e.by);
    json_.text("message", e.message);
  }
  template <class Silent>
  void operator()(const Silent&) const {}

 private:
  void common(std::string_view name, Token token, const Who& who, WallTime at) const {
    json_.text("name", name).number("token", token.value);
    if (!who.owner.empty()) json_.text("owner", who.owner);
    if (!who.session.empty()) json_.text("session", who.session);
    json_.text("at", rfc3339(at));
  }
  void by(const Who& who) const {
    json_.text("by", who.owner);
    if (!who.session.empty()) json_.text("by_session", who.session);
  }
  void ttl(Duration ttl) const { ttl == forever ? json_.null("ttl_ms") : json_.number("ttl_ms", ceil_ms(ttl)); }
  void grant(const Granted& e) const {
    common(e.name, e.token, e.who, e.since);
    json_.text("holder", e.holder == HolderKind::owner ? "owner" : "session");
    ttl(e.ttl);
    json_.number("waited_ms", ceil_ms(e.waited));
    if (!e.note.empty()) json_.text("note", e.note);
    if (!e.metadata.empty()) json_.raw("metadata", e.metadata);
  }
  void ended(const auto& e) const {
    common(e.name, e.token, {e.owner, e.session}, e.at);
    json_.flag("ends", e.ends);
  }

  JsonWriter& json_;
};

}  // namespace

std::string position_text(const GivenPosition& given) {
  const fmt::format_int incarnation(given.incarnation);
  const fmt::format_int number(given.position.value);
  std::string text;
  text.append(incarnation.data(), incarnation.size()).append(1, '.').append(number.data(), number.size());
  return text;
}

Result<GivenPosition> parse_position(std::string_view text) {
  const auto bad = [] {
    return fail(ErrorCode::bad_field,
                "must be a position, as answers and events carry it: two whole numbers with a dot");
  };
  const auto number = [](std::string_view digits, std::uint64_t& into) {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), into);
    return error == std::errc{} && end == digits.data() + digits.size();
  };
  const std::size_t dot = text.find('.');
  GivenPosition given;
  if (dot == std::string_view::npos) return bad();
  if (!number(text.substr(0, dot), given.incarnation)) return bad();
  if (!number(text.substr(dot + 1), given.position.value)) return bad();
  return given;
}

std::string_view event_word(const Effect& effect) {
  return std::visit(Word{}, effect);
}

void write_event(std::string& out, const Effect& effect, const GivenPosition& at) {
  JsonWriter json(out);
  json.text("position", position_text(at)).text("type", event_word(effect));
  std::visit(Writer(json), effect);
  json.end();
}

void write_begin(std::string& out, const GivenPosition& at, std::string_view prefix) {
  JsonWriter json(out);
  json.text("position", position_text(at)).text("type", "begin").text("prefix", prefix);
  json.end();
}

void write_reset(std::string& out, ErrorCode why, const GivenPosition& asked, const GivenPosition& at) {
  const ErrorInfo& info = info_of(why);
  JsonWriter json(out);
  json.text("position", position_text(at)).text("type", "reset").text("code", info.name).text("detail", info.told);
  json.text("asked", position_text(asked));
  json.end();
}

}  // namespace holdfast::api
