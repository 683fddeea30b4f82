#include "tests/soak/world.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <stdexcept>
#include <thread>

namespace holdfast::soak {
namespace {

using namespace std::chrono_literals;
using support::ServerProcess;

/// New segments and snapshots all the time.
constexpr durability::Small bounds{.segment_bytes = 256 << 10, .fold_after_bytes = 1 << 20};
constexpr int journal_failed = 74;
constexpr auto start_patience = 10s;

}  // namespace

World::World(const std::vector<std::string>& inject) : inject_(inject) {
  if (durability::is_root()) disk_ = std::make_unique<durability::LoopDisk>();
  store_ = disk_ ? std::make_unique<durability::Store>(disk_->path() / "data") : std::make_unique<durability::Store>();
  set_wall_clock(0);
  start();
}

World::~World() {
  if (server_) server_->process().signal(SIGCONT);
  server_.reset();  // Before its disk.
}

support::ServerProcess::How World::how() const {
  ServerProcess::How how{.arguments = store_->arguments(bounds),
                         .environment = {{"LD_PRELOAD", HOLDFAST_DISK_SHIM},
                                         {"HOLDFAST_DISK", "moody"},
                                         {"HOLDFAST_DISK_SIGNS", signs_.path()},
                                         {"HOLDFAST_WALL_CLOCK", signs_.path() / "wall"}},
                         .port = port_,
                         .await_ready = false};
  for (const std::string& bug : inject_) how.arguments.insert(how.arguments.end(), {"--inject", bug});
  return how;
}

void World::put_up(const std::string& sign, bool up) const {
  const std::filesystem::path file = signs_.path() / sign;
  if (up) {
    std::ofstream{file};
  } else {
    std::filesystem::remove(file);
  }
}

void World::set_wall_clock(std::int64_t seconds_ahead) const {
  // In place: a server has the file mapped.
  const int fd = ::open((signs_.path() / "wall").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  const bool written = fd >= 0 && ::pwrite(fd, &seconds_ahead, sizeof seconds_ahead, 0) == sizeof seconds_ahead;
  if (fd >= 0) ::close(fd);
  if (!written) throw std::runtime_error("the wall clock cannot be set");
}

void World::gone() {
  const std::lock_guard lock(mutex_);
  up_ = false;
}

void World::kill() {
  gone();
  if (server_) server_->kill();
  server_.reset();
}

void World::end(int expected_status) {
  const auto began = std::chrono::steady_clock::now();
  try {
    const support::Ended ended = server_->process().wait(15s);
    if (ended.exit_status != expected_status) {
      complain(fmt::format("a server ended with {} instead of {}: {}", ended.exit_status, expected_status,
                           server_->process().errors()));
    }
  } catch (const std::runtime_error& error) {
    complain(error.what());
    server_->kill();
  }
  if (std::chrono::steady_clock::now() - began > 8s) complain("a server took longer than 8 s to end");
  server_.reset();
}

void World::stop() {
  gone();
  server_->process().signal(SIGTERM);
  end(0);
}

void World::fail_syncs() {
  gone();
  put_up("eio", true);
  end(journal_failed);  // Clients go on asking, so there is something to sync.
  put_up("eio", false);
}

void World::cut_power() {
  gone();
  disk_->cut_power();
  end(journal_failed);
  disk_->mount_again();
}

void World::start() {
  if (server_) return;
  const auto until = std::chrono::steady_clock::now() + start_patience;
  for (;;) {
    auto server = std::make_unique<ServerProcess>(how());
    if (server->await_listening()) {
      server_ = std::move(server);
      break;
    }
    // Somebody's outgoing connection may have been given the port meanwhile.
    const bool taken = server->process().errors().find("in use") != std::string::npos;
    if (!taken || std::chrono::steady_clock::now() > until) {
      throw std::runtime_error("a server did not start: " + server->process().errors());
    }
    std::this_thread::sleep_for(50ms);
  }
  port_ = server_->port();
  ++starts_;
  const std::lock_guard lock(mutex_);
  up_ = true;
  changed_.notify_all();
}

void World::fill_disk() const {
  const int fd = ::open((disk_->path() / "filler").c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return;  // Full already, it seems.
  const std::string zeros(64 << 10, '\0');
  for (std::size_t size = zeros.size(); size > 0;) {
    if (::write(fd, zeros.data(), size) < 0) size /= 2;
  }
  ::close(fd);
}

void World::make_room() const {
  if (disk_) std::filesystem::remove(disk_->path() / "filler");
}

void World::start_second() {
  ServerProcess::How other = how();
  other.port = 0;
  ServerProcess second(other);
  if (second.await_listening()) {
    complain("a second server was let into the directory of the first");
    second.kill();
  } else if (second.process().wait().exit_status == 0) {
    complain("a second server that was turned away ended with 0");
  }
}

void World::mend() {
  hang_disk(false);
  put_up("eio", false);
  make_room();
  set_wall_clock(0);
  if (server_) server_->process().signal(SIGCONT);
  if (server_ && !server_->process().running()) {
    complain("a server ended by itself: " + server_->process().errors());
    gone();
    server_.reset();
  }
  start();
}

void World::await_up(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return up_; });
}

}  // namespace holdfast::soak
