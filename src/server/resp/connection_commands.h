// What clients of Redis say at connect and to keep a connection: HELLO, CLIENT, INFO, PING and their like.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "server/resp/writer.h"

namespace holdfast::server::resp {

/// What a connection has agreed on.
struct Conversation {
  std::uint64_t id = 0;
  Writer::Version version = Writer::Version::resp2;
  std::string name;     ///< CLIENT SETNAME; the owner of what it takes.
  std::string library;  ///< CLIENT SETINFO.
  std::string peer;
  bool over = false;  ///< QUIT was said.
};

/// The owner of what a connection takes that gave no name.
inline constexpr std::string_view nameless_owner = "resp";

/// What INFO tells of the server.
struct Facts {
  std::uint16_t port = 0;
  std::int64_t connections = 0;
  std::int64_t uptime_s = 0;
};

/// Answers `words`, of which there is at least one; false: it is none of these commands, and nothing has been said.
bool answer_connection_command(std::span<const std::string_view> words, Conversation& conversation,
                               const std::function<Facts()>& facts, std::string& out);

/// Whether `word`, in any case, is `lower`, which is in lower case.
bool is_word(std::string_view word, std::string_view lower);

}  // namespace holdfast::server::resp
