// Everything a partition knows, and the one way in which it changes.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/text_hash.h"
#include "core/buffers.h"
#include "core/lease.h"
#include "core/lease_table.h"
#include "core/session_index.h"
#include "core/timers.h"

namespace holdfast::core {

/// A name that an index of names should gain or lose.
struct NameChange {
  std::string name;
  bool appeared = false;
};

/// A server began to serve: from the position `from` on, positions that clients have are of this incarnation.
struct Start {
  std::uint64_t incarnation = 0;
  Position from;
};

/// The leases of one partition, found by name. Not thread-safe.
///
/// It changes in two ways: effects, which a journal keeps, and moves of deadlines and queues, which none does.
class State {
 public:
  explicit State(Limits limits = {});
  ~State();
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  const Limits& limits() const { return limits_; }

  /// What is known of `name`; null if nothing is. Stays valid until the name is forgotten.
  const Lease* find(std::string_view name) const;
  /// Begins to bring nearer to the processor what a `find` of `name` will look at: first its place in the table; then,
  /// by what that call gave, what is known of it.
  std::uint64_t fetch(std::string_view name) const;
  void fetch_lease(std::uint64_t fetched) const;
  /// The name of the buffer with this number; null if there is none.
  const std::string* name_of(std::uint64_t buffer) const;

  Token next_token() const { return Token{greatest_.value + 1}; }
  Position position() const { return position_; }
  std::uint64_t next_buffer() const { return numbered_ + 1; }
  std::size_t names() const { return names_; }
  std::size_t held() const { return held_; }
  /// Who waits: in a queue, or for a flush window to be over.
  std::size_t waiting() const { return waiting_ + awaited_.size(); }
  /// Names that have a queue.
  std::size_t contended() const { return contended_; }
  std::size_t remembered() const { return free_.size(); }

  /// Tokens begin at `token` or above it (L3).
  void begin_tokens_at(Token token);

  /// Carries out `effect`, which is the one at `position`; one whose position has been seen already is in the state,
  /// and changes nothing.
  void apply(const Effect& effect, Position position, Now now);

  // Moves that no journal keeps. `name` must be known.
  void move_deadline(std::string_view name, const Extended& extended);
  /// A place at the end of the queue, or the one its session has already; then the address that is superseded.
  std::optional<Address> enqueue(std::string_view name, Waiter waiter);
  /// Takes the first of the queue out.
  Waiter dequeue(std::string_view name);
  /// Takes the waiter at `from` out of whatever queue it is in; none if it is in no queue.
  std::optional<Waiter> leave(Address from);
  /// Whoever asked for the pending takeover is answered at `from`, once. Then the address that is superseded.
  std::optional<Address> await_takeover(std::string_view name, const Takeover& command, Address from, Instant now);
  /// The lease whose pending takeover is to be answered at `from`; null if there is none.
  const Lease* awaited_at(Address from) const;
  /// Where everybody who waits is to be answered, in a queue or for a flush window.
  std::vector<Address> all_waiting() const;
  /// Names with a takeover whose window is not over.
  std::vector<std::string> all_pending() const { return {pending_.begin(), pending_.end()}; }
  /// The session's part in `lease`, which is of this state, began with what is answered at `address`.
  static void answered_at(const Lease& lease, std::string_view session, Address address);
  /// It has been renewed since: it cannot be taken back any more. Which connection took it stays known.
  static void renewed(const Lease& lease, std::string_view session);

  /// What a timer that went off asks for.
  struct Due {
    const Lease* lease = nullptr;  ///< A part of it may have lapsed. Its timer is set again by `look_done`.
    std::optional<Address> wait;   ///< Else: this wait is over.
  };
  /// The next timer that went off; none if there is none. Each look costs one unit of `budget`.
  std::optional<Due> next_due(Instant now, std::size_t& budget);
  void look_done(const Lease& lease) { set_timer(const_cast<Lease&>(lease)); }
  /// The longest free name, if it is to be forgotten: too old, or one too many.
  const Lease* to_forget(Instant now) const;

  /// Makes the index of sessions, which few servers need and none should pay for before: about `looks` leases of it a
  /// call. True when it is there; from then on it is kept up to date.
  bool index_sessions(std::size_t looks);
  /// The leases that `who`'s session has a part in, lapsed or not: how many, and the one in a slot below that.
  std::size_t count_of(const Who& who) const { return sessions_.count(who.owner, who.session); }
  const Lease& lease_of(const Who& who, std::size_t slot) const { return sessions_.at(who.owner, who.session, slot); }
  const Buffers& buffers() const { return buffers_; }
  /// What takes back, or does again: see Buffer::to_undo. None where the name has no text, too.
  std::optional<text::ChangeSet> to_undo(std::string_view name, std::string_view owner, bool redo);
  /// Starts of servers, oldest first.
  const std::vector<Start>& starts() const { return starts_; }

  /// Hands out everything as effects that rebuild it: KeptTotals first, then each name.
  void keep(const std::function<void(const Effect&)>& out) const;

  /// From now on name changes are recorded for an index.
  void record_names() { recording_names_ = true; }
  std::vector<NameChange> take_name_changes() { return std::exchange(name_changes_, {}); }
  /// Calls `visit(const Lease&)` for every name of one shard; `shard` is below `shards`.
  static constexpr std::size_t shards = 256;
  template <class Visit>
  void for_each_in(std::size_t shard, Visit&& visit) const {
    shards_[shard].for_each(visit);
  }

 private:
  // Many small tables instead of one: growing moves a few thousand pointers, never a million at once.
  using Shard = LeaseTable;
  using FreeList = boost::intrusive::list<
      Lease,
      boost::intrusive::member_hook<
          Lease, boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
          &Lease::free_hook>,
      boost::intrusive::constant_time_size<false>>;
  struct Free {
    FreeList list;  ///< Longest free first.
    std::size_t count = 0;
    std::size_t size() const { return count; }
  };

  /// The tables inside use the high half of the bits; some of the others choose the table.
  static std::size_t number_of_shard(std::uint64_t hash) { return (hash >> 16U) % shards; }
  std::uint64_t hash(std::string_view name) const { return hash_of(name, limits_.salt); }
  Lease* lookup(std::string_view name);
  Lease& known(std::string_view name);
  Lease& find_or_add(std::string_view name);
  void erase(Lease& lease);
  void set_timer(Lease& lease);
  void hold(Lease& lease, std::string_view session, Duration ttl, Instant now);
  void end_part(Lease& lease, std::string_view session, Loss loss, Instant now);
  void note_free(Lease& lease, Instant now);
  bool is_indexed(const Lease& lease) const;
  void forget_part(Lease& lease, std::string_view session);
  Part& add_part(Lease& lease, std::string_view session);
  void drop_parts(Lease& lease);
  void begin_pending(Lease& lease, Who by, std::string reason);
  void end_pending(Lease& lease);
  void end_wants(Lease& lease);
  Extras& extras_of(Lease& lease);
  void remember_end(Lease& lease, Loss loss);
  void remember_why(Lease& lease, std::string by, std::string reason);
  void unfree(Lease& lease);
  Waiter remove_place(std::list<WaitQueue::Place>::iterator place);
  void forget_wait(Address from);

  void begin(const Granted& grant, Loss before, Now now);
  void close_undo_groups(std::string_view name);
  void keep_texts(const std::function<void(const Effect&)>& out) const;
  static void keep(const Lease& lease, const std::function<void(const Effect&)>& out);
  void carry_out(const Granted& effect, Now now);
  void carry_out(const Joined& effect, Now now);
  void carry_out(const Renewed& effect, Now now);
  void carry_out(const Released& effect, Now now);
  void carry_out(const Lapsed& effect, Now now);
  void carry_out(const Revived& effect, Now now);
  void carry_out(const Forgotten& effect, Now now);
  void carry_out(const Numbered& effect, Now now);
  void carry_out(const Kept& effect, Now now);
  void carry_out(const KeptTotals& effect, Now now);
  void carry_out(const Taken& effect, Now now);
  void carry_out(const Revoked& effect, Now now);
  void carry_out(const TakeoverAsked& effect, Now now);
  void carry_out(const TakeoverDropped& effect, Now now);
  void carry_out(const Requested& effect, Now now);
  void carry_out(const Started& effect, Now now);
  void carry_out(const KeptWhys& effect, Now now);
  void carry_out(const KeptStart& effect, Now now);
  void carry_out(const BufferCreated& effect, Now now);
  void carry_out(const BufferRemoved& effect, Now now);
  void carry_out(const BufferEdited& effect, Now now);
  void carry_out(const DraftKept& effect, Now now);
  void carry_out(const DraftEnded& effect, Now now);
  void carry_out(const KeptBuffer& effect, Now now);
  void carry_out(const KeptDraft& effect, Now now);

  Limits limits_;
  Timers timers_;  // Before the leases: their timers take themselves out of it.
  std::array<Shard, shards> shards_;
  /// The last look: one command looks for the same name several times, and for a new one mostly in vain.
  struct Looked {
    std::string name;
    std::uint64_t hash = 0;
    Lease* lease = nullptr;  ///< Null: nothing is known of it.
  };
  Looked looked_;
  boost::unordered_flat_map<std::uint64_t, std::string> buffer_names_;
  struct Wait {
    std::uint64_t request;
    std::list<WaitQueue::Place>::iterator place;
  };
  boost::unordered_flat_map<std::uint64_t, std::vector<Wait>> waits_of_;  ///< By client.
  std::map<Address, Lease*> awaited_;  ///< Pending takeovers, by where they are to be answered.
  std::set<std::string> pending_;      ///< Names with a pending takeover, awaited or not.
  Buffers buffers_;
  SessionIndex sessions_;
  std::size_t shards_indexed_ = 0;  ///< The first so many shards are in it.
  std::vector<Start> starts_;
  Free free_;
  Token greatest_;
  Position position_;
  std::uint64_t numbered_ = 0;  ///< The greatest buffer number ever given.
  std::size_t names_ = 0;
  std::size_t held_ = 0;
  std::size_t waiting_ = 0;
  std::size_t contended_ = 0;
  bool recording_names_ = false;
  std::vector<NameChange> name_changes_;
};

/// Checks that `effect` is a step the promises allow, before it is carried out. Stops the process otherwise.
void check_step(const State& state, const Effect& effect);

}  // namespace holdfast::core
