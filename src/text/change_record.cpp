#include "text/change_record.h"

#include "text/utf8.h"

namespace holdfast::text {

void write_record(std::string& to, const ChangeSet& changes) {
  std::string_view inserted = changes.inserted();
  Units kept = 0;
  for (const Part& part : changes.parts()) {
    if (part.keeps()) {
      kept = part.length;
      continue;
    }
    put_varint(to, kept);
    kept = 0;
    put_varint(to, std::uint64_t{part.length} << 1U | static_cast<std::uint64_t>(part.inserted > 0));
    if (part.inserted == 0) continue;
    put_varint(to, part.bytes);
    to += inserted.substr(0, part.bytes);
    inserted.remove_prefix(part.bytes);
  }
}

std::string_view take_text(ByteReader& bytes, std::uint64_t size, Extent& extent) {
  const std::string_view text = bytes.take(size);
  if (fault_in_utf8(text) || text.find('\r') != std::string_view::npos) {
    bytes.damaged();
    return {};
  }
  extent = extent_of(text);
  return text;
}

Result<ChangeSet> read_record(std::string_view bytes, Units length) {
  const auto damaged = [] { return fail(ErrorCode::record_damaged, "a change"); };
  ByteReader in(bytes);
  ChangeSet changes;
  Units left = length;
  std::uint64_t comes = 0;
  while (!in.empty()) {
    const auto kept = static_cast<Units>(in.number(left));
    const std::uint64_t how = in.number((std::uint64_t{left - kept} << 1U) | 1U);
    const auto deleted = static_cast<Units>(how >> 1U);
    Extent extent;
    std::string_view text;
    if ((how & 1U) != 0) text = take_text(in, in.number(units_max), extent);
    if (!in.ok() || (deleted == 0 && text.empty()) || ((how & 1U) != 0 && text.empty())) return damaged();
    left -= kept + deleted;
    comes += extent.units;
    if (std::uint64_t{length} + comes > units_max) return damaged();
    changes.keep(kept);
    changes.add({.length = deleted, .inserted = static_cast<std::int32_t>(extent.units)}, text);
  }
  if (!in.ok()) return damaged();
  changes.keep(left);
  return changes;
}

}  // namespace holdfast::text
