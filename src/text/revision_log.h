// How a text came to be what it is: every revision since some earlier one, and who made it.
//
// Revision n is the text after n changes; the change that made it has the same number. The log lies in stretches; each
// begins with the text as it was then, which shares with the others what did not change, and holds the changes since as
// runs (revision_runs.h). So any revision is at most one stretch away from a text.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/error.h"
#include "text/change_set.h"
#include "text/revision_runs.h"
#include "text/text.h"

namespace holdfast::text {

using Revision = std::uint64_t;

/// Whoever changed a text, as the caller numbers them.
enum class Author : std::uint32_t {};

/// When a new stretch is begun.
struct StretchLimits {
  std::uint32_t revisions = 1000;
  std::size_t bytes = 256U << 10U;
  std::uint32_t revisions_of_author = 100;  ///< When the author changes, after so many.
};

class RevisionLog {
 public:
  /// Begins with a text that is revision `first`.
  explicit RevisionLog(Text start, Revision first = 0, StretchLimits limits = {});

  /// The newest text and its number.
  const Text& text() const { return text_; }
  Revision newest() const { return newest_; }
  /// The oldest revision that `text_at` still knows.
  Revision oldest() const { return stretches_.front().first; }

  /// Makes the change, which becomes the newest revision. Errors: those of Text::apply; nothing has happened then.
  Result<Revision> append(const ChangeSet& change, Author author);

  /// Errors, of all three: revision_gone, revision_future.
  Result<Text> text_at(Revision revision) const;
  /// All changes that lead from one revision to a later one, as one change.
  Result<ChangeSet> between(Revision from, Revision to) const;
  /// Calls `visit(revision, author, change)` for each change after `from` up to `to`, in order.
  using Visit = std::function<void(Revision, Author, const ChangeSet&)>;
  Result<void> each(Revision from, Revision to, const Visit& visit) const;

  /// Drops whole stretches, as long as `revision` and all later ones stay.
  void forget_before(Revision revision);
  /// All of it, for a snapshot: the oldest text and every change since.
  void write(std::string& to) const;
  /// What `write` wrote. Makes every change again, so whatever it returns holds together. Errors: record_damaged.
  static Result<RevisionLog> read(std::string_view bytes, StretchLimits limits = {});

  /// Bytes of all changes.
  std::size_t bytes() const;

 private:
  struct OfAuthor {
    Author author{};
    std::uint32_t count = 0;
  };
  struct Stretch {
    Revision first = 0;
    Text text;
    RunWriter runs;
    std::vector<OfAuthor> authors;  ///< In order; their counts add up to `count`.
    std::uint32_t count = 0;
  };
  /// Revisions `from` to `to` of a run, counted within it; the number of the one that `from` makes.
  using VisitRun = std::function<void(const RevisionRun&, std::uint32_t from, std::uint32_t to, Revision made)>;

  bool wants_new_stretch(Author author) const;
  /// Goes on with what was written of one stretch, from the text as it is.
  bool read_stretch(ByteReader& in);
  Result<void> check(Revision from, Revision to) const;
  const Stretch& stretch_of(Revision revision) const;
  static void each_run(const Stretch& stretch, Revision from, Revision to, const VisitRun& visit);

  StretchLimits limits_;
  Text text_;
  Revision newest_;
  std::deque<Stretch> stretches_;  ///< At least one.
};

}  // namespace holdfast::text
