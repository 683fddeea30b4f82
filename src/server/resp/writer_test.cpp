#include "server/resp/writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace holdfast::server::resp {
namespace {

using enum Writer::Version;

/// What `write` says in each version.
template <class Write>
std::string in_resp2(Write write) {
  std::string out;
  Writer writer(out, resp2);
  write(writer);
  return out;
}
template <class Write>
std::string in_resp3(Write write) {
  std::string out;
  Writer writer(out, resp3);
  write(writer);
  return out;
}
std::string shown(script::Value value, Writer::Version version = resp3) {
  std::string out;
  Writer(out, version).value(value);
  return out;
}

TEST(Writer, says_the_same_in_both_versions_where_they_agree) {
  const auto all = [](Writer& to) {
    to.status("OK");
    to.status("PONG");
    to.error("ERR no");
    to.integer(-7);
    to.text("a\r\nb");
    to.text("");
    to.list(2);
  };
  EXPECT_EQ(in_resp2(all), "+OK\r\n+PONG\r\n-ERR no\r\n:-7\r\n$4\r\na\r\nb\r\n$0\r\n\r\n*2\r\n");
  EXPECT_EQ(in_resp3(all), in_resp2(all));
}

TEST(Writer, says_what_only_the_third_version_knows_in_the_words_of_the_second) {
  const auto all = [](Writer& to) {
    to.null();
    to.boolean(true);
    to.boolean(false);
    to.real(1.5);
    to.map(2);
    to.push(3);
    to.verbatim("a b");
  };
  EXPECT_EQ(in_resp3(all), "_\r\n#t\r\n#f\r\n,1.5\r\n%2\r\n>3\r\n=7\r\ntxt:a b\r\n");
  EXPECT_EQ(in_resp2(all), "$-1\r\n:1\r\n:0\r\n$3\r\n1.5\r\n*4\r\n*3\r\n$3\r\na b\r\n");
}

TEST(Writer, keeps_a_line_one_line) {
  EXPECT_EQ(in_resp2([](Writer& to) { to.error("ERR a\r\n+OK"); }), "-ERR a  +OK\r\n");
  EXPECT_EQ(in_resp2([](Writer& to) { to.status("a\nb"); }), "+a b\r\n");
}

TEST(Writer, writes_every_integer_there_is) {
  EXPECT_EQ(in_resp2([](Writer& to) { to.integer(std::numeric_limits<std::int64_t>::min()); }),
            ":-9223372036854775808\r\n");
  EXPECT_EQ(in_resp2([](Writer& to) { to.integer(std::numeric_limits<std::int64_t>::max()); }),
            ":9223372036854775807\r\n");
  EXPECT_EQ(in_resp2([](Writer& to) { to.integer(0); }), ":0\r\n");
}

TEST(Writer, writes_what_is_no_finite_number) {
  EXPECT_EQ(in_resp3([](Writer& to) { to.real(INFINITY); }), ",inf\r\n");
  EXPECT_EQ(in_resp3([](Writer& to) { to.real(-INFINITY); }), ",-inf\r\n");
  EXPECT_EQ(in_resp3([](Writer& to) { to.real(NAN); }), ",nan\r\n");
}

TEST(Writer, leaves_what_the_buffer_holds_already) {
  std::string out = "before";
  Writer(out, resp2).integer(1);
  EXPECT_EQ(out, "before:1\r\n");
}

TEST(Writer, shows_a_scripts_value_as_clients_expect_it) {
  EXPECT_EQ(shown({script::Nil{}}), "_\r\n");
  EXPECT_EQ(shown({false}), "_\r\n");
  EXPECT_EQ(shown({true}), ":1\r\n") << "an integer, in the third version too";
  EXPECT_EQ(shown({std::int64_t{42}}), ":42\r\n");
  EXPECT_EQ(shown({3.99}), ":3\r\n");
  EXPECT_EQ(shown({-3.99}), ":-3\r\n");
  EXPECT_EQ(shown({script::Text{"v"}}), "$1\r\nv\r\n");
  EXPECT_EQ(shown({script::Status{"OK"}}), "+OK\r\n");
  EXPECT_EQ(shown({script::Failure{"NOSCRIPT no"}}), "-NOSCRIPT no\r\n");
  EXPECT_EQ(shown({script::Nil{}}, resp2), "$-1\r\n");
}

TEST(Writer, shows_lists_within_lists) {
  const script::Value nested{script::List{{std::int64_t{1}}, {script::List{{script::Text{"a"}}, {script::Nil{}}}}}};
  EXPECT_EQ(shown(nested, resp2), "*2\r\n:1\r\n*2\r\n$1\r\na\r\n$-1\r\n");
}

TEST(Writer, gives_the_nearest_integer_for_what_is_none) {
  EXPECT_EQ(shown({1e300}), ":9223372036854775807\r\n");
  EXPECT_EQ(shown({-1e300}), ":-9223372036854775808\r\n");
  EXPECT_EQ(shown({NAN}), ":0\r\n");
}

}  // namespace
}  // namespace holdfast::server::resp
