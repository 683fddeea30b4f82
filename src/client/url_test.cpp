#include "client/url.h"

#include <gtest/gtest.h>

namespace holdfast::client {
namespace {

std::string why_not(std::string_view text) {
  const auto url = parse_url(text);
  if (url) return "parsed as " + url->text();
  EXPECT_EQ(url.error().code, ErrorCode::bad_configuration);
  return url.error().where;
}

TEST(Url, is_port_80_with_a_scheme_and_ours_without) {
  EXPECT_EQ(parse_url("http://lock.example").value(), (Url{"lock.example", 80}));
  EXPECT_EQ(parse_url("lock.example").value(), (Url{"lock.example", default_port}));
}

TEST(Url, takes_a_port_and_one_slash_behind_it) {
  EXPECT_EQ(parse_url("http://127.0.0.1:7499").value(), (Url{"127.0.0.1", 7499}));
  EXPECT_EQ(parse_url("localhost:7499/").value(), (Url{"localhost", 7499}));
}

TEST(Url, takes_an_ipv6_address_in_brackets_and_gives_them_back) {
  const Url url = parse_url("http://[::1]:7420").value();
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.authority(), "[::1]:7420");
  EXPECT_EQ(url.text(), "http://[::1]:7420");
  EXPECT_EQ(parse_url("[fe80::1%eth0]").value(), (Url{"fe80::1%eth0", default_port}));
}

TEST(Url, is_the_same_after_being_written_and_read) {
  for (const Url& url : {Url{"a.b-c_d", 1}, Url{"10.0.0.1", 65535}, Url{"::1", 80}}) {
    EXPECT_EQ(parse_url(url.text()).value(), url);
  }
}

TEST(Url, refuses_what_it_would_have_to_ignore) {
  for (const std::string_view text : {"http://host/path", "host:7420/v1", "http://host?x=1", "http://me@host",
                                      "http://host:7420:1", "[::1]x", "http://host//"}) {
    EXPECT_FALSE(parse_url(text).has_value()) << text;
  }
}

TEST(Url, refuses_a_port_that_is_none) {
  for (const std::string_view port : {"", "0", "65536", "-1", "+1", "80x", " 80"}) {
    EXPECT_NE(why_not("host:" + std::string{port}).find("port"), std::string::npos) << port;
  }
}

TEST(Url, refuses_a_host_that_is_none) {
  EXPECT_NE(why_not("").find("host is missing"), std::string::npos);
  EXPECT_NE(why_not("http://:7420").find("host is missing"), std::string::npos);
  EXPECT_NE(why_not("[::1").find("without its ]"), std::string::npos);
  EXPECT_NE(why_not("[localhost]").find("IPv6"), std::string::npos);
  EXPECT_NE(why_not("ho st").find("character"), std::string::npos);
  EXPECT_NE(why_not("host\r\nX: y").find("character"), std::string::npos);
}

TEST(Url, says_that_it_cannot_do_tls_rather_than_go_without) {
  EXPECT_NE(why_not("https://host").find("TLS"), std::string::npos);
  EXPECT_NE(why_not("unix:///run/x").find("only http://"), std::string::npos);
}

TEST(Urls, are_several_with_commas_between) {
  const auto urls = parse_urls("http://a:1, b:2,[::1]");
  ASSERT_TRUE(urls.has_value());
  EXPECT_EQ(*urls, (std::vector<Url>{{"a", 1}, {"b", 2}, {"::1", default_port}}));
  EXPECT_FALSE(parse_urls(""));
  EXPECT_FALSE(parse_urls("http://a:1,"));
  EXPECT_FALSE(parse_urls("http://a:1,https://b"));
}

}  // namespace
}  // namespace holdfast::client
