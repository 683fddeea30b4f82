// What the messages of a live socket mean, and who is asked.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "api/json_text.h"
#include "api/spoken.h"
#include "server/live/peer.h"
#include "server/live/thread.h"
#include "server/look_up.h"

namespace holdfast::server::live {
namespace {

/// What the socket of `who` holds and gives up by it. It may speak for other sessions, too.
bool gives_up(const core::Command& command, const core::Who& who) {
  return std::visit(
      [&]<class C>(const C& c) {
        constexpr bool passes_on = std::is_same_v<C, core::Release> || std::is_same_v<C, core::Transfer> ||
                                   std::is_same_v<C, core::EndSession>;
        if constexpr (passes_on) return c.who == who;
        return false;
      },
      command);
}

std::string body_of(std::string_view key, std::string_view text) {
  std::string body;
  api::JsonWriter(body).text(key, text).end();
  return body;
}

}  // namespace

void LivePeer::handle(std::string_view text) {
  Result<Message> message = read_message(text);
  if (!message) {
    io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
    return end(CloseCode::bad_message, message.error().where);
  }
  if (Result<void> done = call(*message); !done) {
    io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
    refuse(message->id, done.error());
  }
}

Result<void> LivePeer::call(const Message& message) {
  const std::string_view call = message.call;
  if (call == "hello") return hello(message);
  if (!said_hello_) return fail(ErrorCode::hello_first);
  if (call == "follow") return follow(message);
  if (call == "cursor") return cursor(message);
  if (call == "decline") return decline(message);
  if (call == "cancel") return cancel(message);
  if (call == "unfollow") {
    HF_TRY(name, read_unfollow(message));
    if (!io_.hub->unfollow(*this, name)) return fail(ErrorCode::not_followed, {}, "name");
    say(message.id, 200, body_of("name", name));
    return {};
  }
  if (call == "state") {
    HF_TRY(mood, read_state(message));
    io_.hub->state(*this, mood);
    say(message.id, 200, body_of("state", word(mood)));
    return {};
  }
  const api::Operation* const operation = api::operation_of_call(call);
  if (!operation) return fail(ErrorCode::unknown_call, {}, "call");
  return operate(*operation, message);
}

Result<void> LivePeer::hello(const Message& message) {
  HF_TRY(asking, read_hello(message));
  if (said_hello_) return fail(ErrorCode::bad_request, "hello has been said on this socket", "call");
  said_hello_ = true;
  if (asking.session.empty()) asking.session = io_.ids.session();
  if (Member* before = io_.hub->hello(*this, std::move(asking))) {
    io_.peer_of(*before).end(CloseCode::superseded, "the same session said hello on another socket");
  }
  std::string body;
  api::JsonWriter json(body);
  json.text("owner", who().owner).text("session", who().session).number("incarnation", io_.incarnation());
  json.number("ping_ms", std::int64_t{io_.options.ping.count()});
  json.number("grace_ms", std::int64_t{io_.options.grace.count()});
  json.end();
  say(message.id, 200, body);
  return {};
}

LivePeer::Asked& LivePeer::ask(const Message& message, Asked::Kind kind) {
  Asked& asked = asked_[next_request_++];
  asked.kind = kind;
  asked.id = message.id;
  asked.since = io_.loop.now();
  return asked;
}

Result<void> LivePeer::follow(const Message& message) {
  HF_TRY(wanted, read_follow(message));
  if (!io_.hub->follows(*this, wanted.name) && followed() + heavy_ >= io_.options.follows_max) {
    return fail(ErrorCode::too_many_watchers, "a socket follows so many names at most", "name");
  }
  Asked& asked = ask(message, Asked::Kind::follow);
  asked.name = wanted.name;
  asked.heavy = true;
  ++heavy_;
  asked.following = std::make_shared<Following>();
  asked.following->whole = !wanted.after;
  const core::Address to{client_, newest_request()};
  io_.gather({client_, next_request_++}, core::Get{.name = wanted.name});
  if (wanted.after) {
    io_.gather(to,
               core::GetChanges{.name = wanted.name, .after = *wanted.after, .buffer = wanted.buffer, .or_text = true});
  } else {
    io_.gather(to, core::GetBuffer{.name = wanted.name});
  }
  asked.following->call = std::move(wanted);
  return {};
}

Result<void> LivePeer::cursor(const Message& message) {
  HF_TRY(moved, read_cursor(message));
  if (!io_.hub->follows(*this, moved.name)) return fail(ErrorCode::not_followed, {}, "name");
  io_.hub->cursor(*this, moved.name, cursor_push(moved, who()));
  return {};
}

Result<void> LivePeer::decline(const Message& message) {
  HF_TRY(no, read_decline(message));
  const std::optional<std::size_t> told = io_.hub->decline(*this, no.name, no.token, no.to, no.message);
  if (!told) return fail(ErrorCode::not_yours, "this socket holds nothing under this token", "token");
  std::string body;
  api::JsonWriter(body).text("name", no.name).number("told", std::uint64_t{*told}).end();
  say(message.id, 200, body);
  return {};
}

Result<void> LivePeer::cancel(const Message& message) {
  HF_TRY(id, read_cancel(message));
  const auto found = std::ranges::find_if(
      asked_, [&, id = id](const auto& each) { return each.second.id == id && each.second.waits; });
  if (found == asked_.end()) {
    say(message.id, 200, R"({"cancelled":false})");  // It has been answered.
    return {};
  }
  const auto request = found->first;
  const std::string name = found->second.name;
  Asked& asked = ask(message, Asked::Kind::cancel);
  asked.gives = request;
  io_.give_up(*this, request, newest_request(), name);
  return {};
}

Result<void> LivePeer::operate(const api::Operation& operation, const Message& message) {
  api::Context context{operation.makes_sessions() ? io_.ids.session() : std::string{}, address_, io_.incarnation()};
  context.addresses = &io_.service.clients();
  const auto began = io_.loop.now();
  Result<api::Spoken> spoken =
      api::read_spoken(operation, message.members, beside, {who().owner, who().session}, context);
  const auto number = static_cast<std::size_t>(&operation - api::operations().data());
  if (!spoken) {
    io_.service.metrics().count_request(number, spoken.error().code, Duration::zero(), Metrics::Door::live);
    refuse(message.id, spoken.error());
    return {};
  }
  api::Call& call = spoken->call;
  if (call.server) {
    const api::Written told = answer_server(io_.service, context);
    io_.service.metrics().count_request(number, ErrorCode::none, Duration::zero(), Metrics::Door::live);
    say(message.id, told.status, told.body);
    return {};
  }
  const bool waits = !call.looks_up() && !call.history && api::may_wait(call.command);
  if (waits && waits_ >= io_.options.waits_max) {
    return fail(ErrorCode::queue_full, "a socket waits for so many names at most", "wait_ms");
  }
  Asked& asked = ask(message, Asked::Kind::operation);
  asked.since = began;
  asked.operation = &operation;
  asked.context = std::move(context);
  asked.waits = waits;
  asked.heavy = operation.bulky || call.looks_up() || call.history;
  waits_ += waits ? 1 : 0;
  heavy_ += asked.heavy ? 1 : 0;
  const std::uint64_t request = newest_request();
  if (call.history) {
    tell_history(request, *call.history);
    return {};
  }
  if (operation.go_on) asked.rest = call.command;
  if (call.looks_up()) {
    look_up_apart(request, std::move(call));
    return {};
  }
  prepare(asked, call.command);
  const core::Address to{client_, request};
  const bool queues = waits && std::holds_alternative<core::Acquire>(call.command);
  io_.gather(to, std::move(call.command));
  if (queues) io_.waits(asked.name, to);
  return {};
}

/// What is to be known of it besides, before it goes.
void LivePeer::prepare(Asked& asked, const core::Command& command) {
  asked.name = core::name_of(command);
  if (const auto* acquire = std::get_if<core::Acquire>(&command)) {
    asked.asker = Retries::key(acquire->name, acquire->who.owner, acquire->who.session);
  }
  if (std::holds_alternative<core::AskHolder>(command)) io_.hub->wants(*this, asked.name);
  asked.gives_up = gives_up(command, who());
  if (asked.gives_up) io_.hub->gives_up(*this, asked.name);
}

/// On the thread for lists: the first of them goes through all names there are.
void LivePeer::look_up_apart(std::uint64_t request, api::Call call) {
  auto& pool = pool_for(io_, call);
  boost::asio::post(pool, [&io = io_, to = core::Address{client_, request}, call = std::move(call)]() mutable {
    const ErrorCode code = look_up(io.service, to.client, call);
    io.post([&io, to, code, command = std::move(call.command)]() mutable {
      if (code == ErrorCode::none) return io.gather(to, std::move(command));
      core::Answer refusal{to, {}};
      refusal.reply.code = code;
      if (LivePeer* const peer = io.find(to.client)) peer->answered(refusal);
    });
  });
}

void LivePeer::tell_history(std::uint64_t request, const api::HistoryRequest& wanted) {
  auto tell = [&io = io_, client = client_, request](api::Written told) {
    io.post([&io, client, request, told = std::move(told)] {
      if (LivePeer* peer = io.find(client)) peer->written(request, told);
    });
  };
  io_.service.history().read(client_, wanted, asked_.at(request).context, std::move(tell));
}

}  // namespace holdfast::server::live
