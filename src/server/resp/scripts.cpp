#include "server/resp/scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/uuid/detail/sha1.hpp>

namespace holdfast::server::resp {
namespace {

std::string sha1(std::string_view text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  unsigned int digest[5];
  hash.get_digest(digest);
  return fmt::format("{:08x}{:08x}{:08x}{:08x}{:08x}", digest[0], digest[1], digest[2], digest[3], digest[4]);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

}  // namespace

Result<Scripts::Kept> Scripts::add(std::string_view text) {
  std::string sha = sha1(text);
  if (std::optional<script::Script> known = find(sha)) return Kept{std::move(sha), *std::move(known)};
  HF_TRY(script, script::Script::read(text));
  const std::lock_guard lock(mutex_);
  if (by_sha_.contains(sha)) return Kept{std::move(sha), std::move(script)};
  bytes_ += script.bytes();
  used_.push_front({sha, script});
  by_sha_[sha] = used_.begin();
  while (bytes_ > bytes_max_ && used_.size() > 1) {
    bytes_ -= used_.back().script.bytes();
    by_sha_.erase(used_.back().sha);
    used_.pop_back();
  }
  return Kept{std::move(sha), std::move(script)};
}

std::optional<script::Script> Scripts::find(std::string_view sha) {
  const std::lock_guard lock(mutex_);
  const auto found = by_sha_.find(lower(sha));
  if (found == by_sha_.end()) return std::nullopt;
  used_.splice(used_.begin(), used_, found->second);
  return found->second->script;
}

void Scripts::clear() {
  const std::lock_guard lock(mutex_);
  by_sha_.clear();
  used_.clear();
  bytes_ = 0;
}

}  // namespace holdfast::server::resp
