// Bytes that are nearly right: valid inputs with a few changes, always the same ones.
#pragma once

#include <random>
#include <string>
#include <vector>

namespace holdfast::fuzz {

class Mutator {
 public:
  explicit Mutator(std::vector<std::string> valid) : valid_(std::move(valid)) {}

  /// One of the valid inputs, changed in one to four places; now and then two of them, joined in the middle.
  std::string next() {
    std::string bytes = pick();
    if (random_() % 8 == 0) {
      const std::string& other = pick();
      bytes = bytes.substr(0, random_() % (bytes.size() + 1)) + other.substr(random_() % (other.size() + 1));
    }
    for (std::size_t changes = 1 + random_() % 4; changes > 0; --changes) change(bytes);
    return bytes;
  }

 private:
  const std::string& pick() { return valid_[random_() % valid_.size()]; }

  void change(std::string& bytes) {
    using namespace std::string_literals;
    static const std::string likely = "\"\\{}[]:,%/.0\0\x7f\xc3\xff\n=&-e"s;
    const std::size_t at = random_() % (bytes.size() + 1);
    switch (random_() % 6) {
      case 0:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << random_() % 8));
        break;
      case 1:
        bytes.insert(at, 1, likely[random_() % likely.size()]);
        break;
      case 2:
        bytes.erase(at, 1 + random_() % 4);
        break;
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.insert(at, bytes.substr(at, random_() % 16));  // The same again.
        break;
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random_());
    }
  }

  std::vector<std::string> valid_;
  std::mt19937_64 random_{8812};
};

}  // namespace holdfast::fuzz
