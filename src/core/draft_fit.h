// How a draft fits the text as it is now.
#pragma once

#include <optional>

#include "core/buffers.h"
#include "core/text_answer.h"

namespace holdfast::core {

/// What a list shows of it. `fit` only where that is known without looking at what changed since.
DraftView view_of(const Draft& draft);

struct DraftFit {
  DraftView::Fit fit = DraftView::Fit::gone;
  std::optional<text::ChangeSet> now;  ///< What it does to the newest text; none where that is gone.
};
/// `buffer`: of the draft's name; null: there is none.
DraftFit fit_of(const Draft& draft, const Buffer* buffer);

/// Whether both change the same place of the text that they were made for, or places that touch.
bool meet(const text::ChangeShape& one, const text::ChangeShape& other);

}  // namespace holdfast::core
