// A script's text as a tree, or what in it this language does not have.
#pragma once

#include <string_view>

#include "base/error.h"
#include "script/tree.h"

namespace holdfast::script {

/// Errors: bad_script, with the line and the construct.
Result<Tree> tree_of(std::string_view text);

}  // namespace holdfast::script
