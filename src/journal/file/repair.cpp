#include "journal/file/repair.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>

#include "journal/file/layout.h"
#include "journal/file/preparer.h"

namespace holdfast::journal::file {
namespace {

struct Plan {
  Diagnosis told;
  StoreId store{};
  std::uint64_t cut = 0;           ///< The segment that is cut.
  std::string frames;              ///< What is whole of it.
  bool rewrite = false;            ///< It is made anew from `frames`.
  std::vector<std::string> moved;  ///< The newest first.
};

/// Reads on where recovery has stopped.
class Examination {
 public:
  explicit Examination(const Directory& directory) : directory_(directory) {}

  Result<Plan> run(std::string damage) {
    plan_.told.damage = std::move(damage);
    HF_TRY(names, directory_.names());
    std::vector<std::uint64_t> segments;
    for (const std::string& name : names) {
      if (const auto sequence = segment_number(name)) segments.push_back(*sequence);
    }
    HF_TRY(first, choose_snapshot(names));
    if (first == 0) first = 1;
    const std::uint64_t greatest = segments.empty() ? 0 : segments.back();
    for (std::uint64_t sequence = first; sequence <= std::max(first, greatest); ++sequence) {
      HF_TRY(whole, examine(sequence, first, greatest));
      if (!whole) break;
    }
    if (plan_.told.kept.value == 0) {
      return fail(ErrorCode::not_repairable, plan_.told.damage);
    }
    for (auto at = segments.rbegin(); at != segments.rend() && plan_.cut != 0; ++at) {
      if (*at > plan_.cut) set_aside(*at);
    }
    plan_.told.aside = plan_.moved;
    if (plan_.cut != 0 && directory_.open_to_read(segment_name(plan_.cut))) {
      plan_.told.aside.push_back(segment_name(plan_.cut));
    }
    return std::move(plan_);
  }

 private:
  /// Begins with the newest whole snapshot; sets damaged ones aside. The segment that goes on from there, or 0.
  Result<std::uint64_t> choose_snapshot(const std::vector<std::string>& names) {
    for (auto name = names.rbegin(); name != names.rend(); ++name) {
      const auto position = snapshot_number(*name);
      if (!position) continue;
      std::string bytes;
      auto file = directory_.open_to_read(*name);
      if (file) HF_TRY_VOID(read_at(*file, bytes, 0, header_bytes, directory_.where(*name)));
      const auto header = decode_header(bytes, directory_.where(*name));
      if (!header && header.error().code == ErrorCode::journal_too_new) return std::unexpected(header.error());
      const auto whole = header ? read_snapshot(directory_, header->store, core::Position{*position}, Sink{})
                                : Result<Snapshot>{std::unexpected(header.error())};
      if (whole) {
        plan_.store = header->store;
        know_store_ = true;
        plan_.told.kept = whole->position;
        return whole->next_segment;
      }
      plan_.moved.push_back(*name);
      plan_.told.lost_up_to = std::max(plan_.told.lost_up_to, core::Position{*position});
    }
    return 0;
  }

  std::string read(std::uint64_t sequence) const {
    std::string bytes;
    const std::string name = segment_name(sequence);
    const auto file = directory_.open_to_read(name);
    if (!file || !read_all(*file, bytes, directory_.where(name))) bytes.clear();
    return bytes;
  }

  std::optional<FileHeader> header_of(const std::string& bytes, std::uint64_t sequence) {
    const auto header = decode_header(bytes, "");
    const bool right = header && header->kind == FileKind::segment && header->number == sequence && header->next == 0;
    if (!right) return std::nullopt;
    if (!std::exchange(know_store_, true)) plan_.store = header->store;
    return header->store == plan_.store ? std::optional{*header} : std::nullopt;
  }

  bool written_to_after(std::uint64_t sequence, std::uint64_t greatest) const {
    for (std::uint64_t later = sequence + 1; later <= greatest; ++later) {
      if (!untouched(read(later))) return true;
    }
    return false;
  }

  /// True: go on with the next segment. False: what is whole ends here.
  Result<bool> examine(std::uint64_t sequence, std::uint64_t first, std::uint64_t greatest) {
    const std::string bytes = read(sequence);
    const auto header = header_of(bytes, sequence);
    if (!header) {
      // Without a header nothing in it can be told from rubbish. Recovery needs a segment behind a snapshot.
      cut(sequence, header_bytes, "", sequence == first);
      return false;
    }
    const Seal seal(*header);
    std::uint64_t end = header_bytes;
    core::Position last = plan_.told.kept;
    while (const auto frame = frame_at(bytes, end, seal)) {
      const bool follows = frame->header.first == last.value + 1 && frame->header.durable < frame->header.first;
      const auto replayed = replay_frame(*frame, end, "", {});
      if (!replayed && replayed.error().code == ErrorCode::journal_too_new) return std::unexpected(replayed.error());
      if (!follows || !replayed) break;
      last.value += frame->header.count;
      end = frame->end;
    }
    plan_.told.kept = last;
    plan_.told.cut_file = segment_name(sequence);
    plan_.told.cut_offset = end;
    const bool clean = std::string_view{bytes}.find_first_not_of('\0', end) == std::string_view::npos;
    if (clean && (end > header_bytes || !written_to_after(sequence, greatest))) return true;
    count_lost(bytes, seal, end);
    // A whole frame that cannot follow is none of those that a start cuts off.
    const bool torn = !clean && !frame_at(bytes, end, seal) &&
                      !claim_after(bytes, seal, end, core::Position{last.value + 1}) &&
                      !written_to_after(sequence, greatest);
    if (torn) return true;  // Nobody was told of it: a start cuts it off by itself.
    cut(sequence, end, bytes.substr(header_bytes, end - header_bytes), true);
    for (std::uint64_t later = sequence + 1; later <= greatest; ++later) {
      const std::string behind = read(later);
      if (const auto its = header_of(behind, later)) count_lost(behind, Seal(*its), header_bytes);
    }
    return false;
  }

  void cut(std::uint64_t sequence, std::uint64_t offset, std::string frames, bool rewrite) {
    plan_.cut = sequence;
    plan_.frames = std::move(frames);
    plan_.rewrite = rewrite;
    plan_.told.cut_file = segment_name(sequence);
    plan_.told.cut_offset = offset;
  }

  void set_aside(std::uint64_t sequence) { plan_.moved.push_back(segment_name(sequence)); }

  void count_lost(std::string_view bytes, const Seal& seal, std::uint64_t from) {
    for (std::uint64_t at = from; at + frame_header_bytes <= bytes.size();) {
      const auto frame = bytes[at] == '\0' ? std::nullopt : frame_at(bytes, at, seal);
      if (frame) {
        plan_.told.effects_lost += frame->header.count;
        const core::Position last{frame->header.first + frame->header.count - 1};
        plan_.told.lost_up_to = std::max(plan_.told.lost_up_to, last);
      }
      at = frame ? frame->end : at + frame_align;
    }
  }

  const Directory& directory_;
  Plan plan_;
  bool know_store_ = false;
};

Result<Plan> examine(const Directory& directory) {
  const auto found = recover(directory, Sink{});
  if (found) return Plan{.told = {.kept = found->last}};
  if (found.error().code != ErrorCode::journal_damaged) return std::unexpected(found.error());
  return Examination(directory).run(found.error().where);
}

/// The file set aside would outlive a power cut, and so would its name: before what it was copied from is replaced.
Result<void> made_durable(const std::filesystem::path& file) {
  for (const std::filesystem::path& each : {file, file.parent_path()}) {
    const Fd opened(::open(each.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return fail(ErrorCode::journal_io, each.string() + ": cannot be opened");
    HF_TRY_VOID(sync_data(opened, each.string()));
  }
  return {};
}

Result<void> checked(const std::error_code& error, const std::string& what) {
  if (!error) return {};
  return fail(ErrorCode::journal_io, what + ": " + error.message());
}

}  // namespace

Result<Diagnosis> diagnose(const std::filesystem::path& data) {
  HF_TRY(directory, Directory::open(data, Use::look));
  HF_TRY(plan, examine(directory));
  return plan.told;
}

Result<std::filesystem::path> repair(const std::filesystem::path& data) {
  HF_TRY(looked, diagnose(data));  // First: opening it to write would make a directory where there is none.
  if (looked.damage.empty()) return std::filesystem::path{};
  HF_TRY(directory, Directory::open(data, Use::alone));
  HF_TRY(plan, examine(directory));
  const auto seconds = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::filesystem::path aside = data / fmt::format("damaged-{}", seconds.time_since_epoch().count());
  std::error_code error;
  std::filesystem::create_directory(aside, error);
  HF_TRY_VOID(checked(error, "make " + aside.string()));
  std::filesystem::permissions(aside, std::filesystem::perms::owner_all, error);
  // The newest first: whatever is left when this is cut short is damaged as before, or is repaired.
  for (const std::string& name : plan.moved) {
    std::filesystem::rename(data / name, aside / name, error);
    HF_TRY_VOID(checked(error, "move " + directory.where(name)));
  }
  if (plan.cut != 0) {
    const std::string name = segment_name(plan.cut);
    if (std::filesystem::exists(data / name)) {
      std::filesystem::copy_file(data / name, aside / name, error);
      HF_TRY_VOID(checked(error, "copy " + directory.where(name)));
      HF_TRY_VOID(made_durable(aside / name));
    }
    if (plan.rewrite) {
      HF_TRY(made, make_segment(directory, plan.store, plan.cut, plan.frames, header_bytes + plan.frames.size()));
    } else {
      HF_TRY_VOID(directory.remove(name));
    }
  }
  HF_TRY_VOID(directory.sync());
  HF_TRY(found, recover(directory, Sink{}));
  if (found.last != plan.told.kept)
    return damaged(directory.where(plan.told.cut_file), 0, "the repair came to nothing");
  return aside;
}

}  // namespace holdfast::journal::file
