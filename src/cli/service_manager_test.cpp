#include "cli/service_manager.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

namespace holdfast::cli {
namespace {

/// What a service manager at the abstract address `name` ("@...") hears of `state`.
std::string heard(const std::string& name, std::string_view state) {
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path + 1, name.data() + 1, name.size() - 1);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), length), 0);
  ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
  tell_service_manager(state);
  ::unsetenv("NOTIFY_SOCKET");
  char bytes[64];
  const ssize_t read = ::recv(socket, bytes, sizeof bytes, MSG_DONTWAIT);
  ::close(socket);
  return read < 0 ? "nothing" : std::string(bytes, static_cast<std::size_t>(read));
}

TEST(ServiceManager, hears_what_it_is_told) {
  EXPECT_EQ(heard("@holdfast-test-" + std::to_string(::getpid()), "READY=1"), "READY=1");
}

TEST(ServiceManager, that_is_not_there_bothers_nobody) {
  ::unsetenv("NOTIFY_SOCKET");
  tell_service_manager("READY=1");
  for (const std::string& name :
       {std::string(), std::string("@"), std::string("/nowhere/at-all"), std::string(300, 'x')}) {
    ::setenv("NOTIFY_SOCKET", name.c_str(), 1);
    tell_service_manager("READY=1");
  }
  ::unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace holdfast::cli
