// strace as an instrument: which journal calls a server makes, and making one of them fail or be the last.
//
// strace counts the calls of each thread apart, and "the third fdatasync" is the third of whichever thread gets there
// first. So a call is named by its thread (the first to be started is 0) and by its number among that thread's calls.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.h"

namespace holdfast::durability {

/// All calls that may change a directory or what is in it.
inline constexpr const char* changing_calls =
    "openat,creat,pwrite64,pwritev,pwritev2,write,writev,fdatasync,fsync,sync_file_range,fallocate,ftruncate,rename,"
    "renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,link,linkat,flock";

/// The numbers of the calls on a directory, by thread and system call.
using Calls = std::map<std::pair<std::size_t, std::string>, std::vector<std::uint64_t>>;

/// What `strace -f -y -o trace` wrote, once the traced process has ended; waits for strace to have written it all.
/// `threads`: those that are to have the numbers 0 and up; others follow in the order in which they appear.
Calls calls_on(const std::filesystem::path& directory, const std::filesystem::path& trace,
               const std::vector<pid_t>& threads = {});

/// Of `numbers` the first twenty, and of the rest twice as many, evenly. With HOLDFAST_EVERY_CALL in the environment,
/// all.
std::vector<std::uint64_t> sample(const std::vector<std::uint64_t>& numbers);

/// The threads of a process, in the order in which they were started.
std::vector<pid_t> threads_of(pid_t process);

/// Words before a program: it is traced, and stays our child (`-D`).
std::vector<std::string> traced(const std::filesystem::path& trace, const std::vector<std::string>& options);

/// strace on a process that runs already. Traces when the constructor returns, until it is gone.
class Attached {
 public:
  /// `all`: with all its threads, also those to come; else this thread only.
  Attached(pid_t thread, bool all, const std::filesystem::path& trace, const std::vector<std::string>& options);
  /// Takes it off; the process goes on as if nothing had been.
  void detach();

 private:
  std::unique_ptr<support::Process> strace_;
};

}  // namespace holdfast::durability
