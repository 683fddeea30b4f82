// Reads recordings: Holdfast's own (docs/recording-format.md), Jepsen's EDN, and operations as Porcupine has them.
#pragma once

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>
#include <string_view>

#include "base/error.h"
#include "recording/recording.h"

namespace holdfast::recording {

enum class Format : std::uint8_t {
  detect,     ///< By its first characters.
  own,        ///< A header, then a call, a return or a mark a line.
  jepsen,     ///< EDN: operations as maps, one a line or all in a vector.
  porcupine,  ///< JSON: operations with ClientId, Input, Call, Output, Return.
};

struct ReadOptions {
  Format format = Format::detect;
  /// Of a format that does not say what kind of lock it was: foreign ones never do.
  Lock lock{};
  std::size_t line_bytes_max = 1 << 20;     ///< Of the own format.
  std::size_t whole_bytes_max = 1UL << 30;  ///< Of the others, which are read as a whole.
};

/// A recording that contradicts itself is not read at all: what the checker is given is well-formed. `file`: for
/// errors, which say it with the line.
///
/// Errors: recording_damaged, recording_io.
Result<Recording> read(std::istream& in, const std::string& file, const ReadOptions& options = {});
Result<Recording> read(const std::filesystem::path& file, const ReadOptions& options = {});

/// The format with that name: `own`, `jepsen`, ... Errors: bad_field.
Result<Format> format_of(std::string_view word);

}  // namespace holdfast::recording
