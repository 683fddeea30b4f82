// To be preloaded: disks that the kernel does not offer. HOLDFAST_DISK says which.
//
//   lies    fdatasync and fsync do nothing and say that they did: what a power cut must bring to light
//   hangs   fdatasync and fsync do not return while there is a file whose name HOLDFAST_DISK_HANGS gives
//   bites   pwrite writes at most half of what it is given, at least a byte: everything must go on as before
#include <dlfcn.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

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

int sync_or_lie(const char* call, int fd) {
  static const bool lies = disk_is("lies");
  static const char* const sign = disk_is("hangs") ? std::getenv("HOLDFAST_DISK_HANGS") : nullptr;
  while (sign && ::access(sign, F_OK) == 0) ::usleep(1'000);
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

int fdatasync(int fd) {
  return sync_or_lie("fdatasync", fd);
}

int fsync(int fd) {
  return sync_or_lie("fsync", fd);
}
}
