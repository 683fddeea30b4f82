#include "journal/file/recover.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "journal/file/layout.h"

namespace holdfast::journal::file {

namespace {

/// What a look at names and headers says.
struct Listing {
  /// A file, and what is wrong with its header, if anything is.
  struct File {
    std::optional<Error> wrong;
    std::uint64_t bytes = 0;
  };
  std::map<std::uint64_t, File> segments;   ///< By sequence number.
  std::map<std::uint64_t, File> snapshots;  ///< By position.
  std::vector<std::string> unfinished;
  std::vector<std::string> foreign;
  std::optional<StoreId> store;
};

/// Checks the header of one file against its name, and against the store that the files before it belong to.
Result<Listing::File> look_at(const Directory& directory, const std::string& name, FileKind kind, std::uint64_t number,
                              std::optional<StoreId>& store) {
  const std::string where = directory.where(name);
  auto opened = directory.open_to_read(name);
  if (!opened && opened.error().code != ErrorCode::journal_damaged) return std::unexpected(opened.error());
  if (!opened) return Listing::File{.wrong = opened.error()};
  Listing::File file;
  HF_TRY(size, size_of(*opened, where));
  file.bytes = size;
  std::string bytes;
  HF_TRY_VOID(read_at(*opened, bytes, 0, header_bytes, where));
  auto header = decode_header(bytes, where);
  if (!header && header.error().code == ErrorCode::journal_too_new) return std::unexpected(header.error());
  if (!header) {
    file.wrong = header.error();
  } else if (header->kind != kind || header->number != number || (header->next == 0) != (kind == FileKind::segment)) {
    file.wrong = damaged(where, 0, "the header says it is another file than the name does").error();
  } else if (!store) {
    store = header->store;
  } else if (header->store != *store) {
    file.wrong = damaged(where, 0, "from another data directory than the other files here").error();
  }
  return file;
}

Result<Listing> list(const Directory& directory) {
  Listing listing;
  HF_TRY(names, directory.names());
  for (const std::string& name : names) {
    if (const auto sequence = segment_number(name)) {
      HF_TRY(file, look_at(directory, name, FileKind::segment, *sequence, listing.store));
      listing.segments.emplace(*sequence, std::move(file));
    } else if (const auto position = snapshot_number(name)) {
      HF_TRY(file, look_at(directory, name, FileKind::snapshot, *position, listing.store));
      listing.snapshots.emplace(*position, std::move(file));
    } else if (is_unfinished(name)) {
      listing.unfinished.push_back(name);
    } else if (name != history_folder) {
      listing.foreign.push_back(name);
    }
  }
  return listing;
}

class Recovery {
 public:
  Recovery(const Directory& directory, const Sink& sink, const Progress& progress)
      : directory_(directory), sink_(sink), progress_(progress) {}

  Result<Recovered> run() {
    HF_TRY(listing, list(directory_));
    listing_ = std::move(listing);
    out_.leftovers = listing_.unfinished;
    for (const std::string& name : listing_.foreign) {
      out_.notes.push_back(fmt::format("{} is no file of the journal; it is left alone", directory_.where(name)));
    }
    if (listing_.segments.empty() && listing_.snapshots.empty()) return std::move(out_);
    out_.fresh = false;

    HF_TRY(first, choose_begin());
    HF_TRY_VOID(check_chain(first));
    if (out_.snapshot) HF_TRY_VOID(replay_snapshot());
    HF_TRY_VOID(replay_segments(first));
    // R4: nothing may be missing that a snapshot, damaged or not, once stood for.
    if (!listing_.snapshots.empty() && listing_.snapshots.rbegin()->first > out_.last.value) {
      return damaged(directory_.where(snapshot_name(listing_.snapshots.rbegin()->first)), 0,
                     damage_ ? damage_->where : "the segments do not lead to it");
    }
    collect_leftovers(first);
    say_what_was_read();
    return std::move(out_);
  }

 private:
  /// R1, R4: decides which snapshot to begin with; returns the number of the segment that goes on from there.
  Result<std::uint64_t> choose_begin() {
    for (auto at = listing_.snapshots.rbegin(); at != listing_.snapshots.rend(); ++at) {
      auto whole = at->second.wrong ? Result<Snapshot>{std::unexpected(*at->second.wrong)}
                                    : read_snapshot(directory_, *listing_.store, core::Position{at->first}, {});
      if (whole) {
        out_.snapshot = *whole;
        return whole->next_segment;
      }
      if (whole.error().code != ErrorCode::journal_damaged) return std::unexpected(whole.error());
      if (!damage_) damage_ = whole.error();
      out_.notes.push_back("passed over a damaged snapshot: " + whole.error().where);
    }
    if (damage_ && !listing_.segments.contains(1)) return std::unexpected(*damage_);
    return 1;
  }

  /// R2: every segment from `first` to the greatest is there, and its header is right.
  Result<void> check_chain(std::uint64_t first) {
    const std::uint64_t greatest = listing_.segments.empty() ? 0 : listing_.segments.rbegin()->first;
    for (std::uint64_t sequence = first; sequence <= std::max(first, greatest); ++sequence) {
      const auto found = listing_.segments.find(sequence);
      if (found == listing_.segments.end()) {
        if (damage_) return std::unexpected(*damage_);
        return damaged(directory_.where(segment_name(sequence)), 0, "the segment is missing");
      }
      if (found->second.wrong) return std::unexpected(*found->second.wrong);
      all_bytes_ += found->second.bytes;
    }
    if (out_.snapshot) all_bytes_ += out_.snapshot->bytes;
    out_.store = *listing_.store;
    return {};
  }

  Result<void> replay_snapshot() {
    const auto counted = counting();
    HF_TRY(snapshot, read_snapshot(directory_, out_.store, out_.snapshot->position, counted));
    out_.last = snapshot.position;
    out_.bytes += snapshot.bytes;
    progress(snapshot.bytes);
    return {};
  }

  Result<void> replay_segments(std::uint64_t first) {
    const auto counted = counting();
    std::string bytes;
    for (auto at = listing_.segments.lower_bound(first); at != listing_.segments.end(); ++at) {
      const std::uint64_t sequence = at->first;
      const FileHeader header{FileKind::segment, out_.store, sequence, 0};
      const std::string where = directory_.where(segment_name(sequence));
      HF_TRY_VOID(read(sequence, bytes));
      progress(bytes.size());
      if (untouched(bytes) && !out_.segments.empty()) {
        out_.prepared.push_back(sequence);
        continue;
      }
      if (!out_.prepared.empty()) {
        return damaged(directory_.where(segment_name(out_.prepared.front())), header_bytes,
                       "there is nothing here, though the next segment was written to");
      }
      if (out_.segments.size() == 1 && out_.segments.front().end == header_bytes) {
        return damaged(directory_.where(segment_name(out_.segments.front().sequence)), header_bytes,
                       "there is nothing here, though the next segment was written to");
      }
      HF_TRY(walked, walk_segment(bytes, header, out_.last, where, counted));
      out_.bytes += walked.end;
      out_.last = walked.last;
      out_.segments.push_back({sequence, walked.end, walked.last});
      out_.tail_marked = walked.marked;
      if (!walked.clean) {
        HF_TRY_VOID(judge_tail(bytes, header, walked, where));
      }
      bytes.swap(out_.tail);
    }
    out_.tail.resize(out_.segments.back().end);
    return {};
  }

  /// R3: what stands behind the last valid frame of this segment is torn, or it is damage.
  Result<void> judge_tail(std::string_view bytes, const FileHeader& header, const Walked& walked,
                          const std::string& where) {
    const core::Position missing{walked.last.value + 1};
    if (const auto claim = claim_after(bytes, Seal(header), walked.end, missing)) {
      return damaged(where, walked.end,
                     fmt::format("no valid frame, though the one at offset {} says that position {} was durable",
                                 *claim, missing.value));
    }
    // The next segment is only written to once everything in this one is durable.
    std::string later;
    for (auto at = listing_.segments.upper_bound(header.number); at != listing_.segments.end(); ++at) {
      HF_TRY_VOID(read(at->first, later));
      if (!untouched(later)) return damaged(where, walked.end, "no valid frame, though a later segment was written to");
    }
    const std::uint64_t end = bytes.find_last_not_of('\0') + 1;
    out_.torn = Torn{segment_name(header.number), walked.end, end - walked.end};
    out_.notes.push_back(
        fmt::format("{}, offset {}: cut off {} bytes of a batch that was being written when the server stopped; "
                    "nobody was told of it",
                    where, walked.end, end - walked.end));
    return {};
  }

  Result<void> read(std::uint64_t sequence, std::string& bytes) {
    const std::string name = segment_name(sequence);
    HF_TRY(file, directory_.open_to_read(name));
    return read_all(file, bytes, directory_.where(name));
  }

  void collect_leftovers(std::uint64_t first) {
    for (const auto& [sequence, file] : listing_.segments) {
      if (sequence < first) out_.leftovers.push_back(segment_name(sequence));
    }
    for (const auto& [position, file] : listing_.snapshots) {
      if (!out_.snapshot || position != out_.snapshot->position.value)
        out_.leftovers.push_back(snapshot_name(position));
    }
  }

  void say_what_was_read() {
    out_.notes.push_back(fmt::format("read {} effects in {} frames, {} bytes, up to position {}", out_.effects,
                                     out_.frames, out_.bytes, out_.last.value));
  }

  /// The caller's sink, with counting.
  Sink counting() {
    return Sink{.replay =
                    [this](const core::Effect& effect, core::Position position) {
                      ++out_.effects;
                      if (sink_.replay) sink_.replay(effect, position);
                    },
                .frame =
                    [this](const FrameSeen& seen) {
                      ++out_.frames;
                      if (sink_.frame) sink_.frame(seen);
                    }};
  }

  void progress(std::uint64_t more) {
    done_bytes_ += more;
    if (progress_) progress_(done_bytes_, all_bytes_);
  }

  const Directory& directory_;
  const Sink& sink_;
  const Progress& progress_;
  Listing listing_;
  Recovered out_;
  std::optional<Error> damage_;  ///< Of the newest snapshot that was passed over.
  std::uint64_t done_bytes_ = 0;
  std::uint64_t all_bytes_ = 0;
};

}  // namespace

Result<Recovered> recover(const Directory& directory, const Sink& sink, const Progress& progress) {
  return Recovery(directory, sink, progress).run();
}

}  // namespace holdfast::journal::file
