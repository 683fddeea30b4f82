// What the rules answer about texts and drafts. Texts in it are shared with the state, and never change.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/effects.h"
#include "core/types.h"
#include "text/change_set.h"
#include "text/text_file.h"

namespace holdfast::core {

/// One revision, as whoever catches up is told it.
struct Change {
  text::Revision revision = 0;  ///< That it made.
  std::string owner;
  text::ChangeSet change;
};

/// A text, as far as was asked for.
struct BufferView {
  std::string name;
  std::uint64_t buffer = 0;     ///< Tells it from an earlier text of the same name.
  text::Revision revision = 0;  ///< The newest,
  text::Revision oldest = 0;    ///< and the oldest that is known.
  text::Extent extent;
  text::FileForm form;
  std::string created_by;
  WallTime created_at{};
  std::string changed_by;  ///< Who made the newest revision; at first whoever created it.
  WallTime changed_at{};
  std::size_t drafts = 0;

  text::Revision shown = 0;  ///< The revision of `text`.
  std::optional<text::Text> text;

  struct Blamed {
    text::Units length = 0;
    std::string owner;
  };
  std::vector<Blamed> blame;  ///< Of the newest text, in its order.

  std::size_t undo_depth = 0;  ///< How much the owner who asked may take back,
  std::size_t redo_depth = 0;  ///< and do again.
};

/// A draft, as far as was asked for.
struct DraftView {
  std::uint64_t draft = 0;
  std::string name;
  std::uint64_t buffer = 0;
  Who who;
  Token token;
  text::Revision base = 0;
  std::uint64_t seq = 0;
  Loss because = Loss::none;
  std::string by;
  WallTime at{};
  std::size_t inserted = 0;  ///< Units of text that it brings,
  std::size_t deleted = 0;   ///< and takes away.

  enum class Fit : std::uint8_t {
    clean,     ///< Nobody changed the same places since.
    conflict,  ///< Somebody did.
    gone,      ///< The text it was made for is not there any more.
  };
  std::optional<Fit> fit;  ///< In lists only where that is known at once.

  std::optional<text::Text> base_text;  ///< The text that it was made for,
  text::ChangeSet change;               ///< what it does to that, all in one,
  std::optional<text::ChangeSet> now;   ///< and what it would do to the newest text; none where that is gone.
};

/// The bulk of an answer: of which kind it is, the command says.
struct TextAnswer {
  BufferView buffer;

  // Of a change that was made.
  text::Revision base = 0;  ///< It was made for,
  text::Revision made = 0;  ///< and this is the revision that it came to.
  bool again = false;       ///< It had been made before.

  std::vector<Change> changes;  ///< Of a catch-up; of an undo, a redo or an applied draft: what was done.
  bool more = false;            ///< Of a catch-up: there are more behind these.

  std::vector<BufferView> buffers;  ///< Of a list.
  std::vector<DraftView> drafts;    ///< Of a list; of a draft that was asked for or kept: the one.
};

}  // namespace holdfast::core
