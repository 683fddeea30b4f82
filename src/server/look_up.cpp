#include "server/look_up.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "api/shown.h"
#include "api/write_shown.h"

namespace holdfast::server {
namespace {

constexpr std::size_t page_bytes_max = 256 << 10;  ///< Of a page of sessions, about.

void look_up_names(Service& service, const api::PageRequest& page, core::List& list) {
  engine::NamePage found = service.runner().names(page.prefix, page.after, page.limit);
  list.names = std::move(found.names);
  list.next = std::move(found.next);
  list.as_of = found.as_of;
}

void look_up_tree(Service& service, const api::PageRequest& page, core::Show& show) {
  engine::Runner::Tree found = service.runner().tree(page.prefix, page.after, page.limit);
  auto shown = std::make_shared<api::ShownTree>();
  shown->prefix = page.prefix;
  shown->next = std::move(found.next);
  for (engine::Runner::Tree::Child& child : found.children) {
    shown->children.push_back({std::move(child.name), child.held, child.more, child.lease});
  }
  show.shown = std::move(shown);
  show.as_of = found.as_of;
}

using Session = api::ShownSessions::Session;

/// Of `line`, null where the session neither holds nor waits, and `live`, null where it has no live socket.
Session shown(Service& service, engine::SessionLine* line, LiveSession* live) {
  Session session;
  if (line) {
    session.who = std::move(line->who);
    session.leases = line->leases;
    session.names = std::move(line->names);
    session.waits = line->waits;
    const auto open = std::ranges::find_if(line->clients, [&](auto each) { return service.clients().present(each); });
    session.connected = open != line->clients.end();
    if (session.connected) {
      session.address = service.clients().address_of(*open);
    } else if (!line->clients.empty()) {
      session.address = service.clients().address_of(line->clients.front());
    }
  }
  if (live) {
    session.who = std::move(live->who);
    session.state = std::move(live->state);
    session.address = std::move(live->address);
    session.heard = live->heard;
    session.connected = true;
  }
  return session;
}

/// What it takes to tell, about.
std::size_t bytes_of(const Session& session) {
  std::size_t bytes = session.who.owner.size() + session.who.session.size();
  for (const std::string& name : session.names) bytes += name.size();
  return bytes;
}

/// Those who hold or wait and those with a live socket, who are known in different places, in one order.
std::shared_ptr<const core::Shown> page_of(Service& service, const api::SessionsRequest& wanted,
                                           engine::Runner::Sessions found, std::vector<LiveSession> live) {
  auto page = std::make_shared<api::ShownSessions>();
  auto line = found.lines.begin();
  auto other = live.begin();
  std::size_t bytes = 0;
  while (page->sessions.size() < wanted.limit && bytes < page_bytes_max &&
         (line != found.lines.end() || other != live.end())) {
    const auto key = [](const auto& of) { return std::tie(of.who.owner, of.who.session); };
    const bool has_line = line != found.lines.end() && (other == live.end() || key(*line) <= key(*other));
    const bool has_other = other != live.end() && (line == found.lines.end() || key(*other) <= key(*line));
    page->sessions.push_back(shown(service, has_line ? &*line : nullptr, has_other ? &*other : nullptr));
    bytes += bytes_of(page->sessions.back());
    line += has_line ? 1 : 0;
    other += has_other ? 1 : 0;
  }
  const bool more = found.more || line != found.lines.end() || other != live.end();
  if (more) page->next = api::session_cursor(page->sessions.back().who);
  return page;
}

ErrorCode look_up_sessions(Service& service, std::uint64_t client, const api::SessionsRequest& wanted,
                           core::Show& show) {
  // It would be refused after all that.
  if (!show.unsettled && service.runner().snapshot().behind) return ErrorCode::journal_behind;
  // It takes a while, and others wait for the same: not for somebody who has given up.
  std::optional<engine::Runner::Sessions> found = service.runner().sessions(
      wanted.after, wanted.owner, wanted.limit, [&service, client] { return service.clients().present(client); });
  if (!found) return ErrorCode::stopping;
  std::optional<std::vector<LiveSession>> live{std::in_place};
  if (service.live()) live = service.live()->live_sessions(wanted.after, wanted.owner, wanted.limit + 1);
  // A page without these would say that they are gone.
  if (!live) return service.ready ? ErrorCode::internal : ErrorCode::stopping;
  show.as_of = found->as_of;
  show.shown = page_of(service, wanted, *std::move(found), *std::move(live));
  return ErrorCode::none;
}

}  // namespace

ErrorCode look_up(Service& service, std::uint64_t client, api::Call& call) {
  if (!service.clients().open(client)) return ErrorCode::stopping;
  if (call.page) look_up_names(service, *call.page, std::get<core::List>(call.command));
  if (call.tree) look_up_tree(service, *call.tree, std::get<core::Show>(call.command));
  if (call.sessions) return look_up_sessions(service, client, *call.sessions, std::get<core::Show>(call.command));
  return ErrorCode::none;
}

api::Written answer_server(Service& service, const api::Context& context) {
  const engine::Runner::Snapshot now = service.runner().snapshot();
  api::ServerStanding standing;
  standing.build = HOLDFAST_BUILD_TYPE;
  standing.injections = service.injections;
  standing.journal = service.journal;
  standing.started = service.metrics().started();
  standing.now = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  standing.uptime = service.metrics().uptime();
  standing.ready = service.ready;
  standing.journal_behind = now.behind;
  standing.journal_failed = now.failed;
  standing.out_of_room = service.out_of_room;
  standing.connections = service.metrics().connections.load(std::memory_order_relaxed);
  standing.position = service.events().last();
  standing.console = service.console;
  if (!service.demonstration_over) standing.demonstration = service.demonstration;
  return api::write_server(standing, context);
}

}  // namespace holdfast::server
