#include <fcntl.h>

#include "cli/verbs.h"

namespace {

/// Where stdin, stdout or stderr is closed, the next file that is opened would take its place, and what we say would be
/// written into it.
void open_standard_streams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) < 0) (void)::open("/dev/null", O_RDWR);  // Takes the lowest number, which is this one.
  }
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_streams();
  return holdfast::cli::main_with(holdfast::cli::Words(argv + (argc > 0 ? 1 : 0), argv + argc));
}
