// A server with a text in it, which is killed and comes back at the same place; and what is sent to it.
#pragma once

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/durability/here.h"
#include "tests/support/http_talk.h"
#include "tests/support/process.h"
#include "text/change_set.h"
#include "text/revision_log.h"

namespace holdfast::texts {

inline constexpr const char* text_name = "projects/atlas/notes.md";

/// On one port for as long as it lives. Its journal is small, so that long texts are folded more than once.
class House {
 public:
  House();

  std::uint16_t port() const { return port_; }
  /// kill -9.
  void kill() { server_->kill(); }
  void start();

  support::Response ask(const std::string& request) const;
  /// Makes the text out of a file.
  support::Response create(std::string_view file) const;
  /// As a file.
  std::string file(const std::string& query = {}) const;
  /// The newest revision.
  text::Revision revision() const;
  /// `owner` holds the text's name, for an hour: its token.
  std::uint64_t acquire(const std::string& owner, const std::string& session) const;

 private:
  durability::Store store_;
  std::uint16_t port_ = 0;
  std::unique_ptr<support::ServerProcess> server_;
};

/// Changes as they are sent: `changes` has them as JSON, from `from` on.
struct Batch {
  std::size_t from = 0, count = 0;
  std::string changes;
};
/// Of at most `most` changes, and of fewer where they are long.
std::vector<Batch> batches(const std::vector<text::ChangeSet>& changes, std::size_t most);

/// The fields of an edit beside its name, owner and session. Change i is the one with number i + 1, made for revision
/// i.
inline std::string edit_fields(std::uint64_t token, const Batch& batch) {
  return fmt::format(R"("token":{},"base":{},"seq":{},"changes":{})", token, batch.from, batch.from + 1, batch.changes);
}

}  // namespace holdfast::texts
