// The console's files, and how each request for one is answered. All of it is in memory from the start: neither the
// engine nor a disk is needed, so that the page comes while either is stuck.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace holdfast::server::console {

/// Which pages may be within which. Origins, such as http://127.0.0.1:7420.
struct Frames {
  std::string demonstration;          ///< Of a server whose console this one may show within itself; empty: none.
  std::vector<std::string> shown_in;  ///< Of those that may show this one within themselves.
};

/// What of a request decides about the answer.
struct Wanted {
  std::string_view path;
  std::string_view if_none_match;
  bool brotli = false;  ///< Whether the client takes it.
  bool gzip = false;
};

struct Answer {
  int status = 200;
  std::string_view type;
  std::string headers;    ///< Further lines, each with its end.
  std::string_view body;  ///< Lives as long as the files.
};

/// Thread-safe once made.
class Files {
 public:
  /// None: the page says what is missing.
  Files() = default;
  /// Those within the program.
  static Files embedded(const Frames& frames);
  /// Those of a folder, as they are now. Error: bad_configuration.
  static Result<Files> in_folder(const std::string& folder, const Frames& frames);

  /// Whether a path is the console's, whether or not there is such a file.
  static bool owns(std::string_view path) { return path == "/" || path.starts_with("/assets/"); }

  /// Of a path that the console owns.
  Answer answer(const Wanted& wanted) const;

  /// Another one where the page is another one; empty where there is none.
  const std::string& version() const { return version_; }

 private:
  using Named = std::vector<std::pair<std::string, std::string>>;
  Files(Named files, const Frames& frames);
  void make_page(std::string html, const Frames& frames);
  Answer page(const Wanted& wanted) const;

  std::map<std::string, std::string, std::less<>> files_;  ///< By path; compressed ones with their ending.
  std::string page_;
  std::string page_headers_;
  std::string etag_;
  std::string version_;
};

}  // namespace holdfast::server::console
