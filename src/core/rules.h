// The rule book, put together: one command, or one look at the timers, from question to answers.
//
// Every journal, every door, the simulator and the tests run these two functions. They change nothing but the state
// they are given, and depend on nothing but their arguments.
#pragma once

#include <utility>
#include <vector>

#include "core/commands.h"
#include "core/effects.h"
#include "core/replies.h"
#include "core/state.h"

namespace holdfast::core {

class Buffer;

/// A reply on its way.
struct Answer {
  /// With a reply that says nothing yet: long as it is, it is not first filled with zeros.
  explicit Answer(Address where = {}) : to(where) {}
  Answer(Address where, Reply said) : to(where), reply(std::move(said)) {}

  Address to;
  Reply reply;
};

/// What came of it. The effects have been carried out already; a journal is to keep them, in this order.
struct Outcome {
  std::vector<Effect> effects;  ///< Their positions follow one another and end at the state's.
  std::vector<Answer> answers;
  std::vector<Duration> lateness;       ///< Of each lapse: how long after its deadline it was decided (L4).
  ErrorCode refused = ErrorCode::none;  ///< What a program was refused on its way, by the Refusals of the step.

  void clear() {
    effects.clear();
    answers.clear();
    lateness.clear();
    refused = ErrorCode::none;
  }
};

/// What programs are refused in a step because of the server that runs them; none: they are not. A program goes on
/// where one of its calls is refused: a look never is.
struct Refusals {
  ErrorCode begins = ErrorCode::none;   ///< New holdings, and old ones under another session.
  ErrorCode new_ttl = ErrorCode::none;  ///< Renewals that change more than a deadline.
  ErrorCode ends = ErrorCode::none;
};

/// Where the rules of one step meet: the state, the time of the batch, and what comes of it.
class Step {
 public:
  Step(State& state, Now now, const Presence& presence, Outcome& outcome)
      : state_(state), now_(now), presence_(presence), outcome_(outcome) {}

  /// For the programs that are handled from here on.
  void refuse(Refusals refusals) { refusals_ = refusals; }

  /// Decides `command` and everything that follows from it, in one step. Its answer may come later, by another step,
  /// when it waits in a queue.
  void handle(const Command& command, Address from);

  /// Lapses what is over, ends waits whose deadline has passed, forgets old free names: at most `budget` looks. True
  /// when the budget ran out and more may be due. Forgetting can wait: not now unless `forget`.
  bool tick(std::size_t budget, bool forget = true);

  /// Carries `effect` out as it is: checked against the promises, numbered, applied, and kept in the outcome.
  void carry_out(Effect&& effect);
  /// Every pending takeover is dropped. Who waits for one has been answered, or is not there any more.
  void drop_takeovers(Drop because);

  /// Without the check. For injected faults only.
  void carry_out_unchecked(Effect&& effect);

  /// Gives a free name to whoever takes it over, else to the first of its queue who is there and still waits (L8, L9).
  void hand_over(const std::string& name);

  /// Answers about `name`: with what is said, what is to be shown of it, and what that has to wait for. Good until the
  /// next answer.
  Reply& answer(Address to, std::string_view name, Verdict&& said, bool unsettled = false);

 private:
  friend class Keys;                             // The same rules, asked one by one in the middle of a step.
  const Lease* settle(const std::string& name);  // L5
  /// The same with the newest effect of the outcome, which is there already and was not carried out yet.
  void carry_out_newest();
  void apply_newest();
  void carry_out_decision(const std::string& name, Decision&& decision, Address from);
  Reply& answer(Address to, std::string_view name, const Lease* lease, Verdict&& said, bool unsettled = false);
  /// What an answer about `name` says besides what was decided.
  void fill_in(Reply& reply, std::string_view name, const Lease* lease, bool unsettled) const;
  /// What only who asks for the name itself is shown of `lease`, which is known.
  void show_more(const Lease& lease, LeaseView& shown) const;
  /// Gives the name to whoever waits, where it is known already which lease that is; null: none is known.
  void hand_over(const Lease* lease);
  static void note_answered(const Lease& lease, const std::string& session, bool began, Address from);
  void join_others_of(const Lease& lease);
  void tell_granted(const Waiter& waiter, Effect&& effect, bool joined);
  void tell_wait_over(const Waiter& waiter);
  void tell_superseded(Address from, const std::string& name);
  /// The taker gets the name: the flush window is over, or the holding that it means is (L9). True if it was there.
  bool act_takeover(const Lease& lease);
  void drop_takeover(const Lease& lease, Drop because);
  /// Whose place in the queue a transfer goes to; null: nobody who is meant waits.
  const WaitQueue::Place* place_of(const Lease& lease, const Transfer& command) const;
  void answer_of_session(Address to, Reply&& reply, Position shown);
  /// A session that holds waits no longer: asking again took its place over (L8).
  void give_up_place(const Lease& lease, const Who& who);
  /// Where too many sessions share the holding, the right of the longest lapsed one to come back is given up (L6).
  void make_room(const Lease& lease, const Acquire& command);

  void grant_at_once(const Acquire& command, Address from);
  void operate(const Acquire& command, Address from);
  void operate(const Renew& command, Address from);
  void operate(const Release& command, Address from);
  void operate(const Check& command, Address from);
  void operate(const Get& command, Address from);
  void operate(const List& command, Address from);
  void operate(const Show& command, Address from);
  void operate(const Leave& command, Address from);
  void operate(const TakeBack& command, Address from);
  void operate(const Takeover& command, Address from);
  void operate(const Move& command, Address from);
  void operate(const AskHolder& command, Address from);
  void operate(const Transfer& command, Address from);
  void operate(const Revoke& command, Address from);
  void operate(const RenewSession& command, Address from);
  void operate(const EndSession& command, Address from);
  void operate(const RunProgram& command, Address from);

  // Of texts: text_rules.cpp, draft_rules.cpp and text_looks.cpp.
  void operate(const CreateBuffer& command, Address from);
  void operate(const RemoveBuffer& command, Address from);
  void operate(const Edit& command, Address from);
  void operate(const Undo& command, Address from);
  void operate(const GetBuffer& command, Address from);
  void operate(const GetChanges& command, Address from);
  void operate(const ListBuffers& command, Address from);
  void operate(const KeepDraft& command, Address from);
  void operate(const GetDraft& command, Address from);
  void operate(const ListDrafts& command, Address from);
  void operate(const ApplyDraft& command, Address from);
  void operate(const DropDraft& command, Address from);
  /// Answers about a text: what it shows waits for the last change of it, too.
  Reply& answer_of_text(Address to, const std::string& name, Verdict&& said,
                        std::shared_ptr<const TextAnswer> shown = nullptr);
  void refuse_text(Address to, const std::string& name, ErrorCode code, std::string_view field = {});
  /// Refused because of the text as it is: says which revision that is.
  void refuse_at_newest(Address to, const Buffer& buffer, ErrorCode code, std::string_view field = {});
  /// How the changes would leave the text. Errors: those of Text::apply, text_too_large, texts_full.
  Result<text::Text> try_changes(const Buffer& buffer, std::span<const text::ChangeSet> changes) const;
  /// A change of one revision that was made before, under the same number, is answered again. False: it was not.
  bool answer_made_before(const Buffer& buffer, const Who& who, std::uint64_t seq, Address from);
  /// Brings a lapsed session back, where that is what `may` says, and makes one change; answers with it.
  void make_change(const Decision& may, BufferEdited&& edited, const text::ChangeSet& change, Address from);
  /// Keeps what `late` could not get in, but for its first `made` changes. The number of the draft.
  Result<std::uint64_t> keep_draft(const Edit& late, std::size_t made);

  State& state_;
  Now now_;
  const Presence& presence_;
  Outcome& outcome_;
  Refusals refusals_;
};

/// `lease` as an answer shows it at `now`.
LeaseView view(const Lease& lease, Instant now);
/// The same in the place of `shown`, which shows nothing yet.
void show(const Lease& lease, Instant now, LeaseView& shown);

}  // namespace holdfast::core
