// What comes back from the engine, and how a live socket says it.
#include <boost/asio/post.hpp>
#include <utility>

#include "api/json_text.h"
#include "api/write.h"
#include "api/write_text.h"
#include "core/text_answer.h"
#include "server/live/peer.h"
#include "server/live/thread.h"

namespace holdfast::server::live {
namespace {

/// A client whose grant took longer than this may have given up: its connection is looked at before the grant is told.
constexpr std::chrono::seconds patience_of_clients{1};
/// Texts from here on are written where nobody else waits.
constexpr std::size_t long_text_bytes = 64 << 10;

bool grants(const core::Reply& reply) {
  return reply.code == ErrorCode::none && reply.void_after > Instant{};
}

bool is_long(const core::Reply& reply) {
  if (!reply.text) return false;
  const core::TextAnswer& answer = *reply.text;
  const bool text_is = answer.buffer.text && answer.buffer.text->extent().bytes > long_text_bytes;
  return text_is || !answer.drafts.empty();
}

std::size_t number_of(const api::Operation& operation) {
  return static_cast<std::size_t>(&operation - api::operations().data());
}

/// The answer to follow, but for who else does.
std::string present_of(const std::string& name, const core::Reply& text, const core::Reply& lease,
                       std::uint64_t incarnation) {
  std::string body;
  api::JsonWriter json(body);
  json.text("name", name);
  if (text.code == ErrorCode::none) {
    api::write_catch_up(json, body, *text.text);
  } else {
    json.null("buffer").null("revision");
  }
  json.key("lease");
  api::append_lease(body, lease.lease);
  json.text("position", api::position_text({incarnation, text.position}));
  return body;  // Not ended: the members follow.
}

}  // namespace

void LivePeer::say(const std::optional<std::uint64_t>& id, int status, std::string_view body) {
  if (ended_ || (!id && status < 400)) return;
  append_answer(out_, id, status, body);
  io_.loop.say(*this);
}

void LivePeer::refuse(const std::optional<std::uint64_t>& id, const Error& error) {
  const api::Written written = api::problem(error);
  say(id, written.status, written.body);
}

void LivePeer::answered(core::Answer& answer) {
  const std::uint64_t request = answer.to.request;
  auto found = asked_.find(request);
  if (!ended_ && found == asked_.end()) {
    found = asked_.find(request - 1);
    if (found != asked_.end() && found->second.kind == Asked::Kind::follow) {
      found->second.following->lease = std::move(answer.reply);
      return tell_present(found->second, request - 1);
    }
    found = asked_.end();
  }
  if (ended_ || found == asked_.end()) return io_.take_back(answer);
  Asked& asked = found->second;
  if (asked.kind == Asked::Kind::follow) return take_text(asked, answer);
  if (go_on(asked, answer)) return;
  concluded(asked, answer);
}

/// True: there is a further step, which has been asked for.
bool LivePeer::go_on(Asked& asked, const core::Answer& answer) {
  if (!asked.operation->go_on || answer.reply.code != ErrorCode::none) return false;
  if (!asked.operation->go_on(answer.reply, asked.rest)) return false;
  asked.done = answer.reply.count;
  io_.gather(answer.to, asked.rest);
  return true;
}

void LivePeer::concluded(Asked& asked, core::Answer& answer) {
  core::Reply& reply = answer.reply;
  const api::Operation& operation = *asked.operation;
  const std::uint64_t request = answer.to.request;
  const Duration took = io_.loop.now() - asked.since;
  if (grants(reply) && took > patience_of_clients && !io_.service.clients().present(client_)) {
    io_.take_back(answer);  // It waited, and gave up: nobody is there to own it.
    return io_.loop.close(*this, true);
  }
  if (reply.code != ErrorCode::none && asked.done > 0) reply.code = ErrorCode::partly_done;
  Metrics& metrics = io_.service.metrics();
  metrics.count_request(number_of(operation), reply.code, took, Metrics::Door::live);
  if (asked.asker != 0) metrics.observe_acquire(asked.asker, reply.code, took);
  if (reply.code == ErrorCode::stale) metrics.stale_writes.fetch_add(1, std::memory_order_relaxed);
  if (operation.bulky && reply.code == ErrorCode::none && is_long(reply)) {
    boost::asio::post(io_.lister, [&io = io_, client = client_, request, &operation, reply = std::move(reply),
                                   context = asked.context] {
      api::Written told = api::write_reply(operation, reply, context);
      io.post([&io, client, request, told = std::move(told)] {
        if (LivePeer* peer = io.find(client)) peer->written(request, told);
      });
    });
    return;
  }
  const api::Written written = api::write_reply(operation, reply, asked.context);
  say(asked.id, written.status, written.body);
  if (grants(reply)) note_untold(answer);
  const Asked done = std::move(asked);
  forget_asked(request);
  note(done, reply);
}

void LivePeer::written(std::uint64_t request, const api::Written& written) {
  const auto found = asked_.find(request);
  if (ended_ || found == asked_.end()) return;
  if (found->second.operation->asks_history) {
    const Duration took = io_.loop.now() - found->second.since;
    io_.service.metrics().count_request(number_of(*found->second.operation), written.code, took, Metrics::Door::live);
  }
  say(found->second.id, written.status, written.body);
  forget_asked(request);
}

void LivePeer::forget_asked(std::uint64_t request) {
  const auto found = asked_.find(request);
  if (found == asked_.end()) return;
  const Asked& asked = found->second;
  if (asked.waits) {
    --waits_;
    io_.waits_no_more(asked.name, {client_, request});
  }
  if (asked.heavy) --heavy_;
  asked_.erase(found);
  if (may_take_more()) io_.loop.resume(*this);
}

/// What the hub has to know of an answer that has been said.
void LivePeer::note(const Asked& asked, const core::Reply& reply) {
  Hub& hub = *io_.hub;
  const bool done = reply.code == ErrorCode::none;
  if (asked.gives_up) return done ? hub.let_go(*this, asked.name) : hub.goes_on(*this, asked.name);
  if (grants(reply) && reply.granted.empty() && reply.who == who()) hub.holds(*this, reply.lease, reply.position);
}

void LivePeer::note_untold(core::Answer& answer) {
  const core::Reply& reply = answer.reply;
  const std::uint64_t end = handed_ + out_.size();
  if (reply.granted.empty() && !reply.lease.name.empty()) {
    untold_.push_back({end, answer.to, reply.lease.name, reply.lease.token, reply.who});
  }
}

// --- follow

void LivePeer::take_text(Asked& asked, core::Answer& answer) {
  Following& following = *asked.following;
  core::Reply& reply = answer.reply;
  const bool elsewhere = reply.code == ErrorCode::revision_gone || reply.code == ErrorCode::revision_future;
  const bool not_all = reply.code == ErrorCode::none && reply.text && reply.text->more;
  if ((elsewhere || not_all) && !std::exchange(following.whole, true)) {
    io_.gather(answer.to, core::GetBuffer{.name = asked.name});  // What it has leads nowhere: all of it, then.
    return;
  }
  following.text = std::move(reply);
  tell_present(asked, answer.to.request);
}

/// Once both are there.
void LivePeer::tell_present(Asked& asked, std::uint64_t request) {
  if (!asked.following->text || !asked.following->lease) return;
  const core::Reply& text = *asked.following->text;
  const core::Reply& lease = *asked.following->lease;
  for (const core::Reply* reply : {&lease, &text}) {
    if (reply->code == ErrorCode::none || (reply == &text && reply->code == ErrorCode::no_such_text)) continue;
    const api::Written refusal = api::problem(*reply, {{}, address_, io_.incarnation()});
    say(asked.id, refusal.status, refusal.body);
    return forget_asked(request);
  }
  if (!is_long(text)) return present_written(request, present_of(asked.name, text, lease, io_.incarnation()));
  boost::asio::post(io_.lister, [&io = io_, client = client_, request, name = asked.name, of = asked.following,
                                 incarnation = io_.incarnation()] {
    std::string body = present_of(name, *of->text, *of->lease, incarnation);
    io.post([&io, client, request, body = std::move(body)]() mutable {
      if (LivePeer* peer = io.find(client)) peer->present_written(request, std::move(body));
    });
  });
}

void LivePeer::present_written(std::uint64_t request, std::string body) {
  const auto found = asked_.find(request);
  if (ended_ || found == asked_.end()) return;
  const Asked asked = std::move(found->second);
  found->second.heavy = asked.heavy;
  const core::Reply& text = *asked.following->text;
  Standing standing;
  if (text.text) {
    const core::BufferView& buffer = text.text->buffer;
    standing = {buffer.buffer, buffer.revision, buffer.extent.units};
  }
  io_.hub->follow(*this, {asked.name, standing, asked.following->lease->lease, text.position}, [&] {
    body += R"(,"members":)" + io_.hub->members_of(asked.name) + '}';
    say(asked.id, 200, body);
  });
  forget_asked(request);
}

// --- Waiting, and being there.

void LivePeer::tell_place(std::uint64_t request, std::string_view name, std::size_t place, std::size_t waiting) {
  const auto found = asked_.find(request);
  if (ended_ || found == asked_.end()) return;
  Asked& asked = found->second;
  const bool same = asked.place == place && asked.waiting == waiting;
  asked.place = place;
  asked.waiting = waiting;
  if (!same && room() != Room::none) push(queue_push(asked.id, name, place, waiting));
}

bool LivePeer::give_up(std::uint64_t request, core::Reply& present) {
  const auto found = asked_.find(request);
  if (ended_ || found == asked_.end()) return false;
  Asked& asked = found->second;
  present.code = ErrorCode::wait_over;
  present.waited = io_.loop.now() - asked.since;
  core::Answer answer({client_, request}, std::move(present));
  asked.done = 0;
  concluded(asked, answer);
  return true;
}

void LivePeer::cancelled(std::uint64_t request, bool given_up) {
  const auto found = asked_.find(request);
  if (ended_ || found == asked_.end()) return;
  say(found->second.id, 200, given_up ? R"({"cancelled":true})" : R"({"cancelled":false})");
  forget_asked(request);
}

void LivePeer::renewed(const core::Reply& reply, std::string_view name, core::Token token) {
  if (ended_ || !renewing_) return;
  Hub& hub = *io_.hub;
  if (grants(reply)) {
    renewing_->leases.push_back({std::string{name}, token, reply.lease.ttl});
    hub.holds(*this, reply.lease, reply.position);
  } else if (reply.code == ErrorCode::stale) {
    hub.lost(*this, name, token, reply.because, reply.why.get());
  } else if (reply.code == ErrorCode::nothing_held || reply.code == ErrorCode::not_yours) {
    hub.lost(*this, name, token, core::Loss::lapsed, nullptr);
  }
  if (--renewing_->left > 0) return;
  const std::unique_ptr<Renewing> done = std::exchange(renewing_, nullptr);
  if (!done->told) return;
  // Of what was renewed first, some may have been lost since, and its holder been told.
  std::map<std::string_view, core::Token> held;
  for (const Hub::Held& holding : hub.holdings_of(*this)) held.emplace(holding.name, holding.token);
  std::string leases;
  for (const auto& [lease, of, ttl] : done->leases) {
    const auto still = held.find(lease);
    if (still == held.end() || still->second != of) continue;
    if (!leases.empty()) leases += ',';
    api::JsonWriter json(leases);
    json.text("name", lease).number("token", of.value);
    ttl == core::forever ? json.null("ttl_ms") : json.number("ttl_ms", ceil_ms(ttl));
    json.end();
  }
  if (leases.empty()) return;
  renew_from_ = pings_ + 1;
  std::string message;
  api::JsonWriter json(message);
  json.text("push", "renewed").raw("leases", "[" + leases + "]").end();
  push(text_frame(message));
}

}  // namespace holdfast::server::live
