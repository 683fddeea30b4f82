// A target: one reader of bytes from outside, and what has to hold whatever the bytes are.
//
// The same sources make two programs. `fuzz_test`, in every build, gives each target its seeds and some thousand
// variants of them. `fuzz`, built by clang with sanitizers (the preset `fuzz`), lets libFuzzer look for inputs that
// reach new code.
//
// To add one: targets/<name>.cpp with HF_FUZZ_TARGET(name), and a few small seeds in seeds/<name>/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::fuzz {

/// What the reader made of the bytes.
enum class Taken { no, yes };

struct Target {
  std::string_view name;
  Taken (*run)(std::string_view bytes);
  /// How many variants of its seeds `fuzz_test` tries: a second's worth or less.
  int variants = 20'000;
  bool refuses = true;  ///< There are inputs that it does not take.
};

/// All there are, by name.
const std::vector<Target>& targets();
/// Null: there is none of that name.
const Target* target(std::string_view name);

/// Something that should have held did not. libFuzzer takes it for a crash, as it would any exception.
struct Violation : std::logic_error {
  using std::logic_error::logic_error;
};
[[noreturn]] void violated(const char* what, const char* file, int line);

struct Registered {
  explicit Registered(Target target);
};

/// Numbers and pieces off the front of an input, for targets that need more than one. An input that is used up gives
/// zeros, so that each is of use.
class Input {
 public:
  explicit Input(std::string_view bytes) : left_(bytes) {}
  std::uint8_t byte();
  std::uint16_t two() { return static_cast<std::uint16_t>(byte() | byte() << 8); }
  /// One of 0 to `bound` - 1.
  std::size_t below(std::size_t bound) { return bound <= 1 ? 0 : byte() % bound; }
  std::string_view take(std::size_t bytes);
  /// Up to the first space, which is taken too.
  std::string_view word();
  std::string_view rest() { return take(left_.size()); }
  bool empty() const { return left_.empty(); }

 private:
  std::string_view left_;
};

}  // namespace holdfast::fuzz

/// What always has to hold in a target.
#define HF_FUZZ_CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::holdfast::fuzz::violated(#expression, __FILE__, __LINE__))

/// HF_FUZZ_TARGET(names[, .variants = 500]) { ... return Taken::yes; }   `bytes` is the input.
#define HF_FUZZ_TARGET(NAME, ...)                                                             \
  static ::holdfast::fuzz::Taken run_##NAME(std::string_view bytes);                          \
  static const ::holdfast::fuzz::Registered registered_##NAME{                                \
      ::holdfast::fuzz::Target{.name = #NAME, .run = run_##NAME __VA_OPT__(, ) __VA_ARGS__}}; \
  static ::holdfast::fuzz::Taken run_##NAME(std::string_view bytes)
