// What the files of a data directory are called.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::journal::file {

/// Kept by somebody else beside the journal, and no surprise to it.
inline constexpr std::string_view history_folder = "history";

/// `segment-` and the sequence number, of 16 digits so that `ls` sorts them.
std::string segment_name(std::uint64_t sequence);
/// `snapshot-` and the position up to which it goes.
std::string snapshot_name(std::uint64_t position);
/// What a file is called until it is complete and durable. Left over by a crash it is worth nothing.
inline std::string unfinished(const std::string& name) {
  return name + ".tmp";
}

/// The number in a name that segment_name or snapshot_name made; none for any other name.
std::optional<std::uint64_t> segment_number(std::string_view name);
std::optional<std::uint64_t> snapshot_number(std::string_view name);
/// Whether `name` is that of an unfinished segment or snapshot.
bool is_unfinished(std::string_view name);

}  // namespace holdfast::journal::file
