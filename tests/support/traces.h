// What people really typed, keystroke by keystroke: the editing traces of others, read where they lie.
//
// They are no part of the project. They are looked for in the folder that HOLDFAST_TRACES names, else in
// ../shared/data/traces beside the project; whoever finds none says so and does without. From
// github.com/josephg/editing-traces, CC BY 4.0: automerge-paper by Martin Kleppmann and Alastair Beresford; rustcode,
// sveltecomponent and seph-blog1 by Joseph Gentle.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "text/change_set.h"

namespace holdfast::support {

struct Trace {
  std::string start;
  std::string end;
  std::vector<text::ChangeSet> changes;  ///< One for each transaction.
  std::size_t typed_bytes = 0;           ///< All that was ever inserted.
};

inline constexpr const char* trace_names[] = {"automerge-paper", "rustcode", "sveltecomponent", "seph-blog1"};

/// Where a trace of this name would lie.
std::filesystem::path trace_file(std::string_view name);
/// None if it is not there. Throws where it is, and is no trace.
std::optional<Trace> read_trace(std::string_view name);

/// A trace of our own, for where there are no others: somebody who types, jumps, pastes and deletes, in several
/// scripts. The same for the same seed.
Trace made_up_trace(std::uint64_t seed, std::size_t edits);

}  // namespace holdfast::support
