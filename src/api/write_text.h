// How replies about texts and drafts are written, and the pieces of them that a live socket's messages share.
#pragma once

#include <span>
#include <string>

#include "api/json_text.h"
#include "api/operations.h"
#include "core/text_answer.h"
#include "text/change_set.h"
#include "text/text.h"

namespace holdfast::api {

void write_created(const core::Reply& reply, const Context& context, Written& out);
void write_text(const core::Reply& reply, const Context& context, Written& out);
void write_removed(const core::Reply& reply, const Context& context, Written& out);
void write_texts(const core::Reply& reply, const Context& context, Written& out);
/// Of a change that the asker made and knows.
void write_edited(const core::Reply& reply, const Context& context, Written& out);
/// Of one that the asker is told: an undo, a redo, a draft that was applied.
void write_changed(const core::Reply& reply, const Context& context, Written& out);
void write_catch_up(const core::Reply& reply, const Context& context, Written& out);
void write_draft(const core::Reply& reply, const Context& context, Written& out);
void write_whole_draft(const core::Reply& reply, const Context& context, Written& out);
void write_drafts(const core::Reply& reply, const Context& context, Written& out);
void write_discarded(const core::Reply& reply, const Context& context, Written& out);

/// About how many bytes of texts there are in the answer that `reply` becomes.
std::size_t bulk_of(const core::Reply& reply);

// Pieces.

/// Appends `text` as a JSON string.
void append_json_string(std::string& out, const text::Text& text);
/// Appends a list of ChangeSets: `[[5,[0,"x"],19],...]`.
void append_changes(std::string& out, std::span<const text::ChangeSet> changes);
/// The members of a catch-up: `buffer`, `revision`, and then `changes` with `more`, or `text`.
void write_catch_up(JsonWriter& json, std::string& out, const core::TextAnswer& answer);

}  // namespace holdfast::api
