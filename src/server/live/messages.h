// What clients say on a live socket, besides the operations of the catalogue; and the frames of answers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_members.h"
#include "api/operations.h"
#include "base/error.h"
#include "core/types.h"
#include "server/live/hub.h"

namespace holdfast::server::live {

/// A message, as far as all of them are alike.
struct Message {
  std::optional<std::uint64_t> id;
  std::string call;
  api::JsonMembers members;
};
/// Holds as long as `text` does. An error is what the socket is closed for.
Result<Message> read_message(std::string_view text);

/// Members that are no field of any call.
inline constexpr std::string_view beside[] = {"id", "call"};

// The socket's own calls. Errors: missing_field, unknown_field, bad_field, bad_name; owner_missing.

Result<core::Who> read_hello(const Message& message);
struct FollowCall {
  std::string name;
  std::uint64_t buffer = 0;            ///< The text that it has; 0: none.
  std::optional<std::uint64_t> after;  ///< And the revision of it.
};
Result<FollowCall> read_follow(const Message& message);
Result<std::string> read_unfollow(const Message& message);
struct CursorCall {
  std::string name;
  std::uint64_t revision = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges;  ///< Anchor and head.
  std::size_t main = 0;
};
Result<CursorCall> read_cursor(const Message& message);
Result<Mood> read_state(const Message& message);
struct DeclineCall {
  std::string name;
  core::Token token;
  std::string to;
  std::string message;
};
Result<DeclineCall> read_decline(const Message& message);
/// The id of the request that is to be given up.
Result<std::uint64_t> read_cancel(const Message& message);

/// What others are pushed of it.
std::string cursor_push(const CursorCall& cursor, const core::Who& who);

/// Appends the frame of an answer. `body` is JSON.
void append_answer(std::string& out, std::optional<std::uint64_t> id, int status, std::string_view body);

}  // namespace holdfast::server::live
