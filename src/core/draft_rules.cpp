// What could not be got in: drafts, and how they come back into the text (B2).
#include <algorithm>

#include "base/check.h"
#include "core/draft_fit.h"
#include "core/rules.h"
#include "core/text_answer.h"
#include "core/text_rules.h"

namespace holdfast::core {

namespace {

/// How many changes at the front of `late` the draft has: those from its own number on. None: they are others than it
/// has under these numbers.
std::optional<std::size_t> has_of(const DraftKept& draft, std::uint64_t seq, std::span<const std::string> late) {
  const std::size_t at = seq - draft.seq;
  const std::size_t both = std::min(draft.changes.size() - at, late.size());
  const bool same = std::equal(late.begin(), late.begin() + static_cast<std::ptrdiff_t>(both),
                               draft.changes.begin() + static_cast<std::ptrdiff_t>(at));
  return same ? std::optional(both) : std::nullopt;
}

/// The draft of the very same, without a number to know it by.
const Draft* find_same(const Buffers& all, const DraftKept& kept) {
  if (all.drafts_of_owner(kept.who.owner) == 0) return nullptr;
  const auto same = [&](const auto& each) {
    const DraftKept& other = each.second.kept;
    return other.name == kept.name && other.who == kept.who && other.token == kept.token && other.base == kept.base &&
           other.buffer == kept.buffer && other.seq == kept.seq && other.changes == kept.changes;
  };
  const auto found = std::ranges::find_if(all.drafts(), same);
  return found == all.drafts().end() ? nullptr : &found->second;
}

/// What somebody had typed and not got in is short. Each change that is added to a draft writes all of it again.
Result<void> is_no_book(const DraftKept& kept) {
  constexpr std::size_t changes_max = 10'000;
  constexpr std::size_t bytes_max = 4 << 20;
  std::size_t bytes = 0;
  for (const std::string& record : kept.changes) bytes += record.size();
  if (kept.changes.size() <= changes_max && bytes <= bytes_max) return {};
  return fail(ErrorCode::text_too_large);
}

text::Text with(const text::Text& base, const text::ChangeSet& change) {
  text::Text text = base;
  HF_CHECK(text.apply(change).has_value());
  return text;
}

}  // namespace

namespace {

/// The changes behind the first `done` ones, as if those had never been made. They were made for `text`, one after the
/// other.
Result<std::vector<text::ChangeSet>> without_first(std::size_t done, std::span<const text::ChangeSet> changes,
                                                   const text::Text& text) {
  if (done == 0) return std::vector(changes.begin(), changes.end());
  text::ChangeSet first = text::ChangeSet::unchanged(text.length());
  for (const text::ChangeSet& change : changes.first(done)) {
    HF_TRY(both, first.compose(change));
    first = std::move(both);
  }
  HF_TRY(back, first.invert(text));
  std::vector<text::ChangeSet> rest;
  for (const text::ChangeSet& change : changes.subspan(done)) {
    HF_TRY(moved, change.map(back.shape(), text::Order::ours_first));
    HF_TRY(further, back.map(change.shape(), text::Order::theirs_first));
    rest.push_back(std::move(moved));
    back = std::move(further);
  }
  return rest;
}

/// How many of the first changes were in drafts that have ended, and the last of those.
struct Ended {
  std::size_t changes = 0;
  std::uint64_t draft = 0;
};
Ended ended_of(const Buffer& buffer, const Who& who, std::uint64_t seq, std::size_t changes) {
  Ended ended;
  while (seq != 0 && ended.changes < changes) {
    const KeptEnd* const end = buffer.ended_with(who, seq + ended.changes);
    if (!end) break;
    ended.changes = std::min<std::size_t>(changes, end->last + 1 - seq);
    ended.draft = end->draft;
  }
  return ended;
}

}  // namespace

Result<std::uint64_t> Step::keep_draft(const Edit& late, std::size_t made) {
  const Buffers& all = state_.buffers();
  const Buffer& buffer = *all.find(late.name);
  const Lease* const lease = state_.find(late.name);
  const std::span<const text::ChangeSet> given = std::span(late.changes).subspan(made);
  const std::uint64_t first = late.seq == 0 ? 0 : late.seq + made;
  const Ended ended = ended_of(buffer, late.who, first, given.size());
  if (ended.changes == given.size()) return ended.draft;
  std::vector<text::ChangeSet> changes(given.begin(), given.end());
  if (ended.changes > 0) {
    HF_TRY(made_for, buffer.log().text_at(late.base + made));
    HF_TRY(rest, without_first(ended.changes, given, made_for));
    changes = std::move(rest);
  }
  DraftKept kept{.name = late.name, .buffer = buffer.number(), .who = late.who, .token = late.token};
  kept.base = late.base + made;
  kept.seq = first == 0 ? 0 : first + ended.changes;
  for (const text::ChangeSet& change : changes) kept.changes.push_back(record_of(change));
  kept.because = lease ? lease->loss_of(late.token) : Loss::none;
  if (const auto why = lease ? lease->why_of(late.token) : nullptr) kept.by = why->by;
  kept.at = now_.wall;

  const Draft* before = kept.seq == 0 ? nullptr : all.draft_with(late.name, late.who, kept.seq);
  // Numbers of one session may follow one another and yet be for another text: after a reload, for one.
  const bool same_row = before && before->kept.buffer == kept.buffer && before->kept.token == kept.token &&
                        kept.base - before->kept.base == kept.seq - before->kept.seq;
  if (same_row) {
    const std::optional<std::size_t> has = has_of(before->kept, kept.seq, kept.changes);
    if (has == kept.changes.size()) return before->kept.draft;
    const std::size_t reaches = before->kept.seq + before->kept.changes.size();
    // It goes on where that one ends. Where it has nothing in common with it, its base may be a revision of the text by
    // now, as well as the one that only the draft made: it is the draft's where it fits that.
    const bool goes_on = has && kept.seq + *has == reaches;
    const Result<text::Text> fitting =
        goes_on ? tried(with(before->base_text, before->change), std::span(changes).subspan(*has), state_.limits())
                : fail(ErrorCode::wrong_length);
    const bool of_text_too = has && *has == 0 && kept.base <= buffer.log().newest();
    if (goes_on && !fitting && !of_text_too) return std::unexpected(fitting.error());
    if (goes_on && fitting) {
      DraftKept longer = before->kept;
      longer.changes.insert(longer.changes.end(), kept.changes.begin() + static_cast<std::ptrdiff_t>(*has),
                            kept.changes.end());
      longer.at = now_.wall;
      HF_TRY_VOID(is_no_book(longer));
      carry_out(std::move(longer));
      return before->kept.draft;
    }
  }
  if (const Draft* same = find_same(all, kept)) return same->kept.draft;
  HF_TRY(base, buffer.log().text_at(kept.base));
  HF_TRY_VOID(core::tried(base, changes, state_.limits()));
  const bool full = all.drafts_of_owner(late.who.owner) >= state_.limits().drafts_of_owner_max ||
                    all.drafts().size() >= state_.limits().drafts_max;
  if (full) return fail(ErrorCode::drafts_full);
  HF_TRY_VOID(is_no_book(kept));
  kept.draft = state_.position().value + 1;
  const std::uint64_t number = kept.draft;
  carry_out(std::move(kept));
  return number;
}

void Step::operate(const KeepDraft& command, Address from) {
  const Edit& edit = command.edit;
  settle(edit.name);
  const Buffer* const buffer = state_.buffers().find(edit.name);
  if (!buffer) return refuse_text(from, edit.name, ErrorCode::no_such_text);
  if (edit.seq != 0 && edit.who.session.empty()) {
    return refuse_text(from, edit.name, ErrorCode::session_needed, "session");
  }
  // What may have got in so long ago that nobody knows any more is not said to have: it would be thrown away.
  const bool forgotten = edit.base < buffer->log().oldest();
  const Result<std::size_t> made = forgotten ? 0 : made_already(*buffer, edit.who, edit);
  if (!made) return refuse_text(from, edit.name, made.error().code, "seq");
  const auto shown = brief(*buffer, edit.who.owner);
  shown->base = edit.base;
  shown->made = edit.base + *made;
  shown->again = *made == edit.changes.size();
  if (shown->again) {  // It got in after all.
    answer_of_text(from, edit.name, {}, shown);
    return;
  }
  const Result<std::uint64_t> kept = keep_draft(edit, *made);
  if (!kept) return refuse_text(from, edit.name, kept.error().code, "changes");
  const Draft* const draft = state_.buffers().draft(*kept);
  shown->again = draft == nullptr;  // It was kept, and has come to its end.
  if (draft) shown->drafts.push_back(view_of(*draft));
  Verdict said;
  said.draft = *kept;
  Reply& reply = answer_of_text(from, edit.name, std::move(said), shown);
  if (draft) reply.waits_for = std::max(reply.waits_for, draft->changed);
}

void Step::operate(const GetDraft& command, Address from) {
  const Draft* const draft = state_.buffers().draft(command.draft);
  if (!draft) return refuse_text(from, {}, ErrorCode::no_such_draft, "draft");
  const auto shown = std::make_shared<TextAnswer>();
  const Buffer* const buffer = state_.buffers().find(draft->kept.name);
  if (buffer) fill_in_text(*shown, *buffer, false);
  DraftView view = view_of(*draft);
  view.base_text = draft->base_text;
  view.change = draft->change;
  const DraftFit fit = fit_of(*draft, buffer);
  view.fit = fit.fit;
  view.now = fit.now;
  shown->drafts.push_back(std::move(view));
  Reply& reply = answer_of_text(from, draft->kept.name, {}, shown);
  reply.waits_for = std::max(reply.waits_for, draft->changed);
}

void Step::operate(const ListDrafts& command, Address from) {
  constexpr std::size_t looks_max = 1'000;
  const auto shown = std::make_shared<TextAnswer>();
  std::string next;
  std::size_t looks = 0;
  const Buffers& all = state_.buffers();
  for (auto at = all.drafts().upper_bound(command.after); at != all.drafts().end(); ++at) {
    const DraftKept& kept = at->second.kept;
    const bool wanted = (command.name.empty() || kept.name == command.name) &&
                        (command.owner.empty() || kept.who.owner == command.owner);
    if (wanted) shown->drafts.push_back(view_of(at->second));
    const bool last = std::next(at) == all.drafts().end();
    if (!last && (++looks == looks_max || shown->drafts.size() == command.limit)) {
      next = std::to_string(at->first);
      break;
    }
  }
  Reply& reply = answer(from, "", {});  // What is absent is shown: it waits for everything.
  reply.text = shown;
  reply.next = std::move(next);
}

void Step::operate(const ApplyDraft& command, Address from) {
  const Draft* const draft = state_.buffers().draft(command.draft);
  if (!draft) return refuse_text(from, {}, ErrorCode::no_such_draft, "draft");
  const std::string name = draft->kept.name;
  const Lease* lease = settle(name);
  const Buffer* const buffer = state_.buffers().find(name);
  if (!buffer) return refuse_text(from, name, ErrorCode::no_such_text);
  Decision may = decide_write(lease, command.token, command.who, now_);
  const Who who = command.who.session.empty() ? may.reply.who : command.who;
  if (answer_made_before(*buffer, who, command.seq, from)) return;
  if (may.reply.code != ErrorCode::none) {
    answer_of_text(from, name, std::move(may.reply));
    return;
  }
  const DraftFit fit = fit_of(*draft, buffer);
  if (fit.fit == DraftView::Fit::gone) return refuse_at_newest(from, *buffer, ErrorCode::revision_gone, "draft");
  if (fit.fit == DraftView::Fit::conflict && !command.anyway) {
    return refuse_at_newest(from, *buffer, ErrorCode::draft_conflicts, "draft");
  }
  if (const Result<text::Text> after = try_changes(*buffer, {&*fit.now, 1}); !after) {
    return refuse_text(from, name, after.error().code, "draft");
  }
  BufferEdited edited{.name = name, .token = command.token, .who = who, .base = buffer->log().newest()};
  edited.seq = command.seq;
  edited.kind = EditKind::draft;
  edited.draft = command.draft;
  make_change(may, std::move(edited), *fit.now, from);
  carry_out(DraftEnded{command.draft, name, DraftEnd::applied, who, now_.wall});
  outcome_.answers.back().reply.waits_for = state_.position();
}

void Step::operate(const DropDraft& command, Address from) {
  const Draft* const draft = state_.buffers().draft(command.draft);
  if (!draft) return refuse_text(from, {}, ErrorCode::no_such_draft, "draft");
  const std::string name = draft->kept.name;
  if (draft->kept.who.owner != command.by.owner) return refuse_text(from, name, ErrorCode::not_your_draft, "owner");
  const auto shown = std::make_shared<TextAnswer>();
  shown->drafts.push_back(view_of(*draft));
  carry_out(DraftEnded{command.draft, name, DraftEnd::discarded, command.by, now_.wall});
  Reply& reply = answer_of_text(from, name, {}, shown);
  reply.waits_for = state_.position();
}

}  // namespace holdfast::core
