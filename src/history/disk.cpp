#include "history/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace holdfast::history {
namespace {

constexpr int always = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;  // O_NONBLOCK: a pipe must stop nobody.

std::unexpected<Error> system_error(std::string_view what, const std::string& where) {
  return fail(ErrorCode::history_io, system_words(fmt::format("{} {}", what, where), errno));
}

}  // namespace

Result<std::vector<std::string>> Folder::names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
    names.push_back(entry->path().filename().string());
  }
  if (error == std::errc::no_such_file_or_directory) return std::vector<std::string>{};
  if (error) return fail(ErrorCode::history_io, fmt::format("read {}: {}", path_.string(), error.message()));
  std::ranges::sort(names);
  return names;
}

Result<Fd> Folder::open_to_read(const std::string& name) const {
  Fd file{::open(where(name).c_str(), always | O_RDONLY)};
  if (!file) return system_error("open", where(name));
  return file;
}

Result<Fd> Folder::create(const std::string& name) const {
  if (::mkdir(path_.c_str(), 0700) == 0) {
    const Fd above{::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (above && ::fsync(above.get()) != 0) return system_error("sync", path_.parent_path().string());
  } else if (errno != EEXIST) {
    return system_error("make", path_.string());
  }
  Fd file{::open(where(name).c_str(), always | O_RDWR | O_CREAT | O_TRUNC, 0600)};
  if (!file) return system_error("make", where(name));
  return file;
}

Result<void> Folder::rename(const std::string& from, const std::string& to) const {
  if (::rename(where(from).c_str(), where(to).c_str()) != 0) return system_error("rename", where(from));
  return {};
}

Result<void> Folder::link(const std::string& from, const std::string& to) const {
  if (::link(where(from).c_str(), where(to).c_str()) != 0 && errno != EEXIST) return system_error("link", where(from));
  return {};
}

Result<void> Folder::remove(const std::string& name) const {
  if (::unlink(where(name).c_str()) != 0 && errno != ENOENT) return system_error("remove", where(name));
  return {};
}

Result<void> Folder::sync() const {
  const Fd self{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!self || ::fsync(self.get()) != 0) return system_error("sync", path_.string());
  return {};
}

Result<Folder::Space> Folder::space() const {
  struct statvfs about {};
  if (::statvfs(path_.c_str(), &about) != 0 && ::statvfs(path_.parent_path().c_str(), &about) != 0) {
    return system_error("look at", path_.string());
  }
  return Space{std::uint64_t{about.f_bavail} * about.f_frsize, std::uint64_t{about.f_blocks} * about.f_frsize};
}

Result<void> write_all(const Fd& file, std::string_view bytes, const std::string& where) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error("write", where);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_file(const Fd& file, const std::string& where) {
  if (::fdatasync(file.get()) != 0) return system_error("sync", where);
  return {};
}

Result<std::string> read_exactly(const Fd& file, std::uint64_t offset, std::size_t size, const std::string& where) {
  std::string bytes(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(file.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", where);
    if (got == 0) return fail(ErrorCode::history_damaged, where + " is cut short");
    done += static_cast<std::size_t>(got);
  }
  return bytes;
}

Result<std::uint64_t> size_of(const Fd& file, const std::string& where) {
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return system_error("look at", where);
  if (!S_ISREG(about.st_mode)) return fail(ErrorCode::history_damaged, where + " is not a file");
  return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace holdfast::history
