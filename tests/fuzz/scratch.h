// A directory for targets that read files: in memory where there is some, empty at each input.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>

namespace holdfast::fuzz {

class Scratch {
 public:
  /// The process's own, gone with it.
  static Scratch& of_process() {
    static Scratch scratch;
    return scratch;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  /// A directory of this name, with nothing in it.
  std::filesystem::path fresh(const std::string& name) const {
    const std::filesystem::path path = root_ / name;
    std::filesystem::remove_all(path);
    std::filesystem::create_directory(path);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  /// The path for something that is not there yet.
  std::filesystem::path none(const std::string& name) const {
    std::filesystem::remove_all(root_ / name);
    return root_ / name;
  }

 private:
  Scratch() {
    const std::filesystem::path memory = "/dev/shm";
    const bool there = ::access(memory.c_str(), W_OK) == 0;
    std::string pattern = (there ? memory : std::filesystem::temp_directory_path()) / "holdfast-fuzz-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    root_ = pattern;
  }
  ~Scratch() {
    std::error_code too_late_to_mind;
    std::filesystem::remove_all(root_, too_late_to_mind);
  }
  std::filesystem::path root_;
};

inline void write_file(const std::filesystem::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace holdfast::fuzz
