#include "api/write.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/events.h"
#include "api/json_text.h"
#include "api/names.h"
#include "core/text_answer.h"

namespace holdfast::api {
namespace {

using core::LeaseView;
using core::Reply;

std::string position_text(const Reply& reply, const Context& context) {
  return api::position_text(GivenPosition{context.incarnation, reply.position});
}

void token_or_null(JsonWriter& json, std::string_view key, core::Token token) {
  token ? json.number(key, token.value) : json.null(key);
}

/// A ttl or a remaining time; null: until somebody ends it.
void write_time(JsonWriter& json, std::string_view key, Duration duration) {
  duration == core::forever ? json.null(key) : json.number(key, ceil_ms(duration));
}

/// What somebody wants of the holder.
void write_wanted(JsonWriter& json, const LeaseView& lease) {
  if (!lease.wanted) return;
  const core::Wanted& wanted = *lease.wanted;
  std::string inner;
  if (!wanted.taker.owner.empty()) {
    JsonWriter takeover(inner);
    takeover.text("by", wanted.taker.owner).text("session", wanted.taker.session).text("reason", wanted.reason);
    takeover.number("ends_in_ms", ceil_ms(wanted.window_ends_in));
    takeover.end();
    json.raw("takeover", inner);
  }
  if (!wanted.asked_by.empty()) {
    inner.clear();
    JsonWriter request(inner);
    request.text("by", wanted.asked_by);
    if (!wanted.message.empty()) request.text("message", wanted.message);
    request.end();
    json.raw("request", inner);
  }
}

/// Where a text stands that a refusal is about: what to catch up with.
void write_standing(JsonWriter& json, const core::BufferView& text) {
  if (text.buffer != 0) json.number("buffer", text.buffer).number("revision", text.revision);
}

void write_why(JsonWriter& json, const std::shared_ptr<const core::Why>& why) {
  if (why) json.text("by", why->by).text("reason", why->reason);
}

/// What an answer shows of a holder, be it that of a lease that was asked for or of one that is in the way.
void write_holder(JsonWriter& json, const LeaseView& lease) {
  json.text("owner", lease.who.owner).text("session", lease.who.session);
  if (lease.sessions > 1) json.number("sessions", std::uint64_t{lease.sessions});
  json.text("holder", lease.holder == core::HolderKind::owner ? "owner" : "session");
  json.text("since", rfc3339(lease.since));
  write_time(json, "ttl_ms", lease.ttl);
  write_time(json, "deadline_in_ms", lease.ends_in);
  json.number("waiting", std::uint64_t{lease.waiting});
  if (!lease.note.empty()) json.text("note", lease.note);
  if (!lease.metadata.empty()) json.raw("metadata", lease.metadata);
  write_wanted(json, lease);
}

/// What only who asks for the name itself is shown.
void write_more(JsonWriter& json, const LeaseView& lease, const Context& context) {
  if (lease.held) {
    json.number("held_ms", ceil_ms(lease.held_for));
    const bool known = context.addresses && lease.taken_by != 0;
    const std::string address = known ? context.addresses->address_of(lease.taken_by) : std::string{};
    address.empty() ? json.null("address") : json.text("address", address);
  }
  json.flag("text", lease.text);
}

void write_view(JsonWriter& json, const LeaseView& lease) {
  json.text("name", lease.name).flag("held", lease.held);
  token_or_null(json, "token", lease.token);
  if (lease.held) {
    token_or_null(json, "previous", lease.previous);
    write_holder(json, lease);
  } else if (lease.known) {
    json.text("last_owner", lease.who.owner).text("because", core::word(lease.ended));
    write_why(json, lease.why);
  }
  if (lease.buffer != 0) json.number("buffer_id", lease.buffer);
}

/// One sentence for a person, with what the code alone cannot say.
std::string told(const Reply& reply) {
  const ErrorInfo& info = info_of(reply.code);
  const LeaseView& lease = reply.lease;
  const bool held = reply.code == ErrorCode::held || reply.code == ErrorCode::held_by_you ||
                    (reply.code == ErrorCode::wait_over && lease.held);
  if (held) {
    const std::string for_how_long = lease.ends_in == core::forever
                                         ? "until it is released"
                                         : fmt::format("for at most {:.1f} s more unless renewed",
                                                       static_cast<double>(ceil_ms(lease.ends_in)) / 1000);
    return fmt::format("{} (session {}) holds this name since {}, {}; {} waiting. {}", lease.who.owner,
                       lease.who.session, rfc3339(lease.since), for_how_long, lease.waiting, info.told);
  }
  if (reply.code == ErrorCode::stale && reply.because != core::Loss::none) {
    const std::string by = reply.why ? fmt::format(" by {}: {}", reply.why->by, reply.why->reason) : "";
    return fmt::format("{} The holding of this token ended: {}{}.", info.told, core::word(reply.because), by);
  }
  return std::string{info.told};
}

std::int64_t retry_after(ErrorCode code) {
  const int status = info_of(code).http_status;
  return status == 503 || status == 429 ? 1 : 0;
}

/// What a client sent, fit to be sent back in JSON.
std::string echo(std::string_view sent) {
  return std::string{whole_characters(sent, 128)};
}

void begin_problem(JsonWriter& json, const ErrorInfo& info, std::string_view detail, std::string_view field) {
  json.text("type", fmt::format("urn:holdfast:error:{}", info.name)).text("title", info.name);
  json.number("status", std::int64_t{info.http_status}).text("detail", detail);
  json.text("code", info.name).text("fate", info.fate == Fate::not_done ? "not_done" : "maybe_done");
  if (const std::string name = echo(field); !name.empty()) json.text("field", name);
}

}  // namespace

Written problem(const Error& error) {
  const ErrorInfo& info = info_of(error.code);
  Written out{
      .status = info.http_status, .problem = true, .retry_after_s = retry_after(error.code), .code = error.code};
  std::string detail{error.told()};
  // `where` is for the operator, but about the request itself it is what the caller needs.
  const bool about_request = info.http_status < 500 && !error.where.empty();
  if (about_request) detail += fmt::format(" ({}{})", error.field.empty() ? "" : echo(error.field) + ": ", error.where);
  JsonWriter json(out.body);
  begin_problem(json, info, detail, error.field);
  json.end();
  return out;
}

Written write_reply(const Operation& operation, const Reply& reply, const Context& context) {
  Written out;
  const bool own_shape =
      operation.write == write_buffer && reply.code != ErrorCode::none && info_of(reply.code).http_status == 409;
  if (reply.code != ErrorCode::none && !own_shape) return problem(reply, context);
  operation.write(reply, context, out);
  return out;
}

Written problem(const Reply& reply, const Context& context) {
  const ErrorInfo& info = info_of(reply.code);
  Written out{
      .status = info.http_status, .problem = true, .retry_after_s = retry_after(reply.code), .code = reply.code};
  JsonWriter json(out.body);
  begin_problem(json, info, told(reply), reply.field);
  const LeaseView& lease = reply.lease;
  if (!lease.name.empty()) {
    json.text("name", lease.name);
    if (reply.asked) json.number("asked", reply.asked.value);
    if (reply.code == ErrorCode::stale) {
      const std::string_view because = core::word(reply.because);
      because.empty() ? json.null("because") : json.text("because", because);
      write_why(json, reply.why);
      token_or_null(json, "newest", lease.token);
    }
    if (reply.code == ErrorCode::wait_over) json.number("waited_ms", ceil_ms(reply.waited));
    json.flag("held", lease.held);
    token_or_null(json, "token", lease.token);
    if (lease.held) {
      token_or_null(json, "previous", lease.previous);
      write_holder(json, lease);
    }
  }
  if (reply.draft != 0) json.number("draft", reply.draft);
  if (reply.text) write_standing(json, reply.text->buffer);
  json.text("position", position_text(reply, context));
  json.end();
  return out;
}

void write_grant(const Reply& reply, const Context& context, Written& out) {
  const LeaseView& lease = reply.lease;
  JsonWriter json(out.body);
  json.text("name", lease.name).number("token", lease.token.value);
  token_or_null(json, "previous", lease.previous);
  json.text("owner", reply.who.owner).text("session", reply.who.session);
  write_time(json, "ttl_ms", lease.ttl);
  write_time(json, "deadline_in_ms", lease.ends_in);
  json.number("waited_ms", ceil_ms(reply.waited)).text("since", rfc3339(lease.since));
  json.flag("joined", reply.joined);
  write_wanted(json, lease);
  json.text("position", position_text(reply, context));
  json.end();
}

void write_released(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.text("name", reply.lease.name).flag("released", reply.ended);
  token_or_null(json, "token", reply.lease.token);
  json.flag("held", reply.lease.held).text("position", position_text(reply, context));
  json.end();
}

void write_requested(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.text("name", reply.lease.name).flag("requested", true).number("token", reply.lease.token.value);
  write_holder(json, reply.lease);
  json.text("position", position_text(reply, context));
  json.end();
}

void write_transferred(const Reply& reply, const Context& context, Written& out) {
  const LeaseView& lease = reply.lease;
  JsonWriter json(out.body);
  json.text("name", lease.name).flag("transferred", true).number("token", lease.token.value);
  token_or_null(json, "previous", lease.previous);
  write_holder(json, lease);
  json.text("position", position_text(reply, context));
  json.end();
}

void write_revoked(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.text("name", reply.lease.name).flag("revoked", reply.ended);
  token_or_null(json, "token", reply.lease.token);
  json.flag("held", reply.lease.held).text("position", position_text(reply, context));
  json.end();
}

namespace {

void write_session(std::string_view done, const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.text("owner", reply.who.owner).text("session", reply.who.session).number(done, std::uint64_t{reply.count});
  json.text("position", position_text(reply, context));
  json.end();
}

}  // namespace

void write_session_renewed(const Reply& reply, const Context& context, Written& out) {
  write_session("renewed", reply, context, out);
}

void write_session_ended(const Reply& reply, const Context& context, Written& out) {
  write_session("ended", reply, context, out);
}

void write_current(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.text("name", reply.lease.name).flag("current", true).number("token", reply.lease.token.value);
  write_holder(json, reply.lease);
  json.text("position", position_text(reply, context));
  json.end();
}

void write_lease(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  write_view(json, reply.lease);
  write_more(json, reply.lease, context);
  json.key("queue");
  out.body += '[';
  for (const core::PlaceView& place : reply.queue) {
    if (&place != &reply.queue.front()) out.body += ',';
    JsonWriter each(out.body);
    each.text("owner", place.who.owner).text("session", place.who.session).number("waited_ms", ceil_ms(place.waited));
    each.end();
  }
  out.body += ']';
  if (reply.unsettled) json.flag("unsettled", true);
  json.text("position", position_text(reply, context));
  json.end();
}

void append_lease(std::string& out, const LeaseView& lease) {
  JsonWriter json(out);
  write_view(json, lease);
  json.end();
}

void write_page(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.key("leases");
  out.body += '[';
  for (const LeaseView& lease : reply.page) {
    if (&lease != &reply.page.front()) out.body += ',';
    JsonWriter row(out.body);
    write_view(row, lease);
    write_more(row, lease, context);
    row.end();
  }
  out.body += ']';
  reply.next.empty() ? json.null("next") : json.text("next", reply.next);
  if (reply.unsettled) json.flag("unsettled", true);
  json.text("position", position_text(reply, context));
  json.end();
}

void write_buffer(const Reply& reply, const Context& context, Written& out) {
  const LeaseView& lease = reply.lease;
  const bool acquired = reply.code == ErrorCode::none;
  out.status = acquired ? 200 : info_of(reply.code).http_status;
  JsonWriter json(out.body);
  json.flag("acquired", acquired).number("buffer_id", lease.buffer).text("name", lease.name);
  if (acquired) {
    json.number("token", lease.token.value);
    token_or_null(json, "previous", lease.previous);
    json.text("owner", reply.who.owner).text("session", reply.who.session).number("ttl_ms", ceil_ms(lease.ttl));
    json.number("deadline_in_ms", ceil_ms(lease.ends_in)).text("since", rfc3339(lease.since));
  } else {
    json.text("code", info_of(reply.code).name).text("detail", told(reply)).flag("held", lease.held);
    token_or_null(json, "token", lease.token);
    if (lease.held) write_holder(json, lease);
  }
  json.text("position", position_text(reply, context));
  json.end();
}

}  // namespace holdfast::api
