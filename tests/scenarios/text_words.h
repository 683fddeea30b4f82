// What a table says of texts and drafts, and what is answered about them.
//
// A change is LENGTH@AT-DELETED+INSERTED: of a text of so many units, what is deleted and inserted where; -DELETED and
// +INSERTED may be left out, and ~ in what is inserted is a line break. Several have commas between.
#pragma once

#include <vector>

#include "core/commands.h"
#include "core/replies.h"
#include "tests/scenarios/subject.h"
#include "text/change_set.h"

namespace holdfast::scenarios {

/// put, read, remove, edit, undo, redo, changes, texts, keep, draft, drafts, apply and discard.
bool is_text_verb(std::string_view verb);
/// What a table says where it was done.
std::string_view text_word_when_done(std::string_view verb);

std::vector<text::ChangeSet> changes_of(const Ask& ask);
/// The text of a `put`.
std::string text_of(const Ask& ask);

core::Command text_command_of(const Ask& ask);
/// Adds what `reply` says of texts and drafts.
void add_text_fields(Fields& fields, const core::Reply& reply, const Ask& ask);

/// As a table has it: with ~ for line breaks.
std::string as_word(std::string text);

}  // namespace holdfast::scenarios
