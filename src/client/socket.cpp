#include "client/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>
#include <thread>
#include <vector>

#include "base/check.h"

namespace holdfast::client {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

/// A look-up under way. Shared by the one who asks and the thread that waits for the resolver, so that either may go
/// first: getaddrinfo cannot be told to stop.
struct Lookup {
  std::string host;
  std::string port;
  Handle done{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  int error = 0;
  std::vector<Address> found;

  void carry_out(int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* list = nullptr;
    error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
    for (const addrinfo* entry = list; entry; entry = entry->ai_next) {
      Address& address = found.emplace_back();
      std::copy_n(reinterpret_cast<const char*>(entry->ai_addr), entry->ai_addrlen,
                  reinterpret_cast<char*>(&address.storage));
      address.size = entry->ai_addrlen;
    }
    if (list) ::freeaddrinfo(list);
  }
};

void set(int fd, int level, int option, int value) {
  (void)::setsockopt(fd, level, option, &value, sizeof value);
}

/// A server that is gone without a word (a pulled cable) is noticed within half a minute, also by one who waits long.
void prepare(int fd) {
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

}  // namespace

void Handle::close() noexcept {
  if (const int fd = std::exchange(fd_, -1); fd >= 0) ::close(fd);
}

Cancel::Cancel() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  HF_CHECK(static_cast<bool>(event_));
}

void Cancel::say() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(event_.get(), &one, sizeof one);
}

Alarm::Alarm() : timer_(::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
  HF_CHECK(static_cast<bool>(timer_));
}

void Alarm::set(Deadline deadline) noexcept {
  // Zero would switch it off; what is past rings at once.
  const auto since_start = std::max(deadline.time_since_epoch(), BootTime::duration(1));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_start);
  itimerspec when{};
  when.it_value.tv_sec = seconds.count();
  when.it_value.tv_nsec = (since_start - seconds).count();
  HF_CHECK(::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) == 0);
}

bool cancelled_before(Deadline deadline, const Cancel& cancel) {
  Alarm alarm;
  alarm.set(deadline);
  for (;;) {
    pollfd watched[2] = {{cancel.fd(), POLLIN, 0}, {alarm.fd(), POLLIN, 0}};
    const int ready = ::poll(watched, 2, -1);
    if (ready < 0 && errno == EINTR) continue;
    HF_CHECK(ready > 0);
    return watched[0].revents != 0;
  }
}

std::expected<void, Trouble> Socket::wait(int fd, short events, Deadline deadline) const {
  alarm_.set(deadline);
  for (;;) {
    pollfd watched[3] = {{cancel_.fd(), POLLIN, 0}, {fd, events, 0}, {alarm_.fd(), POLLIN, 0}};
    const int ready = ::poll(watched, 3, -1);
    if (ready < 0 && errno == EINTR) continue;
    HF_CHECK(ready > 0);
    if (watched[0].revents != 0) return std::unexpected(Trouble{Trouble::Kind::cancelled, "cancelled"});
    if (watched[1].revents != 0) return {};
    return std::unexpected(Trouble{Trouble::Kind::time_over, "no answer in time"});
  }
}

Result<void> Socket::connect(const std::string& host, std::uint16_t port, Deadline deadline) {
  close();
  const std::string peer = host + " port " + std::to_string(port);

  auto lookup = std::make_shared<Lookup>(host, std::to_string(port));
  lookup->carry_out(AI_NUMERICHOST | AI_NUMERICSERV);
  if (lookup->found.empty()) {
    lookup = std::make_shared<Lookup>(host, std::to_string(port));
    std::thread([lookup] {
      lookup->carry_out(AI_NUMERICSERV);
      const std::uint64_t one = 1;
      (void)!::write(lookup->done.get(), &one, sizeof one);
    }).detach();
    if (const auto came = wait(lookup->done.get(), POLLIN, deadline); !came) {
      return fail(ErrorCode::unreachable, "looking up " + host + ": " + came.error().words);
    }
    if (lookup->found.empty()) {
      return fail(ErrorCode::unreachable, "looking up " + host + ": " + ::gai_strerror(lookup->error));
    }
  }

  std::string why;
  for (std::size_t i = 0; i < lookup->found.size(); ++i) {
    const Address& address = lookup->found[i];
    Handle trial(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!trial) {
      why = system_words("socket", errno);
      continue;
    }
    prepare(trial.get());
    int error = 0;
    if (::connect(trial.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0) error = errno;
    if (error == EINPROGRESS) {
      // A dead first address must not eat the time of a living second one.
      const auto now = BootTime::now();
      const auto share = (deadline - now) / static_cast<int>(lookup->found.size() - i);
      if (const auto came = wait(trial.get(), POLLOUT, now + share); !came) {
        why = came.error().words;
        continue;
      }
      socklen_t size = sizeof error;
      ::getsockopt(trial.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) {
      handle_ = std::move(trial);
      return {};
    }
    why = std::generic_category().message(error);
  }
  return fail(ErrorCode::unreachable, peer + ": " + why);
}

std::expected<void, Trouble> Socket::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(handle_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      if (auto came = wait(handle_.get(), POLLOUT, deadline); !came) return came;
    } else if (errno != EINTR) {
      return std::unexpected(Trouble{Trouble::Kind::broken, std::generic_category().message(errno)});
    }
  }
  return {};
}

std::expected<std::size_t, Trouble> Socket::receive(std::span<char> into, Deadline deadline) {
  for (;;) {
    if (auto came = wait(handle_.get(), POLLIN, deadline); !came) return std::unexpected(std::move(came).error());
    const ssize_t n = ::recv(handle_.get(), into.data(), into.size(), 0);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EAGAIN && errno != EINTR) {
      return std::unexpected(Trouble{Trouble::Kind::broken, std::generic_category().message(errno)});
    }
  }
}

bool Socket::quiet() const {
  char byte = 0;
  return ::recv(handle_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace holdfast::client
