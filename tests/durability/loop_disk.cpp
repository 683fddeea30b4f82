#include "tests/durability/loop_disk.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>

namespace holdfast::durability {
namespace {

// From the kernel's fs/ext4/ext4.h, which is in no header for programs.
constexpr unsigned long ext4_shutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t without_flushing_the_log = 2;
constexpr std::uint64_t disk_bytes = 128 << 20;

void run(const std::vector<std::string>& words) {
  support::Process process(words);
  if (process.wait().exit_status != 0) throw std::runtime_error(words[0] + ": " + process.errors() + process.output());
}

[[noreturn]] void system_failed(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

/// Once for the process: mounts of its own, that nobody else sees and nobody has to clean up.
void keep_mounts_private() {
  static const bool done = [] {
    if (::unshare(CLONE_NEWNS) != 0) system_failed("unshare");
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) system_failed("mount");
    return true;
  }();
  static_cast<void>(done);
}

}  // namespace

LoopDisk::LoopDisk() {
  keep_mounts_private();
  const std::filesystem::path image = scratch_.path() / "image";
  const int fd = ::open(image.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0 || ::ftruncate(fd, disk_bytes) != 0) system_failed("image");
  ::close(fd);
  run({"mkfs.ext4", "-q", "-F", image});
  std::filesystem::create_directory(path());
  mount();
}

LoopDisk::~LoopDisk() {
  ::umount2(path().c_str(), MNT_DETACH);
}

void LoopDisk::mount() {
  run({"mount", "-o", "loop", scratch_.path() / "image", path()});
}

void LoopDisk::unmount() {
  if (::umount(path().c_str()) != 0) system_failed("umount");
}

void LoopDisk::cut_power() const {
  const int fd = ::open(path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  std::uint32_t how = without_flushing_the_log;
  if (fd < 0 || ::ioctl(fd, ext4_shutdown, &how) != 0) system_failed("EXT4_IOC_SHUTDOWN");
  ::close(fd);
}

void LoopDisk::mount_again() {
  unmount();
  mount();
}

}  // namespace holdfast::durability
