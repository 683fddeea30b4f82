#include "journal/file/inspect.h"

#include <fmt/format.h>

#include "journal/file/layout.h"

namespace holdfast::journal::file {

std::string Verified::text() const {
  const std::string read =
      fmt::format("{} effects in {} frames, {} bytes, up to position {}", effects, frames, bytes, last.value);
  if (!torn) return "ok: " + read;
  return fmt::format("torn tail, harmless: {} bytes at {}, offset {} would be cut off; else ok: {}", torn->bytes,
                     torn->file, torn->offset, read);
}

Result<Verified> verify(const std::filesystem::path& path, const Progress& progress) {
  HF_TRY(directory, Directory::open(path, Use::look));
  HF_TRY(found, recover(directory, Sink{}, progress));
  return Verified{found.torn, found.last, found.frames, found.effects, found.bytes, std::move(found.notes)};
}

Result<void> show(const std::filesystem::path& path, Form form, const std::function<void(std::string_view)>& line) {
  HF_TRY(directory, Directory::open(path, Use::look));
  Sink sink;
  sink.frame = [&](const FrameSeen& seen) {
    const FrameHeader& h = seen.header;
    if (form == Form::json) {
      line(fmt::format(R"({{"file":{},"offset":{},"first":{},"count":{},"durable":{},"bytes":{}}})",
                       json_quoted(seen.file), seen.offset, h.first, h.count, h.durable, h.length));
    } else if (snapshot_number(seen.file)) {
      line(fmt::format(
          "{} offset {}: {}, {} bytes", seen.file, seen.offset,
          h.count == 0 ? fmt::format("end, {} effects in all", h.first) : fmt::format("{} effects", h.count),
          h.length));
    } else if (h.count == 0) {
      line(fmt::format("{} offset {}: mark, everything up to {} is durable", seen.file, seen.offset, h.durable));
    } else {
      line(fmt::format("{} offset {}: {} effects from position {}, {} bytes", seen.file, seen.offset, h.count, h.first,
                       h.length));
    }
  };
  sink.replay = [&](const core::Effect& effect, core::Position position) {
    const std::string text = describe(effect, form);
    if (form == Form::json) {
      line(fmt::format("{{\"position\":{},{}", position.value, std::string_view{text}.substr(1)));
    } else {
      line(fmt::format("  {:>8} {}", position.value, text));
    }
  };
  HF_TRY(found, recover(directory, sink));
  if (found.torn) {
    line(form == Form::json ? fmt::format(R"({{"file":{},"offset":{},"torn_bytes":{}}})", json_quoted(found.torn->file),
                                          found.torn->offset, found.torn->bytes)
                            : fmt::format("{} offset {}: torn tail of {} bytes, harmless", found.torn->file,
                                          found.torn->offset, found.torn->bytes));
  }
  return {};
}

}  // namespace holdfast::journal::file
