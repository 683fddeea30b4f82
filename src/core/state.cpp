#include "core/state.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::core {

State::State(Limits limits) : limits_(limits) {
  looked_.hash = hash(looked_.name);
}

State::~State() {
  free_.list.clear();
}

const Lease* State::find(std::string_view name) const {
  return const_cast<State*>(this)->lookup(name);
}

std::uint64_t State::fetch(std::string_view name) const {
  const std::uint64_t hash = this->hash(name);
  shards_[number_of_shard(hash)].prefetch(hash);
  return hash;
}

void State::fetch_lease(std::uint64_t fetched) const {
  shards_[number_of_shard(fetched)].prefetch_lease(fetched);
}

Lease* State::lookup(std::string_view name) {
  if (looked_.name == name) return looked_.lease;
  const std::uint64_t hash = this->hash(name);
  looked_.lease = shards_[number_of_shard(hash)].find(hash, name);
  looked_.name.assign(name);
  looked_.hash = hash;
  return looked_.lease;
}

Lease& State::known(std::string_view name) {
  Lease* lease = lookup(name);
  HF_CHECK(lease != nullptr);
  return *lease;
}

const std::string* State::name_of(std::uint64_t buffer) const {
  const auto found = buffer_names_.find(buffer);
  return found == buffer_names_.end() ? nullptr : &found->second;
}

Lease& State::find_or_add(std::string_view name) {
  if (Lease* lease = lookup(name)) return *lease;
  looked_.lease = &shards_[number_of_shard(looked_.hash)].add(looked_.hash, std::make_unique<Lease>(name));
  ++names_;
  if (recording_names_) name_changes_.push_back({std::string{name}, true});
  return *looked_.lease;
}

void State::erase(Lease& lease) {
  if (recording_names_) name_changes_.push_back({lease.name, false});
  --names_;
  if (looked_.lease == &lease) looked_.lease = nullptr;
  const std::uint64_t hash = this->hash(lease.name);
  shards_[number_of_shard(hash)].erase(hash, lease);
}

void State::begin_tokens_at(Token token) {
  if (token.value > greatest_.value + 1) greatest_.value = token.value - 1;
}

void State::apply(const Effect& effect, Position position, Now now) {
  // A replay that overlaps a snapshot meets what is in it already. Of a snapshot, all has the same position.
  if (!of_snapshot(effect) && position <= position_) return;
  position_ = std::max(position_, position);
  std::visit([&](const auto& e) { carry_out(e, now); }, effect);
}

void State::set_timer(Lease& lease) {
  Instant first = Instant::max();
  for (const Part& part : lease.parts) {
    if (!part.lapsed) first = std::min(first, part.ends_at);
  }
  if (const PendingTakeover* pending = lease.pending(); pending && pending->command) {
    first = std::min(first, pending->until);
  }
  if (first != Instant::max()) timers_.set(lease, first);
}

Part& State::add_part(Lease& lease, std::string_view session) {
  lease.parts.emplace_back().session = session;
  if (is_indexed(lease)) sessions_.add(lease.owner, session, lease);
  return lease.parts.back();
}

bool State::is_indexed(const Lease& lease) const {
  if (shards_indexed_ == 0 || shards_indexed_ == shards) return shards_indexed_ == shards;
  return number_of_shard(hash(lease.name)) < shards_indexed_;
}

bool State::index_sessions(std::size_t looks) {
  for (; shards_indexed_ < shards && looks > 0; ++shards_indexed_) {
    const Shard& shard = shards_[shards_indexed_];
    shard.for_each([this](Lease& lease) {
      for (const Part& part : lease.parts) sessions_.add(lease.owner, part.session, lease);
    });
    looks -= std::min(looks, shard.size());
  }
  return shards_indexed_ == shards;
}

/// Before the part goes.
void State::forget_part(Lease& lease, std::string_view session) {
  if (is_indexed(lease)) sessions_.remove(lease.owner, session, lease);
}

void State::drop_parts(Lease& lease) {
  for (const Part& part : lease.parts) forget_part(lease, part.session);
  lease.parts.clear();
  lease.active = 0;
}

Extras& State::extras_of(Lease& lease) {
  if (!lease.extras) lease.extras = std::make_unique<Extras>();
  return *lease.extras;
}

void State::begin_pending(Lease& lease, Who by, std::string reason) {
  extras_of(lease).pending =
      std::make_unique<PendingTakeover>(PendingTakeover{std::move(by), std::move(reason), {}, {}, {}, {}});
  pending_.insert(lease.name);
}

void State::end_pending(Lease& lease) {
  if (!lease.pending()) return;
  awaited_.erase(lease.pending()->from);
  lease.extras->pending.reset();
  pending_.erase(lease.name);
}

/// Nobody wants the name from this holder any more.
void State::end_wants(Lease& lease) {
  if (!lease.extras) return;
  end_pending(lease);
  lease.extras->asked.reset();
}

/// The holding that `lease` still shows ended, or ends now, for `loss`.
void State::remember_end(Lease& lease, Loss loss) {
  std::vector<std::uint64_t>& losses = extras_of(lease).losses;
  if (losses.size() >= limits_.losses_max) losses.erase(losses.begin());
  losses.push_back(lease.token.value | static_cast<std::uint64_t>(loss) << 53);
}

void State::remember_why(Lease& lease, std::string by, std::string reason) {
  std::vector<KeptWhy>& whys = extras_of(lease).whys;
  if (whys.size() >= limits_.losses_max) whys.erase(whys.begin());
  whys.push_back({lease.token, std::move(by), std::move(reason)});
}

void State::hold(Lease& lease, std::string_view session, Duration ttl, Instant now) {
  if (lease.active++ == 0) {
    ++held_;
    unfree(lease);
  }
  Part* const own = lease.part_of(session);
  Part& part = own ? *own : add_part(lease, session);
  part.ttl = ttl;
  part.ends_at = deadline(now, ttl);
  part.answered = {};
  part.lapsed = false;
  lease.ended = Loss::none;
  lease.changed = position_;
  set_timer(lease);
}

void State::note_free(Lease& lease, Instant now) {
  --held_;
  lease.free_since = now;
  free_.list.push_back(lease);
  ++free_.count;
}

void State::unfree(Lease& lease) {
  if (!lease.free_hook.is_linked()) return;
  lease.free_hook.unlink();
  --free_.count;
}

void State::begin(const Granted& grant, Loss before, Now now) {
  Lease& lease = find_or_add(grant.name);
  if (lease.remembered()) remember_end(lease, lease.held() ? before : lease.ended);
  if (lease.held()) --held_;
  drop_parts(lease);
  end_wants(lease);
  lease.previous = lease.token;
  lease.token = grant.token;
  lease.owner = grant.who.owner;
  lease.holder = grant.holder;
  lease.since = grant.since;
  const bool says = !grant.note.empty() || !grant.metadata.empty();
  if (says || lease.extras) {
    Extras& extras = extras_of(lease);
    extras.note = grant.note;
    extras.metadata = grant.metadata;
  }
  greatest_ = std::max(greatest_, grant.token);
  hold(lease, grant.who.session, grant.ttl, now.lease);
  close_undo_groups(grant.name);
}

void State::carry_out(const Granted& effect, Now now) {
  begin(effect, Loss::none, now);  // On a held name only a faulty engine or a damaged journal does this.
}

void State::carry_out(const Taken& effect, Now now) {
  Lease& lease = find_or_add(effect.grant.name);
  if (effect.displaced == Loss::taken_over) remember_why(lease, effect.grant.who.owner, effect.reason);
  begin(effect.grant, effect.displaced, now);
}

void State::carry_out(const Revoked& effect, Now now) {
  Lease* lease = lookup(effect.name);
  if (!lease) return;
  const bool was_held = lease->held();
  drop_parts(*lease);
  lease->ended = Loss::revoked;
  lease->changed = position_;
  if (lease->extras) lease->extras->asked.reset();
  remember_why(*lease, effect.by.owner, effect.reason);
  if (was_held) note_free(*lease, now.lease);
}

void State::carry_out(const TakeoverAsked& effect, Now) {
  Lease& lease = find_or_add(effect.name);
  begin_pending(lease, effect.by, effect.reason);
  lease.changed = position_;
}

void State::carry_out(const TakeoverDropped& effect, Now) {
  Lease* lease = lookup(effect.name);
  if (!lease || !lease->pending()) return;
  end_pending(*lease);
  lease->changed = position_;
  set_timer(*lease);
}

void State::carry_out(const Requested& effect, Now) {
  Lease& lease = find_or_add(effect.name);
  extras_of(lease).asked = std::make_unique<AskedFor>(AskedFor{effect.by, effect.message});
  lease.changed = position_;
}

void State::carry_out(const Started& effect, Now) {
  if (starts_.size() >= limits_.starts_max) starts_.erase(starts_.begin());
  starts_.push_back({effect.incarnation, position_});
}

void State::carry_out(const Joined& effect, Now now) {
  Lease& lease = find_or_add(effect.name);
  if (!lease.part_of(effect.session)) hold(lease, effect.session, effect.ttl, now.lease);
}

void State::carry_out(const Renewed& effect, Now now) {
  Lease& lease = find_or_add(effect.name);
  if (Part* part = lease.part_of(effect.session)) {
    part->ttl = effect.ttl;
    part->ends_at = deadline(now.lease, effect.ttl);
    lease.changed = position_;
    set_timer(lease);
  }
}

void State::end_part(Lease& lease, std::string_view session, Loss loss, Instant now) {
  Part* part = lease.part_of(session);
  if (!part) return;
  lease.changed = position_;
  const bool was_active = !part->lapsed;
  if (loss == Loss::lapsed) {
    part->lapsed = true;  // It stays: the same session may come back (L6).
  } else {
    forget_part(lease, session);
    lease.parts.erase(lease.parts.begin() + (part - lease.parts.data()));
  }
  if (was_active && --lease.active == 0) {
    lease.ended = loss;
    if (loss != Loss::lapsed) drop_parts(lease);  // A release ends the right to come back for all of them.
    if (lease.extras) lease.extras->asked.reset();
    note_free(lease, now);
  } else if (!was_active && !lease.held() && lease.parts.empty()) {
    lease.ended = loss;  // The lapsed lease was given up.
  }
}

void State::carry_out(const Released& effect, Now now) {
  if (Lease* lease = lookup(effect.name)) end_part(*lease, effect.session, Loss::released, now.lease);
}

void State::carry_out(const Lapsed& effect, Now now) {
  if (Lease* lease = lookup(effect.name)) end_part(*lease, effect.session, Loss::lapsed, now.lease);
}

void State::carry_out(const Revived& effect, Now now) {
  Lease& lease = find_or_add(effect.name);
  if (Part* part = lease.part_of(effect.session); part && part->lapsed) {
    hold(lease, effect.session, effect.ttl, now.lease);
  }
}

void State::carry_out(const Forgotten& effect, Now) {
  Lease* lease = lookup(effect.name);
  if (!lease) return;
  unfree(*lease);
  if (lease->held()) --held_;
  drop_parts(*lease);
  end_wants(*lease);
  if (lease->buffer == 0) return erase(*lease);
  // The buffer's number outlives what is known of its holdings.
  const std::uint64_t buffer = lease->buffer;
  erase(*lease);
  Lease& bare = find_or_add(effect.name);
  bare.buffer = buffer;
  bare.changed = position_;
}

void State::carry_out(const Numbered& effect, Now) {
  Lease& lease = find_or_add(effect.name);
  lease.buffer = effect.buffer;
  lease.changed = position_;
  numbered_ = std::max(numbered_, effect.buffer);
  buffer_names_[effect.buffer] = effect.name;
}

void State::carry_out(const Kept& effect, Now now) {
  Lease& lease = find_or_add(effect.name);
  HF_CHECK(lease.parts.empty() && "a snapshot says everything of a name once");
  lease.owner = effect.owner;
  lease.token = effect.token;
  lease.previous = effect.previous;
  lease.holder = effect.holder;
  lease.since = effect.since;
  const bool has_extras = !effect.note.empty() || !effect.metadata.empty() || !effect.losses.empty();
  if (has_extras) {
    Extras& extras = extras_of(lease);
    extras.note = effect.note;
    extras.metadata = effect.metadata;
    for (const KeptLoss& kept : effect.losses) {
      extras.losses.push_back(kept.token.value | static_cast<std::uint64_t>(kept.loss) << 53);
    }
  }
  greatest_ = std::max(greatest_, effect.token);
  lease.changed = position_;
  if (effect.buffer != 0) carry_out(Numbered{effect.name, effect.buffer}, now);
  for (const KeptPart& part : effect.parts) {
    if (part.lapsed) {
      Part& kept = add_part(lease, part.session);
      kept.ttl = part.ttl;
      kept.lapsed = true;
    } else {
      hold(lease, part.session, part.ttl, now.lease);
    }
  }
  if (!lease.held() && lease.remembered()) {
    lease.ended = effect.ended;
    ++held_;  // note_free counts it out.
    note_free(lease, now.lease);
  }
}

void State::carry_out(const KeptTotals& effect, Now) {
  greatest_ = std::max(greatest_, effect.greatest);
  numbered_ = std::max(numbered_, effect.buffers);
}

void State::carry_out(const KeptWhys& effect, Now) {
  Lease& lease = find_or_add(effect.name);
  extras_of(lease).whys = effect.whys;
  if (!effect.taker.owner.empty()) begin_pending(lease, effect.taker, {});
}

void State::carry_out(const KeptStart& effect, Now) {
  starts_.push_back({effect.incarnation, Position{effect.from}});
}

void State::keep(const std::function<void(const Effect&)>& out) const {
  out(KeptTotals{greatest_, numbered_});
  for (const Start& start : starts_) out(KeptStart{start.incarnation, start.from.value});
  for (std::size_t shard = 0; shard < shards; ++shard) {
    for_each_in(shard, [&](const Lease& lease) { keep(lease, out); });
  }
  keep_texts(out);
}

void State::keep(const Lease& lease, const std::function<void(const Effect&)>& out) {
  Kept kept{lease.name, lease.owner, lease.token, lease.previous, lease.holder};
  KeptWhys whys{lease.name, {}, {}};
  if (const Extras* extras = lease.extras.get()) {
    kept.note = extras->note;
    kept.metadata = extras->metadata;
    for (const std::uint64_t loss : extras->losses) {
      kept.losses.push_back({Token{loss & token_max}, static_cast<Loss>(loss >> 53)});
    }
    whys.whys = extras->whys;
    if (extras->pending) whys.taker = extras->pending->by;
  }
  kept.since = lease.since;
  kept.buffer = lease.buffer;
  kept.ended = lease.ended;
  for (const Part& part : lease.parts) kept.parts.push_back({part.session, part.ttl, part.lapsed});
  out(kept);
  if (!whys.whys.empty() || !whys.taker.owner.empty()) out(whys);
}

void State::move_deadline(std::string_view name, const Extended& extended) {
  Lease& lease = known(name);
  Part* part = lease.part_of(extended.session);
  HF_CHECK(part && !part->lapsed);
  part->ends_at = extended.ends_at;
  set_timer(lease);
}

void State::answered_at(const Lease& lease, std::string_view session, Address address) {
  if (Part* part = const_cast<Lease&>(lease).part_of(session)) part->answered = address;
}

void State::renewed(const Lease& lease, std::string_view session) {
  if (Part* part = const_cast<Lease&>(lease).part_of(session)) part->answered.request = 0;
}

std::optional<Address> State::enqueue(std::string_view name, Waiter waiter) {
  Lease& lease = known(name);
  if (!lease.queue) {
    lease.queue = std::make_unique<WaitQueue>();
    ++contended_;
  }
  WaitQueue& queue = *lease.queue;
  const Address from = waiter.from;
  const auto [own, is_new] = queue.by_who.try_emplace(WaitQueue::key(waiter.command.who));
  std::optional<Address> superseded;
  if (is_new) {
    queue.places.emplace_back(std::move(waiter), lease);
    own->second = std::prev(queue.places.end());
    ++queue.of_owner[own->second->waiter.command.who.owner];
    ++waiting_;
  } else {
    superseded = own->second->waiter.from;
    forget_wait(*superseded);
    // Its place is old, its `since` is not: a client adds `waited` to when it sent the request that is answered (L4).
    own->second->waiter = std::move(waiter);
    own->second->unlink();
  }
  waits_of_[from.client].push_back({from.request, own->second});
  timers_.set(*own->second, own->second->waiter.until);
  return superseded;
}

void State::forget_wait(Address from) {
  const auto waits = waits_of_.find(from.client);
  HF_CHECK(waits != waits_of_.end());
  std::erase_if(waits->second, [&](const Wait& wait) { return wait.request == from.request; });
  if (waits->second.empty()) waits_of_.erase(waits);
}

Waiter State::remove_place(std::list<WaitQueue::Place>::iterator place) {
  Lease& lease = *place->lease;
  Waiter waiter = std::move(place->waiter);
  forget_wait(waiter.from);
  lease.queue->by_who.erase(WaitQueue::key(waiter.command.who));
  const auto of_owner = lease.queue->of_owner.find(waiter.command.who.owner);
  if (--of_owner->second == 0) lease.queue->of_owner.erase(of_owner);
  lease.queue->places.erase(place);
  --waiting_;
  if (lease.queue->places.empty()) {
    lease.queue.reset();
    --contended_;
  }
  return waiter;
}

Waiter State::dequeue(std::string_view name) {
  Lease& lease = known(name);
  HF_CHECK(lease.waiting() > 0);
  return remove_place(lease.queue->places.begin());
}

std::optional<Waiter> State::leave(Address from) {
  const auto waits = waits_of_.find(from.client);
  if (waits == waits_of_.end()) return std::nullopt;
  const auto wait = std::ranges::find(waits->second, from.request, &Wait::request);
  if (wait == waits->second.end()) return std::nullopt;
  return remove_place(wait->place);
}

std::optional<Address> State::await_takeover(std::string_view name, const Takeover& command, Address from,
                                             Instant now) {
  Lease& lease = known(name);
  HF_CHECK(lease.pending() != nullptr);
  PendingTakeover& pending = *lease.extras->pending;
  std::optional<Address> superseded;
  if (pending.command) {
    superseded = pending.from;
    awaited_.erase(pending.from);
  } else {
    pending.until = now + command.flush;
  }
  pending.command = command;
  pending.from = from;
  pending.since = now;
  awaited_[from] = &lease;
  set_timer(lease);
  return superseded;
}

const Lease* State::awaited_at(Address from) const {
  const auto found = awaited_.find(from);
  return found == awaited_.end() ? nullptr : found->second;
}

std::vector<Address> State::all_waiting() const {
  std::vector<Address> waiting;
  for (const auto& [from, lease] : awaited_) waiting.push_back(from);
  for (const auto& [client, waits] : waits_of_) {
    for (const Wait& wait : waits) waiting.push_back({client, wait.request});
  }
  return waiting;
}

std::optional<State::Due> State::next_due(Instant now, std::size_t& budget) {
  while (Timer* timer = timers_.next_due(now, budget)) {
    if (timer->kind() == Timer::Kind::lease) return Due{static_cast<Lease*>(timer), std::nullopt};
    WaitQueue::Place& place = static_cast<WaitQueue::Place&>(*timer);
    if (place.waiter.until <= now) return Due{nullptr, place.waiter.from};
    timers_.set(place, place.waiter.until);  // It came early: its deadline is more than a turn of the wheel away.
  }
  return std::nullopt;
}

const Lease* State::to_forget(Instant now) const {
  if (free_.list.empty()) return nullptr;
  const Lease& oldest = free_.list.front();
  const bool too_old = oldest.free_since + limits_.remembered_for <= now;
  return too_old || free_.count > limits_.remembered_max ? &oldest : nullptr;
}

}  // namespace holdfast::core
