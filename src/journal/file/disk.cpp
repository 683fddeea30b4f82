#include "journal/file/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

namespace holdfast::journal::file {

namespace {

constexpr std::string_view lock_name = "lock";
constexpr int always = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;  // O_NONBLOCK: a pipe must not stop the start.

std::unexpected<Error> system_error(std::string_view what, const std::string& where) {
  const ErrorCode code = errno == ENOSPC || errno == EDQUOT ? ErrorCode::disk_full : ErrorCode::journal_io;
  return fail(code, system_words(fmt::format("{} {}", what, where), errno));
}

Result<void> check_safe(const Fd& directory, const std::string& path) {
  struct stat about {};
  if (::fstat(directory.get(), &about) != 0) return system_error("look at", path);
  if (about.st_uid != ::geteuid()) {
    return fail(ErrorCode::journal_unsafe,
                fmt::format("{} belongs to user {}, not to user {}", path, about.st_uid, ::geteuid()));
  }
  if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(ErrorCode::journal_unsafe,
                fmt::format("{} may be written by others (mode {:o}); chmod 700 it", path, about.st_mode & 07777U));
  }
  return {};
}

/// The process that a lock file names; empty if it names none.
std::string holder_of(const Fd& lock) {
  char text[32];
  const ssize_t size = lock ? ::pread(lock.get(), text, sizeof text, 0) : 0;
  int pid = 0;
  if (size <= 0 || std::from_chars(text, text + size, pid).ec != std::errc{} || pid <= 0) return "another process";
  return fmt::format("process {}", pid);
}

}  // namespace

Result<Directory> Directory::open(const std::filesystem::path& path, Use use) {
  Directory directory;
  directory.path_ = path;
  const std::string shown = path.string();
  if (use == Use::alone && ::mkdir(path.c_str(), 0700) == 0) {
    // Its own name must be durable too, or a power cut takes away everything in it.
    auto parent = std::filesystem::path{path}.remove_filename();
    if (!path.has_filename()) parent = path.parent_path().remove_filename();
    const Fd above{::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (above && ::fsync(above.get()) != 0) return system_error("sync", parent.string());
  } else if (use == Use::alone && errno != EEXIST) {
    return system_error("make", shown);
  }
  // A link to the directory is followed (systemd's StateDirectory is one); whose it is is asked of what it leads to.
  directory.fd_ = Fd{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!directory.fd_) return system_error("open", shown);
  if (auto safe = check_safe(directory.fd_, shown); !safe) return std::unexpected(safe.error());

  if (use == Use::beside) return directory;
  const bool alone = use == Use::alone;
  directory.lock_ =
      Fd{::openat(directory.fd_.get(), lock_name.data(), always | (alone ? O_RDWR | O_CREAT : O_RDONLY), 0600)};
  if (!directory.lock_ && (alone || errno != ENOENT)) return system_error("open", directory.where(lock_name));
  const int how = (alone ? LOCK_EX : LOCK_SH) | LOCK_NB;
  const auto held = [&] {
    return fail(ErrorCode::journal_held, fmt::format("{} is held by {}", shown, holder_of(directory.lock_)));
  };
  // The directory itself is locked as well, so that deleting the lock file lets nobody in.
  if (::flock(directory.fd_.get(), how) != 0 && errno == EWOULDBLOCK) return held();
  if (directory.lock_ && ::flock(directory.lock_.get(), how) != 0) {
    if (errno == EWOULDBLOCK) return held();
    return system_error("lock", directory.where(lock_name));
  }
  if (alone) {
    const std::string pid = fmt::format("{}\n", ::getpid());
    if (::ftruncate(directory.lock_.get(), 0) != 0) return system_error("write", directory.where(lock_name));
    // On a full disk it stays empty: the number is only for people.
    auto written = write_at(directory.lock_, pid, 0, directory.where(lock_name));
    if (!written && written.error().code != ErrorCode::disk_full) return std::unexpected(written.error());
  }
  return directory;
}

Result<std::vector<std::string>> Directory::names() const {
  const int copy = ::openat(fd_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (copy < 0) return system_error("list", path_.string());
  DIR* stream = ::fdopendir(copy);
  if (stream == nullptr) {
    ::close(copy);
    return system_error("list", path_.string());
  }
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name != lock_name) names.emplace_back(name);
    errno = 0;
  }
  const int failure = errno;
  ::closedir(stream);
  errno = failure;
  if (failure != 0) return system_error("list", path_.string());
  std::ranges::sort(names);
  return names;
}

namespace {

Result<Fd> open_regular(int directory, const std::string& name, int flags, const std::string& where) {
  Fd file{::openat(directory, name.c_str(), always | flags)};
  if (!file && errno == ELOOP) return fail(ErrorCode::journal_damaged, where + " is a symbolic link");
  if (!file) return system_error("open", where);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return system_error("look at", where);
  if (!S_ISREG(about.st_mode)) return fail(ErrorCode::journal_damaged, where + " is no regular file");
  return file;
}

}  // namespace

Result<Fd> Directory::open_to_read(const std::string& name) const {
  return open_regular(fd_.get(), name, O_RDONLY, where(name));
}

Result<Fd> Directory::open_to_write(const std::string& name) const {
  return open_regular(fd_.get(), name, O_RDWR, where(name));
}

Result<Fd> Directory::create(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return system_error("remove", where(name));
  Fd file{::openat(fd_.get(), name.c_str(), always | O_RDWR | O_CREAT | O_EXCL, 0600)};
  if (!file) return system_error("make", where(name));
  return file;
}

Result<void> Directory::rename(const std::string& from, const std::string& to) const {
  if (::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) != 0) return system_error("rename", where(from));
  return {};
}

Result<void> Directory::remove(const std::string& name) const {
  if (::unlinkat(fd_.get(), name.c_str(), 0) != 0 && errno != ENOENT) return system_error("remove", where(name));
  return {};
}

std::optional<std::uint64_t> Directory::free_bytes() const {
  struct statvfs about {};
  if (::fstatvfs(fd_.get(), &about) != 0 || about.f_blocks == 0) return std::nullopt;
  return static_cast<std::uint64_t>(about.f_bavail) * about.f_frsize;
}

Result<void> Directory::sync() const {
  if (*sync_failed_) return fail(ErrorCode::journal_io, "sync " + path_.string() + ": it has failed before");
  if (::fsync(fd_.get()) == 0) return {};
  *sync_failed_ = true;
  return system_error("sync", path_.string());
}

Result<void> write_at(const Fd& file, std::string_view bytes, std::uint64_t offset, const std::string& where) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error("write", where);
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

Result<void> write_zeros(const Fd& file, std::uint64_t offset, std::uint64_t size, const std::string& where) {
  static const std::string zeros(std::size_t{256} << 10, '\0');
  while (size > 0) {
    const std::string_view piece = std::string_view{zeros}.substr(0, std::min<std::uint64_t>(size, zeros.size()));
    HF_TRY_VOID(write_at(file, piece, offset, where));
    offset += piece.size();
    size -= piece.size();
  }
  return {};
}

Result<void> sync_data(const Fd& file, const std::string& where) {
  if (::fdatasync(file.get()) != 0) return system_error("sync", where);
  return {};
}

Result<void> read_at(const Fd& file, std::string& out, std::uint64_t offset, std::size_t size,
                     const std::string& where) {
  out.resize(size);
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(file.get(), out.data() + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error("read", where);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  out.resize(have);
  return {};
}

Result<void> read_all(const Fd& file, std::string& out, const std::string& where) {
  HF_TRY(size, size_of(file, where));
  return read_at(file, out, 0, size, where);
}

Result<std::uint64_t> size_of(const Fd& file, const std::string& where) {
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return system_error("look at", where);
  return static_cast<std::uint64_t>(about.st_size);
}

}  // namespace holdfast::journal::file
