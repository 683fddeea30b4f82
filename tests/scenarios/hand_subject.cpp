#include "tests/scenarios/hand_subject.h"

#include <stdexcept>

#include "engine/name_index.h"

namespace holdfast::scenarios {
namespace {

void set_bound(core::Limits& limits, engine::Bounds& bounds, const std::string& key, const std::string& value) {
  const auto number = [&] { return std::stoull(value); };
  if (key == "waiters_max")
    limits.waiters_max = number();
  else if (key == "sessions_max")
    limits.sessions_max = number();
  else if (key == "remembered_max")
    limits.remembered_max = number();
  else if (key == "remembered_for")
    limits.remembered_for = *to_duration(value);
  else if (key == "buffers_max")
    limits.buffers_max = number();
  else if (key == "losses_max")
    limits.losses_max = number();
  else if (key == "pending_bytes_max")
    bounds.pending_bytes_max = number();
  else if (key == "session_looks_max")
    limits.session_looks_max = number();
  else if (key == "texts_max")
    limits.texts_max = number();
  else if (key == "text_bytes_max")
    limits.text_bytes_max = number();
  else if (key == "drafts_of_owner_max")
    limits.drafts_of_owner_max = number();
  else if (key == "revisions_max")
    limits.revisions_max = number();
  else if (key == "changes_page_max")
    limits.changes_page_max = number();
  else if (key == "behind_max")
    bounds.behind_max = *to_duration(value);
  else
    throw std::invalid_argument("no such bound: " + key);
}

}  // namespace

HandSubject::HandSubject(const Options& options) : began_(clock_.wall()) {
  for (const auto& [key, value] : options) set_bound(limits_, bounds_, key, value);
}

core::List HandSubject::page_of(const Ask& ask) const {
  engine::NameIndex index;
  std::vector<core::NameChange> names;
  for (std::size_t shard = 0; shard < core::State::shards; ++shard) {
    state().for_each_in(shard, [&](const core::Lease& lease) { names.push_back({lease.name, true}); });
  }
  index.apply(std::move(names));
  engine::NamePage page =
      index.page(ask.text("prefix"), ask.text("after"), ask.has("limit") ? ask.number("limit") : 1000);
  core::List list = std::get<core::List>(to_command(ask));
  list.names = std::move(page.names);
  list.next = std::move(page.next);
  return list;
}

void HandSubject::ask(const Ask& ask) {
  if (!running()) return;  // The connection is refused.
  clients_.gone.erase(ask.client);
  Asked& asked = asked_[ask.request] = {ask, nullptr};
  const core::Address from{ask.client, ask.request};
  if (is_key_verb(ask.verb)) {
    asked.program = std::make_shared<KeyAsk>(ask);
    submit(from, core::RunProgram{asked.program});
  } else if (ask.verb == "list") {
    submit(from, page_of(ask));
  } else {
    submit(from, to_command(ask));
  }
}

void HandSubject::deliver(const core::Answer& answer) {
  const auto asked = asked_.find(answer.to.request);
  if (asked == asked_.end() || asked->second.ask.client != answer.to.client) {
    throw std::logic_error("an answer to nobody: " + std::to_string(answer.to.request));
  }
  const auto [ask, program] = std::move(asked->second);
  asked_.erase(asked);
  const core::Reply reply = program ? program->reply(answer.reply) : answer.reply;
  const bool gone = clients_.gone.contains(ask.client);
  if (!gone) told_.push_back(to_told(reply, ask, began_));
  const bool granted = reply.code == ErrorCode::none && reply.void_after > Instant{} && ask.verb != "renew";
  // As a door does when the connection broke before the grant was handed over (L8).
  if (gone && granted) submit(answer.to, core::TakeBack{ask.name, reply.lease.token, reply.who});
}

void HandSubject::advance(Duration time) {
  while (time > Duration::zero()) {
    const Duration step = std::min(time, tick_every - since_tick_);
    clock_.advance(step);
    time -= step;
    since_tick_ += step;
    if (since_tick_ == tick_every) {
      since_tick_ = {};
      if (running()) tick();
    }
  }
}

void HandSubject::vanish(std::uint64_t client, bool heard) {
  clients_.gone.insert(client);
  if (!heard || !running()) return;
  std::vector<std::uint64_t> requests;
  for (const auto& [request, asked] : asked_) {
    if (asked.ask.client == client) requests.push_back(request);
  }
  for (const std::uint64_t request : requests) submit({client, request}, core::Leave{});
}

void HandSubject::undelivered(const Ask& ask, std::uint64_t token) {
  submit({ask.client, ask.request}, core::TakeBack{ask.name, {token}, {ask.owner, ask.session}});
}

}  // namespace holdfast::scenarios
