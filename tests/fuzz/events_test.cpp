// What a server, or whoever stands between, may send as events: read without harm, and the same wherever it is cut.
#include <gtest/gtest.h>

#include <random>

#include "client/sse.h"
#include "tests/fuzz/mutate.h"

namespace holdfast::fuzz {
namespace {

std::vector<client::SseEvent> taken(client::SseReader& reader) {
  std::vector<client::SseEvent> out;
  while (auto event = reader.next()) out.push_back(*std::move(event));
  return out;
}

TEST(FuzzEvents, are_the_same_however_they_are_cut) {
  Mutator mutator({"id: 3.1\nevent: granted\ndata: {\"name\":\"job\"}\n\n",
                   ": still here\n\nid: 3.2\r\ndata: a\r\ndata: b\r\n\r\n", "\xEF\xBB\xBFid\ndata\n\ndata:\n\n",
                   "retry: 10\n\revent: reset\rid: 4.1\rdata: {}\r\r"});
  std::mt19937_64 random{8812};
  std::size_t events = 0;
  for (int round = 0; round < 50'000; ++round) {
    const std::string bytes = mutator.next();
    client::SseReader whole;
    ASSERT_TRUE(whole.read(bytes));
    const auto expected = taken(whole);

    client::SseReader cut;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % 7;
      ASSERT_TRUE(cut.read(std::string_view(bytes).substr(at, size)));
      at += size;
    }
    ASSERT_EQ(taken(cut), expected) << bytes;

    events += expected.size();
    for (const client::SseEvent& event : expected) {
      ASSERT_TRUE(!event.type.empty() || event.data.empty()) << bytes;
      ASSERT_EQ((event.type + event.id + event.data).find('\r'), std::string::npos) << bytes;
      ASSERT_EQ((event.type + event.id).find('\n'), std::string::npos) << bytes;
      ASSERT_EQ(event.id.find('\0'), std::string::npos) << bytes;
    }
  }
  EXPECT_GT(events, 10'000u);
}

}  // namespace
}  // namespace holdfast::fuzz
