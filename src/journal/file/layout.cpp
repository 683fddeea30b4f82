#include "journal/file/layout.h"

#include <fmt/format.h>

#include <charconv>

namespace holdfast::journal::file {

namespace {

constexpr std::string_view segment_prefix = "segment-";
constexpr std::string_view snapshot_prefix = "snapshot-";
constexpr std::string_view unfinished_suffix = ".tmp";

std::string name_of(std::string_view prefix, std::uint64_t number) {
  return fmt::format("{}{:016}", prefix, number);
}

std::optional<std::uint64_t> number_in(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto read = std::from_chars(name.data() + prefix.size(), end, number);
  // Only the one spelling we write; `segment-7` or a copy with something behind it is none of ours.
  if (read.ec != std::errc{} || read.ptr != end || name != name_of(prefix, number)) return std::nullopt;
  return number;
}

}  // namespace

std::string segment_name(std::uint64_t sequence) {
  return name_of(segment_prefix, sequence);
}
std::string snapshot_name(std::uint64_t position) {
  return name_of(snapshot_prefix, position);
}
std::optional<std::uint64_t> segment_number(std::string_view name) {
  return number_in(name, segment_prefix);
}
std::optional<std::uint64_t> snapshot_number(std::string_view name) {
  return number_in(name, snapshot_prefix);
}

bool is_unfinished(std::string_view name) {
  if (!name.ends_with(unfinished_suffix)) return false;
  name.remove_suffix(unfinished_suffix.size());
  return segment_number(name) || snapshot_number(name);
}

}  // namespace holdfast::journal::file
