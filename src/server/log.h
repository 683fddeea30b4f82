// The server's log: JSON lines, or text on a terminal. In both a line is a line: whatever could break one, or move a
// terminal's cursor, is escaped, and bytes that are no UTF-8 are replaced. Bodies of requests are never logged.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spdlog {
class logger;
}

namespace holdfast::server {

/// Thread-safe. Lines go to stderr.
class Log {
 public:
  enum class Level { debug, info, warn, error };
  enum class Form { json, text };
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  Log(Form form, Level least);
  ~Log();

  void write(Level level, std::string_view message, const Fields& fields = {});
  /// The line that `write` writes, without its end.
  static std::string line(Form form, std::string_view time, Level level, std::string_view message,
                          const Fields& fields);

  Form form() const { return form_; }
  /// Text where stderr is a terminal, else JSON.
  static Form usual_form();

 private:
  Form form_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace holdfast::server
