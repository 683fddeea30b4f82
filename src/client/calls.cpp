#include "client/calls.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace holdfast::client {
namespace {

namespace json = boost::json;

ErrorCode code_named(std::string_view name, int status) {
  ErrorCode code = ErrorCode::none;
  for_each_error([&](const ErrorInfo& info) {
    if (info.name == name) code = info.code;
  });
  if (code != ErrorCode::none) return code;
  // Of a newer server, or of something between us and it.
  if (status == 401 || status == 403) return ErrorCode::not_yours;
  return status >= 400 && status < 500 ? ErrorCode::bad_request : ErrorCode::internal;
}

json::object body_of(const TokenCall& call) {
  json::object body{{"token", call.token}, {"owner", call.owner}};
  if (!call.session.empty()) body["session"] = call.session;
  if (call.ttl) body["ttl_ms"] = ceil_ms(*call.ttl);
  return body;
}

json::object body_of(const AcquireCall& call) {
  json::object body{{"owner", call.owner}};
  if (!call.session.empty()) body["session"] = call.session;
  if (call.ttl) {
    body["ttl_ms"] = ceil_ms(*call.ttl);
  } else {
    body["ttl_ms"] = nullptr;
  }
  if (!call.note.empty()) body["note"] = call.note;
  if (call.metadata) body["metadata"] = *call.metadata;
  if (!call.holder.empty()) body["holder"] = call.holder;
  return body;
}

Request session_request(const SessionCall& call, std::string_view what) {
  json::object body{{"owner", call.owner}};
  if (call.ttl) body["ttl_ms"] = ceil_ms(*call.ttl);
  return {.method = "POST",
          .target = "/v1/sessions/" + segment_of(call.session) + "/" + std::string{what},
          .body = std::move(body),
          .repeatable = true};
}

/// The object that `from` has at `key`. Null: none.
const json::object* object_at(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found && found->is_object() ? &found->get_object() : nullptr;
}

}  // namespace

std::string text_at(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found && found->is_string() ? std::string{found->get_string()} : std::string{};
}

std::optional<std::uint64_t> number_at(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  if (!found || !found->is_number()) return std::nullopt;
  json::error_code error;
  const auto number = found->to_number<std::uint64_t>(error);
  return error ? std::nullopt : std::optional(number);
}

std::optional<Duration> ms_at(const json::object& from, std::string_view key) {
  constexpr std::uint64_t most = 100ULL * 365 * 24 * 3600 * 1000;  // What a Duration can hold, with room.
  const auto number = number_at(from, key);
  if (!number) return std::nullopt;
  return std::chrono::milliseconds(std::min(*number, most));
}

bool flag_at(const json::object& from, std::string_view key) {
  const json::value* found = from.if_contains(key);
  return found && found->is_bool() && found->get_bool();
}

bool Problem::is_contention() const {
  switch (code) {
    case ErrorCode::held:
    case ErrorCode::held_by_you:
    case ErrorCode::wait_over:
    case ErrorCode::wait_superseded:
    case ErrorCode::queue_full:
    case ErrorCode::sessions_full:
    case ErrorCode::takeover_pending:
      return true;
    default:
      return false;
  }
}

bool Problem::means_lost() const {
  switch (code) {
    case ErrorCode::stale:
    case ErrorCode::nothing_held:
    case ErrorCode::unknown_token:
    case ErrorCode::not_yours:
      return true;
    default:
      return false;
  }
}

Problem problem_of(const Error& error) {
  Problem problem{.code = error.code, .name = std::string{error.name()}, .fate = error.fate(), .detail = error.text()};
  problem.holding.json = json::object{{"type", "about:blank"},
                                      {"title", error.name()},
                                      {"code", error.name()},
                                      {"fate", error.fate() == Fate::not_done ? "not_done" : "maybe_done"},
                                      {"detail", problem.detail}};
  return problem;
}

std::string path_of(const std::string& name) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || c == '/';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', hex[byte >> 4], hex[byte & 15]};
    }
  }
  return out;
}

std::string segment_of(const std::string& text) {
  std::string out;
  for (const char c : path_of(text)) c == '/' ? out += "%2F" : out += c;
  return out;
}

Problem problem_of(Response&& response) {
  Problem problem;
  problem.status = response.status;
  problem.retry_after = response.retry_after;
  json::object body = response.body.is_object() ? std::move(response.body.get_object()) : json::object{};
  problem.name = text_at(body, "code");
  problem.code = code_named(problem.name, response.status);
  problem.detail = text_at(body, "detail");
  problem.field = text_at(body, "field");
  problem.because = text_at(body, "because");
  const std::string fate = text_at(body, "fate");
  problem.fate = fate == "not_done"     ? Fate::not_done
                 : fate == "maybe_done" ? Fate::maybe_done
                                        : info_of(problem.code).fate;
  if (problem.name.empty()) problem.name = info_of(problem.code).name;
  if (problem.detail.empty()) {
    problem.detail = "The server answered with status " + std::to_string(response.status) + ".";
  }
  problem.holding = holding_of(std::move(body));
  if (const auto newest = number_at(problem.holding.json, "newest")) problem.holding.token = *newest;
  return problem;
}

void add_parameter(std::string& target, std::string_view key, const std::string& value) {
  if (value.empty()) return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += key;
  target += '=';
  target += path_of(value);
}

Holding holding_of(json::object json) {
  Holding out{.name = text_at(json, "name"),
              .held = flag_at(json, "held"),
              .token = number_at(json, "token").value_or(0),
              .previous = number_at(json, "previous"),
              .owner = text_at(json, "owner"),
              .session = text_at(json, "session"),
              .since = text_at(json, "since"),
              .note = text_at(json, "note"),
              .ttl = ms_at(json, "ttl_ms"),
              .ends_in = ms_at(json, "deadline_in_ms"),
              .waiting = number_at(json, "waiting").value_or(0),
              .last_owner = text_at(json, "last_owner"),
              .ended = text_at(json, "because"),
              .ended_by = text_at(json, "by"),
              .ended_reason = text_at(json, "reason"),
              .takeover = {},
              .request = {},
              .waited = ms_at(json, "waited_ms").value_or(Duration::zero()),
              .joined = flag_at(json, "joined")};
  if (const json::object* takeover = object_at(json, "takeover")) {
    out.takeover = TakeoverAhead{.by = text_at(*takeover, "by"),
                                 .session = text_at(*takeover, "session"),
                                 .reason = text_at(*takeover, "reason"),
                                 .ends_in = ms_at(*takeover, "ends_in_ms").value_or(Duration::zero())};
  }
  if (const json::object* request = object_at(json, "request")) {
    out.request = AskedFor{.by = text_at(*request, "by"), .message = text_at(*request, "message")};
  }
  out.json = std::move(json);
  return out;
}

Page page_of(json::object json) {
  Page page;
  if (const json::value* leases = json.if_contains("leases"); leases && leases->is_array()) {
    for (const json::value& lease : leases->get_array()) {
      if (lease.is_object()) page.leases.push_back(holding_of(lease.get_object()));
    }
  }
  page.next = text_at(json, "next");
  page.json = std::move(json);
  return page;
}

Answer<json::object> object_of(Result<Response>&& response) {
  if (!response) return std::unexpected(problem_of(response.error()));
  if (response->status != 200) return std::unexpected(problem_of(*std::move(response)));
  if (!response->body.is_object()) {
    return std::unexpected(problem_of(Error{ErrorCode::bad_answer, "status 200 without a JSON object"}));
  }
  return std::move(response->body.get_object());
}

Request acquire_request(const AcquireCall& call) {
  json::object body = body_of(call);
  if (call.wait > Duration::zero()) body["wait_ms"] = ceil_ms(call.wait);
  // A wait is asked for once only: of a wait that was asked for twice nobody knows from when waited_ms counts.
  const bool repeatable = !call.session.empty() && call.wait <= Duration::zero();
  return {.method = "POST",
          .target = "/v1/acquire/" + path_of(call.name),
          .body = std::move(body),
          .repeatable = repeatable};
}

Request renew_request(const TokenCall& call) {
  return {.method = "POST", .target = "/v1/renew/" + path_of(call.name), .body = body_of(call), .repeatable = true};
}

Request release_request(const TokenCall& call) {
  return {.method = "POST", .target = "/v1/release/" + path_of(call.name), .body = body_of(call), .repeatable = true};
}

Request check_request(const std::string& name, std::uint64_t token) {
  return {.method = "POST",
          .target = "/v1/check/" + path_of(name),
          .body = json::object{{"token", token}},
          .repeatable = true};
}

Request takeover_request(const TakeoverCall& call) {
  json::object body = body_of(call.want);
  body["reason"] = call.reason;
  if (call.token != 0) body["token"] = call.token;
  if (call.flush) body["flush_ms"] = ceil_ms(*call.flush);
  // As a wait, a window is asked for once only: else nobody knows from when waited_ms counts.
  const bool repeatable = !call.want.session.empty() && call.flush == Duration::zero();
  return {.method = "POST",
          .target = "/v1/takeover/" + path_of(call.want.name),
          .body = std::move(body),
          .repeatable = repeatable};
}

Request move_request(const TokenCall& to) {
  return {.method = "POST", .target = "/v1/move/" + path_of(to.name), .body = body_of(to), .repeatable = true};
}

Request ask_request(const AskCall& call) {
  json::object body{{"owner", call.owner}};
  if (!call.session.empty()) body["session"] = call.session;
  if (!call.message.empty()) body["message"] = call.message;
  return {.method = "POST", .target = "/v1/request/" + path_of(call.name), .body = std::move(body), .repeatable = true};
}

Request transfer_request(const TransferCall& call) {
  json::object body = body_of(call.from);
  body["to"] = call.to;
  if (!call.to_session.empty()) body["to_session"] = call.to_session;
  // Twice is not as good as once: the second is told that the token is stale.
  return {.method = "POST", .target = "/v1/transfer/" + path_of(call.from.name), .body = std::move(body)};
}

Request revoke_request(const RevokeCall& call) {
  json::object body{{"owner", call.owner}, {"reason", call.reason}};
  if (call.token != 0) body["token"] = call.token;
  return {.method = "POST", .target = "/v1/revoke/" + path_of(call.name), .body = std::move(body)};
}

Request renew_session_request(const SessionCall& call) {
  return session_request(call, "renew");
}

Request end_session_request(const SessionCall& call) {
  return session_request(call, "end");
}

Request get_request(const std::string& name) {
  return {.target = "/v1/leases/" + path_of(name)};
}

Request list_request(const ListCall& call) {
  std::string target = "/v1/leases";
  add_parameter(target, "prefix", call.prefix);
  add_parameter(target, "owner", call.owner);
  add_parameter(target, "contended", call.contended ? "1" : "");
  add_parameter(target, "after", call.after);
  add_parameter(target, "limit", call.limit ? std::to_string(call.limit) : "");
  return {.target = std::move(target)};
}

}  // namespace holdfast::client
