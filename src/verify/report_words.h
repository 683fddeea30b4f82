// What the forms of a report share.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/judgement.h"

namespace holdfast::verify {

/// What is asked, as a sentence that holds or does not.
std::string_view told_question(Question question);

/// The violation to show first: the first with a witness. Null: there is none.
const Finding* first_violated(const Judgement& judgement);

/// What was met, by the names that JSON uses.
std::vector<std::pair<std::string_view, std::size_t>> counted(const Coverage& coverage);

/// The name of such a counter, behind its number.
std::string_view told_count(std::string_view counter);

/// What became of those who were displaced; empty where nobody was.
std::string told_displaced(const Coverage& coverage);

}  // namespace holdfast::verify
