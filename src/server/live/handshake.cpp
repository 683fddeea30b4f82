#include "server/live/handshake.h"

#include <algorithm>
#include <array>
#include <boost/uuid/detail/sha1.hpp>
#include <span>

#include "api/form.h"

namespace holdfast::server::live {
namespace {

constexpr std::string_view version = "13";
constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::array<unsigned char, 20> sha1(std::string_view text) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(text.data(), text.size());
  unsigned int words[5];
  hash.get_digest(words);
  std::array<unsigned char, 20> digest{};
  for (std::size_t i = 0; i < digest.size(); ++i) {
    digest[i] = static_cast<unsigned char>(words[i / 4] >> (24 - 8 * (i % 4)));
  }
  return digest;
}

std::string base64(std::span<const unsigned char> bytes) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    unsigned long three = 0;
    for (std::size_t i = 0; i < 3; ++i) three = three << 8U | (at + i < bytes.size() ? bytes[at + i] : 0U);
    for (std::size_t i = 0; i < 4; ++i) {
      text += at + i <= bytes.size() ? letters[three >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Whether `word` is one of a list that is parted by commas, for which `same` tells words apart.
template <class Same>
bool lists(std::string_view list, std::string_view word, Same same) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (same(trimmed(list.substr(0, comma)), word)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, 22), [](char c) { return letters.find(c) != std::string_view::npos; });
}

}  // namespace

std::optional<Refusal> refuse(const Knock& knock) {
  const auto bad = [](std::string why, std::string field, bool says_version = false) {
    return Refusal{Error{ErrorCode::bad_request, std::move(why), std::move(field)}, says_version};
  };
  if (!lists(knock.upgrade, "websocket", api::same_word)) {
    return bad("this is a WebSocket: it asks for the header Upgrade: websocket", "upgrade", true);
  }
  if (!lists(knock.connection, "upgrade", api::same_word)) {
    return bad("the header Connection must say Upgrade", "connection");
  }
  if (trimmed(knock.version) != version) {
    return bad("version 13 of the protocol is spoken here", "sec-websocket-version", true);
  }
  if (!is_key(trimmed(knock.key))) return bad("must be 16 bytes in base64, once", "sec-websocket-key");
  if (!lists(knock.protocols, subprotocol, std::equal_to<>{})) {
    return bad("the subprotocol holdfast.v1 is spoken here: name it", "sec-websocket-protocol");
  }
  return std::nullopt;
}

std::string accept_of(std::string_view key) {
  return base64(sha1(std::string{key}.append(guid)));
}

std::string welcome(const Knock& knock) {
  return "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: " +
         accept_of(trimmed(knock.key)) + "\r\nsec-websocket-protocol: " + std::string{subprotocol} + "\r\n\r\n";
}

}  // namespace holdfast::server::live
