#include "recording/read.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <istream>
#include <iterator>

#include "recording/foreign.h"
#include "recording/own.h"

namespace holdfast::recording {
namespace {

/// By its first characters: a header of ours, a brace or bracket before a keyword or a tag, or else JSON.
Format detected(std::string_view text) {
  const auto after = [&](std::size_t from) {
    const std::size_t found = text.find_first_not_of(" \t\r\n,", from);
    return found == std::string_view::npos ? text.size() : found;
  };
  std::size_t at = after(0);
  while (at < text.size() && text[at] == ';') at = after(std::min(text.find('\n', at), text.size()));
  const auto is = [&](std::size_t i, char c) { return i < text.size() && text[i] == c; };
  if (is(at, '#') || is(at, '(')) return Format::jepsen;
  if (is(at, '[')) {
    const std::size_t item = after(at + 1);
    if (is(item, '#')) return Format::jepsen;
    return is(item, '{') && is(after(item + 1), ':') ? Format::jepsen : Format::porcupine;
  }
  if (!is(at, '{')) return Format::own;
  const std::size_t key = after(at + 1);
  if (is(key, ':')) return Format::jepsen;
  // An object of ours is a line; of theirs the operations are the only thing in it.
  const std::string_view line = text.substr(0, text.find('\n'));
  const bool ours = line.find("\"holdfast_recording\"") != std::string_view::npos;
  const std::string_view rest = text.substr(key);
  return !ours && (rest.starts_with("\"operations\"") || rest.starts_with("\"Operations\"")) ? Format::porcupine
                                                                                             : Format::own;
}

/// The first bytes of `in`, which are then read again with the rest.
std::string beginning(std::istream& in, std::size_t bytes) {
  std::string text(bytes, '\0');
  in.read(text.data(), static_cast<std::streamsize>(bytes));
  text.resize(static_cast<std::size_t>(in.gcount()));
  in.clear(in.rdstate() & ~(std::ios::failbit | std::ios::eofbit));
  return text;
}

/// A stream that first gives what was read from another one already.
class Again : public std::streambuf {
 public:
  Again(std::string begun, std::streambuf* rest) : begun_(std::move(begun)), rest_(rest) {
    setg(begun_.data(), begun_.data(), begun_.data() + begun_.size());
  }

 protected:
  int_type underflow() override {
    if (gptr() < egptr()) return traits_type::to_int_type(*gptr());
    buffer_.resize(1 << 16);
    const std::streamsize got = rest_->sgetn(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (got <= 0) return traits_type::eof();
    setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
    return traits_type::to_int_type(*gptr());
  }

 private:
  std::string begun_, buffer_;
  std::streambuf* rest_;
};

Result<std::string> all_of(std::istream& in, const std::string& file, std::size_t bytes_max) {
  std::string text;
  std::string part(1 << 16, '\0');
  while (in.read(part.data(), static_cast<std::streamsize>(part.size())), in.gcount() > 0) {
    text.append(part, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > bytes_max) {
      return fail(ErrorCode::recording_damaged, fmt::format("{}:1: it is longer than {} bytes", file, bytes_max));
    }
  }
  if (in.bad()) return fail(ErrorCode::recording_io, file + " could not be read");
  return text;
}

}  // namespace

Result<Recording> read(std::istream& in, const std::string& file, const ReadOptions& options) {
  Format format = options.format;
  std::string begun = beginning(in, 4096);
  if (format == Format::detect) format = detected(begun);
  Again again(std::move(begun), in.rdbuf());
  std::istream whole(&again);
  if (format == Format::own) {
    Lines lines(whole, file, options.line_bytes_max);
    return read_own(lines);
  }
  HF_TRY(text, all_of(whole, file, options.whole_bytes_max));
  return format == Format::jepsen ? read_jepsen(text, file, options.lock) : read_porcupine(text, file, options.lock);
}

Result<Recording> read(const std::filesystem::path& file, const ReadOptions& options) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(ErrorCode::recording_io, system_words("open " + file.string(), errno));
  if (std::filesystem::is_directory(file)) return fail(ErrorCode::recording_io, file.string() + " is a directory");
  return read(in, file.string(), options);
}

Result<Format> format_of(std::string_view word) {
  if (word == "detect") return Format::detect;
  if (word == "own") return Format::own;
  if (word == "jepsen") return Format::jepsen;
  if (word == "porcupine") return Format::porcupine;
  return fail(ErrorCode::bad_field, "there are the formats own, jepsen and porcupine", "format");
}

}  // namespace holdfast::recording
