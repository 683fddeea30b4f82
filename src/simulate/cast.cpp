#include "simulate/cast.h"

#include <array>

namespace holdfast::simulate {
namespace {

constexpr std::array<std::string_view, 10> people{"alice", "bob",  "carol", "dave", "erin",
                                                  "frank", "gina", "hugo",  "iris", "jack"};
constexpr std::array<std::string_view, 6> things{"job", "plan", "disk", "door", "mail", "road"};

}  // namespace

Cast::Cast(const Options& options) {
  for (std::uint32_t client = 0; client < options.clients; ++client) {
    const std::uint32_t owner = client % options.owners;
    const std::uint32_t session = client / options.owners + 1;
    const std::string name{people[owner % people.size()]};
    who_.push_back({name, session == 1 ? "main" : "s" + std::to_string(session)});
  }
  who_.push_back({"operator", "main"});
  for (std::uint32_t name = 0; name < options.names; ++name) names_.emplace_back(things[name % things.size()]);
}

recording::Index Cast::client_of(const std::string& owner, const std::string& session) const {
  for (recording::Index client = 0; client < who_.size(); ++client) {
    if (who_[client].owner == owner && who_[client].session == session) return client;
  }
  return recording::nobody;
}

recording::Index Cast::name_of(std::string_view name) const {
  for (recording::Index index = 0; index < names_.size(); ++index) {
    if (names_[index] == name) return index;
  }
  return recording::nobody;
}

}  // namespace holdfast::simulate
