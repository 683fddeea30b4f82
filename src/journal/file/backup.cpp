#include "journal/file/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <vector>

#include "journal/crc32c.h"
#include "journal/file/layout.h"

namespace holdfast::journal::file {
namespace {

const std::string list_name = "backup";
constexpr std::string_view list_begin = "holdfast-backup 1\n";
constexpr std::size_t copied_at_once = std::size_t{1} << 20;
constexpr int looks = 20;  // At a directory that changes under our eyes: folding takes files away.

/// One file of a backup.
struct Listed {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint32_t checksum = 0;
};

/// What `backup` says.
struct List {
  core::Position last;
  std::vector<Listed> files;  ///< In the order in which they are to be restored.
};

std::string text_of(const List& list) {
  std::string text{list_begin};
  text += fmt::format("position {}\n", list.last.value);
  for (const Listed& file : list.files)
    text += fmt::format("file {} {} {:08x}\n", file.name, file.bytes, file.checksum);
  return text + fmt::format("end {:08x}\n", crc32c(text));
}

/// Takes the next word off the front of `text`, up to `stop`.
std::string_view word(std::string_view& text, char stop) {
  const std::size_t at = std::min(text.find(stop), text.size());
  const std::string_view found = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return found;
}

template <class Number>
bool read_number(std::string_view text, Number& into, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into, base);
  return error == std::errc{} && end == text.data() + text.size();
}

Result<List> parse_list(const std::string& text, const std::string& where) {
  const auto wrong = [&] { return damaged(where, 0, "not the list of a backup"); };
  const std::size_t end = text.rfind("end ");
  std::uint32_t checksum = 0;
  if (!text.starts_with(list_begin) || end == std::string::npos || text.size() != end + 13 || text.back() != '\n' ||
      !read_number(std::string_view{text}.substr(end + 4, 8), checksum, 16) ||
      crc32c(std::string_view{text}.substr(0, end)) != checksum) {
    return wrong();
  }
  List list;
  std::string_view left = std::string_view{text}.substr(0, end);
  left.remove_prefix(list_begin.size());
  std::string_view position = word(left, '\n');
  if (word(position, ' ') != "position" || !read_number(position, list.last.value)) return wrong();
  while (!left.empty()) {
    std::string_view line = word(left, '\n');
    Listed file;
    const bool is_file = word(line, ' ') == "file";
    file.name = word(line, ' ');
    const bool ours = segment_number(file.name) || snapshot_number(file.name);
    if (!is_file || !ours || !read_number(word(line, ' '), file.bytes) || !read_number(line, file.checksum, 16)) {
      return wrong();
    }
    list.files.push_back(std::move(file));
  }
  return list;
}

/// A file that is there only when it is whole: written under another name, synced, renamed.
class Copy {
 public:
  static Result<Copy> begin(const Directory& directory, const std::string& name) {
    HF_TRY(file, directory.create(unfinished(name)));
    return Copy(directory, name, std::move(file));
  }
  Result<void> add(std::string_view bytes) {
    HF_TRY_VOID(write_at(file_, bytes, listed_.bytes, directory_->where(listed_.name)));
    listed_.bytes += bytes.size();
    listed_.checksum = crc32c(bytes, listed_.checksum);
    return {};
  }
  Result<Listed> finish() {
    HF_TRY_VOID(sync_data(file_, directory_->where(listed_.name)));
    HF_TRY_VOID(directory_->rename(unfinished(listed_.name), listed_.name));
    return listed_;
  }
  const Listed& so_far() const { return listed_; }

 private:
  Copy(const Directory& directory, const std::string& name, Fd file)
      : directory_(&directory), listed_{.name = name}, file_(std::move(file)) {}
  const Directory* directory_;
  Listed listed_;
  Fd file_;
};

/// All that `from` holds, which nobody writes to.
Result<Copy> copy_all(const Fd& from, const std::string& where, const Directory& to, const std::string& name) {
  HF_TRY(copy, Copy::begin(to, name));
  std::string piece;
  do {
    HF_TRY_VOID(read_at(from, piece, copy.so_far().bytes, copied_at_once, where));
    HF_TRY_VOID(copy.add(piece));
  } while (!piece.empty());
  return copy;
}

/// The files that make up a journal, open: from here on it does not matter what becomes of their names.
struct Held {
  std::optional<std::pair<std::uint64_t, Fd>> snapshot;
  std::map<std::uint64_t, Fd> segments;
};

Result<Held> hold(const Directory& data) {
  Held held;
  HF_TRY(names, data.names());
  std::uint64_t first = 1;
  for (const std::string& name : names) {  // Sorted: the newest snapshot comes last.
    const auto position = snapshot_number(name);
    if (!position) continue;
    HF_TRY(file, data.open_to_read(name));
    std::string bytes;
    HF_TRY_VOID(read_at(file, bytes, 0, header_bytes, data.where(name)));
    HF_TRY(header, decode_header(bytes, data.where(name)));
    first = header.next;
    held.snapshot.emplace(*position, std::move(file));
  }
  for (const std::string& name : names) {
    const auto sequence = segment_number(name);
    if (!sequence || *sequence < first) continue;
    HF_TRY(file, data.open_to_read(name));
    held.segments.emplace(*sequence, std::move(file));
  }
  if (held.segments.empty() || held.segments.begin()->first != first) {
    return fail(ErrorCode::journal_io, "there is no journal in " + data.path().string());
  }
  for (std::uint64_t expected = first; const auto& [sequence, file] : held.segments) {
    if (sequence != expected++)
      return fail(ErrorCode::journal_io, data.where(segment_name(expected - 1)) + " is missing");
  }
  return held;
}

struct Frames {
  std::string bytes;       ///< With the header before them.
  bool touched = false;    ///< Something was ever written behind the header.
  bool zeros_left = true;  ///< Nothing but zeros follows.
};

/// What a segment holds up to the end of its last whole frame. The server may be appending to it: a frame that is
/// not whole yet is behind everything that was durable when we began.
/// `store`: of the segments before; none for the first.
Result<Frames> whole_frames(const Fd& file, std::uint64_t sequence, const std::string& where,
                            std::optional<StoreId>& store) {
  std::string bytes;
  for (int look = 1;; ++look) {
    HF_TRY_VOID(read_all(file, bytes, where));
    HF_TRY(header, decode_header(bytes, where));
    const Seal seal(header);
    if (header.kind != FileKind::segment || header.number != sequence || header.next != 0) {
      return damaged(where, 0, "the header says it is another file than the name does");
    }
    // A prepared one that is left out would not be looked at by anybody else.
    if (store && *store != header.store) return damaged(where, 0, "from another data directory than the other files");
    store = header.store;
    const std::uint64_t end = end_of_frames(bytes, seal);
    // Proof that something is missing at `end`; or it was written after we had read there, and is there at the next
    // look.
    if (look < looks && claim_after(bytes, seal, end, core::Position{})) continue;
    if (look == looks) return damaged(where, end, "no valid frame, though one behind it is");
    Frames frames{.touched = !untouched(bytes), .zeros_left = bytes.find_first_not_of('\0', end) == std::string::npos};
    bytes.resize(end);
    frames.bytes = std::move(bytes);
    return frames;
  }
}

/// Takes all of them into `to`, newest segment first: what an older segment holds is complete once a newer one has been
/// written to, and has been read before.
Result<std::vector<Listed>> copy(const Directory& data, const Held& held, const Directory& to) {
  std::vector<Listed> files;
  std::optional<StoreId> store;
  bool newer_touched = false;
  for (auto at = held.segments.rbegin(); at != held.segments.rend(); ++at) {
    const std::string name = segment_name(at->first);
    HF_TRY(frames, whole_frames(at->second, at->first, data.where(name), store));
    if (newer_touched && !frames.zeros_left) {
      return damaged(data.where(name), frames.bytes.size(), "no valid frame, though a later segment was written to");
    }
    newer_touched = newer_touched || frames.touched;
    const bool oldest = std::next(at) == held.segments.rend();
    if (files.empty() && frames.bytes.size() == header_bytes && !oldest) continue;  // Prepared, and not begun yet.
    HF_TRY(begun, Copy::begin(to, name));
    HF_TRY_VOID(begun.add(frames.bytes));
    HF_TRY(listed, begun.finish());
    files.push_back(std::move(listed));
  }
  if (held.snapshot) {
    const std::string name = snapshot_name(held.snapshot->first);
    HF_TRY(copied, copy_all(held.snapshot->second, data.where(name), to, name));
    HF_TRY(listed, copied.finish());
    files.push_back(std::move(listed));
  }
  return files;
}

Result<Directory> empty_directory(const std::filesystem::path& path) {
  HF_TRY(directory, Directory::open(path, Use::alone));
  HF_TRY(names, directory.names());
  if (!names.empty()) return fail(ErrorCode::not_empty, fmt::format("{} holds {}", path.string(), names.front()));
  return directory;
}

/// After a failure: so that nothing is left that looks like a journal.
void remove_all(const Directory& directory) {
  const auto names = directory.names();
  if (!names) return;
  for (const std::string& name : *names) (void)directory.remove(name);
}

BackupTaken taken(const List& list) {
  BackupTaken taken{.last = list.last, .files = list.files.size()};
  for (const Listed& file : list.files) taken.bytes += file.bytes;
  return taken;
}

Result<BackupTaken> backup_into(const Directory& data, const Directory& to) {
  Result<Held> held = hold(data);
  // Folding may have taken a file away between its name and our opening it.
  for (int look = 1; look < looks && !held && held.error().code == ErrorCode::journal_io; ++look) held = hold(data);
  if (!held) return std::unexpected(held.error());
  List list;
  HF_TRY(files, copy(data, *held, to));
  list.files = std::move(files);
  HF_TRY_VOID(to.sync());
  HF_TRY(found, recover(to, Sink{}));  // It fits together, or it is damaged where it came from.
  list.last = found.last;
  HF_TRY(listed, Copy::begin(to, list_name));
  HF_TRY_VOID(listed.add(text_of(list)));
  HF_TRY(done, listed.finish());
  HF_TRY_VOID(to.sync());
  return taken(list);
}

Result<BackupTaken> restore_into(const Directory& from, const List& list, const Directory& data) {
  // The oldest last: until then a start finds the beginning missing, and refuses.
  for (const Listed& file : list.files) {
    const std::string where = from.where(file.name);
    auto opened = from.open_to_read(file.name);
    if (!opened) return damaged(where, 0, "listed, and cannot be read");
    HF_TRY(copied, copy_all(*opened, where, data, file.name));
    if (copied.so_far().bytes != file.bytes || copied.so_far().checksum != file.checksum) {
      return damaged(where, 0, "not what was copied when the backup was taken");
    }
    HF_TRY(listed, copied.finish());
  }
  HF_TRY_VOID(data.sync());
  HF_TRY(found, recover(data, Sink{}));
  if (found.last != list.last)
    return damaged(from.where(list_name), 0, "the files do not lead to the position it names");
  return taken(list);
}

}  // namespace

Result<BackupTaken> backup(const std::filesystem::path& data, const std::filesystem::path& to) {
  HF_TRY(from, Directory::open(data, Use::beside));
  HF_TRY(into, empty_directory(to));
  Result<BackupTaken> taken = backup_into(from, into);
  if (!taken) remove_all(into);
  return taken;
}

Result<BackupTaken> restore(const std::filesystem::path& from, const std::filesystem::path& data) {
  HF_TRY(source, Directory::open(from, Use::beside));
  const std::string where = source.where(list_name);
  const auto file = source.open_to_read(list_name);
  if (!file) return fail(ErrorCode::not_a_backup, where + " is missing: it was not finished, or is something else");
  std::string text;
  HF_TRY_VOID(read_all(*file, text, where));
  HF_TRY(list, parse_list(text, where));
  HF_TRY(into, empty_directory(data));
  Result<BackupTaken> restored = restore_into(source, list, into);
  if (!restored) remove_all(into);
  return restored;
}

}  // namespace holdfast::journal::file
