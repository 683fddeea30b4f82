#include "tests/scenarios/http_subject.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <list>
#include <sstream>
#include <stdexcept>

#include "cli/instance.h"
#include "journal/memory/keeping_journal.h"
#include "tests/support/http_talk.h"

namespace holdfast::scenarios {
namespace {

namespace json = boost::json;
using support::Response;
using support::Talk;

constexpr Duration tick_every = std::chrono::milliseconds(50);

// --- Questions, as requests.

bool asks_for_buffer(const Ask& ask) {
  return ask.verb == "acquire" && (ask.text("numbered") == "yes" || ask.has("buffer"));
}

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
  return body;
}

std::string list_target(const Ask& ask) {
  std::string target = fmt::format("/v1/leases?limit={}", ask.has("limit") ? ask.number("limit") : 1000);
  for (const char* key : {"prefix", "owner", "after"}) {
    if (ask.has(key)) target += fmt::format("&{}={}", key, ask.text(key));
  }
  for (const char* key : {"contended", "unsettled"}) {
    if (ask.text(key) == "yes") target += fmt::format("&{}=1", key);
  }
  return target;
}

std::string request_of(const Ask& ask) {
  if (ask.verb == "list") return support::request_text("GET", list_target(ask));
  if (ask.verb == "get") {
    return support::request_text("GET", "/v1/leases/" + ask.name + (ask.has("unsettled") ? "?unsettled=1" : ""));
  }
  if (ask.verb == "renew_session" || ask.verb == "end_session") {
    const std::string action = ask.verb == "renew_session" ? "/renew" : "/end";
    return support::request_text("POST", "/v1/sessions/" + ask.session + action, json::serialize(body_of(ask)));
  }
  const std::string target = asks_for_buffer(ask) ? "/api/buffers/acquire" : "/v1/" + ask.verb + "/" + ask.name;
  return support::request_text("POST", target, json::serialize(body_of(ask)));
}

// --- Answers, as the words of a table.

std::string word_of(const Ask& ask, const Response& response, const json::object& body) {
  if (const json::value* code = body.if_contains("code")) return std::string(code->as_string());
  if (response.status != 200) throw std::runtime_error("an error without a code: " + response.body);
  if (ask.verb == "acquire" || ask.verb == "takeover" || ask.verb == "move") return "granted";
  if (ask.verb == "request") return "requested";
  if (ask.verb == "transfer") return "transferred";
  if (ask.verb == "revoke") return "revoked";
  if (ask.verb == "renew_session") return "session_renewed";
  if (ask.verb == "end_session") return "session_ended";
  if (ask.verb == "renew") return "renewed";
  if (ask.verb == "release") return "released";
  if (ask.verb == "check") return "current";
  if (ask.verb == "list") return "listed";
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
  };
  return all;
}

Told to_told(const Ask& ask, const Response& response, WallTime wall_began) {
  const json::object body = response.json().as_object();
  Told told{ask.request, word_of(ask, response, body), {}};
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
  if (const json::value* leases = body.if_contains("leases")) {
    std::string names;
    for (const json::value& lease : leases->as_array()) {
      names += (names.empty() ? "" : ",") + std::string(lease.at("name").as_string());
    }
    told.fields["names"] = names;
  }
  return told;
}

// --- The subject.

class HttpSubject final : public Subject {
 public:
  explicit HttpSubject(const Options& options) : began_(clock_.wall()) {
    settings_.listen = "127.0.0.1:0";
    settings_.journal = "memory";
    for (const auto& [key, value] : options) bound_of(key) = std::stoull(value);
    restart();
  }
  ~HttpSubject() override { crash(); }

  bool can(std::string_view need) const override {
    // What needs a disk, an unheard end or an answer that does not arrive has to be ordered from inside.
    return need == "bound waiters_max" || need == "bound sessions_max" || need == "bound remembered_max" ||
           need == "bound buffers_max";
  }

  void ask(const Ask& ask) override {
    if (!server_) return;  // The connection is refused.
    Connection& connection = idle_connection_of(ask.client);
    connection.asked = ask;
    connection.talk.send(request_of(ask));
    settle();
  }
  std::vector<Told> told() override { return std::exchange(told_, {}); }

  void advance(Duration time) override {
    while (time > Duration::zero()) {
      const Duration step = std::min(time, tick_every - since_tick_);
      clock_.advance(step);
      time -= step;
      since_tick_ += step;
      if (since_tick_ < tick_every) continue;
      since_tick_ = {};
      if (!server_) continue;
      server_->runner().tick();
      settle();
    }
  }
  void pause(Duration time) override { clock_.advance(time); }
  void move_wall(Duration by) override {
    clock_.set_wall(clock_.wall() + std::chrono::duration_cast<std::chrono::microseconds>(by));
  }

  void crash() override {
    connections_.clear();  // Nobody hears anything of it.
    server_.reset();
    journal_.reset();
  }
  void restart() override {
    journal_ = std::make_unique<journal::KeepingJournal>(shelf_);
    server_ = std::make_unique<cli::Instance>(
        settings_, *journal_, clock_, log_, [](const Error& error) { throw std::runtime_error(error.text()); },
        engine::RunnerOptions{.policy = engine::CommitPolicy::always_inline, .tick_by_hand = true});
    const auto started = server_->start();
    if (!started) throw std::runtime_error(started.error().text());
    durable_before_ = started->last.value;
  }

  void vanish(std::uint64_t client, bool) override {
    connections_.remove_if([&](const Connection& each) { return each.client == client; });
    if (server_) settle();
  }
  void undelivered(const Ask&, std::uint64_t) override { throw std::logic_error("cannot be ordered from outside"); }
  void order(const std::string& what) override { throw std::logic_error("cannot: " + what); }

 private:
  struct Connection {
    std::uint64_t client;
    Talk talk;
    std::optional<Ask> asked;  ///< Not answered yet.
  };

  std::uint64_t& bound_of(const std::string& key) {
    if (key == "waiters_max") return settings_.waiters_max;
    if (key == "sessions_max") return settings_.sessions_max;
    if (key == "remembered_max") return settings_.remembered_max;
    if (key == "buffers_max") return settings_.buffers_max;
    throw std::invalid_argument("no such bound: " + key);
  }

  Connection& idle_connection_of(std::uint64_t client) {
    for (Connection& each : connections_) {
      if (each.client == client && !each.asked) return each;
    }
    return connections_.emplace_back(client, Talk(server_->port()), std::nullopt);
  }

  std::size_t unanswered() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(connections_, [](const Connection& each) { return each.asked.has_value(); }));
  }

  /// Each question is in a queue, or its answer is on its way: so these two are equal only when all have come. And what
  /// nobody asked for, a lapse, is durable as well; else the time turned on by hand would make the disk look slow.
  bool settled() {
    const engine::Runner::Snapshot now = server_->runner().snapshot();
    return unanswered() == now.waiting && now.position.value == durable_before_ + now.batch_effects;
  }

  /// Reads until every question is answered but those that wait in a queue.
  void settle() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::vector<Told> came;
    while (!settled()) {
      if (std::chrono::steady_clock::now() > until) throw std::runtime_error("an answer does not come");
      std::vector<pollfd> waited_for;
      for (const Connection& each : connections_) waited_for.push_back({each.talk.socket(), POLLIN, 0});
      // A place given up by a closed connection shows on no socket, so look again after a moment.
      ::poll(waited_for.data(), waited_for.size(), 1);
      for (Connection& each : connections_) {
        if (!each.asked || !each.talk.answered_within(std::chrono::milliseconds(0))) continue;
        came.push_back(to_told(*each.asked, each.talk.receive(), began_));
        each.asked.reset();
      }
    }
    if (server_->service().metrics().buffer_conflicts != 0) throw std::runtime_error("the monitor sees two owners");
    // Connections have no order among one another; the tokens that were given have, and a grant comes before a refusal
    // that shows it.
    std::ranges::stable_sort(came, {},
                             [](const Told& told) { return std::pair(told.number("newest"), told.word != "granted"); });
    std::ranges::move(came, std::back_inserter(told_));
  }

  HandClock clock_;
  WallTime began_;
  Duration since_tick_{};
  cli::Settings settings_;
  server::Log log_{server::Log::Form::json, server::Log::Level::error};
  std::shared_ptr<journal::Shelf> shelf_ = std::make_shared<journal::Shelf>();
  std::unique_ptr<journal::KeepingJournal> journal_;
  std::unique_ptr<cli::Instance> server_;
  std::uint64_t durable_before_ = 0;  ///< The position with which the server started.
  std::list<Connection> connections_;
  std::vector<Told> told_;
};

}  // namespace

std::unique_ptr<Subject> server_over_http(const Options& options) {
  return std::make_unique<HttpSubject>(options);
}

}  // namespace holdfast::scenarios
