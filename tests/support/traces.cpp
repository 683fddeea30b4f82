#include "tests/support/traces.h"

#include <zlib.h>

#include <array>
#include <boost/json.hpp>
#include <cstdlib>
#include <memory>
#include <random>
#include <stdexcept>

#include "text/text.h"
#include "text/utf8.h"

namespace holdfast::support {
namespace {

namespace json = boost::json;

std::string unpacked(const std::filesystem::path& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(::gzopen(path.c_str(), "rb"), ::gzclose);
  if (!file) throw std::runtime_error("cannot open " + path.string());
  std::string out;
  std::array<char, 65536> piece{};
  for (;;) {
    const int got = ::gzread(file.get(), piece.data(), piece.size());
    if (got < 0) throw std::runtime_error("not a whole gzip file: " + path.string());
    if (got == 0) return out;
    out.append(piece.data(), static_cast<std::size_t>(got));
  }
}

/// Positions there count code points. As long as each takes one unit, they are ours too.
text::Units plain_units(std::string_view utf8) {
  const auto units = text::extent_of(utf8).units;
  for (const char byte : utf8) {
    if (static_cast<unsigned char>(byte) >= 0xF0) throw std::runtime_error("a trace with astral characters");
  }
  return units;
}

text::ChangeSet change_of(const json::array& patches, text::Units length, std::size_t& typed_bytes) {
  text::ChangeSet all = text::ChangeSet::unchanged(length);
  for (const json::value& each : patches) {
    const json::array& patch = each.as_array();
    const std::string_view inserted = patch.at(2).as_string();
    plain_units(inserted);
    typed_bytes += inserted.size();
    const auto one = text::ChangeSet::replace(all.length_after(), patch.at(0).to_number<text::Units>(),
                                              patch.at(1).to_number<text::Units>(), inserted);
    all = patches.size() == 1 ? one : all.compose(one).value();
  }
  return all;
}

}  // namespace

std::filesystem::path trace_file(std::string_view name) {
  const char* const named = std::getenv("HOLDFAST_TRACES");
  const std::filesystem::path folder = named != nullptr ? named : HOLDFAST_SOURCE "/../shared/data/traces";
  return (folder / (std::string{name} + ".json.gz")).lexically_normal();
}

std::optional<Trace> read_trace(std::string_view name) {
  const std::filesystem::path path = trace_file(name);
  if (!std::filesystem::exists(path)) return std::nullopt;
  json::monotonic_resource memory;
  const json::value all = json::parse(unpacked(path), &memory);
  Trace trace{.start = std::string{std::string_view{all.at("startContent").as_string()}},
              .end = std::string{std::string_view{all.at("endContent").as_string()}}};
  text::Units length = plain_units(trace.start);
  for (const json::value& transaction : all.at("txns").as_array()) {
    trace.changes.push_back(change_of(transaction.at("patches").as_array(), length, trace.typed_bytes));
    length = trace.changes.back().length_after();
  }
  return trace;
}

Trace made_up_trace(std::uint64_t seed, std::size_t edits) {
  static constexpr std::string_view typed[] = {"e", "t", "a", " ", "\n", "é", "e\u0301", "ש", "中", "😀", "\t", "}"};
  std::mt19937_64 random(seed);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  Trace trace;
  text::Text text;
  text::Units at = 0;
  const auto whole = [&](text::Units wanted) { return text.is_boundary(wanted) ? wanted : wanted - 1; };
  for (std::size_t i = 0; i < edits; ++i) {
    if (below(20) == 0) at = whole(static_cast<text::Units>(below(text.length() + 1)));
    text::Units deleted = 0;
    std::string inserted;
    const std::size_t what = below(100);
    if (what < 25 && at > 0) {  // Backspace.
      const text::Units begin = whole(at - 1);
      deleted = at - begin;
      at = begin;
    } else if (what < 27) {
      const auto most = std::min<std::size_t>(text.length() - at, 3000);
      deleted = whole(at + static_cast<text::Units>(below(most + 1))) - at;
    } else {
      for (std::size_t left = what < 29 ? 1 + below(2000) : 1; left > 0; --left)
        inserted += typed[below(std::size(typed))];
    }
    trace.typed_bytes += inserted.size();
    trace.changes.push_back(text::ChangeSet::replace(text.length(), at, deleted, inserted));
    text.apply(trace.changes.back()).value();
    at += text::extent_of(inserted).units;
  }
  trace.end = text.utf8();
  return trace;
}

}  // namespace holdfast::support
