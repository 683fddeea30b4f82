#include "server/history_answer.h"

#include "api/json_text.h"

namespace holdfast::server {
namespace {

using api::JsonWriter;
using core::Loss;
using history::Holding;
using history::Step;

history::Query query_of(const api::HistoryRequest& request) {
  return {.name = request.name,
          .prefix = request.prefix,
          .owner = request.owner,
          .from = request.from,
          .to = request.to,
          .after_name = request.after_name,
          .after_token = request.after_token,
          .limit = request.limit};
}

void text_unless_empty(JsonWriter& json, std::string_view key, std::string_view value) {
  if (!value.empty()) json.text(key, value);
}

void time_or_null(JsonWriter& json, std::string_view key, const std::optional<WallTime>& time) {
  time ? json.text(key, rfc3339(*time)) : json.null(key);
}

void write_step(std::string& out, const Step& step) {
  JsonWriter json(out);
  json.text("what", history::word(step.what)).text("at", rfc3339(step.at)).text("owner", step.who.owner);
  text_unless_empty(json, "session", step.who.session);
  switch (step.what) {
    case Step::What::joined:
      json.number("waited_ms", ceil_ms(step.duration));
      break;
    case Step::What::requested:
      text_unless_empty(json, "message", step.text);
      break;
    case Step::What::takeover_asked:
      json.text("reason", step.text).number("flush_ms", ceil_ms(step.duration));
      break;
    case Step::What::takeover_dropped:
      json.text("because", step.text);
      break;
    default:
      text_unless_empty(json, "reason", step.text);
  }
  text_unless_empty(json, "address", step.from);
  json.end();
}

void write_end(JsonWriter& json, const Holding& holding) {
  const std::string_view because = core::word(holding.because);
  because.empty() ? json.null("because") : json.text("because", because);
  text_unless_empty(json, "by", holding.by.owner);
  text_unless_empty(json, "by_session", holding.by.session);
  text_unless_empty(json, "to", holding.to.owner);
  text_unless_empty(json, "to_session", holding.to.session);
  text_unless_empty(json, "reason", holding.reason);
}

void write_holding(std::string& out, const Holding& holding) {
  JsonWriter json(out);
  json.text("name", holding.name).number("token", holding.token.value);
  holding.previous ? json.number("previous", holding.previous.value) : json.null("previous");
  json.text("owner", holding.who.owner).text("session", holding.who.session);
  json.text("holder", holding.holder == core::HolderKind::owner ? "owner" : "session");
  time_or_null(json, "since", holding.since);
  time_or_null(json, "until", holding.until);
  json.flag("open", !holding.until);
  if (holding.uncertain) json.flag("uncertain", true);
  if (holding.since && holding.until) json.number("held_ms", ceil_ms(*holding.until - *holding.since));
  if (holding.until) write_end(json, holding);
  json.text("began", holding.began == Loss::none ? "granted" : core::word(holding.began));
  text_unless_empty(json, "taken_from", holding.taken_from.owner);
  text_unless_empty(json, "taken_because", holding.began_reason);
  text_unless_empty(json, "note", holding.note);
  text_unless_empty(json, "address", holding.from);
  json.number("waited_ms", ceil_ms(holding.waited));
  if (holding.since) holding.ttl == core::forever ? json.null("ttl_ms") : json.number("ttl_ms", ceil_ms(holding.ttl));
  json.key("steps");
  out += '[';
  for (const Step& step : holding.steps) {
    if (&step != &holding.steps.front()) out += ',';
    write_step(out, step);
  }
  out += ']';
  if (holding.left_out > 0) json.number("steps_left_out", holding.left_out);
  json.end();
}

void write_gaps(JsonWriter& json, std::string& out, const std::vector<history::Gap>& gaps) {
  json.key("gaps");
  out += '[';
  for (const history::Gap& gap : gaps) {
    if (&gap != &gaps.front()) out += ',';
    JsonWriter item(out);
    item.number("after_position", gap.after.value).number("up_to_position", gap.up_to.value);
    item.text("noticed", rfc3339(gap.noticed));
    item.end();
  }
  out += ']';
}

}  // namespace

api::Written answer_history(history::Store* history, const api::HistoryRequest& request, const api::Context& context) {
  if (!history) return api::problem(Error{ErrorCode::history_off});
  const history::Page page = history->page(query_of(request));
  api::Written out;
  JsonWriter json(out.body);
  if (!request.name.empty()) json.text("name", request.name);
  json.key("holdings");
  out.body += '[';
  for (const Holding& holding : page.holdings) {
    if (&holding != &page.holdings.front()) out.body += ',';
    write_holding(out.body, holding);
  }
  out.body += ']';
  if (!page.more) {
    json.null("next");
  } else {
    const bool of_name = !request.name.empty();
    json.text("next", of_name ? std::to_string(page.next_token) : api::history_cursor(page.next_name, page.next_token));
  }
  if (!page.gaps.empty()) write_gaps(json, out.body, page.gaps);
  if (page.memory_only) json.flag("memory_only", true);
  json.text("position", std::to_string(context.incarnation) + '.' + std::to_string(page.position.value));
  json.end();
  return out;
}

}  // namespace holdfast::server
