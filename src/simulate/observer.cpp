#include "simulate/observer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace holdfast::simulate {
namespace {

using core::Effect;
using core::Loss;

/// By how much a lapse may be late: a tick, the width of a timer's slot, and what one reading of the clock can add.
constexpr Duration late_max = std::chrono::milliseconds(250);
constexpr Duration overdue_max = std::chrono::seconds(1);

Instant from(Instant lease, Duration ttl) {
  return ttl == core::forever ? Instant::max() : lease + ttl;
}

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Observer::Observer(const Cast& cast, std::vector<Violation>& violations) : cast_(cast), violations_(violations) {
  names_.resize(cast.names());
}

void Observer::violated(std::string kind, std::string told, Nanos now) {
  violations_.push_back({std::move(kind), std::move(told), now});
}

std::string Observer::told_who(Index client) const {
  if (client == recording::nobody) return "a stranger";
  return cast_.who(client).owner + "/" + cast_.who(client).session;
}

Observer::Part* Observer::part_of(Index name, Index client) {
  const auto found = std::ranges::find(names_[name].parts, client, &Part::client);
  return found == names_[name].parts.end() ? nullptr : &*found;
}

Observer::Decided Observer::when(std::uint64_t position) const {
  const auto found = std::ranges::lower_bound(decided_, position, {}, &Decided::position);
  return found == decided_.end() ? Decided{} : *found;
}

/// Sessions of one holding are of one owner, whom an effect need not name.
Index Observer::holder_called(Index name, const std::string& session) const {
  const auto called = [&](const Part& part) {
    return part.client != recording::nobody && cast_.who(part.client).session == session;
  };
  const auto found = std::ranges::find_if(names_[name].parts, called);
  return found == names_[name].parts.end() ? recording::nobody : found->client;
}

// Recovery.

void Observer::recovers(const Effect& effect, core::Position position, Nanos now) {
  if (position.value <= durable_.size()) {
    if (differs_ || durable_[position.value - 1] == effect) return;
    differs_ = true;
    return violated(
        "lost",
        fmt::format("after the restart position {} is another thing than what was durable there", position.value), now);
  }
  // It was on its way when the server ended, and nobody was told.
  durable_.push_back(effect);
  apply(effect, {}, false);
}

/// A start that was cut short had found them, and nobody was told.
void Observer::forget_beyond(std::size_t position) {
  if (position >= durable_.size()) return;
  durable_.resize(position);
  for (Name& name : names_) {
    name.held = false;
    name.token = 0;
    name.parts.clear();
  }
  for (const Effect& effect : durable_) apply(effect, {}, false);
}

void Observer::recovered(core::Position last, Nanos now) {
  if (last.value >= sure_) forget_beyond(last.value);
  if (last.value < sure_ && !differs_) {
    differs_ = true;
    violated("lost",
             fmt::format("the journal said that position {} was durable; after the restart it ends at {}", sure_,
                         last.value),
             now);
  } else if (last.value < told_position_) {
    violated("lost",
             fmt::format("an answer that had left relied on position {}; after the restart the journal ends "
                         "at {}",
                         told_position_, last.value),
             now);
  }
  decided_.clear();
  greatest_begun_ = greatest_told_;
  for (Name& name : names_) {
    name.waiting.clear();
    name.overtook.clear();
    for (Part& part : name.parts) part.until = from(Instant{}, part.ttl);  // L4: the full ttl again.
  }
}

void Observer::compare_with_replay(const core::State& state, Nanos now) {
  core::State again(state.limits());
  for (std::size_t i = 0; i < durable_.size(); ++i) again.apply(durable_[i], core::Position{i + 1}, core::Now{});
  const auto kept = [](const core::State& of) {
    std::vector<Effect> all;
    of.keep([&](const Effect& effect) {
      // The greatest token is lifted by each start, which no effect says.
      if (!std::holds_alternative<core::KeptTotals>(effect)) all.push_back(effect);
    });
    std::ranges::stable_sort(all, {}, [](const Effect& effect) { return core::name_of(effect); });
    return all;
  };
  if (kept(state) != kept(again)) {
    violated("replay", "the state in memory is not what a replay of the journal makes", now);
  }
}

// Steps.

void Observer::decided(const core::State& state, const Asked& asked, Nanos now, Instant lease) {
  const std::uint64_t position = state.position().value;
  if (decided_.empty() || decided_.back().position < position) decided_.push_back({position, now, lease});
  if (asked.name != recording::nobody) return look_at_queue(state, asked.name, asked, now);
  for (Index name = 0; name < names_.size(); ++name) look_at_queue(state, name, asked, now);
}

void Observer::look_at_queue(const core::State& state, Index index, const Asked& asked, Nanos now) {
  Name& name = names_[index];
  const core::Lease* lease = state.find(cast_.name(index));
  const core::WaitQueue* queue = lease ? lease->queue.get() : nullptr;
  if (!queue && name.waiting.empty()) return;
  if (asked.several) name.waiting.clear();
  const auto waits = [&](const Place& place) { return queue && queue->has_place(cast_.who(place.client)); };
  bool came_back = false;
  for (std::size_t i = 0; i < name.waiting.size(); ++i) {
    if (waits(name.waiting[i])) continue;
    for (std::size_t earlier = 0; earlier < i; ++earlier) {
      // Whoever asks was passed over because its connection had closed, and stands at the end now.
      if (name.waiting[earlier].client == asked.by) {
        came_back = true;
      } else if (waits(name.waiting[earlier])) {
        name.overtook.emplace_back(name.waiting[i].client, name.waiting[earlier].client);
        break;
      }
    }
  }
  std::erase_if(name.waiting,
                [&](const Place& place) { return !waits(place) || (came_back && place.client == asked.by); });
  if (!queue) return;
  for (const core::WaitQueue::Place& place : queue->places) {
    const core::Who& who = place.waiter.command.who;
    const Index client = cast_.client_of(who.owner, who.session);
    if (std::ranges::find(name.waiting, client, &Place::client) == name.waiting.end()) {
      name.waiting.push_back({client, next_place_++});
      std::erase_if(name.overtook, [&](const auto& one) { return one.first == client; });
    }
  }
  if (!lease->held() && !std::exchange(name.idle, true)) {
    violated(
        "stuck",
        fmt::format("{} is free, and {} waits for it all the same", lease->name, told_who(name.waiting.front().client)),
        now);
  }
}

void Observer::gone(std::uint64_t connection, Nanos now) {
  if (gone_.size() <= connection) gone_.resize(connection + 1, recording::never);
  gone_[connection] = std::min(gone_[connection], now);
}

// Answers.

void Observer::answered(const Call& call, const core::Reply& reply, Nanos now) {
  apply_up_to(static_cast<std::int64_t>(reply.position.value));
  if (reply.waits_for.value > durable_.size()) ahead_ = true;
  if (!reply.unsettled) told_position_ = std::max(told_position_, reply.waits_for.value);
  check_answer(call, reply, now);
  if (reply.lease.known) greatest_told_ = std::max(greatest_told_, reply.lease.token.value);
  const bool acquired = call.ask.what == What::acquire;
  if (acquired)
    std::erase_if(names_[call.ask.name].overtook, [&](const auto& one) { return one.first == call.client; });
  // One that ran out before it could be told held all the same.
  const bool done = reply.code == ErrorCode::none || reply.code == ErrorCode::grant_lapsed;
  if (!done || names_[call.ask.name].token != reply.lease.token.value) return;
  if (reply.void_after == Instant{} || reply.waited > Duration::zero()) return;
  if (Part* part = part_of(call.ask.name, call.client); part && part->active) {
    part->ttl = reply.lease.ttl;
    part->until = std::max(part->until, from(call.handled_at, reply.lease.ttl));
  }
}

void Observer::check_answer(const Call& call, const core::Reply& reply, Nanos now) {
  const Name& name = names_[call.ask.name];
  const std::string& what = cast_.name(call.ask.name);
  const bool names_token = call.ask.what == What::renew || (call.ask.what == What::release && reply.ended);
  if (reply.code == ErrorCode::none && names_token && call.ask.token != reply.lease.token.value) {
    violated("stale",
             fmt::format("{} was told that {} under its token {} is done, which is not the newest ({})",
                         told_who(call.client), what, call.ask.token, reply.lease.token.value),
             now);
  }
  if (reply.code == ErrorCode::unknown_token && call.ask.token <= greatest_told_) {
    violated("lost",
             fmt::format("{} was given token {} for {}, and the server does not know of it any more",
                         told_who(call.client), call.ask.token, what),
             now);
  }
  if (call.ask.what != What::acquire || reply.code != ErrorCode::none || reply.waited == Duration::zero()) return;
  const std::uint64_t connection = call.from.client;
  const Nanos closed = connection < gone_.size() ? gone_[connection] : recording::never;
  const Decided at = when(reply.waits_for.value);
  if (closed < (at.position ? at.at : now)) {
    violated("ghost",
             fmt::format("{} was granted to {}, whose connection was known to be closed", what, told_who(call.client)),
             now);
  }
  const auto overtaken = std::ranges::find(name.overtook, call.client, &std::pair<Index, Index>::first);
  if (overtaken != name.overtook.end() && reply.before != Loss::transferred) {
    violated("order",
             fmt::format("{} was granted to {}, though {} had waited for longer", what, told_who(call.client),
                         told_who(overtaken->second)),
             now);
  }
}

// Effects.

void Observer::durable(std::vector<Effect>&& batch, core::Position first) {
  coming_ = std::move(batch);
  come_ = 0;
  coming_first_ = static_cast<std::int64_t>(first.value);
  counts_.effects += coming_.size();
}

void Observer::apply_up_to(std::int64_t position) {
  for (; come_ < coming_.size() && coming_first_ + static_cast<std::int64_t>(come_) <= position; ++come_) {
    const std::uint64_t at = static_cast<std::uint64_t>(coming_first_) + come_;
    apply(coming_[come_], when(at), true);
    if (durable_.size() < at) durable_.push_back(std::move(coming_[come_]));
    sure_ = std::max<std::size_t>(sure_, at);
    while (!decided_.empty() && decided_.front().position < at) decided_.pop_front();
  }
}

void Observer::begin(const core::Granted& grant, const Decided& at, bool check) {
  const Index index = cast_.name_of(grant.name);
  if (index == recording::nobody) return;
  const Index client = cast_.client_of(grant.who.owner, grant.who.session);
  if (check) {
    ++counts_.grants;
    if (grant.token.value <= greatest_begun_) {
      violated("token",
               fmt::format("{} was granted to {} under token {}, though {} was given before", grant.name,
                           told_who(client), grant.token.value, greatest_begun_),
               at.at);
    }
    greatest_begun_ = std::max(greatest_begun_, grant.token.value);
  }
  Name& name = names_[index];
  name.held = true;
  name.idle = false;
  name.token = grant.token.value;
  name.parts = {{client, grant.ttl, from(at.lease, grant.ttl), true}};
}

void Observer::end_part(Index index, Index client, bool lapsed, const Decided& at, bool check) {
  Name& name = names_[index];
  Part* part = part_of(index, client);
  if (!part) return;
  const bool was_active = std::exchange(part->active, false);
  if (check && lapsed && was_active && !ahead_) {
    if (at.lease < part->until) {
      violated("early",
               fmt::format("{} lapsed for {} {:.3f} s before its ttl was over", cast_.name(index), told_who(client),
                           seconds(part->until - at.lease)),
               at.at);
    } else {
      const Duration late = at.lease - (part->until + part->ttl / 1000);
      counts_.latest_lapse = std::max(counts_.latest_lapse, late);
      if (late > late_max) {
        violated("late",
                 fmt::format("{} lapsed for {} {:.3f} s after its deadline", cast_.name(index), told_who(client),
                             seconds(late)),
                 at.at);
      }
    }
  }
  if (!lapsed) std::erase_if(name.parts, [&](const Part& each) { return each.client == client; });
  name.held = std::ranges::any_of(name.parts, &Part::active);
  if (!name.held && !lapsed) name.parts.clear();
}

void Observer::apply(const Effect& effect, const Decided& at, bool check) {
  const std::string_view about = core::name_of(effect);
  const Index index = cast_.name_of(about);
  if (index == recording::nobody) return;
  Name& name = names_[index];
  const auto displaced_by = [&](Loss why) {
    for (const Part& part : name.parts) {
      if (part.active && check) displaced_.push_back({part.client, index, name.token, why});
    }
  };
  if (const auto* granted = std::get_if<core::Granted>(&effect)) {
    if (check && name.held) {
      violated("two_holders",
               fmt::format("{} was granted to {}/{} under token {} while {} held it under {}", about,
                           granted->who.owner, granted->who.session, granted->token.value,
                           told_who(name.parts.empty() ? recording::nobody : name.parts.front().client), name.token),
               at.at);
    }
    begin(*granted, at, check);
  } else if (const auto* taken = std::get_if<core::Taken>(&effect)) {
    displaced_by(taken->displaced);
    const bool taken_over = taken->displaced == Loss::taken_over || taken->displaced == Loss::none;
    if (check) ++(taken_over ? counts_.takeovers : counts_.passed_on);
    begin(taken->grant, at, check);
  } else if (const auto* renewed = std::get_if<core::Renewed>(&effect)) {
    if (Part* part = name.parts.empty() ? nullptr : &name.parts.front()) {
      part->ttl = renewed->ttl;
      part->until = from(at.lease, renewed->ttl);
    }
  } else if (const auto* released = std::get_if<core::Released>(&effect)) {
    if (check) ++counts_.releases;
    if (check && !releases_.contains(released->token.value)) {
      violated("stale",
               fmt::format("{} was released under token {}, which nobody had asked for", about, released->token.value),
               at.at);
    }
    end_part(index, holder_called(index, released->session), false, at, check);
  } else if (const auto* lapsed = std::get_if<core::Lapsed>(&effect)) {
    if (check) ++counts_.lapses;
    end_part(index, holder_called(index, lapsed->session), true, at, check);
  } else if (const auto* revived = std::get_if<core::Revived>(&effect)) {
    const Index client = cast_.client_of(revived->owner, revived->session);
    if (check) ++counts_.late_renewals;
    if (Part* part = part_of(index, client)) {
      *part = {client, revived->ttl, from(at.lease, revived->ttl), true};
      name.held = true;
    } else if (check) {
      violated("two_holders", fmt::format("{} came back to {}, who had lost it for good", about, told_who(client)),
               at.at);
    }
  } else if (std::holds_alternative<core::Revoked>(effect)) {
    displaced_by(Loss::revoked);
    if (check) ++counts_.revoked;
    name.parts.clear();
    name.held = false;
  }
}

void Observer::look(const core::State& state, Nanos now, Instant lease) {
  for (Index index = 0; index < names_.size(); ++index) {
    const Name& name = names_[index];
    if (!name.held || ahead_) continue;
    Instant last{};
    for (const Part& part : name.parts) {
      if (!part.active) continue;
      const bool ends = part.until != Instant::max();
      last = std::max(last, ends ? part.until + part.ttl / 1000 + overdue_max : Instant::max());
    }
    const core::Lease* kept = state.find(cast_.name(index));
    if (kept && kept->held() && kept->token.value == name.token && last < lease) {
      violated("late",
               fmt::format("{} is held by {} {:.1f} s after its deadline", kept->name,
                           told_who(name.parts.front().client), seconds(lease - last + overdue_max)),
               now);
    }
  }
  if (state.names() > names_.size() || state.waiting() > cast_.clients() * names_.size()) {
    violated("memory", "more is remembered than there is to remember", now);
  }
}

}  // namespace holdfast::simulate
