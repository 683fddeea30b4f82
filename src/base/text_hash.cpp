#include "base/text_hash.h"

#include <random>

namespace holdfast {

std::uint64_t salt_of_process() {
  static const std::uint64_t salt = [] {
    std::random_device system;
    return static_cast<std::uint64_t>(system()) << 32U | system();
  }();
  return salt;
}

}  // namespace holdfast
