// Requests as messages on a connection that stays: JSON objects with the operation's name, its fields, and what stands
// in the braces of its path as one more field.
//
// Whoever reads the message's frame takes it apart once (JsonMembers), takes off what is its own, and hands the rest
// on.
#pragma once

#include <span>
#include <string_view>

#include "api/json_members.h"
#include "api/operations.h"

namespace holdfast::api {

/// A message that was understood.
struct Spoken {
  const Operation* operation = nullptr;
  Call call;
};

/// The operation that is called `name` on such a connection. Null: there is none, or its answer or its request does not
/// fit into messages: streams of events, and creating a text.
const Operation* operation_of_call(std::string_view name);

/// `message`, as a request to `operation`. Members whose keys are in `beside` are none of its fields. What names who
/// asks is `speaker` where it is left out; another owner cannot ask. `context.fresh_session` is not used where the
/// speaker has a session.
///
/// Errors: missing_field, bad_name or bad_field for the subject; those of Form::from_members and of the operation's own
/// reading.
Result<Spoken> read_spoken(const Operation& operation, const JsonMembers& message,
                           std::span<const std::string_view> beside, const Speaker& speaker, const Context& context);

}  // namespace holdfast::api
