#include "server/newcomer.h"

#include "server/service.h"

namespace holdfast::server {

Newcomer newcomer(Service& service, const EventSpelling& spelling, std::string prefix,
                  const std::optional<api::GivenPosition>& asked) {
  engine::Runner& runner = service.runner();
  Newcomer made;
  made.spelling = &spelling;
  made.prefix = std::move(prefix);
  made.incarnation = runner.incarnation();
  made.after = service.events().last();
  if (!asked) return made;
  made.asked = *asked;
  switch (runner.standing(asked->incarnation, asked->position)) {
    case engine::Runner::Standing::known:
      made.after = asked->position;
      break;
    case engine::Runner::Standing::foreign:
      made.reset = ErrorCode::position_foreign;
      break;
    case engine::Runner::Standing::future:
      made.reset = ErrorCode::position_future;
      break;
  }
  return made;
}

}  // namespace holdfast::server
