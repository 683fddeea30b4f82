#include "tests/scenarios/text_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "core/text_answer.h"

namespace holdfast::scenarios {
namespace {

const std::map<std::string_view, std::string_view> done{
    {"put", "created"},   {"read", "shown"},   {"remove", "removed"},    {"edit", "edited"}, {"undo", "edited"},
    {"redo", "edited"},   {"changes", "told"}, {"texts", "listed"},      {"keep", "kept"},   {"draft", "shown"},
    {"drafts", "listed"}, {"apply", "edited"}, {"discard", "discarded"},
};

text::ChangeSet change_of(const std::string& word) {
  std::istringstream in(word);
  std::uint32_t length = 0, at = 0, deleted = 0;
  char sign = 0;
  if (!(in >> length >> sign >> at) || sign != '@') throw std::invalid_argument(word + " is no change");
  std::string inserted;
  if (in.peek() == '-') in >> sign >> deleted;
  if (in.peek() == '+') std::getline(in >> sign, inserted);
  std::ranges::replace(inserted, '~', '\n');
  return text::ChangeSet::replace(length, at, deleted, inserted);
}

core::Edit edit_of(const Ask& ask) {
  return {ask.name,           {ask.number("token")}, {ask.owner, ask.session},
          ask.number("base"), ask.number("seq"),     changes_of(ask)};
}

std::string_view word_of(core::DraftView::Fit fit) {
  using enum core::DraftView::Fit;
  return fit == clean ? "clean" : fit == conflict ? "conflict" : "gone";
}

}  // namespace

bool is_text_verb(std::string_view verb) {
  return done.contains(verb);
}

std::string_view text_word_when_done(std::string_view verb) {
  const auto found = done.find(verb);
  return found == done.end() ? std::string_view{} : found->second;
}

std::vector<text::ChangeSet> changes_of(const Ask& ask) {
  std::vector<text::ChangeSet> changes;
  std::istringstream words(ask.text("changes"));
  for (std::string word; std::getline(words, word, ',');) changes.push_back(change_of(word));
  return changes;
}

std::string text_of(const Ask& ask) {
  std::string text = ask.text("text");
  std::ranges::replace(text, '~', '\n');
  return text;
}

core::Command text_command_of(const Ask& ask) {
  const core::Who who{ask.owner, ask.session};
  const core::Token token{ask.number("token")};
  const std::size_t limit = ask.has("limit") ? ask.number("limit") : 1000;
  if (ask.verb == "put") {
    auto file = std::make_shared<text::TextFile>(text::read_file(text_of(ask)).value());
    return core::CreateBuffer{ask.name, who, std::move(file)};
  }
  if (ask.verb == "read") {
    core::GetBuffer get{.name = ask.name, .revision = {}, .owner = ask.owner};
    if (ask.has("revision")) get.revision = ask.number("revision");
    return get;
  }
  if (ask.verb == "remove") return core::RemoveBuffer{ask.name, who, token};
  if (ask.verb == "edit") return edit_of(ask);
  if (ask.verb == "keep") return core::KeepDraft{edit_of(ask)};
  if (ask.verb == "undo" || ask.verb == "redo") {
    core::Undo undo{ask.name, token, who, ask.verb == "redo", ask.number("seq"), {}};
    if (ask.has("base")) undo.base = ask.number("base");
    return undo;
  }
  if (ask.verb == "changes") return core::GetChanges{ask.name, ask.number("after"), limit, ask.number("buffer")};
  if (ask.verb == "texts") return core::ListBuffers{ask.text("prefix"), ask.text("after"), limit};
  if (ask.verb == "draft") return core::GetDraft{ask.number("draft")};
  if (ask.verb == "drafts") return core::ListDrafts{ask.name, ask.text("of"), ask.number("after"), limit};
  if (ask.verb == "apply") {
    return core::ApplyDraft{ask.number("draft"), token, who, ask.number("seq"), ask.text("anyway") == "yes"};
  }
  return core::DropDraft{ask.number("draft"), who};
}

void add_text_fields(Fields& fields, const core::Reply& reply, const Ask& ask) {
  if (reply.draft != 0) fields["draft"] = fmt::to_string(reply.draft);
  if (!reply.text) return;
  const core::TextAnswer& answer = *reply.text;
  const core::BufferView& view = answer.buffer;
  const bool made = text_word_when_done(ask.verb) == "edited" && reply.code == ErrorCode::none;
  fields["text_number"] = fmt::to_string(view.buffer);
  fields["revision"] = fmt::to_string(made ? answer.made : view.revision);
  fields["base"] = fmt::to_string(answer.base);
  fields["again"] = answer.again ? "yes" : "no";
  fields["undo"] = fmt::to_string(view.undo_depth);
  fields["redo"] = fmt::to_string(view.redo_depth);
  fields["drafts"] = fmt::to_string(view.drafts);
  fields["made_by"] = view.created_by;
  fields["changed_by"] = view.changed_by;
  if (view.text) fields["text"] = as_word(view.text->utf8());
  if (ask.verb == "changes") {
    fields["count"] = fmt::to_string(answer.changes.size());
    fields["more"] = answer.more ? "yes" : "no";
  }
  if (ask.verb == "texts") {
    std::string names;
    for (const core::BufferView& each : answer.buffers) names += (names.empty() ? "" : ",") + each.name;
    fields["names"] = names;
    fields["next"] = reply.next;
  }
  if (ask.verb == "drafts") fields["count"] = fmt::to_string(answer.drafts.size());
  if (answer.drafts.size() != 1) return;
  const core::DraftView& draft = answer.drafts.front();
  fields["draft"] = fmt::to_string(draft.draft);
  fields["draft_of"] = draft.who.owner;
  fields["because"] = core::word(draft.because);
  fields["base"] = fmt::to_string(draft.base);
  fields["inserted"] = fmt::to_string(draft.inserted);
  fields["deleted"] = fmt::to_string(draft.deleted);
  if (draft.fit) fields["fit"] = word_of(*draft.fit);
  if (!draft.base_text) return;
  text::Text whole = *draft.base_text;
  if (!whole.apply(draft.change)) throw std::logic_error("a draft does not fit its own text");
  fields["text"] = as_word(whole.utf8());
}

std::string as_word(std::string text) {
  std::ranges::replace(text, '\n', '~');
  return text;
}

}  // namespace holdfast::scenarios
