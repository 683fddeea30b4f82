#include "server/http/media.h"

#include <gtest/gtest.h>

namespace holdfast::server::http {
namespace {

TEST(MediaType, is_known_whatever_its_case_and_parameters) {
  for (const char* json : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json \t;x=y", " application/json"}) {
    EXPECT_TRUE(is_json(json)) << json;
  }
  for (const char* other : {"", "text/plain", "application/jsonp", "application/json, text/plain", "json"})
    EXPECT_FALSE(is_json(other)) << other;
}

TEST(MediaType, is_plain_text_only_where_that_means_utf_8) {
  for (const char* plain : {"text/plain", "TEXT/plain", "text/plain;charset=utf-8", "text/plain; charset=\"UTF-8\"",
                            "text/plain; format=flowed; charset=us-ascii", "text/plain;"}) {
    EXPECT_TRUE(is_plain_text(plain)) << plain;
  }
  for (const char* other : {"", "text/html", "text/plainer", "text/plain; charset=iso-8859-1",
                            "text/plain; charset=utf-16", "text/plain; charset=", "multipart/form-data"}) {
    EXPECT_FALSE(is_plain_text(other)) << other;
  }
}

TEST(Accept, wants_plain_text_where_it_is_named_and_json_is_not) {
  for (const char* wants : {"text/plain", "text/plain, */*", "text/html, Text/Plain;q=0.1", "text/plain;q=0.5",
                            "application/json;q=0, text/plain"}) {
    EXPECT_TRUE(wants_plain_text(wants)) << wants;
  }
  for (const char* wants_not : {"", "*/*", "text/*", "application/json, text/plain", "text/plain, application/json",
                                "text/plain;q=0", "text/plain; q=0.000", ",,;"}) {
    EXPECT_FALSE(wants_plain_text(wants_not)) << wants_not;
  }
}

TEST(AcceptEncoding, takes_what_is_named_and_not_refused) {
  for (const char* takes : {"br", "gzip, deflate, br, zstd", "gzip;q=0.5,BR;q=0.1", "*", "gzip, *;q=0.3"}) {
    EXPECT_TRUE(takes_coding(takes, "br")) << takes;
  }
  for (const char* takes_not : {"", "gzip", "br;q=0", "br; q=0.000, *", "*;q=0", "brotli", "identity"}) {
    EXPECT_FALSE(takes_coding(takes_not, "br")) << takes_not;
  }
}

}  // namespace
}  // namespace holdfast::server::http
