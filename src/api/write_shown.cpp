#include "api/write_shown.h"

#include "api/events.h"
#include "api/json_text.h"

namespace holdfast::api {
namespace {

void append_texts(std::string& out, const std::vector<std::string>& texts) {
  append_list(out, texts, [&](const std::string& text) { append_json_string(out, text); });
}

void end_page(JsonWriter& json, const std::string& next, const core::Reply& reply, const Context& context) {
  next.empty() ? json.null("next") : json.text("next", next);
  if (reply.unsettled) json.flag("unsettled", true);
  json.text("position", position_text(GivenPosition{context.incarnation, reply.position}));
  json.end();
}

void text_or_null(JsonWriter& json, std::string_view key, const std::string& text) {
  text.empty() ? json.null(key) : json.text(key, text);
}

}  // namespace

void write_tree(const core::Reply& reply, const Context& context, Written& out) {
  const auto& shown = static_cast<const ShownTree&>(*reply.shown);
  JsonWriter json(out.body);
  json.text("prefix", shown.prefix).key("children");
  const std::size_t below = shown.prefix.empty() ? 0 : shown.prefix.size() + 1;
  append_list(out.body, shown.children, [&](const ShownTree::Child& child) {
    JsonWriter each(out.body);
    each.text("name", child.name).text("segment", std::string_view(child.name).substr(below));
    each.number("held", std::uint64_t{child.held}).flag("more", child.more).flag("lease", child.lease);
    each.end();
  });
  end_page(json, shown.next, reply, context);
}

void write_sessions(const core::Reply& reply, const Context& context, Written& out) {
  const auto& shown = static_cast<const ShownSessions&>(*reply.shown);
  JsonWriter json(out.body);
  json.key("sessions");
  append_list(out.body, shown.sessions, [&](const ShownSessions::Session& session) {
    JsonWriter each(out.body);
    each.text("owner", session.who.owner).text("session", session.who.session);
    each.number("leases", std::uint64_t{session.leases}).key("names");
    append_texts(out.body, session.names);
    each.number("waits", std::uint64_t{session.waits});
    text_or_null(each, "state", session.state);
    each.flag("connected", session.connected);
    text_or_null(each, "address", session.address);
    session.heard ? each.number("heard_ms", ceil_ms(*session.heard)) : each.null("heard_ms");
    each.end();
  });
  end_page(json, shown.next, reply, context);
}

Written write_server(const ServerStanding& server, const Context& context) {
  Written out;
  JsonWriter json(out.body);
  json.text("version", HOLDFAST_VERSION).text("build", server.build).key("injections");
  append_texts(out.body, server.injections);
  json.text("journal", server.journal).number("incarnation", context.incarnation);
  json.text("position", position_text(GivenPosition{context.incarnation, server.position}));
  json.text("started_at", rfc3339(server.started)).number("uptime_ms", ceil_ms(server.uptime));
  json.text("now", rfc3339(server.now)).flag("ready", server.ready);
  json.flag("journal_behind", server.journal_behind).flag("journal_failed", server.journal_failed);
  json.flag("out_of_room", server.out_of_room).number("connections", server.connections);
  text_or_null(json, "console", server.console);
  text_or_null(json, "demonstration", server.demonstration);
  json.end();
  return out;
}

}  // namespace holdfast::api
