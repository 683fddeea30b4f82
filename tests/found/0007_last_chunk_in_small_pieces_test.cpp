// A body's last chunk that came byte by byte ended a server that was built with assertions: Beast asserts that it has
// at least five bytes to look at, which a peer need not give it.
//
// Found by fuzzing tests/fuzz/targets/requests.cpp.
#include <gtest/gtest.h>

#include <algorithm>

#include "server/http/wire.h"

namespace holdfast::server::http {
namespace {

TEST(FoundLastChunkInSmallPieces, is_read_like_any_other) {
  constexpr std::string_view sent =
      "POST /v1/acquire/job HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\n{}\r\n0\r\n\r\n";
  RequestReader reader(1 << 10, 1 << 10);
  auto last = RequestReader::Step::starved;
  for (const char byte : sent) {
    ASSERT_NE(last, RequestReader::Step::complete);
    reader.space()[0] = byte;
    reader.received(1);
    do {
      const auto step = reader.next();
      ASSERT_TRUE(step) << step.error().text();
      last = *step;
    } while (last == RequestReader::Step::header);
  }
  ASSERT_EQ(last, RequestReader::Step::complete);
  EXPECT_EQ(reader.request().body, "{}");
}

}  // namespace
}  // namespace holdfast::server::http
