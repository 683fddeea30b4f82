// What the rules of texts share with those of drafts, and with what only looks at either.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "core/buffers.h"
#include "core/commands.h"
#include "core/replies.h"
#include "core/text_answer.h"

namespace holdfast::core {

Verdict refusal(ErrorCode code, std::string_view field = {});

/// Which text it is, and at which revision; with what `owner` may take back.
std::shared_ptr<TextAnswer> brief(const Buffer& buffer, std::string_view owner);
/// Adds what else there is to be said of it; `with_text`: the newest text, too.
void fill_in_text(TextAnswer& answer, const Buffer& buffer, bool with_text);

/// How the changes, one after the other, would leave `text`. Errors: those of Text::apply, text_too_large.
Result<text::Text> tried(const text::Text& text, std::span<const text::ChangeSet> changes, const Limits& limits);

std::string record_of(const text::ChangeSet& change);

/// How many of the first changes of `edit` were made already, under the numbers that it gives them. Error: bad_field,
/// where something else was.
Result<std::size_t> made_already(const Buffer& buffer, const Who& who, const Edit& edit);

}  // namespace holdfast::core
