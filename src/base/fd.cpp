#include "base/fd.h"

#include <unistd.h>

namespace holdfast {

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace holdfast
