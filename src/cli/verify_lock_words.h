// What kind of lock a recording of somebody else's is of, as it is typed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "recording/recording.h"

namespace holdfast::cli {

/// `tokens,leases,fifo` or `permits=3`: words with commas between; a mutex unless they say otherwise. Error:
/// bad_configuration, which lists the words.
Result<recording::Lock> parse_lock_words(std::string_view words);

/// Every word, for --help.
std::string lock_words();

}  // namespace holdfast::cli
