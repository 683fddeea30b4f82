#include "api/write_text.h"

#include "api/events.h"
#include "api/json_text.h"
#include "base/check.h"
#include "text/change_json.h"
#include "text/text_file.h"

namespace holdfast::api {
namespace {

using core::BufferView;
using core::DraftView;
using core::Reply;
using core::TextAnswer;

/// What an answer about texts has besides: every operation of them that is not refused fills it in.
const TextAnswer& text_of(const Reply& reply) {
  HF_CHECK(reply.text != nullptr);
  return *reply.text;
}

void end(JsonWriter& json, const Reply& reply, const Context& context) {
  json.text("position", position_text(GivenPosition{context.incarnation, reply.position}));
  json.end();
}

/// A text of the catalogue's words or somebody's name; null: there is none.
void text_or_null(JsonWriter& json, std::string_view key, std::string_view text) {
  text.empty() ? json.null(key) : json.text(key, text);
}

std::string_view word(const text::LineEnds& ends) {
  if (ends.mixed()) return "mixed";
  switch (ends.usual()) {
    case text::LineEnd::lf:
      return "lf";
    case text::LineEnd::crlf:
      return "crlf";
    case text::LineEnd::cr:
      return "cr";
  }
  return "lf";
}

std::string_view word(DraftView::Fit fit) {
  switch (fit) {
    case DraftView::Fit::clean:
      return "clean";
    case DraftView::Fit::conflict:
      return "conflict";
    case DraftView::Fit::gone:
      return "gone";
  }
  return "gone";
}

/// All but the text itself.
void write_view(JsonWriter& json, const BufferView& view) {
  json.text("name", view.name).number("buffer", view.buffer);
  json.number("revision", view.revision).number("oldest", view.oldest);
  json.number("length", std::uint64_t{view.extent.units}).number("bytes", std::uint64_t{view.extent.bytes});
  json.number("lines", std::uint64_t{view.extent.breaks} + 1);
  json.text("ends", word(view.form.ends)).flag("byte_order_mark", view.form.byte_order_mark);
  json.text("created_by", view.created_by).text("created_at", rfc3339(view.created_at));
  json.text("changed_by", view.changed_by).text("changed_at", rfc3339(view.changed_at));
  json.number("drafts", std::uint64_t{view.drafts});
}

void write_text_of(JsonWriter& json, std::string& out, std::string_view key, const text::Text& text) {
  json.key(key);
  append_json_string(out, text);
}

void write_change(JsonWriter& json, std::string& out, std::string_view key, const text::ChangeSet& change) {
  json.key(key);
  text::write_changes(out, change);
}

/// How much may be taken back, and done again.
void write_depths(JsonWriter& json, const BufferView& view) {
  json.number("undo", std::uint64_t{view.undo_depth}).number("redo", std::uint64_t{view.redo_depth});
}

void write_whole(JsonWriter& json, const Reply& reply, const Context& context, Written& out) {
  const BufferView& view = text_of(reply).buffer;
  write_view(json, view);
  if (view.text) {
    json.number("shown", view.shown);
    write_text_of(json, out.body, "text", *view.text);
  }
  if (!view.blame.empty()) {
    json.key("blame");
    append_list(out.body, view.blame, [&](const BufferView::Blamed& blamed) {
      JsonWriter item(out.body);
      item.number("length", std::uint64_t{blamed.length}).text("owner", blamed.owner);
      item.end();
    });
  }
  write_depths(json, view);
  end(json, reply, context);
}

void begin_made(JsonWriter& json, const TextAnswer& answer) {
  json.text("name", answer.buffer.name).number("buffer", answer.buffer.buffer);
  json.number("base", answer.base).number("revision", answer.made).flag("again", answer.again);
}

void write_view(JsonWriter& json, const DraftView& draft) {
  json.number("draft", draft.draft).text("name", draft.name).number("buffer", draft.buffer);
  json.text("owner", draft.who.owner);
  text_or_null(json, "session", draft.who.session);
  json.number("token", draft.token.value).number("base", draft.base);
  draft.seq == 0 ? json.null("seq") : json.number("seq", draft.seq);
  text_or_null(json, "because", core::word(draft.because));
  text_or_null(json, "by", draft.by);
  json.text("at", rfc3339(draft.at));
  json.number("inserted", std::uint64_t{draft.inserted}).number("deleted", std::uint64_t{draft.deleted});
  text_or_null(json, "fit", draft.fit ? word(*draft.fit) : std::string_view{});
}

const DraftView& draft_of(const Reply& reply) {
  const TextAnswer& answer = text_of(reply);
  HF_CHECK(answer.drafts.size() == 1);
  return answer.drafts.front();
}

void give_file(const text::Text& text, const text::FileForm& form, Written& out) {
  out.body = text::write_file(text, form);
  out.file = true;
}

}  // namespace

std::size_t bulk_of(const Reply& reply) {
  if (!reply.text) return 0;
  const TextAnswer& answer = *reply.text;
  std::size_t bytes = answer.buffer.text ? answer.buffer.text->extent().bytes : 0;
  for (const core::Change& change : answer.changes) bytes += change.change.inserted().size();
  for (const DraftView& draft : answer.drafts) {
    if (draft.base_text) bytes += draft.base_text->extent().bytes + 2 * draft.change.inserted().size();
  }
  return bytes;
}

void append_json_string(std::string& out, const text::Text& text) {
  out += '"';
  text.each_piece([&](std::string_view piece) { append_json_escaped(out, piece); });
  out += '"';
}

void append_changes(std::string& out, std::span<const text::ChangeSet> changes) {
  append_list(out, changes, [&](const text::ChangeSet& change) { text::write_changes(out, change); });
}

void write_catch_up(JsonWriter& json, std::string& out, const TextAnswer& answer) {
  json.number("buffer", answer.buffer.buffer).number("revision", answer.buffer.revision);
  if (answer.buffer.text) return write_text_of(json, out, "text", *answer.buffer.text);
  json.key("changes");
  append_list(out, answer.changes, [&](const core::Change& change) {
    JsonWriter item(out);
    item.number("revision", change.revision).text("owner", change.owner);
    write_change(item, out, "change", change.change);
    item.end();
  });
  json.flag("more", answer.more);
}

void write_created(const Reply& reply, const Context& context, Written& out) {
  if (!text_of(reply).again) out.status = 201;
  JsonWriter json(out.body);
  json.flag("again", text_of(reply).again);
  write_whole(json, reply, context, out);
}

void write_text(const Reply& reply, const Context& context, Written& out) {
  const BufferView& view = text_of(reply).buffer;
  if (context.as_file && view.text) return give_file(*view.text, view.form, out);
  JsonWriter json(out.body);
  write_whole(json, reply, context, out);
}

void write_removed(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.text("name", text_of(reply).buffer.name).number("buffer", text_of(reply).buffer.buffer).flag("removed", true);
  end(json, reply, context);
}

void write_texts(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.key("buffers");
  append_list(out.body, text_of(reply).buffers, [&](const BufferView& view) {
    JsonWriter item(out.body);
    write_view(item, view);
    item.end();
  });
  text_or_null(json, "next", reply.next);
  end(json, reply, context);
}

void write_edited(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  begin_made(json, text_of(reply));
  write_depths(json, text_of(reply).buffer);
  end(json, reply, context);
}

void write_changed(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  begin_made(json, text_of(reply));
  json.key("changes");
  append_list(out.body, text_of(reply).changes,
              [&](const core::Change& change) { text::write_changes(out.body, change.change); });
  write_depths(json, text_of(reply).buffer);
  end(json, reply, context);
}

void write_catch_up(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.text("name", text_of(reply).buffer.name);
  write_catch_up(json, out.body, text_of(reply));
  end(json, reply, context);
}

void write_draft(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  if (const TextAnswer& answer = text_of(reply); answer.again && answer.drafts.empty()) {
    json.null("draft");  // It got in after all: this is where.
    begin_made(json, answer);
  } else {
    write_view(json, draft_of(reply));
  }
  end(json, reply, context);
}

void write_whole_draft(const Reply& reply, const Context& context, Written& out) {
  const DraftView& draft = draft_of(reply);
  if (context.as_file && draft.base_text) {
    text::Text whole = *draft.base_text;
    HF_CHECK(whole.apply(draft.change));  // It was made for that text.
    return give_file(whole, text_of(reply).buffer.form, out);
  }
  JsonWriter json(out.body);
  write_view(json, draft);
  if (draft.base_text) write_text_of(json, out.body, "base_text", *draft.base_text);
  write_change(json, out.body, "change", draft.change);
  if (draft.now) write_change(json, out.body, "now", *draft.now);
  end(json, reply, context);
}

void write_drafts(const Reply& reply, const Context& context, Written& out) {
  JsonWriter json(out.body);
  json.key("drafts");
  append_list(out.body, text_of(reply).drafts, [&](const DraftView& draft) {
    JsonWriter item(out.body);
    write_view(item, draft);
    item.end();
  });
  reply.next.empty() ? json.null("next") : json.raw("next", reply.next);  // The number of a draft.
  end(json, reply, context);
}

void write_discarded(const Reply& reply, const Context& context, Written& out) {
  const DraftView& draft = draft_of(reply);
  JsonWriter json(out.body);
  json.number("draft", draft.draft).text("name", draft.name).flag("discarded", true);
  end(json, reply, context);
}

}  // namespace holdfast::api
