// Who may change a text, and what becomes of it (B1, B4). What comes too late is draft_rules.cpp's business.
#include <algorithm>

#include "base/check.h"
#include "core/rules.h"
#include "core/text_answer.h"
#include "core/text_rules.h"
#include "text/change_record.h"

namespace holdfast::core {

Verdict refusal(ErrorCode code, std::string_view field) {
  Verdict said;
  said.code = code;
  said.field = field;
  return said;
}

std::shared_ptr<TextAnswer> brief(const Buffer& buffer, std::string_view owner) {
  auto answer = std::make_shared<TextAnswer>();
  BufferView& view = answer->buffer;
  view.name = buffer.name();
  view.buffer = buffer.number();
  view.revision = buffer.log().newest();
  view.oldest = buffer.log().oldest();
  view.extent = buffer.log().text().extent();
  view.undo_depth = buffer.undo_depth(owner);
  view.redo_depth = buffer.redo_depth(owner);
  return answer;
}

std::string record_of(const text::ChangeSet& change) {
  std::string record;
  text::write_record(record, change);
  return record;
}

Result<text::Text> tried(const text::Text& text, std::span<const text::ChangeSet> changes, const Limits& limits) {
  text::Text trial = text;
  for (const text::ChangeSet& change : changes) {
    HF_TRY_VOID(trial.apply(change));
    if (trial.extent().bytes > limits.text_bytes_max) return fail(ErrorCode::text_too_large, {}, "changes");
  }
  return trial;
}

Result<std::size_t> made_already(const Buffer& buffer, const Who& who, const Edit& edit) {
  const KeptSeq* const newest = edit.seq == 0 ? nullptr : buffer.newest_of(who);
  if (!newest || edit.seq > newest->seq) return 0;
  const std::size_t made = std::min<std::uint64_t>(edit.changes.size(), newest->seq - edit.seq + 1);
  const auto reused = [] { return fail(ErrorCode::bad_field, "another change had this number", "seq"); };
  if (edit.base + made > buffer.log().newest()) return reused();
  if (edit.base < buffer.log().oldest()) return made;  // So long ago that nobody knows any more.
  // A number that was used for something else must not make a change disappear.
  bool same = true;
  const Result<void> compared = buffer.log().each(
      edit.base, edit.base + made, [&](text::Revision revision, text::Author author, const text::ChangeSet& change) {
        same = same && buffer.owner(author) == who.owner;
        same = same && change == edit.changes[revision - edit.base - 1];
      });
  if (!compared || !same) return reused();
  return made;
}

namespace {

/// Of an error's field, which says a place in the changes, the part that is of static storage.
constexpr std::string_view changes_field = "changes";

}  // namespace

Result<text::Text> Step::try_changes(const Buffer& buffer, std::span<const text::ChangeSet> changes) const {
  HF_TRY(after, tried(buffer.log().text(), changes, state_.limits()));
  const std::size_t others = state_.buffers().text_bytes() - buffer.log().text().extent().bytes;
  const bool grows = after.extent().bytes > buffer.log().text().extent().bytes;
  if (grows && others + after.extent().bytes > state_.limits().texts_bytes_max) return fail(ErrorCode::texts_full);
  return after;
}

Reply& Step::answer_of_text(Address to, const std::string& name, Verdict&& said,
                            std::shared_ptr<const TextAnswer> shown) {
  Reply& reply = answer(to, name, std::move(said));
  reply.text = std::move(shown);
  const Buffer* const buffer = state_.buffers().find(name);
  reply.waits_for = buffer ? std::max(reply.waits_for, buffer->changed) : state_.position();
  return reply;
}

void Step::refuse_text(Address to, const std::string& name, ErrorCode code, std::string_view field) {
  answer_of_text(to, name, refusal(code, field));
}

void Step::refuse_at_newest(Address to, const Buffer& buffer, ErrorCode code, std::string_view field) {
  answer_of_text(to, buffer.name(), refusal(code, field), brief(buffer, {}));
}

void Step::operate(const CreateBuffer& command, Address from) {
  const Lease* lease = settle(command.name);
  const auto is_by = [&](const Lease& held) {
    return held.owner == command.by.owner && (command.by.session.empty() || held.part_of(command.by.session));
  };
  if (lease && lease->holder == HolderKind::owner && !lease->parts.empty()) {
    return refuse_text(from, command.name, ErrorCode::text_is_single, "name");
  }
  if (lease && lease->held() && !is_by(*lease)) {
    const bool own = lease->owner == command.by.owner;
    return refuse_text(from, command.name, own ? ErrorCode::held_by_you : ErrorCode::held);
  }
  const text::TextFile& file = *command.file;
  if (const Buffer* before = state_.buffers().find(command.name)) {
    const bool again = before->created_by() == command.by.owner && before->log().newest() == 0 &&
                       before->log().text() == file.text && before->form() == file.form;
    if (!again) return refuse_at_newest(from, *before, ErrorCode::buffer_exists);
    const auto shown = brief(*before, command.by.owner);
    shown->again = true;
    fill_in_text(*shown, *before, false);
    answer_of_text(from, command.name, {}, shown);
    return;
  }
  const Buffers& all = state_.buffers();
  const std::size_t bytes = file.text.extent().bytes;
  if (bytes > state_.limits().text_bytes_max) {
    return refuse_text(from, command.name, ErrorCode::text_too_large, "text");
  }
  if (all.size() >= state_.limits().texts_max || all.text_bytes() + bytes > state_.limits().texts_bytes_max) {
    return refuse_text(from, command.name, ErrorCode::texts_full);
  }
  BufferCreated created{.name = command.name, .by = command.by, .text = file.text};
  file.form.ends.write(created.ends);
  created.byte_order_mark = file.form.byte_order_mark;
  created.at = now_.wall;
  carry_out(std::move(created));
  const Buffer& buffer = *state_.buffers().find(command.name);
  const auto shown = brief(buffer, command.by.owner);
  fill_in_text(*shown, buffer, false);
  answer_of_text(from, command.name, {}, shown);
}

void Step::operate(const RemoveBuffer& command, Address from) {
  const Lease* lease = settle(command.name);
  const Buffer* const buffer = state_.buffers().find(command.name);
  if (!buffer) return refuse_text(from, command.name, ErrorCode::no_such_text);
  if (lease && lease->held()) {
    if (lease->owner != command.by.owner) return refuse_text(from, command.name, ErrorCode::held);
    if (!command.token) return refuse_text(from, command.name, ErrorCode::token_needed, "token");
    Decision may = decide_write(lease, command.token, {command.by.owner, command.by.session}, now_);
    if (may.reply.code != ErrorCode::none) {
      answer_of_text(from, command.name, std::move(may.reply));
      return;
    }
  }
  const auto shown = brief(*buffer, command.by.owner);
  carry_out(BufferRemoved{command.name, command.by, now_.wall});
  answer_of_text(from, command.name, {}, shown);
}

void Step::operate(const Edit& command, Address from) {
  const Lease* lease = settle(command.name);
  const Buffer* const buffer = state_.buffers().find(command.name);
  if (!buffer) return refuse_text(from, command.name, ErrorCode::no_such_text);
  if (command.seq != 0 && command.who.session.empty()) {  // It counts the changes of a session.
    return refuse_text(from, command.name, ErrorCode::session_needed, "session");
  }
  Decision may = decide_write(lease, command.token, command.who, now_);
  const Who who = command.who.session.empty() ? may.reply.who : command.who;
  const Result<std::size_t> made = made_already(*buffer, who, command);
  if (!made) return refuse_text(from, command.name, made.error().code, "seq");
  if (*made == command.changes.size()) {
    const auto shown = brief(*buffer, who.owner);
    shown->base = command.base;
    shown->made = command.base + *made;
    shown->again = true;
    answer_of_text(from, command.name, {}, shown);
    return;
  }
  if (command.token >= state_.next_token()) {  // Nobody ever had it: nobody typed under it.
    return refuse_text(from, command.name, ErrorCode::unknown_token, "token");
  }
  if (may.reply.code == ErrorCode::stale) {  // B1: it changes nothing. B2: it is not lost.
    const Result<std::uint64_t> draft = keep_draft(command, *made);
    if (!draft) return refuse_text(from, command.name, draft.error().code, changes_field);
    may.reply.draft = *draft;
    Reply& reply = answer_of_text(from, command.name, std::move(may.reply));
    if (const Draft* kept = state_.buffers().draft(*draft)) {
      reply.waits_for = std::max(reply.waits_for, kept->changed);
    }
    return;
  }
  if (may.reply.code != ErrorCode::none) {
    answer_of_text(from, command.name, std::move(may.reply));
    return;
  }
  if (command.base + *made > buffer->log().newest()) {
    return refuse_at_newest(from, *buffer, ErrorCode::revision_future, "base");
  }
  if (command.base + *made != buffer->log().newest()) {
    return refuse_at_newest(from, *buffer, ErrorCode::base_moved, "base");
  }
  const std::span<const text::ChangeSet> changes = std::span(command.changes).subspan(*made);
  if (const Result<text::Text> after = try_changes(*buffer, changes); !after) {
    return refuse_text(from, command.name, after.error().code, changes_field);
  }
  if (Effect* revived = std::get_if<Effect>(&may.change)) carry_out(std::move(*revived));
  BufferEdited edited{.name = command.name, .token = command.token, .who = who, .base = command.base + *made};
  edited.seq = command.seq == 0 ? 0 : command.seq + *made;
  for (const text::ChangeSet& change : changes) edited.changes.push_back(record_of(change));
  edited.at = now_.wall;
  carry_out(std::move(edited));
  const auto shown = brief(*buffer, who.owner);
  shown->base = command.base;
  shown->made = buffer->log().newest();
  answer_of_text(from, command.name, {}, shown);
}

void Step::make_change(const Decision& may, BufferEdited&& edited, const text::ChangeSet& change, Address from) {
  if (const Effect* revived = std::get_if<Effect>(&may.change)) carry_out(Effect{*revived});
  const std::string name = edited.name;
  const Who who = edited.who;
  const text::Revision base = edited.base;
  edited.changes.push_back(record_of(change));
  edited.at = now_.wall;
  carry_out(std::move(edited));
  const Buffer& buffer = *state_.buffers().find(name);
  const auto shown = brief(buffer, who.owner);
  shown->base = base;
  shown->made = base + 1;
  shown->changes.push_back({base + 1, who.owner, change});
  answer_of_text(from, name, {}, shown);
}

bool Step::answer_made_before(const Buffer& buffer, const Who& who, std::uint64_t seq, Address from) {
  const KeptSeq* const newest = seq == 0 ? nullptr : buffer.newest_of(who);
  if (!newest || seq > newest->seq) return false;
  const text::RevisionLog& log = buffer.log();
  if (seq < newest->seq || newest->revision <= log.oldest()) {
    refuse_text(from, buffer.name(), ErrorCode::bad_field, "seq");
    return true;
  }
  const auto shown = brief(buffer, who.owner);
  shown->base = newest->revision - 1;
  shown->made = newest->revision;
  shown->again = true;
  const Result<void> told =
      log.each(shown->base, shown->made, [&](text::Revision revision, text::Author author, const text::ChangeSet& c) {
        shown->changes.push_back({revision, buffer.owner(author), c});
      });
  HF_CHECK(told.has_value() && shown->changes.size() == 1);
  answer_of_text(from, buffer.name(), {}, shown);
  return true;
}

void Step::operate(const Undo& command, Address from) {
  const Lease* lease = settle(command.name);
  const Buffer* const buffer = state_.buffers().find(command.name);
  if (!buffer) return refuse_text(from, command.name, ErrorCode::no_such_text);
  Decision may = decide_write(lease, command.token, command.who, now_);
  const Who who = command.who.session.empty() ? may.reply.who : command.who;
  if (answer_made_before(*buffer, who, command.seq, from)) return;
  if (may.reply.code != ErrorCode::none) {
    answer_of_text(from, command.name, std::move(may.reply));
    return;
  }
  const text::Revision newest = buffer->log().newest();
  if (command.base && *command.base != newest) {
    return refuse_at_newest(from, *buffer, ErrorCode::base_moved, "base");
  }
  const std::optional<text::ChangeSet> change = state_.to_undo(command.name, who.owner, command.redo);  // B4
  if (!change) return refuse_at_newest(from, *buffer, ErrorCode::nothing_to_undo);
  if (const Result<text::Text> after = try_changes(*buffer, {&*change, 1}); !after) {
    return refuse_text(from, command.name, after.error().code);
  }
  BufferEdited edited{.name = command.name, .token = command.token, .who = who, .base = newest, .seq = command.seq};
  edited.kind = command.redo ? EditKind::redo : EditKind::undo;
  make_change(may, std::move(edited), *change, from);
}

}  // namespace holdfast::core
