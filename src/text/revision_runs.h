// Revisions one after the other in few bytes, without losing one of them.
//
// Most revisions continue the one before: the next letter behind it, or one more step of the backspace or delete key.
// Such a run is stored once, with how many revisions it has; each of them can still be had back.
//
// A run begins with a varint: how many revisions, times four, plus its kind.
//   0  one change of any kind: the number is the bytes of its record, which follows
//   1  typing: the position, then as many characters as there are revisions
//   2  backspace: the position of the first unit that went; each further one went before it
//   3  delete: the position, at which one unit went each time
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "text/change_set.h"
#include "text/varint.h"

namespace holdfast::text {

enum class RunKind : std::uint8_t { change, typing, backspace, del };

/// Several revisions that continue one another.
struct RevisionRun {
  RunKind kind = RunKind::change;
  std::uint32_t count = 1;
  Units before = 0;  ///< How long the text is before the first of them.
  Units at = 0;      ///< Of the first.
  std::string text;  ///< That was typed.
  ChangeSet change;  ///< Of kind `change`.

  Units after() const;
  /// The revisions from number `from` of the run up to, but not, number `to`, as one change.
  ChangeSet slice(std::uint32_t from, std::uint32_t to) const;
  ChangeSet whole() const { return slice(0, count); }
};

class RunWriter {
 public:
  RunWriter() = default;
  /// Goes on behind what another one wrote.
  explicit RunWriter(std::string bytes) : closed_(std::move(bytes)) {}

  /// Every change must be for the text that the one before it has left.
  void add(const ChangeSet& change);
  /// All runs, the last one as it stands.
  std::string bytes() const;
  /// How many bytes those are, about.
  std::size_t size() const { return closed_.size() + open_.text.size() + open_.change.inserted().size() + 8; }

 private:
  bool continues_open(const RevisionRun& one) const;

  std::string closed_;
  bool has_open_ = false;
  RevisionRun open_;  ///< The last run, which may still grow.
};

/// Reads what a RunWriter wrote for a text of `length` units.
class RunReader {
 public:
  RunReader(std::string_view bytes, Units length) : in_(bytes), length_(length) {}
  bool done() const { return in_.empty(); }
  /// Errors: record_damaged, whatever the bytes are.
  Result<RevisionRun> next();

 private:
  ByteReader in_;
  Units length_;
};

}  // namespace holdfast::text
