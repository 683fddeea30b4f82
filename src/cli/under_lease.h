// A command that runs only while a lease is held: what `holdfast run` does.
//
// Kept here:
//   R1  the command starts only after the grant, and while there is belief in it;
//   R2  it is told to end (SIGTERM) `grace` before belief ends, and is gone (SIGKILL) before belief ends, also when
//   this
//       process is stopped or killed (local/guard.h);
//   R3  a command that was stopped goes on only while there is belief;
//   R4  the lease is released only after the command has ended;
//   R5  a takeover that is announced counts as the end of belief, and whoever takes the name, or asks for it, is named
//   on
//       stderr.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "cli/verbs.h"
#include "client/lease.h"
#include "local/child.h"

namespace holdfast::cli {

struct UnderLease {
  client::AcquireCall ask;  ///< With a session and a ttl. `wait` may be longer than one request can be.
  std::string takeover;     ///< Why to take it over where it is held still after the wait; empty: do not.
  Duration flush{-1};       ///< How long its holder may hand in what it has, then; negative: the server says.
  Duration grace{};         ///< At most half of the ttl.
  int held_status = status(Exit::held);
  std::string server;  ///< For the command's environment.
  local::Command command;
};

/// Hands one sentence to a person.
using Say = std::function<void(std::string_view)>;

/// Acquires, runs the command, keeps the lease, releases. Returns the exit status; where a signal ended us before the
/// command began, or Ctrl-C ended the command, the process ends of that signal instead.
int run_under_lease(const UnderLease& plan, client::Leases& leases, const Say& say);

}  // namespace holdfast::cli
