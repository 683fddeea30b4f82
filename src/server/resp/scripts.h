// Scripts that have been read, found again by the SHA-1 of their text.
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/error.h"
#include "script/script.h"

namespace holdfast::server::resp {

/// A bounded cache: beyond the bound, the script that was not used for longest is forgotten, and clients send it again.
/// Thread-safe.
class Scripts {
 public:
  explicit Scripts(std::size_t bytes_max = 4 << 20) : bytes_max_(bytes_max) {}

  struct Kept {
    std::string sha;  ///< In lower case.
    script::Script script;
  };
  /// Reads `text`, or finds it. Error: bad_script.
  Result<Kept> add(std::string_view text);
  /// `sha` in any case. None: it is not, or no longer, known.
  std::optional<script::Script> find(std::string_view sha);
  void clear();

 private:
  struct Entry {
    std::string sha;
    script::Script script;
  };
  std::size_t bytes_max_;
  std::mutex mutex_;
  std::list<Entry> used_;  ///< Latest first.
  std::unordered_map<std::string, std::list<Entry>::iterator> by_sha_;
  std::size_t bytes_ = 0;
};

}  // namespace holdfast::server::resp
