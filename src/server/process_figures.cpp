#include "server/process_figures.h"

#include <dirent.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

namespace holdfast::server {
namespace {

constexpr const char* open_files_path = "/proc/self/fd";

std::uint64_t open_files() {
  struct stat about {};
  if (::stat(open_files_path, &about) != 0) return 0;
  if (about.st_size > 0) return static_cast<std::uint64_t>(about.st_size);  // Linux 6.2 and newer count by themselves.
  DIR* directory = ::opendir(open_files_path);
  if (!directory) return 0;
  std::uint64_t entries = 0;
  while (::readdir(directory)) ++entries;
  ::closedir(directory);
  return entries > 3 ? entries - 3 : 0;  // Without `.`, `..` and the directory itself.
}

/// The fields of /proc/self/stat that count here, behind the name, which may hold anything.
void read_stat(ProcessFigures& figures) {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return;
  const std::size_t name_ends = line.rfind(')');
  if (name_ends == std::string::npos) return;
  std::istringstream rest(line.substr(name_ends + 1));
  std::string ignored;
  for (int field = 3; field < 14; ++field) rest >> ignored;
  std::uint64_t user = 0, system = 0, virtual_bytes = 0, pages = 0;
  rest >> user >> system;                                          // 14, 15
  for (int field = 16; field < 20; ++field) rest >> ignored;       // 16 to 19
  rest >> figures.threads >> ignored >> ignored >> virtual_bytes;  // 20 to 23
  rest >> pages;                                                   // 24
  figures.cpu_seconds = static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  figures.virtual_bytes = virtual_bytes;
  figures.resident_bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

ProcessFigures process_figures() {
  ProcessFigures figures;
  read_stat(figures);
  figures.open_files = open_files();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.open_files_max = limit.rlim_cur;
  return figures;
}

}  // namespace holdfast::server
