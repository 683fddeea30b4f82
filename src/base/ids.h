// Fresh ids for what nobody named.
#pragma once

#include <cstdint>
#include <string>

namespace holdfast {

/// Ids that will not meet again: 128 random bits from the system, then a generator that is seeded by them.
/// Not thread-safe: one for each thread.
class RandomIds {
 public:
  RandomIds();
  /// "s-" and 20 letters and digits: 100 bits.
  std::string session();

 private:
  std::uint64_t next();
  std::uint64_t state_[2];
};

}  // namespace holdfast
