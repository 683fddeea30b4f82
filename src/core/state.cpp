#include "core/state.h"

#include <algorithm>

#include "base/check.h"

namespace holdfast::core {

State::State(Limits limits) : limits_(limits) {}

State::~State() {
  free_.list.clear();
}

State::Shard& State::shard_of(std::string_view name) {
  // The tables inside use the low bits; the top ones choose the table.
  return shards_[(Hash{}(name) >> 56) % shards];
}

const Lease* State::find(std::string_view name) const {
  return const_cast<State*>(this)->lookup(name);
}

Lease* State::lookup(std::string_view name) {
  if (recent_ && recent_->name == name) return recent_;
  Shard& shard = shard_of(name);
  const auto found = shard.find(name);
  if (found == shard.end()) return nullptr;
  recent_ = found->get();
  return recent_;
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

Lease& State::find_or_add(const std::string& name) {
  if (Lease* lease = lookup(name)) return *lease;
  Lease& added = **shard_of(name).insert(std::make_unique<Lease>(name)).first;
  recent_ = &added;
  ++names_;
  if (recording_names_) name_changes_.push_back({name, true});
  return added;
}

void State::erase(Lease& lease) {
  if (recording_names_) name_changes_.push_back({lease.name, false});
  --names_;
  if (recent_ == &lease) recent_ = nullptr;
  Shard& shard = shard_of(lease.name);
  shard.erase(shard.find(std::string_view{lease.name}));
}

void State::begin_tokens_at(Token token) {
  if (token.value > greatest_.value + 1) greatest_.value = token.value - 1;
}

void State::apply(const Effect& effect, Position position, Now now) {
  // A replay that overlaps a snapshot meets what is in it already. Of a snapshot, all has the same position.
  const bool of_snapshot = std::holds_alternative<Kept>(effect) || std::holds_alternative<KeptTotals>(effect);
  if (!of_snapshot && position <= position_) return;
  position_ = std::max(position_, position);
  std::visit([&](const auto& e) { carry_out(e, now); }, effect);
}

void State::set_timer(Lease& lease) {
  Instant first = Instant::max();
  for (const Part& part : lease.parts) {
    if (!part.lapsed) first = std::min(first, part.ends_at);
  }
  if (first != Instant::max()) timers_.set(lease, first);
}

void State::hold(Lease& lease, Part part, Instant now) {
  part.lapsed = false;
  part.ends_at = deadline(now, part.ttl);
  if (lease.active++ == 0) {
    ++held_;
    unfree(lease);
  }
  if (Part* own = lease.part_of(part.session)) {
    *own = std::move(part);
  } else {
    lease.parts.push_back(std::move(part));
  }
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

void State::carry_out(const Granted& effect, Now now) {
  Lease& lease = find_or_add(effect.name);
  const auto remember = [&](Loss loss) {
    if (lease.losses.size() >= limits_.losses_max) lease.losses.erase(lease.losses.begin());
    lease.losses.push_back(lease.token.value | static_cast<std::uint64_t>(loss) << 53);
  };
  if (lease.remembered()) remember(lease.held() ? Loss::none : lease.ended);
  if (lease.held()) --held_;  // Only a faulty engine or a damaged journal comes here.
  lease.previous = lease.token;
  lease.token = effect.token;
  lease.owner = effect.who.owner;
  lease.holder = effect.holder;
  lease.since = effect.since;
  lease.words.reset();
  if (!effect.note.empty() || !effect.metadata.empty()) {
    lease.words = std::make_unique<Words>(Words{effect.note, effect.metadata});
  }
  lease.parts.clear();
  lease.active = 0;
  greatest_ = std::max(greatest_, effect.token);
  hold(lease, Part{effect.who.session, effect.ttl}, now.lease);
}

void State::carry_out(const Joined& effect, Now now) {
  Lease& lease = find_or_add(effect.name);
  if (!lease.part_of(effect.session)) hold(lease, Part{effect.session, effect.ttl}, now.lease);
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
    lease.parts.erase(lease.parts.begin() + (part - lease.parts.data()));
  }
  if (was_active && --lease.active == 0) {
    lease.ended = loss;
    if (loss != Loss::lapsed) lease.parts.clear();  // A release ends the right to come back for all of them.
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
    hold(lease, Part{effect.session, effect.ttl}, now.lease);
  }
}

void State::carry_out(const Forgotten& effect, Now) {
  Lease* lease = lookup(effect.name);
  if (!lease) return;
  unfree(*lease);
  if (lease->held()) --held_;
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
  buffers_ = std::max(buffers_, effect.buffer);
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
  if (!effect.note.empty() || !effect.metadata.empty()) {
    lease.words = std::make_unique<Words>(Words{effect.note, effect.metadata});
  }
  for (const KeptLoss& kept : effect.losses) {
    lease.losses.push_back(kept.token.value | static_cast<std::uint64_t>(kept.loss) << 53);
  }
  greatest_ = std::max(greatest_, effect.token);
  lease.changed = position_;
  if (effect.buffer != 0) carry_out(Numbered{effect.name, effect.buffer}, now);
  for (const KeptPart& part : effect.parts) {
    if (part.lapsed) {
      lease.parts.push_back(Part{part.session, part.ttl, {}, {}, true});
    } else {
      hold(lease, Part{part.session, part.ttl}, now.lease);
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
  buffers_ = std::max(buffers_, effect.buffers);
}

void State::keep(const std::function<void(const Effect&)>& out) const {
  out(KeptTotals{greatest_, buffers_});
  for (std::size_t shard = 0; shard < shards; ++shard) {
    for_each_in(shard, [&](const Lease& lease) {
      Kept kept{lease.name, lease.owner, lease.token, lease.previous, lease.holder};
      if (lease.words) {
        kept.note = lease.words->note;
        kept.metadata = lease.words->metadata;
      }
      kept.since = lease.since;
      kept.buffer = lease.buffer;
      kept.ended = lease.ended;
      for (const Part& part : lease.parts) kept.parts.push_back({part.session, part.ttl, part.lapsed});
      for (const std::uint64_t loss : lease.losses) {
        kept.losses.push_back({Token{loss & token_max}, static_cast<Loss>(loss >> 53)});
      }
      out(kept);
    });
  }
}

void State::move_deadline(std::string_view name, const Extended& extended) {
  Lease& lease = known(name);
  Part* part = lease.part_of(extended.session);
  HF_CHECK(part && !part->lapsed);
  part->ends_at = extended.ends_at;
  set_timer(lease);
}

void State::answered_at(std::string_view name, std::string_view session, Address address) {
  if (Part* part = known(name).part_of(session)) part->answered = address;
}

std::optional<Address> State::enqueue(std::string_view name, Waiter waiter) {
  Lease& lease = known(name);
  if (!lease.queue) lease.queue = std::make_unique<WaitQueue>();
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
  if (lease.queue->places.empty()) lease.queue.reset();
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

std::vector<Address> State::all_waiting() const {
  std::vector<Address> waiting;
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
