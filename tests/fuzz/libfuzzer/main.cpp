// Where libFuzzer comes in: `fuzz --target=names [libFuzzer's flags and folders]`. Without arguments it lists the
// targets.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tests/fuzz/target.h"

namespace {

const holdfast::fuzz::Target* chosen = nullptr;

[[noreturn]] void list_and_leave(int status) {
  for (const holdfast::fuzz::Target& each : holdfast::fuzz::targets()) std::puts(std::string(each.name).c_str());
  std::exit(status);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* count, char*** words) {
  constexpr std::string_view flag = "--target=";  // libFuzzer passes over what begins with two dashes.
  for (int i = 1; i < *count; ++i) {
    const std::string_view word = (*words)[i];
    if (word.starts_with(flag)) chosen = holdfast::fuzz::target(word.substr(flag.size()));
  }
  if (chosen == nullptr) list_and_leave(*count == 1 ? 0 : 64);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run(size == 0 ? std::string_view{} : std::string_view{reinterpret_cast<const char*>(data), size});
  return 0;
}
