// Frames of a WebSocket, from a client that may send anything: whatever is found does not depend on how the bytes came,
// and no more is kept than may be.
#include "server/live/frames.h"

#include "tests/fuzz/target.h"
#include "text/utf8.h"

namespace holdfast::fuzz {
namespace {

using server::live::FrameReader;
using Event = FrameReader::Event;

constexpr std::size_t longest = 200;

/// What is found in `bytes`, given in pieces of at most so many.
std::string read(std::string_view bytes, std::size_t piece) {
  FrameReader reader(longest);
  std::string found;
  while (true) {
    const std::string_view given = bytes.substr(0, piece);
    const FrameReader::Step step = reader.next(given);
    HF_FUZZ_CHECK(step.bytes <= given.size());
    bytes.remove_prefix(step.bytes);
    if (step.event == Event::starved) {
      HF_FUZZ_CHECK(step.bytes == given.size());
      if (bytes.empty()) return found;
      continue;
    }
    found += static_cast<char>('0' + static_cast<int>(step.event));
    if (step.event == Event::failure) return found += std::to_string(reader.code());
    const std::string_view payload = reader.payload();
    const bool whole = step.event == Event::message;
    HF_FUZZ_CHECK(payload.size() <= (whole ? longest : 125));
    if (whole || step.event == Event::close) HF_FUZZ_CHECK(!text::fault_in_utf8(payload));
    found += payload;
    if (step.event == Event::close) {
      HF_FUZZ_CHECK(reader.code() == 1005 || server::live::may_be_said(reader.code()));
      return found += std::to_string(reader.code());
    }
  }
}

}  // namespace

HF_FUZZ_TARGET(frames) {
  const std::string at_once = read(bytes, bytes.size());
  HF_FUZZ_CHECK(read(bytes, 1) == at_once);
  HF_FUZZ_CHECK(read(bytes, 5) == at_once);
  return at_once.find('6') == std::string::npos && !at_once.empty() ? Taken::yes : Taken::no;
}

}  // namespace holdfast::fuzz
