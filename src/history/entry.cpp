#include "history/entry.h"

#include <array>

#include "journal/codec.h"

namespace holdfast::history {

bool tells(const core::Effect& effect) {
  return std::visit(
      []<class E>(const E&) {
        using namespace core;
        return std::is_same_v<E, Granted> || std::is_same_v<E, Taken> || std::is_same_v<E, Joined> ||
               std::is_same_v<E, Released> || std::is_same_v<E, Lapsed> || std::is_same_v<E, Revived> ||
               std::is_same_v<E, Revoked> || std::is_same_v<E, TakeoverAsked> || std::is_same_v<E, TakeoverDropped> ||
               std::is_same_v<E, Requested>;
      },
      effect);
}

bool begins_holding(const core::Effect& effect) {
  return std::holds_alternative<core::Granted>(effect) || std::holds_alternative<core::Taken>(effect);
}

bool may_end_holding(const core::Effect& effect) {
  // A grant of a held name is the work of a faulty engine, or stands behind a gap: it shows that the one before is
  // over.
  return begins_holding(effect) || std::holds_alternative<core::Released>(effect) ||
         std::holds_alternative<core::Lapsed>(effect) || std::holds_alternative<core::Revoked>(effect);
}

WallTime time_of(const core::Effect& effect) {
  return std::visit(
      [](const auto& e) -> WallTime {
        if constexpr (requires { e.grant.since; }) return e.grant.since;
        if constexpr (requires { e.at; }) return e.at;
        if constexpr (requires { e.since; }) return e.since;
        return {};
      },
      effect);
}

void put_number(std::uint64_t value, std::string& out) {
  std::array<char, 10> bytes;
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7U) bytes[size++] = static_cast<char>(value | 0x80);
  bytes[size++] = static_cast<char>(value);
  out.append(bytes.data(), size);
}

std::optional<std::uint64_t> take_number(std::string_view& bytes) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && shift / 7 < bytes.size(); shift += 7) {
    const auto next = static_cast<unsigned char>(bytes[shift / 7]);
    if (shift == 63 && next > 1) return std::nullopt;
    value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
    if ((next & 0x80) == 0) {
      bytes.remove_prefix(shift / 7 + 1);
      return value;
    }
  }
  return std::nullopt;
}

void put_text(std::string_view text, std::string& out) {
  put_number(text.size(), out);
  out += text;
}

std::optional<std::string_view> take_text(std::string_view& bytes) {
  std::string_view rest = bytes;
  const std::optional<std::uint64_t> size = take_number(rest);
  if (!size || *size > rest.size()) return std::nullopt;
  bytes = rest.substr(*size);
  return rest.substr(0, *size);
}

namespace {

/// What a holding carries along for its holder may be long, and is nobody else's business afterwards.
core::Effect without_metadata(const core::Effect& effect) {
  core::Effect bare = effect;
  if (auto* granted = std::get_if<core::Granted>(&bare)) granted->metadata.clear();
  if (auto* taken = std::get_if<core::Taken>(&bare)) taken->grant.metadata.clear();
  return bare;
}

bool has_metadata(const core::Effect& effect) {
  if (const auto* granted = std::get_if<core::Granted>(&effect)) return !granted->metadata.empty();
  if (const auto* taken = std::get_if<core::Taken>(&effect)) return !taken->grant.metadata.empty();
  return false;
}

}  // namespace

void encode(core::Position position, std::uint64_t left_out, const core::Effect& effect, std::string& out) {
  put_number(position.value, out);
  put_number(left_out, out);
  if (has_metadata(effect)) return journal::encode(without_metadata(effect), out);
  journal::encode(effect, out);
}

bool decode(std::string_view bytes, std::vector<Entry>& into) {
  const auto before = static_cast<std::ptrdiff_t>(into.size());
  bool good = true;
  while (good && !bytes.empty()) {
    const std::optional<std::uint64_t> position = take_number(bytes);
    const std::optional<std::uint64_t> left_out = take_number(bytes);
    auto effect = journal::decode_front(bytes);
    good = position && left_out && effect && tells(*effect);
    if (good) into.push_back({{*position}, *left_out, *std::move(effect)});
  }
  if (!good) into.erase(into.begin() + before, into.end());
  return good;
}

std::optional<std::vector<Entry>> decode(std::string_view bytes) {
  std::vector<Entry> entries;
  if (!decode(bytes, entries)) return std::nullopt;
  return entries;
}

std::string encode(const std::vector<Entry>& entries) {
  std::string out;
  for (const Entry& entry : entries) encode(entry.position, entry.left_out, entry.effect, out);
  return out;
}

}  // namespace holdfast::history
