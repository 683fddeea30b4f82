#include "cli/verify_holdfast.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <charconv>
#include <thread>

#include "client/sse.h"
#include "client/stream.h"
#include "verify/http_lock.h"
#include "verify/http_wire.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using recording::Outcome;
using recording::What;
using verify::Ask;
using verify::Heard;

std::uint64_t number(const json::object& from, std::string_view field) {
  const json::value* value = from.if_contains(field);
  std::error_code error;
  const auto read = value && value->is_number() ? value->to_number<std::uint64_t>(error) : 0;
  return error ? 0 : read;
}

std::string text(const json::object& from, std::string_view field) {
  const json::value* value = from.if_contains(field);
  return value && value->is_string() ? std::string{value->get_string()} : std::string{};
}

bool flag(const json::object& from, std::string_view field) {
  const json::value* value = from.if_contains(field);
  return value && value->is_bool() && value->get_bool();
}

/// The server says something every 10 s, if only that it is there.
constexpr auto silence_max = 30s;

std::int64_t ms(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

class HoldfastSession final : public verify::Session {
 public:
  HoldfastSession(const verify::HttpPlace& server, std::string client) : client_(std::move(client)), wire_(server) {}

  Heard ask(const Ask& ask, verify::Ticket& gate) override {
    const Result<verify::HttpAnswer> answer = wire_.exchange(request_of(ask), gate, ask.wait + 30s);
    if (!answer) {
      const bool never_sent = answer.error().fate() == Fate::not_done;
      return {.outcome = never_sent ? Outcome::error : Outcome::unknown,
              .came = never_sent,
              .unreachable = never_sent,
              .words = never_sent ? answer.error().where : answer.error().text()};
    }
    return heard(ask, *answer);
  }

  void hang_up() override { wire_.hang_up(); }

 private:
  /// Each client is an owner of its own, with one session: whoever shares an owner might move a lease instead of
  /// contending for it.
  verify::HttpRequest request_of(const Ask& ask) const {
    if (ask.what == What::query) return {.method = "GET", .path = "/v1/leases/" + ask.name};
    json::object body{{"owner", client_}, {"session", client_}};
    if (ask.grip.token != 0) body["token"] = ask.grip.token;
    // Of every other holding, renewals say nothing of the ttl, which stays as it was.
    const bool as_before = ask.what == What::renew && ask.grip.token % 2 == 0;
    if (ask.what != What::release && !as_before) body["ttl_ms"] = ms(ask.ttl);
    if (ask.wait > Duration{}) body["wait_ms"] = ms(ask.wait);
    if (ask.what == What::takeover) body["reason"] = "verified";
    return {.method = "POST",
            .path = fmt::format("/v1/{}/{}", verb(ask.what), ask.name),
            .headers = {{"Content-Type", "application/json"}},
            .body = json::serialize(body)};
  }

  static std::string_view verb(What what) {
    switch (what) {
      case What::renew:
        return "renew";
      case What::release:
        return "release";
      case What::takeover:
        return "takeover";
      default:
        return "acquire";
    }
  }

  static Heard heard(const Ask& ask, const verify::HttpAnswer& answer) {
    Heard heard{.words = verify::in_short(answer)};
    json::error_code error;
    const json::value value = json::parse(answer.body, error);
    if (error || !value.is_object()) return heard;
    const json::object& body = value.get_object();
    heard.grip.token = number(body, "token");
    heard.held = flag(body, "held");
    if (heard.held) heard.holder = text(body, "session");
    if (body.contains("waiting")) heard.waiting = static_cast<unsigned>(number(body, "waiting"));
    answer.status == 200 ? hear_done(ask, body, heard) : hear_refused(body, heard);
    return heard;
  }

  static void hear_done(const Ask& ask, const json::object& body, Heard& heard) {
    heard.outcome = Outcome::ok;
    if (ask.what == What::query) {
      if (!heard.held) heard.waiting = 0;
      return;
    }
    if (ask.what == What::release) {
      // What was over before was not released by this call.
      if (!flag(body, "released")) heard.outcome = Outcome::stale;
      heard.grip.token = 0;
      heard.holder.clear();
      return;
    }
    heard.previous = ask.what == What::renew ? 0 : number(body, "previous");
    heard.joined = flag(body, "joined");
    heard.ttl = std::chrono::milliseconds(number(body, "ttl_ms"));
    // It is rounded up, and belief begins after it.
    const std::uint64_t waited = number(body, "waited_ms");
    heard.waited = std::chrono::milliseconds(waited > 0 ? waited - 1 : 0);
  }

  static void hear_refused(const json::object& body, Heard& heard) {
    const std::string code = text(body, "code");
    if (code == "held" || code == "held_by_you" || code == "takeover_pending" || code == "token_needed") {
      heard.outcome = Outcome::busy;
    } else if (code == "stale" || code == "nothing_held") {
      heard.outcome = Outcome::stale;
    } else if (code == "wait_over") {
      heard.outcome = Outcome::over;
    } else if (code == "grant_lapsed") {
      heard.outcome = Outcome::unknown;  // It was held for a while, and nobody was told.
      heard.grip = {};
    } else {
      heard.outcome = text(body, "fate") == "not_done" ? Outcome::error : Outcome::unknown;
    }
  }

  std::string client_;
  verify::HttpWire wire_;
};

verify::Change change_of(const json::object& event) {
  using Kind = recording::Sighting::Kind;
  verify::Change change;
  const std::string type = text(event, "type");
  if (type == "reset") {
    change.kind = Kind::gap;
  } else if (type == "granted" || type == "taken_over" || type == "moved" || type == "transferred") {
    change.kind = Kind::granted;
  } else if (type == "revoked" || ((type == "released" || type == "lapsed") && flag(event, "ends"))) {
    change.kind = Kind::ended;
  }
  change.name = text(event, "name");
  change.token = number(event, "token");
  const std::string position = text(event, "position");
  const std::size_t dot = position.find('.');
  if (dot != std::string::npos) {
    std::from_chars(position.data() + dot + 1, position.data() + position.size(), change.position);
  }
  return change;
}

/// Reads events in a thread of its own.
class Watcher final : public verify::Watching {
 public:
  explicit Watcher(const client::Url& server) : stream_(server) {}
  ~Watcher() override { stream_.cancel(); }

  Result<void> begin(const std::string& prefix, std::function<void(const verify::Change&)> told) {
    const client::Request request{.target = "/v1/events?prefix=" + prefix, .accept = "text/event-stream"};
    HF_TRY(opened, stream_.open(request, BootTime::now() + 10s));
    if (opened.refusal) {
      return fail(ErrorCode::unreachable, fmt::format("/v1/events was answered {}", opened.refusal->status));
    }
    reading_ = std::jthread([this, told = std::move(told)] { read(told); });
    return {};
  }

 private:
  void read(const std::function<void(const verify::Change&)>& told) {
    client::SseReader events;
    for (;;) {
      const Result<std::string> more = stream_.more(BootTime::now() + silence_max);
      if (!more || more->empty() || !events.read(*more)) break;
      while (const auto event = events.next()) {
        json::error_code error;
        const json::value value = json::parse(event->data, error);
        if (error || !value.is_object() || text(value.get_object(), "type") == "begin") continue;
        told(change_of(value.get_object()));
      }
    }
  }

  client::Stream stream_;
  std::jthread reading_;
};

class HoldfastTarget final : public verify::Target {
 public:
  HoldfastTarget(client::Url server, std::string about)
      : server_(std::move(server)),
        place_{.host = server_.host, .port = server_.port, .base = {}},
        about_(about.empty() ? server_.text() : std::move(about)) {}

  std::string about() const override { return about_; }

  verify::Traits traits() const override { return holdfast_traits(); }

  std::unique_ptr<verify::Session> session(const std::string& client) override {
    return std::make_unique<HoldfastSession>(place_, client);
  }

  Result<std::unique_ptr<verify::Watching>> watch(const std::string& prefix,
                                                  std::function<void(const verify::Change&)> told) override {
    auto watcher = std::make_unique<Watcher>(server_);
    HF_TRY_VOID(watcher->begin(prefix, std::move(told)));
    return watcher;
  }

 private:
  client::Url server_;
  verify::HttpPlace place_;
  std::string about_;
};

}  // namespace

verify::Traits holdfast_traits() {
  verify::Traits traits;
  traits.lock.tokens = true;
  traits.lock.leases = true;
  traits.lock.late_renewal = true;
  traits.lock.reentrant = true;
  traits.lock.fifo = true;
  traits.renews = traits.queries = traits.waits = traits.takes_over = traits.asks_ttl = true;
  traits.names = "verify-{run}/{n}";
  return traits;
}

std::unique_ptr<verify::Target> make_holdfast_target(const client::Url& server, std::string about) {
  return std::make_unique<HoldfastTarget>(server, std::move(about));
}

}  // namespace holdfast::cli
