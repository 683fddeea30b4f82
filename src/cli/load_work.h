// What each client of a load asks for, one request after the other. No sockets here.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace holdfast::cli {

enum class LoadKind : std::uint8_t {
  acquire_release,  ///< Acquire a random name, release it, and again.
  acquire,          ///< Acquire names in a random order, each once, and keep them until the end.
  renew,            ///< Renew a name of one's own.
  livez,            ///< GET /livez: what HTTP alone costs here.
  contend,          ///< All clients wait for the same name and release it as soon as they have it.
};

/// None if there is no such kind. `acquire-release` and so on.
std::optional<LoadKind> parse_kind(std::string_view word);
std::string_view word(LoadKind kind);
/// The words of all of them.
std::vector<std::string> load_kinds();

enum class LoadOp : std::uint8_t { acquire, renew, release, livez };
std::string_view word(LoadOp op);

/// One request.
struct Ask {
  LoadOp op = LoadOp::livez;
  std::string name;
  std::uint64_t token = 0;
  Duration wait{};
};

/// What all clients of a load share.
class Names {
 public:
  Names(LoadKind kind, std::uint32_t count);
  LoadKind kind() const { return kind_; }
  std::string any(std::mt19937_64& random) const;
  /// One that was not given out before; none when all were.
  std::optional<std::string> another();

 private:
  LoadKind kind_;
  std::uint32_t count_;
  std::vector<std::uint32_t> order_;  ///< Of kind `acquire` only.
  std::size_t given_ = 0;
};

/// One client. Not thread-safe.
class Work {
 public:
  /// `names` must outlive it.
  Work(Names& names, std::size_t number) : names_(names), number_(number), random_(number) {}

  /// What is to be had before the measuring begins; none: nothing more.
  std::optional<Ask> prepare();
  /// What is measured; none: there is nothing more to ask for.
  std::optional<Ask> next();
  /// What gives back what it holds; none: it holds nothing.
  std::optional<Ask> clean_up();
  /// `ask` was answered: 200 means done.
  void answered(const Ask& ask, int status, std::uint64_t token);
  std::size_t holds() const { return held_.size(); }

 private:
  struct Held {
    std::string name;
    std::uint64_t token;
  };
  Ask release_last() const { return {LoadOp::release, held_.back().name, held_.back().token, {}}; }

  Names& names_;
  std::size_t number_;
  std::mt19937_64 random_;
  std::vector<Held> held_;
};

/// Writes requests as HTTP. `owner` is any text; `session` letters, digits and dashes.
class RequestText {
 public:
  RequestText(std::string authority, std::string_view owner, std::string session, Duration ttl);
  /// Valid until the next call. Each client is a session of its own.
  std::string_view of(const Ask& ask, std::size_t client);

 private:
  std::string authority_;
  std::string owner_;  ///< As JSON, in quotes.
  std::string session_;
  std::int64_t ttl_ms_;
  std::string body_;
  std::string text_;
};

}  // namespace holdfast::cli
