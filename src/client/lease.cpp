#include "client/lease.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace holdfast::client {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// How long the server may take beside the time it was asked to wait.
constexpr Duration patience_default = 10s;

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

Answer<Holding> holding_answer(Answer<json::object>&& answer) {
  if (!answer) return std::unexpected(std::move(answer).error());
  return holding_of(*std::move(answer));
}

void add_parameter(std::string& target, std::string_view key, const std::string& value) {
  if (value.empty()) return;
  target += target.find('?') == std::string::npos ? '?' : '&';
  target += key;
  target += '=';
  target += path_of(value);
}

}  // namespace

bool Problem::is_contention() const {
  switch (code) {
    case ErrorCode::held:
    case ErrorCode::held_by_you:
    case ErrorCode::wait_over:
    case ErrorCode::wait_superseded:
    case ErrorCode::queue_full:
    case ErrorCode::sessions_full:
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
              .waited = ms_at(json, "waited_ms").value_or(Duration::zero()),
              .joined = flag_at(json, "joined")};
  out.json = std::move(json);
  return out;
}

HttpLeases::HttpLeases(Url server) : server_(std::move(server)), connection_(server_) {}

Answer<json::object> HttpLeases::ask(const Request& request, Duration patience) {
  const Deadline deadline = std::chrono::steady_clock::now() + patience;
  Result<Response> response = connection_.request(request, deadline);
  if (!response) return std::unexpected(problem_of(response.error()));
  if (response->status != 200) return std::unexpected(problem_of(*std::move(response)));
  if (!response->body.is_object()) {
    return std::unexpected(problem_of(Error{ErrorCode::bad_answer, "status 200 without a JSON object"}));
  }
  return std::move(response->body.get_object());
}

Answer<Holding> HttpLeases::acquire(const AcquireCall& call) {
  json::object body{{"owner", call.owner}};
  if (!call.session.empty()) body["session"] = call.session;
  if (call.ttl) {
    body["ttl_ms"] = ceil_ms(*call.ttl);
  } else {
    body["ttl_ms"] = nullptr;
  }
  if (call.wait > Duration::zero()) body["wait_ms"] = ceil_ms(call.wait);
  if (!call.note.empty()) body["note"] = call.note;
  if (call.metadata) body["metadata"] = *call.metadata;
  if (!call.holder.empty()) body["holder"] = call.holder;
  // A wait is asked for once only: of a wait that was asked for twice nobody knows from when waited_ms counts.
  const bool repeatable = !call.session.empty() && call.wait <= Duration::zero();
  return holding_answer(ask({.method = "POST",
                             .target = "/v1/acquire/" + path_of(call.name),
                             .body = std::move(body),
                             .repeatable = repeatable},
                            call.wait + patience_default));
}

Answer<Holding> HttpLeases::renew(const TokenCall& call, Duration patience) {
  return holding_answer(
      ask({.method = "POST", .target = "/v1/renew/" + path_of(call.name), .body = body_of(call), .repeatable = true},
          patience));
}

Answer<Released> HttpLeases::release(const TokenCall& call, Duration patience) {
  auto answer =
      ask({.method = "POST", .target = "/v1/release/" + path_of(call.name), .body = body_of(call), .repeatable = true},
          patience);
  if (!answer) return std::unexpected(std::move(answer).error());
  const bool released = flag_at(*answer, "released");
  return Released{released, *std::move(answer)};
}

Answer<Holding> HttpLeases::check(const std::string& name, std::uint64_t token) {
  return holding_answer(ask({.method = "POST",
                             .target = "/v1/check/" + path_of(name),
                             .body = json::object{{"token", token}},
                             .repeatable = true},
                            patience_default));
}

Answer<Holding> HttpLeases::get(const std::string& name) {
  return holding_answer(ask({.target = "/v1/leases/" + path_of(name)}, patience_default));
}

Answer<Page> HttpLeases::list(const ListCall& call) {
  std::string target = "/v1/leases";
  add_parameter(target, "prefix", call.prefix);
  add_parameter(target, "owner", call.owner);
  add_parameter(target, "contended", call.contended ? "1" : "");
  add_parameter(target, "after", call.after);
  add_parameter(target, "limit", call.limit ? std::to_string(call.limit) : "");
  auto answer = ask({.target = std::move(target)}, patience_default);
  if (!answer) return std::unexpected(std::move(answer).error());

  Page page;
  if (const json::value* leases = answer->if_contains("leases"); leases && leases->is_array()) {
    for (const json::value& lease : leases->get_array()) {
      if (lease.is_object()) page.leases.push_back(holding_of(lease.get_object()));
    }
  }
  page.next = text_at(*answer, "next");
  page.json = *std::move(answer);
  return page;
}

}  // namespace holdfast::client
