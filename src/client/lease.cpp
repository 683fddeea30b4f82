#include "client/lease.h"

#include <boost/json.hpp>
#include <utility>

namespace holdfast::client {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// How long the server may take beside the time it was asked to wait.
constexpr Duration patience_default = 10s;

Answer<Holding> holding_answer(Answer<json::object>&& answer) {
  if (!answer) return std::unexpected(std::move(answer).error());
  return holding_of(*std::move(answer));
}

}  // namespace

HttpLeases::HttpLeases(Url server) : server_(std::move(server)), connection_(server_) {}

Answer<json::object> HttpLeases::ask(const Request& request, Duration patience) {
  return object_of(connection_.request(request, BootTime::now() + patience));
}

Answer<Holding> HttpLeases::acquire(const AcquireCall& call) {
  return holding_answer(ask(acquire_request(call), call.wait + patience_default));
}

Answer<Holding> HttpLeases::renew(const TokenCall& call, Duration patience) {
  return holding_answer(ask(renew_request(call), patience));
}

Answer<Released> HttpLeases::release(const TokenCall& call, Duration patience) {
  auto answer = ask(release_request(call), patience);
  if (!answer) return std::unexpected(std::move(answer).error());
  const bool released = flag_at(*answer, "released");
  return Released{released, *std::move(answer)};
}

Answer<Holding> HttpLeases::takeover(const TakeoverCall& call) {
  return holding_answer(ask(takeover_request(call), call.flush.value_or(flush_expected) + patience_default));
}

Answer<Holding> HttpLeases::move(const TokenCall& to) {
  return holding_answer(ask(move_request(to), patience_default));
}

Answer<Holding> HttpLeases::ask_for(const AskCall& call) {
  return holding_answer(ask(ask_request(call), patience_default));
}

Answer<Holding> HttpLeases::transfer(const TransferCall& call) {
  return holding_answer(ask(transfer_request(call), patience_default));
}

Answer<Holding> HttpLeases::revoke(const RevokeCall& call) {
  return holding_answer(ask(revoke_request(call), patience_default));
}

Answer<json::object> HttpLeases::renew_session(const SessionCall& call) {
  return ask(renew_session_request(call), patience_default);
}

Answer<json::object> HttpLeases::end_session(const SessionCall& call) {
  return ask(end_session_request(call), patience_default);
}

Answer<Holding> HttpLeases::check(const std::string& name, std::uint64_t token) {
  return holding_answer(ask(check_request(name, token), patience_default));
}

Answer<Holding> HttpLeases::get(const std::string& name) {
  return holding_answer(ask(get_request(name), patience_default));
}

Answer<json::object> HttpLeases::look(std::string target) {
  return ask({.target = std::move(target)}, patience_default);
}

Answer<Page> HttpLeases::list(const ListCall& call) {
  auto answer = ask(list_request(call), patience_default);
  if (!answer) return std::unexpected(std::move(answer).error());
  return page_of(*std::move(answer));
}

}  // namespace holdfast::client
