// What is shown of texts.
#include <algorithm>

#include "base/check.h"
#include "core/rules.h"
#include "core/text_answer.h"
#include "core/text_rules.h"

namespace holdfast::core {

void fill_in_text(TextAnswer& answer, const Buffer& buffer, bool with_text) {
  BufferView& view = answer.buffer;
  view.name = buffer.name();
  view.buffer = buffer.number();
  view.revision = view.shown = buffer.log().newest();
  view.oldest = buffer.log().oldest();
  view.extent = buffer.log().text().extent();
  view.form = buffer.form();
  view.created_by = buffer.created_by();
  view.created_at = buffer.created_at();
  view.changed_by = buffer.changed_by();
  view.changed_at = buffer.changed_at();
  if (with_text) view.text = buffer.log().text();
}

void Step::operate(const GetBuffer& command, Address from) {
  settle(command.name);
  const Buffer* const buffer = state_.buffers().find(command.name);
  if (!buffer) return refuse_text(from, command.name, ErrorCode::no_such_text);
  const auto shown = brief(*buffer, command.owner);
  fill_in_text(*shown, *buffer, command.with_text);
  BufferView& view = shown->buffer;
  view.drafts = state_.buffers().drafts_of_name(command.name);
  if (command.revision && command.with_text) {
    Result<text::Text> text = buffer->log().text_at(*command.revision);
    if (!text) return refuse_at_newest(from, *buffer, text.error().code, "revision");
    view.shown = *command.revision;
    view.text = *std::move(text);
    // How its lines ended is known of the newest text only.
    if (view.shown != view.revision) view.form.ends = text::LineEnds(buffer->form().ends.usual());
  }
  if (command.with_blame) {
    for (const text::Blame::Range& range : buffer->blame().ranges()) {
      view.blame.push_back({range.length, buffer->owner(range.author)});
    }
  }
  answer_of_text(from, command.name, {}, shown);
}

namespace {

/// Up to which revision the changes behind `after` go into one answer: at least one, if there is one.
text::Revision end_of_page(const text::RevisionLog& log, text::Revision after, std::size_t revisions_max) {
  constexpr std::size_t bytes_max = 2 << 20;
  const text::Revision last = std::min<text::Revision>(log.newest(), after + revisions_max);
  // Mostly all that is known is less than that.
  if (log.bytes() <= bytes_max) return last;
  constexpr text::Revision at_once = 16;
  std::size_t bytes = 0;
  for (text::Revision from = after; from < last; from += at_once) {
    text::Revision end = last;
    const Result<void> looked = log.each(from, std::min(last, from + at_once),
                                         [&](text::Revision revision, text::Author, const text::ChangeSet& c) {
                                           bytes += c.inserted().size() + c.parts().size() * sizeof(text::Part);
                                           if (bytes > bytes_max && end == last && revision > after + 1)
                                             end = revision - 1;
                                         });
    HF_CHECK(looked.has_value());
    if (end != last) return end;
  }
  return last;
}

}  // namespace

void Step::operate(const GetChanges& command, Address from) {
  settle(command.name);
  const Buffer* const buffer = state_.buffers().find(command.name);
  if (!buffer) return refuse_text(from, command.name, ErrorCode::no_such_text);
  const text::RevisionLog& log = buffer->log();
  const bool of_another = command.buffer != 0 && command.buffer != buffer->number();
  const bool gone = of_another || command.after < log.oldest();
  const bool future = !of_another && command.after > log.newest();
  const std::size_t most = std::min(command.limit, state_.limits().changes_page_max);
  const auto shown = brief(*buffer, {});
  shown->base = command.after;
  const bool known = !gone && !future;
  const text::Revision to = known ? end_of_page(log, command.after, most) : 0;
  const bool too_many = known && to < log.newest();
  if (command.or_text && (command.buffer == 0 || gone || future || too_many)) {
    fill_in_text(*shown, *buffer, true);
    answer_of_text(from, command.name, {}, shown);
    return;
  }
  if (gone) return refuse_at_newest(from, *buffer, ErrorCode::revision_gone, "after");
  if (future) return refuse_at_newest(from, *buffer, ErrorCode::revision_future, "after");
  const Result<void> told =
      log.each(command.after, to, [&](text::Revision revision, text::Author author, const text::ChangeSet& change) {
        shown->changes.push_back({revision, buffer->owner(author), change});
      });
  HF_CHECK(told.has_value());
  shown->made = to;
  shown->more = too_many;
  answer_of_text(from, command.name, {}, shown);
}

void Step::operate(const ListBuffers& command, Address from) {
  constexpr std::size_t looks_max = 1'000;
  std::string_view prefix = command.prefix;
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  const Buffers::ByName& all = state_.buffers().by_name();
  const auto shown = std::make_shared<TextAnswer>();
  std::string next;
  std::size_t looks = 0;
  auto at = std::string_view(command.after) < prefix ? all.lower_bound(prefix) : all.upper_bound(command.after);
  if (command.after.empty()) at = all.lower_bound(prefix);
  for (; at != all.end() && at->first.starts_with(prefix); ++at) {
    const std::string& name = at->first;
    const bool below = prefix.empty() || name.size() == prefix.size() || name[prefix.size()] == '/';
    if (below) {
      TextAnswer each;
      fill_in_text(each, *at->second, false);
      each.buffer.drafts = state_.buffers().drafts_of_name(name);
      shown->buffers.push_back(std::move(each.buffer));
    }
    if (++looks == looks_max || shown->buffers.size() == command.limit) {
      next = name;
      break;
    }
  }
  Reply& reply = answer(from, "", {});  // What is absent is shown: it waits for everything.
  reply.text = shown;
  reply.next = std::move(next);
}

}  // namespace holdfast::core
