// A copy of a data directory that is taken while a server writes to it, and a data directory made from such a copy.
//
// A backup is a directory with the files of a journal that a start would accept, and the file `backup`, which names
// each of them with its length and checksum. `backup` is made last: without it there is no backup.
#pragma once

#include <filesystem>
#include <string>

#include "core/types.h"
#include "journal/file/recover.h"

namespace holdfast::journal::file {

/// What a backup holds.
struct BackupTaken {
  core::Position last;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Copies what `data` holds to `to`, which must not exist or be empty. A server may use `data` meanwhile; nothing there
/// is changed or locked.
///
/// Everything that was durable when it began is in it. What became so meanwhile may be.
/// Errors: not_empty; journal_damaged, journal_too_new, journal_unsafe, journal_io,
/// disk_full.
Result<BackupTaken> backup(const std::filesystem::path& data, const std::filesystem::path& to);

/// Makes the data directory `data`, which must not exist or be empty, from the backup `from`.
///
/// On success every byte has been checked and is durable. Where it fails, nothing is left that a start would accept.
/// Errors: not_empty; not_a_backup; journal_damaged (names the file); journal_too_new, journal_held, journal_unsafe,
/// journal_io, disk_full.
Result<BackupTaken> restore(const std::filesystem::path& from, const std::filesystem::path& data);

}  // namespace holdfast::journal::file
