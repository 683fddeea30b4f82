// Looking at a journal without changing it: for `holdfast journal show` and `holdfast journal verify`.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/types.h"
#include "journal/describe.h"
#include "journal/file/recover.h"

namespace holdfast::journal::file {

/// A journal that a start would accept.
struct Verified {
  std::optional<Torn> torn;  ///< Harmless: a start would cut it off, and nobody was ever told of it.
  core::Position last;
  std::uint64_t frames = 0;
  std::uint64_t effects = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> notes;
  /// One line: "ok: ..." or "torn tail, harmless: ...".
  std::string text() const;
};

/// Reads everything as a start would, and writes nothing.
///
/// Errors: journal_damaged (names file and offset), journal_too_new, journal_held (a server is using it; stop it
/// first), journal_unsafe, journal_io (also when there is no such directory).
Result<Verified> verify(const std::filesystem::path& directory, const Progress& progress = {});

/// Hands out a line for each frame and each effect, oldest first, without line ends; up to the damage, if there is any.
///
/// Errors: as verify.
Result<void> show(const std::filesystem::path& directory, Form form, const std::function<void(std::string_view)>& line);

}  // namespace holdfast::journal::file
