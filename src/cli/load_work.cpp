#include "cli/load_work.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <numeric>
#include <utility>

#include "base/check.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::array kinds{
    std::pair{LoadKind::acquire_release, std::string_view{"acquire-release"}},
    std::pair{LoadKind::acquire, std::string_view{"acquire"}},
    std::pair{LoadKind::renew, std::string_view{"renew"}},
    std::pair{LoadKind::livez, std::string_view{"livez"}},
    std::pair{LoadKind::contend, std::string_view{"contend"}},
};

constexpr std::string_view contended_name = "bench/contended";
constexpr Duration contend_wait = 10min;  // The longest there is: nobody's wait is over before the load.
constexpr Duration prepare_wait = 35s;    // A load that was killed may hold the name until its ttl of 30 s is over.

std::string name_of(std::uint32_t number) {
  return fmt::format("bench/{:07}", number);
}

}  // namespace

std::optional<LoadKind> parse_kind(std::string_view word) {
  const auto found = std::ranges::find(kinds, word, [](const auto& kind) { return kind.second; });
  if (found == kinds.end()) return std::nullopt;
  return found->first;
}

std::vector<std::string> load_kinds() {
  std::vector<std::string> out;
  for (const auto& [kind, word] : kinds) out.emplace_back(word);
  return out;
}

std::string_view word(LoadKind kind) {
  return std::ranges::find(kinds, kind, [](const auto& known) { return known.first; })->second;
}

std::string_view word(LoadOp op) {
  constexpr std::array<std::string_view, 4> words{"acquire", "renew", "release", "livez"};
  return words[static_cast<std::size_t>(op)];
}

Names::Names(LoadKind kind, std::uint32_t count) : kind_(kind), count_(count) {
  HF_CHECK(count > 0);
  if (kind != LoadKind::acquire) return;
  order_.resize(count);
  std::iota(order_.begin(), order_.end(), 0U);
  std::shuffle(order_.begin(), order_.end(), std::mt19937_64(count));
}

std::string Names::any(std::mt19937_64& random) const {
  return name_of(std::uniform_int_distribution<std::uint32_t>(0, count_ - 1)(random));
}

std::optional<std::string> Names::another() {
  if (given_ == order_.size()) return std::nullopt;
  return name_of(order_[given_++]);
}

std::optional<Ask> Work::prepare() {
  if (names_.kind() != LoadKind::renew || !held_.empty()) return std::nullopt;
  return Ask{LoadOp::acquire, fmt::format("bench/renewed/{}", number_), 0, prepare_wait};
}

std::optional<Ask> Work::next() {
  switch (names_.kind()) {
    case LoadKind::acquire_release:
      if (!held_.empty()) return release_last();
      return Ask{LoadOp::acquire, names_.any(random_), 0, {}};
    case LoadKind::acquire: {
      std::optional<std::string> name = names_.another();
      if (!name) return std::nullopt;
      return Ask{LoadOp::acquire, *std::move(name), 0, {}};
    }
    case LoadKind::renew:
      if (held_.empty()) return std::nullopt;
      return Ask{LoadOp::renew, held_.back().name, held_.back().token, {}};
    case LoadKind::livez:
      return Ask{};
    case LoadKind::contend:
      if (!held_.empty()) return release_last();
      return Ask{LoadOp::acquire, std::string{contended_name}, 0, contend_wait};
  }
  return std::nullopt;
}

std::optional<Ask> Work::clean_up() {
  if (held_.empty()) return std::nullopt;
  return release_last();
}

void Work::answered(const Ask& ask, int status, std::uint64_t token) {
  if (ask.op == LoadOp::acquire && status == 200) held_.push_back({ask.name, token});
  const bool lost = ask.op == LoadOp::renew && status != 200;
  if (ask.op != LoadOp::release && !lost) return;
  HF_CHECK(!held_.empty() && held_.back().name == ask.name);
  held_.pop_back();  // Also where a release is refused: it would be refused for ever.
}

RequestText::RequestText(std::string authority, std::string_view owner, std::string session, Duration ttl)
    : authority_(std::move(authority)),
      owner_(boost::json::serialize(boost::json::string(owner))),
      session_(std::move(session)),
      ttl_ms_(ceil_ms(ttl)) {}

std::string_view RequestText::of(const Ask& ask, std::size_t client) {
  text_.clear();
  if (ask.op == LoadOp::livez) {
    fmt::format_to(std::back_inserter(text_), "GET /livez HTTP/1.1\r\nhost: {}\r\n\r\n", authority_);
    return text_;
  }
  body_.clear();
  auto body = std::back_inserter(body_);
  fmt::format_to(body, R"({{"owner":{},"session":"{}-{}")", owner_, session_, client);
  if (ask.op != LoadOp::acquire) fmt::format_to(body, R"(,"token":{})", ask.token);
  if (ask.op == LoadOp::acquire) fmt::format_to(body, R"(,"ttl_ms":{})", ttl_ms_);
  if (ask.wait > Duration::zero()) fmt::format_to(body, R"(,"wait_ms":{})", ceil_ms(ask.wait));
  body_ += '}';
  fmt::format_to(std::back_inserter(text_),
                 "POST /v1/{}/{} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                 word(ask.op), ask.name, authority_, body_.size());
  text_ += body_;
  return text_;
}

}  // namespace holdfast::cli
