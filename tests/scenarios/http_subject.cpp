#include "tests/scenarios/http_subject.h"

#include <fmt/format.h>

#include <stdexcept>

#include "tests/scenarios/door_subject.h"
#include "tests/scenarios/door_words.h"
#include "tests/scenarios/text_words.h"
#include "tests/support/http_talk.h"

namespace holdfast::scenarios {
namespace {

namespace json = boost::json;

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

/// A path, and whatever of `keys` the question has as its query: the table's word, and the field's name.
std::string with_query(std::string target, const Ask& ask, const std::map<std::string, std::string>& keys) {
  char mark = '?';
  for (const auto& [word, field] : keys) {
    if (!ask.has(word)) continue;
    target += fmt::format("{}{}={}", mark, field, ask.text(word));
    mark = '&';
  }
  return target;
}

std::string text_request_of(const Ask& ask) {
  const std::string of_name = "/v1/buffers/" + ask.name;
  const std::string of_draft = "/v1/drafts/" + ask.text("draft");
  const auto get = [&](const std::string& target, const std::map<std::string, std::string>& keys) {
    return support::request_text("GET", with_query(target, ask, keys));
  };
  if (ask.verb == "read") {
    const std::string then = ask.has("revision") ? "&revision=" + ask.text("revision") : "";
    return get(of_name + "?owner=" + ask.owner + then, {});
  }
  if (ask.verb == "changes")
    return get("/v1/changes/" + ask.name, {{"after", "after"}, {"limit", "limit"}, {"buffer", "buffer"}});
  if (ask.verb == "texts") return get("/v1/buffers", {{"prefix", "prefix"}, {"after", "after"}, {"limit", "limit"}});
  if (ask.verb == "draft") return get(of_draft, {});
  if (ask.verb == "drafts") {
    return get("/v1/drafts" + (ask.name.empty() ? "" : "?name=" + ask.name), {});
  }
  const std::string body = json::serialize(body_of(ask));
  if (ask.verb == "put") return support::request_text("PUT", of_name, body);
  if (ask.verb == "remove") return support::request_text("DELETE", of_name, body);
  if (ask.verb == "discard") return support::request_text("DELETE", of_draft, body);
  if (ask.verb == "apply") return support::request_text("POST", of_draft + "/apply", body);
  return support::request_text("POST", "/v1/" + std::string{ask.verb == "keep" ? "draft" : ask.verb} + "/" + ask.name,
                               body);
}

std::string request_of(const Ask& ask) {
  if (is_text_verb(ask.verb)) return text_request_of(ask);
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

class HttpWire final : public Wire {
 public:
  explicit HttpWire(std::uint16_t port) : talk_(port) {}
  void send(const Ask& ask) override { talk_.send(request_of(ask)); }
  int socket() const override { return talk_.socket(); }
  std::optional<Told> answer(const Ask& ask, WallTime wall_began) override {
    if (!talk_.answered_within(std::chrono::milliseconds(0))) return std::nullopt;
    const support::Response response = talk_.receive();
    const json::object body = response.json().as_object();
    if (response.status != 200 && response.status != 201 && !body.contains("code")) {
      throw std::runtime_error("an error without a code: " + response.body);
    }
    return to_told(ask, body, wall_began);
  }

 private:
  support::Talk talk_;
};

class HttpSubject final : public DoorSubject {
 public:
  explicit HttpSubject(const Options& options) : DoorSubject(options, "off") {}
  bool can(std::string_view need) const override {
    return need == "buffers" || need == "details" || need == "texts" || DoorSubject::can(need);
  }

 protected:
  std::unique_ptr<Wire> connect(const cli::Instance& server, const Ask&) override {
    return std::make_unique<HttpWire>(server.port());
  }
};

}  // namespace

std::unique_ptr<Subject> server_over_http(const Options& options) {
  return std::make_unique<HttpSubject>(options);
}

}  // namespace holdfast::scenarios
