#include "server/resp/event_pushes.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast::server::resp {
namespace {

using enum Writer::Version;

constexpr std::string_view data = R"({"position":"7.1","n":1})";

TEST(EventPushes, begin_with_an_answer_and_go_on_with_pushes) {
  std::string out;
  event_pushes(resp3).begin(out, "7.1", "begin", data);
  EXPECT_EQ(out, "%2\r\n$8\r\nposition\r\n$3\r\n7.1\r\n$1\r\nn\r\n:1\r\n");
  out.clear();
  event_pushes(resp3).event(out, "7.1", "granted", data);
  EXPECT_EQ(out, ">2\r\n$5\r\nwatch\r\n%2\r\n$8\r\nposition\r\n$3\r\n7.1\r\n$1\r\nn\r\n:1\r\n");
}

TEST(EventPushes, are_lists_in_the_second_version) {
  std::string out;
  event_pushes(resp2).begin(out, "7.1", "begin", data);
  EXPECT_EQ(out, "*4\r\n$8\r\nposition\r\n$3\r\n7.1\r\n$1\r\nn\r\n:1\r\n");
  out.clear();
  event_pushes(resp2).event(out, "7.1", "granted", data);
  EXPECT_EQ(out, "*2\r\n$5\r\nwatch\r\n*4\r\n$8\r\nposition\r\n$3\r\n7.1\r\n$1\r\nn\r\n:1\r\n");
}

TEST(EventPushes, say_where_they_are_where_nothing_happens) {
  std::string out;
  event_pushes(resp3).sign_of_life(out, "7.9");
  EXPECT_EQ(out, ">2\r\n$5\r\nwatch\r\n%2\r\n$8\r\nposition\r\n$3\r\n7.9\r\n$4\r\ntype\r\n$5\r\nalive\r\n");
}

}  // namespace
}  // namespace holdfast::server::resp
