// How the lines of a file end, so that it can be written as it was found.
//
// Inside, every line break is a line feed. Where all breaks of a file were alike, one word is enough to write them
// again. Where they were mixed, each keeps its own: the breaks are followed through changes as the text is. A break
// that somebody types is written as most of the file was.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "text/change_set.h"

namespace holdfast::text {

enum class LineEnd : std::uint8_t { lf, crlf, cr };

class LineEnds {
 public:
  /// A run of breaks that are alike.
  struct Run {
    LineEnd end = LineEnd::lf;
    std::uint32_t count = 0;
    friend bool operator==(const Run&, const Run&) = default;
  };

  explicit LineEnds(LineEnd usual = LineEnd::lf) : usual_(usual) {}
  /// From all breaks of a file, in their order. The usual one is the most frequent.
  static LineEnds of(std::vector<Run> runs);

  LineEnd usual() const { return usual_; }
  bool mixed() const { return !runs_.empty(); }
  /// Of a mixed file, all its breaks in order; empty otherwise.
  std::span<const Run> runs() const { return runs_; }

  /// What has to be done beside every change of the text, before it. `changes` must fit `before`.
  void apply(const Text& before, const ChangeSet& changes);

  void write(std::string& to) const;
  /// What `write` wrote, of a text with so many breaks. Errors: record_damaged.
  static Result<LineEnds> read(std::string_view bytes, std::uint32_t breaks);

  friend bool operator==(const LineEnds&, const LineEnds&) = default;

 private:
  /// The breaks from number `first` on: `removed` of them go, `added` usual ones come.
  void replace(std::uint32_t first, std::uint32_t removed, std::uint32_t added);

  LineEnd usual_;
  std::vector<Run> runs_;  ///< Empty where all breaks are the usual ones.
};

}  // namespace holdfast::text
