#include "recording/read.h"

#include <cerrno>
#include <fstream>
#include <istream>

#include "recording/own.h"

namespace holdfast::recording {

Result<Recording> read(std::istream& in, const std::string& file, const ReadOptions& options) {
  Lines lines(in, file, options.line_bytes_max);
  return read_own(lines);
}

Result<Recording> read(const std::filesystem::path& file, const ReadOptions& options) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::recording_io, system_words("open " + file.string(), errno));
  if (std::filesystem::is_directory(file)) return fail(ErrorCode::recording_io, file.string() + " is a directory");
  return read(in, file.string(), options);
}

}  // namespace holdfast::recording
