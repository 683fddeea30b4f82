#include "local/terminal.h"

#include <fcntl.h>
#include <unistd.h>

namespace holdfast::local {

Terminal::Terminal() : fd_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
  if (fd_ >= 0) ::tcgetattr(fd_, &settings_);
}

Terminal::~Terminal() {
  take_back();
  if (fd_ >= 0) ::close(fd_);
}

bool Terminal::ours() const {
  return fd_ >= 0 && ::tcgetpgrp(fd_) == ::getpgrp();
}

void Terminal::give(pid_t group) {
  if (fd_ >= 0 && ::tcsetpgrp(fd_, group) == 0) given_ = true;
}

void Terminal::take_back() {
  if (given_) ::tcsetpgrp(fd_, ::getpgrp());
  given_ = false;
}

void Terminal::restore_settings() {
  if (fd_ >= 0) ::tcsetattr(fd_, TCSADRAIN, &settings_);
}

}  // namespace holdfast::local
