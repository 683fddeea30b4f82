// What is left of a damaged data directory, and how much would be lost by going on with that.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/types.h"
#include "journal/file/recover.h"

namespace holdfast::journal::file {

/// What is wrong, and what a repair would do about it.
struct Diagnosis {
  std::string damage;              ///< Names file and offset. Empty: there is none, and nothing to do.
  std::string cut_file;            ///< The last file that is gone on with, or was to be and is missing.
  std::uint64_t cut_offset = 0;    ///< Behind its last whole frame.
  core::Position kept;             ///< Everything up to here is whole.
  std::uint64_t effects_lost = 0;  ///< At least so many that can still be read behind it.
  core::Position lost_up_to;       ///< At least: up to here changes had been made, and most of them answered.
  std::vector<std::string> aside;  ///< Files that are no part of what is kept, or are cut.
};

/// Reads everything and changes nothing. Errors: not_repairable; journal_too_new, journal_held, journal_unsafe,
/// journal_io.
Result<Diagnosis> diagnose(const std::filesystem::path& data);

/// Does what `diagnose` says: goes on with what is whole, and keeps every file as it was in a new directory below
/// `data`, whose path is returned. Does nothing where there is no damage; the path is empty then.
///
/// A repair that is cut short can be begun again. Errors: as diagnose, and disk_full.
Result<std::filesystem::path> repair(const std::filesystem::path& data);

}  // namespace holdfast::journal::file
