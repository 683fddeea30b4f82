#include "cli/settings.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <fstream>
#include <functional>

namespace holdfast::cli {
namespace {

/// A configuration file, gone with the object.
class File {
 public:
  explicit File(const std::string& text) {
    ::close(::mkstemp(path.data()));
    std::ofstream(path) << text;
  }
  ~File() { std::remove(path.c_str()); }
  std::string path = "/tmp/holdfast-settings-XXXXXX";
};

std::string why_not(const std::string& toml) {
  const File file(toml);
  Settings settings;
  const auto read = read_file(file.path, settings);
  if (read) return "read as " + to_toml(settings);
  EXPECT_EQ(read.error().code, ErrorCode::bad_configuration);
  const std::string where = read.error().where;
  EXPECT_TRUE(where.starts_with(file.path + ":")) << where;
  return where.substr(std::min(file.path.size(), where.size()));
}

std::string why_not(const std::function<void(Settings&)>& change) {
  Settings settings;
  change(settings);
  const auto checked = check(settings);
  return checked ? "" : checked.error().where;
}

/// One with no value left as it is by default.
Settings changed() {
  Settings all;
  all.data = "/var/lib/\"hold\\fast\"\n\t\x01\x7f ü";
  all.listen = "127.0.0.1:0";
  all.resp = "127.0.0.1:7501";
  all.journal = "memory";
  all.io_threads = 3;
  all.names = {"lock.example", "b"};
  all.web_root = "console/dist";
  all.demonstration = true;
  all.shown_in = {"http://127.0.0.1:7420", "https://lock.example"};
  all.inject = {"check-then-act=100ms"};
  all.insecure = true;
  all.log_level = "warn";
  all.log_format = "json";
  all.quiet = true;
  std::uint64_t next = 1'000'001;
  for (auto field :
       {&Settings::connections_max, &Settings::body_bytes_max, &Settings::waiters_max, &Settings::sessions_max,
        &Settings::remembered_max, &Settings::buffers_max, &Settings::pending_bytes_max, &Settings::watchers_max,
        &Settings::events_bytes_max, &Settings::segment_bytes, &Settings::fold_after_bytes}) {
    all.*field = next++;
  }
  all.sessions_max = 9'999;
  all.history = false;
  all.history_days = 31;
  all.history_holdings_max = 101;
  all.history_bytes_max = (1ULL << 30) + 1;
  return all;
}

TEST(Settings, work_as_they_are) {
  EXPECT_TRUE(check(Settings{}).has_value());
}

TEST(Settings, are_the_same_after_being_printed_and_read) {
  const Settings all = changed();
  const File file(to_toml(all));
  Settings back;
  const auto read = read_file(file.path, back);
  ASSERT_TRUE(read.has_value()) << read.error().where;
  EXPECT_EQ(to_toml(back), to_toml(all));
  EXPECT_EQ(back.data, all.data);
  EXPECT_EQ(back.fold_after_bytes, all.fold_after_bytes);
}

TEST(Settings, are_all_printed) {
  const std::string plain = to_toml(Settings{}), other = to_toml(changed());
  std::istringstream left(plain), right(other);
  int lines = 0;
  for (std::string a, b; std::getline(left, a) && std::getline(right, b); ++lines) {
    EXPECT_NE(a, b) << "a field that changed() does not change, or that is not printed";
    EXPECT_EQ(a.substr(0, a.find(' ')), b.substr(0, b.find(' ')));
  }
  EXPECT_EQ(lines, 29);
}

TEST(Settings, are_the_same_in_json) {
  const auto json = boost::json::parse(to_json(changed())).as_object();
  EXPECT_EQ(json.size(), 29u);
  EXPECT_EQ(json.at("data").as_string(), changed().data);
  EXPECT_EQ(json.at("io_threads").as_int64(), 3);
  EXPECT_EQ(json.at("names").as_array().size(), 2u);
  EXPECT_TRUE(json.at("insecure").as_bool());
}

std::string resp_of(const std::string& listen, const std::string& resp) {
  Settings settings;
  settings.listen = listen;
  settings.resp = resp;
  const auto where = resp_listen(settings);
  if (!where) return "refused";
  return *where ? (*where)->host + ":" + std::to_string((*where)->port) : "shut";
}

TEST(Settings, open_the_door_for_clients_of_Redis_beside_the_default_one_only) {
  EXPECT_EQ(resp_of("127.0.0.1:7420", "auto"), "127.0.0.1:7421");
  EXPECT_EQ(resp_of("0.0.0.0:7420", "auto"), "0.0.0.0:7421");
  EXPECT_EQ(resp_of("127.0.0.1:7500", "auto"), "shut");
  EXPECT_EQ(resp_of("127.0.0.1:7420", "off"), "shut");
  EXPECT_EQ(resp_of("127.0.0.1:7500", "127.0.0.1:0"), "127.0.0.1:0");
  EXPECT_EQ(resp_of("127.0.0.1:7500", "7421"), "refused");
}

TEST(Settings, keep_that_door_to_this_machine_too) {
  Settings settings;
  settings.resp = "0.0.0.0:7421";
  const auto refused = check(settings);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().where.find("resp = 0.0.0.0:7421"), std::string::npos) << refused.error().where;
  settings.insecure = true;
  EXPECT_TRUE(check(settings).has_value());
  settings.inject = {"check-then-act"};
  EXPECT_FALSE(check(settings).has_value());
}

TEST(Settings, keep_what_the_file_does_not_say) {
  const File file("io_threads = 2\n");
  Settings settings;
  settings.data = "elsewhere";
  ASSERT_TRUE(read_file(file.path, settings).has_value());
  EXPECT_EQ(settings.io_threads, 2u);
  EXPECT_EQ(settings.data, "elsewhere");
}

TEST(Settings, name_an_unknown_key_and_its_line) {
  const std::string why = why_not("io_threads = 2\n\nio_thread = 3\n");
  EXPECT_TRUE(why.starts_with(":3:")) << why;
  EXPECT_NE(why.find("'io_thread'"), std::string::npos) << why;
  EXPECT_NE(why.find("holdfast config"), std::string::npos) << why;
}

TEST(Settings, name_the_key_whose_value_is_of_another_kind_and_which_it_should_be) {
  const std::pair<const char*, const char*> cases[] = {
      {"io_threads = \"2\"", "a whole number above 0"},
      {"io_threads = 0", "a whole number above 0"},
      {"waiters_max = -1", "a whole number above 0"},
      {"waiters_max = 1.5", "a whole number above 0"},
      {"data = 1", "a text in quotes"},
      {"insecure = 1", "true or false"},
      {"insecure = \"yes\"", "true or false"},
      {"names = \"a\"", "a list of texts"},
      {"names = [1]", "a list of texts"},
      {"[data]\nx = 1", "a text in quotes"},
  };
  for (const auto& [toml, kind] : cases) {
    const std::string why = why_not(std::string{toml});
    EXPECT_NE(why.find(kind), std::string::npos) << why;
    EXPECT_NE(why.find("by default"), std::string::npos) << why;
  }
}

TEST(Settings, say_where_the_file_is_not_toml) {
  EXPECT_TRUE(why_not(std::string("data = \"a\"\nlisten = \n")).starts_with(":2:"));
  EXPECT_TRUE(why_not(std::string("data = \"a\"\ndata = \"b\"\n")).starts_with(":2:"));
}

TEST(Settings, say_that_the_file_is_not_there) {
  Settings settings;
  const auto read = read_file("/no/such/file.toml", settings);
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().where.find("/no/such/file.toml"), std::string::npos);
}

TEST(Settings, name_the_bound_of_a_value) {
  EXPECT_EQ(why_not([](Settings& s) { s.io_threads = 0; }), "io_threads = 0: from 1 to 64");
  EXPECT_EQ(why_not([](Settings& s) { s.io_threads = 65; }), "io_threads = 65: from 1 to 64");
  EXPECT_EQ(why_not([](Settings& s) { s.sessions_max = 10'001; }), "sessions_max = 10001: at most 10000");
  EXPECT_EQ(why_not([](Settings& s) { s.segment_bytes = 65'535; }), "segment_bytes = 65535: at least 65536");
}

TEST(Settings, name_the_words_that_there_are) {
  EXPECT_NE(why_not([](Settings& s) { s.log_level = "loud"; }).find("debug, info, warn or error"), std::string::npos);
  EXPECT_NE(why_not([](Settings& s) { s.log_format = "xml"; }).find("auto, text or json"), std::string::npos);
  for (const char* journal : {"", "postgres", "file:", "files"}) {
    EXPECT_NE(why_not([&](Settings& s) { s.journal = journal; }).find("file, file:DIRECTORY or memory"),
              std::string::npos)
        << journal;
  }
  EXPECT_NE(why_not([](Settings& s) { s.inject = {"no-such-bug"}; }).find("no-such-bug"), std::string::npos);
}

TEST(Settings, do_not_let_others_reach_a_server_that_lets_anybody_in) {
  for (const char* listen : {"0.0.0.0:7420", "10.0.0.1:7420", "[::]:7420", "host.example:7420", "1270.0.0.1:1"}) {
    const std::string why = why_not([&](Settings& s) { s.listen = listen; });
    EXPECT_NE(why.find("--insecure"), std::string::npos) << listen;
    EXPECT_EQ(why_not([&](Settings& s) { s.listen = listen, s.insecure = true; }), "");
    EXPECT_NE(why_not([&](Settings& s) {
                s.listen = listen, s.insecure = true, s.inject = {"release-by-name"};
              }).find("loopback"),
              std::string::npos)
        << "and faults never";
  }
  for (const char* listen : {"127.0.0.1:0", "127.1.2.3:1", "[::1]:7420", "localhost:7420", ":7420"}) {
    EXPECT_EQ(why_not([&](Settings& s) { s.listen = listen; }), "") << listen;
  }
}

TEST(Settings, take_only_origins_for_where_pages_may_come_from) {
  const auto shown_in = [](const std::string& origin) {
    return why_not([&](Settings& settings) { settings.shown_in = {origin}; });
  };
  for (const char* good :
       {"http://127.0.0.1:7420", "https://lock.example", "http://localhost:*", "https://a_b-c.example:65535"}) {
    EXPECT_EQ(shown_in(good), "") << good;
  }
  for (const char* bad : {"",
                          "*",
                          "127.0.0.1:7420",
                          "http://",
                          "javascript://x",
                          "http://a; script-src *",
                          "http://a\r\nset-cookie:x",
                          "http://a/b",
                          "http://a 'self'",
                          "http://*",
                          "http://*.example",
                          "http://a:b",
                          "http://a:b:c[*",
                          "http://a:1:2",
                          "http://a:",
                          "http://a:0",
                          "http://a:65536",
                          "http://a..b",
                          "http://[::1]:80",
                          "ftp://a",
                          "http://https://a"}) {
    EXPECT_NE(shown_in(bad), "") << bad;
  }
}

TEST(Settings, show_a_fault_only_where_there_is_one_and_to_this_machine_only) {
  const auto beside = [](const std::string& listen) {
    return why_not([&](Settings& settings) {
      settings.demonstration = true;
      settings.insecure = true;
      settings.listen = listen;
    });
  };
#if HOLDFAST_INJECTIONS
  EXPECT_EQ(beside("127.0.0.1:7420"), "");
  EXPECT_NE(beside("0.0.0.0:7420").find("loopback"), std::string::npos);
#else
  EXPECT_NE(beside("127.0.0.1:7420").find("HOLDFAST_INJECTIONS=OFF"), std::string::npos);
#endif
}

TEST(Settings, know_where_pages_of_the_server_come_from) {
  Settings settings;
  EXPECT_EQ(origins_of(settings), (std::vector<std::string>{"http://127.0.0.1:7420", "http://localhost:7420"}));
  settings.listen = "[::1]:0";
  settings.names = {"lock.example", "lock.example:8443", "two words", ""};  // What makes no origin is left out.
  EXPECT_EQ(origins_of(settings),
            (std::vector<std::string>{"http://127.0.0.1:*", "http://localhost:*", "http://lock.example:*"}));
}

TEST(Settings, take_an_address_apart) {
  EXPECT_EQ(parse_listen("[::1]:80")->host, "::1");
  EXPECT_EQ(parse_listen("[::1]:80")->port, 80);
  EXPECT_EQ(parse_listen(":80")->host, "127.0.0.1");
  EXPECT_EQ(parse_listen("a:0")->port, 0);
  for (const char* text : {"", "7420", "localhost", "a:", "a:65536", "a:-1", "a:http", "[::1]"}) {
    EXPECT_FALSE(parse_listen(text).has_value()) << text;
  }
}

TEST(Settings, know_where_the_files_are) {
  Settings settings;
  EXPECT_EQ(settings.directory(), "./holdfast-data");
  settings.journal = "file:/x";
  EXPECT_EQ(settings.directory(), "/x");
  settings.journal = "memory";
  EXPECT_EQ(settings.directory(), std::nullopt);
}

}  // namespace
}  // namespace holdfast::cli
