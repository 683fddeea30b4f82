// To be preloaded: disks that the kernel does not offer, and a wall clock that is set. HOLDFAST_DISK says which disk:
//
//   lies    fdatasync and fsync do nothing and say that they did: what a power cut must bring to light
//   hangs   fdatasync, fsync and pread do not return while there is a file whose name HOLDFAST_DISK_HANGS gives
//   slow    fdatasync, fsync and pread take a quarter of a second longer
//   moody   fdatasync and fsync do not return while there is a file `hang` in the folder HOLDFAST_DISK_SIGNS, and fail
//           with EIO while there is a file `eio`
//   bites   pwrite writes at most half of what it is given, at least a byte: everything must go on as before
//
// HOLDFAST_WALL_CLOCK is a file with a number in it (8 bytes, as this machine has them): so many seconds the wall clock
// is ahead.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

bool disk_is(const char* what) {
  const char* const disk = std::getenv("HOLDFAST_DISK");
  return disk && std::strcmp(disk, what) == 0;
}

template <class Call>
Call* real(const char* name) {
  return reinterpret_cast<Call*>(::dlsym(RTLD_NEXT, name));
}

ssize_t write_less(const char* call, int fd, const void* bytes, size_t size, off_t offset) {
  static const bool bites = disk_is("bites");
  if (bites && size > 0) size = std::max<size_t>(1, size / 2);
  return real<ssize_t(int, const void*, size_t, off_t)>(call)(fd, bytes, size, offset);
}

/// Whether somebody put the sign `name` up for this disk.
bool sign(const char* name) {
  static const char* const folder = disk_is("moody") ? std::getenv("HOLDFAST_DISK_SIGNS") : nullptr;
  return folder && ::access((std::string(folder) + "/" + name).c_str(), F_OK) == 0;
}

/// Null: the wall clock is as it is.
const std::atomic<std::int64_t>* ahead() {
  static const std::atomic<std::int64_t>* const seconds = [] {
    const char* const file = std::getenv("HOLDFAST_WALL_CLOCK");
    const int fd = file ? ::open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return static_cast<const std::atomic<std::int64_t>*>(nullptr);
    const void* const mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, fd, 0);
    ::close(fd);
    return mapped == MAP_FAILED ? nullptr : static_cast<const std::atomic<std::int64_t>*>(mapped);
  }();
  return seconds;
}

void be_slow() {
  static const bool slow = disk_is("slow");
  if (slow) ::usleep(250'000);
}

void hang() {
  static const char* const sign = disk_is("hangs") ? std::getenv("HOLDFAST_DISK_HANGS") : nullptr;
  while (sign && ::access(sign, F_OK) == 0) ::usleep(1'000);
}

ssize_t read_later(const char* call, int fd, void* bytes, size_t size, off_t offset) {
  hang();
  be_slow();
  return real<ssize_t(int, void*, size_t, off_t)>(call)(fd, bytes, size, offset);
}

int sync_or_lie(const char* call, int fd) {
  be_slow();
  while (sign("hang")) ::usleep(1'000);
  if (sign("eio")) {
    errno = EIO;
    return -1;
  }
  static const bool lies = disk_is("lies");
  hang();
  return lies ? 0 : real<int(int)>(call)(fd);
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return write_less("pwrite", fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off_t offset) {
  return write_less("pwrite64", fd, bytes, size, offset);
}

ssize_t pread(int fd, void* bytes, size_t size, off_t offset) {
  return read_later("pread", fd, bytes, size, offset);
}

ssize_t pread64(int fd, void* bytes, size_t size, off_t offset) {
  return read_later("pread64", fd, bytes, size, offset);
}

int fdatasync(int fd) {
  return sync_or_lie("fdatasync", fd);
}

int fsync(int fd) {
  return sync_or_lie("fsync", fd);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  static auto* const call = real<int(clockid_t, timespec*)>("clock_gettime");
  const int status = call(clock, now);
  if (status == 0 && clock == CLOCK_REALTIME && ahead()) now->tv_sec += ahead()->load(std::memory_order_relaxed);
  return status;
}
}
