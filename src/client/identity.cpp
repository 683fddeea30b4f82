#include "client/identity.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <random>
#include <vector>

namespace holdfast::client {
namespace {

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "unknown-host";
  return name;
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> space(16 * 1024);
  if (::getpwuid_r(::geteuid(), &entry, space.data(), space.size(), &found) == 0 && found) return found->pw_name;
  return "uid" + std::to_string(::geteuid());
}

}  // namespace

std::string default_owner() {
  return user_name() + "@" + host_name();
}

std::string fresh_session() {
  std::random_device random;
  return fmt::format("{}-{}-{}-{:08x}{:08x}", user_name(), host_name(), ::getpid(), random(), random());
}

}  // namespace holdfast::client
