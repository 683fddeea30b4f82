// What an operator may have typed into the configuration: taken as a whole, or refused with the file's name and a
// reason.
#include "cli/settings.h"

#include "tests/fuzz/text_file.h"

namespace holdfast::fuzz {

HF_FUZZ_TARGET(settings, .variants = 5'000) {
  const TextFile file(bytes);
  cli::Settings settings;
  if (const Result<void> read = cli::read_file(file.path(), settings); !read) {
    HF_FUZZ_CHECK(read.error().code == ErrorCode::bad_configuration);
    HF_FUZZ_CHECK(read.error().where.find(file.path()) != std::string::npos);
    return Taken::no;
  }
  // What is printed gives the same again.
  const std::string printed = cli::to_toml(settings);
  cli::Settings again;
  HF_FUZZ_CHECK(cli::read_file(TextFile(printed).path(), again));
  HF_FUZZ_CHECK(cli::to_toml(again) == printed);
  const Result<void> checked = cli::check(settings);
  HF_FUZZ_CHECK(checked || checked.error().code == ErrorCode::bad_configuration);
  if (checked) {
    const Result<cli::Listen> listen = cli::parse_listen(settings.listen);
    HF_FUZZ_CHECK(listen && (settings.insecure || listen->loopback()));
  }
  return Taken::yes;
}

}  // namespace holdfast::fuzz
