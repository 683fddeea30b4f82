// What a server, or whoever stands between, may send as events: read without harm, and the same wherever it is cut.
//
// The first byte says into pieces of what size.
#include "client/sse.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

std::vector<client::SseEvent> read(std::string_view bytes, std::size_t piece) {
  client::SseReader reader;
  std::vector<client::SseEvent> out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    HF_FUZZ_CHECK(reader.read(bytes.substr(at, piece)));
    while (auto event = reader.next()) out.push_back(*std::move(event));
  }
  return out;
}

}  // namespace

HF_FUZZ_TARGET(events, .refuses = false) {
  Input input(bytes);
  const std::size_t piece = 1 + input.byte() % 16;
  const std::string_view stream = input.rest();
  const auto whole = read(stream, stream.size() + 1);
  HF_FUZZ_CHECK(read(stream, piece) == whole);
  for (const client::SseEvent& event : whole) {
    HF_FUZZ_CHECK(!event.type.empty() || event.data.empty());
    HF_FUZZ_CHECK((event.type + event.id + event.data).find('\r') == std::string::npos);
    HF_FUZZ_CHECK((event.type + event.id).find('\n') == std::string::npos);
    HF_FUZZ_CHECK(event.id.find('\0') == std::string::npos);
  }
  return whole.empty() ? Taken::no : Taken::yes;
}

}  // namespace holdfast::fuzz
