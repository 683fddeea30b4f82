// The step checks: what every effect must find before it is carried out, whoever decided it.
#include "base/check.h"
#include "core/state.h"

namespace holdfast::core {
namespace {

void check_grant(const State& state, const Granted& effect) {
  HF_CHECK(effect.token >= state.next_token());  // L2: greater than every token of the partition.
  HF_CHECK(effect.token.value <= token_max);     // L2
  HF_CHECK(effect.ttl > Duration::zero());
  HF_CHECK(!effect.who.owner.empty() && !effect.who.session.empty());
}

struct Checker {
  const State& state;

  const Lease& known(const std::string& name) const {
    const Lease* lease = state.find(name);
    HF_CHECK(lease != nullptr);
    return *lease;
  }
  /// The part that `effect` speaks of, under the current token (L2, L7).
  const Part& part(const auto& effect) const {
    const Lease& lease = known(effect.name);
    HF_CHECK(effect.token == lease.token);
    const Part* found = lease.part_of(effect.session);
    HF_CHECK(found != nullptr);
    return *found;
  }

  void operator()(const Granted& e) const {
    const Lease* before = state.find(e.name);
    HF_CHECK(!before || (!before->held() && !before->pending()));  // L1, L9: a taker comes before everybody else.
    check_grant(state, e);
  }
  void operator()(const Taken& e) const {
    const Lease& before = known(e.grant.name);
    HF_CHECK(before.held() == (e.displaced != Loss::none));  // L1, L13: whoever loses it is told why.
    HF_CHECK(e.displaced == Loss::moved || e.displaced == Loss::transferred || !e.reason.empty());               // L9
    HF_CHECK((e.displaced == Loss::moved) == (before.owner == e.grant.who.owner) || e.displaced == Loss::none);  // L9
    const PendingTakeover* pending = before.pending();
    HF_CHECK(!pending || pending->by == e.grant.who);  // L9: in the window nobody else is granted.
    HF_CHECK(e.displaced != Loss::none || pending);    // L8: else the queue comes first.
    check_grant(state, e.grant);
  }
  void operator()(const Revoked& e) const {
    const Lease& before = known(e.name);
    HF_CHECK(e.token == before.token && (before.held() || before.ended == Loss::lapsed));
    HF_CHECK(!e.reason.empty());
  }
  void operator()(const TakeoverAsked& e) const {
    const Lease& before = known(e.name);
    HF_CHECK(before.held() && !before.pending() && e.token == before.token);  // L9
    HF_CHECK(before.owner != e.by.owner && !e.reason.empty() && e.flush > Duration::zero());
  }
  void operator()(const TakeoverDropped& e) const {
    const Lease& before = known(e.name);
    HF_CHECK(before.pending() && before.pending()->by == e.by && e.token == before.token);
  }
  void operator()(const Requested& e) const {
    const Lease& before = known(e.name);
    HF_CHECK(before.held() && e.token == before.token && before.owner != e.by.owner);
  }
  void operator()(const Started& e) const {
    HF_CHECK(state.starts().empty() || e.incarnation > state.starts().back().incarnation);
  }
  void operator()(const Joined& e) const {
    const Lease& before = known(e.name);
    HF_CHECK(before.held() && before.holder == HolderKind::owner && !before.pending());  // L1, L9
    HF_CHECK(e.token == before.token);                                                   // L2
    HF_CHECK(!before.part_of(e.session));
  }
  void operator()(const Renewed& e) const { HF_CHECK(!part(e).lapsed && e.ttl > Duration::zero()); }
  void operator()(const Released& e) const { part(e); }
  void operator()(const Lapsed& e) const { HF_CHECK(!part(e).lapsed); }
  void operator()(const Revived& e) const {
    HF_CHECK(part(e).lapsed);  // L6
    const Lease& before = known(e.name);
    HF_CHECK(before.held() || before.ended == Loss::lapsed);         // L6: a release ends the right to come back.
    HF_CHECK(!before.held() || before.holder == HolderKind::owner);  // L1
  }
  void operator()(const Forgotten& e) const {
    const Lease& before = known(e.name);
    HF_CHECK(!before.held() && before.waiting() == 0);
  }
  void operator()(const Numbered& e) const { HF_CHECK(e.buffer == state.next_buffer()); }
  void operator()(const Kept&) const { HF_CHECK(!"only snapshots hold these"); }
  void operator()(const KeptTotals&) const { HF_CHECK(!"only snapshots hold these"); }
  void operator()(const KeptWhys&) const { HF_CHECK(!"only snapshots hold these"); }
  void operator()(const KeptStart&) const { HF_CHECK(!"only snapshots hold these"); }
  void operator()(const BufferCreated& e) const {
    HF_CHECK(!state.buffers().find(e.name));
    const Lease* before = state.find(e.name);
    HF_CHECK(!before || !before->held() || before->owner == e.by.owner);  // Nobody else's name.
  }
  void operator()(const BufferRemoved& e) const {
    HF_CHECK(state.buffers().find(e.name) != nullptr);
    const Lease* before = state.find(e.name);
    HF_CHECK(!before || !before->held() || before->owner == e.by.owner);
  }
  void operator()(const BufferEdited& e) const {
    const Lease& lease = known(e.name);
    HF_CHECK(e.token == lease.token && lease.owner == e.who.owner);  // B1
    const Part* writer = lease.part_of(e.who.session);
    HF_CHECK(writer && !writer->lapsed);  // B1
    const Buffer* buffer = state.buffers().find(e.name);
    HF_CHECK(buffer && e.base == buffer->log().newest());  // B1, B3
    HF_CHECK(!e.changes.empty());
    HF_CHECK((e.kind == EditKind::draft) == (e.draft != 0));
  }
  void operator()(const DraftKept& e) const {
    HF_CHECK(!e.changes.empty() && !e.who.owner.empty());
    if (const Draft* before = state.buffers().draft(e.draft)) {
      HF_CHECK(before->kept.who == e.who && before->kept.changes.size() < e.changes.size());  // B2: it only grows.
    } else {
      HF_CHECK(e.draft == state.position().value + 1);
    }
  }
  void operator()(const DraftEnded& e) const { HF_CHECK(state.buffers().draft(e.draft) != nullptr); }
  void operator()(const KeptBuffer&) const { HF_CHECK(!"only snapshots hold these"); }
  void operator()(const KeptDraft&) const { HF_CHECK(!"only snapshots hold these"); }
};

}  // namespace

void check_step(const State& state, const Effect& effect) {
  std::visit(Checker{state}, effect);
}

}  // namespace holdfast::core
