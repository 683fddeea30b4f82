// The console's files within the program. The table behind it is written at configuring: see cmake/console.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace holdfast::server::console {

struct EmbeddedFile {
  std::string_view path;   ///< As a request names it: /index.html, /assets/...
  std::string_view bytes;  ///< Live as long as the program.
};

/// All of them, compressed ones (.br, .gz) as files of their own. Empty where the program was built without a console.
std::vector<EmbeddedFile> embedded_files();

}  // namespace holdfast::server::console
