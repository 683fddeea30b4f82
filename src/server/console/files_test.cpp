#include "server/console/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace holdfast::server::console {
namespace {

using testing::HasSubstr;
using testing::Not;

class Folder {
 public:
  Folder() {
    std::string name = testing::TempDir() + "console-XXXXXX";
    path_ = ::mkdtemp(name.data());
    std::filesystem::create_directory(path_ / "assets");
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  void put(const std::string& name, std::string_view bytes) { std::ofstream(path_ / name, std::ios::binary) << bytes; }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

class FilesTest : public testing::Test {
 protected:
  FilesTest() {
    folder.put("index.html", "<meta name=\"csp-nonce\" content=\"__NONCE__\">");
    folder.put("assets/a-1.js", "plain");
    folder.put("assets/a-1.js.br", "as brotli");
    folder.put("assets/a-1.js.gz", "as gzip");
    folder.put("assets/b-2.css", "only plain");
  }
  Files files(const Frames& frames = {}) { return *Files::in_folder(folder.path(), frames); }

  Folder folder;
};

TEST_F(FilesTest, are_answered_as_the_client_takes_them) {
  const Files files = this->files();
  const Answer brotli = files.answer({.path = "/assets/a-1.js", .brotli = true, .gzip = true});
  EXPECT_EQ(brotli.body, "as brotli");
  EXPECT_THAT(brotli.headers, HasSubstr("content-encoding: br\r\n"));
  EXPECT_THAT(brotli.headers, HasSubstr("immutable"));
  EXPECT_EQ(brotli.type, "text/javascript; charset=utf-8");
  EXPECT_EQ(files.answer({.path = "/assets/a-1.js", .gzip = true}).body, "as gzip");
  const Answer plain = files.answer({.path = "/assets/a-1.js"});
  EXPECT_EQ(plain.body, "plain");
  EXPECT_THAT(plain.headers, Not(HasSubstr("content-encoding")));
  EXPECT_THAT(plain.headers, HasSubstr("vary: accept-encoding"));
  EXPECT_EQ(files.answer({.path = "/assets/b-2.css", .brotli = true, .gzip = true}).body, "only plain");
}

TEST_F(FilesTest, have_a_page_with_a_policy_of_its_own_nonce) {
  const Files files = this->files();
  const Answer page = files.answer({.path = "/"});
  EXPECT_EQ(page.status, 200);
  const std::string_view start = "content=\"";
  const std::string nonce(page.body.substr(page.body.find(start) + start.size(), 32));
  EXPECT_THAT(page.headers, HasSubstr("style-src 'self' 'nonce-" + nonce + "'"));
  EXPECT_THAT(page.headers, HasSubstr("frame-src 'none'; frame-ancestors 'none'"));
  EXPECT_THAT(page.headers, Not(HasSubstr("unsafe")));
  EXPECT_NE(page.body, this->files().answer({.path = "/"}).body) << "another start, another nonce";
}

TEST_F(FilesTest, name_who_may_be_within_whom) {
  const Files files = this->files({.demonstration = "http://127.0.0.1:9", .shown_in = {"http://a:1", "http://b:2"}});
  EXPECT_THAT(files.answer({.path = "/"}).headers,
              HasSubstr("frame-src http://127.0.0.1:9; frame-ancestors http://a:1 http://b:2\r\n"));
}

TEST_F(FilesTest, are_not_sent_twice_to_who_has_the_page) {
  const Files files = this->files();
  const std::string headers = files.answer({.path = "/"}).headers;
  const std::size_t at = headers.find("etag: ") + 6;
  const std::string etag = headers.substr(at, headers.find('\r', at) - at);
  const Answer kept = files.answer({.path = "/", .if_none_match = "\"other\", " + etag});
  EXPECT_EQ(kept.status, 304);
  EXPECT_EQ(kept.body, "");
  EXPECT_EQ(files.answer({.path = "/", .if_none_match = "*"}).status, 304);
  EXPECT_EQ(files.answer({.path = "/", .if_none_match = "\"other\""}).status, 200);
  EXPECT_EQ(this->files().answer({.path = "/", .if_none_match = etag}).status, 200) << "its nonce is another one";
}

TEST_F(FilesTest, that_are_not_there_are_told_so_and_nothing_else_is_read) {
  const Files files = this->files();
  for (const char* path : {"/assets/gone-9.js", "/assets/", "/assets/../index.html", "/assets/../../etc/passwd"}) {
    const Answer answer = files.answer({.path = path});
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_THAT(answer.headers, HasSubstr("no-store")) << path;
  }
}

TEST_F(FilesTest, have_another_version_where_the_page_is_another_one) {
  const std::string before = files().version();
  EXPECT_EQ(files().version(), before);
  folder.put("index.html", "another");
  EXPECT_NE(files().version(), before);
}

TEST_F(FilesTest, may_be_empty) {
  folder.put("assets/empty-3.css", "");
  const Files files = this->files();
  EXPECT_EQ(files.answer({.path = "/assets/empty-3.css"}).status, 200);
  EXPECT_EQ(files.answer({.path = "/assets/empty-3.css"}).body, "");
}

TEST_F(FilesTest, are_those_of_the_folder_and_none_that_a_link_leads_to) {
  const std::filesystem::path assets = std::filesystem::path(folder.path()) / "assets";
  std::filesystem::create_symlink("/etc/passwd", assets / "elsewhere.js");
  std::filesystem::create_symlink("/nowhere", assets / "dangling.js");
  std::filesystem::create_directory(assets / "inner");
  const Files files = this->files();
  EXPECT_EQ(files.answer({.path = "/assets/elsewhere.js"}).status, 404);
  EXPECT_EQ(files.answer({.path = "/assets/dangling.js"}).status, 404);
  EXPECT_EQ(files.answer({.path = "/assets/b-2.css"}).status, 200);
}

TEST_F(FilesTest, of_a_folder_without_assets_are_refused) {
  std::filesystem::remove_all(folder.path() + "/assets");
  const Result<Files> none = Files::in_folder(folder.path(), {});
  ASSERT_FALSE(none.has_value());
  EXPECT_THAT(none.error().where, HasSubstr("assets"));
}

TEST_F(FilesTest, of_a_folder_without_a_page_are_refused) {
  const Result<Files> none = Files::in_folder(folder.path() + "/nowhere", {});
  ASSERT_FALSE(none.has_value());
  EXPECT_EQ(none.error().code, ErrorCode::bad_configuration);
  EXPECT_THAT(none.error().where, HasSubstr("nowhere/index.html"));
}

}  // namespace
}  // namespace holdfast::server::console
