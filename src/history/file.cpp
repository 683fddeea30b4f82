#include "history/file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "journal/crc32c.h"

namespace holdfast::history {
namespace {

constexpr std::string_view magic = "hfhist1\n";
constexpr std::size_t footer_bytes = 32;
/// Synced piece by piece, so that what the journal syncs waits behind one of them at most.
constexpr std::uint64_t piece_bytes = 1 << 20;
constexpr std::size_t block_bytes = 32 << 10;        ///< A block ends with the first name that makes it this long.
constexpr std::uint64_t index_bytes_max = 64 << 20;  ///< No file that this wrote comes near.
constexpr std::uint64_t one_block_bytes_max = 16 << 20;
constexpr std::size_t digits = 16;
constexpr std::string_view prefix = "holdings-";
constexpr std::string_view temporary = ".tmp";

void put_fixed(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t fixed(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::uint64_t folded(WallTime time) {
  const std::int64_t value = time.time_since_epoch().count();
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}

WallTime unfolded(std::uint64_t value) {
  return WallTime{std::chrono::microseconds{static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1))}};
}

}  // namespace

std::string file_name(core::Position first, core::Position last) {
  return fmt::format("{}{:016}-{:016}", prefix, first.value, last.value);
}

std::optional<Range> range_in(std::string_view name) {
  if (!name.starts_with(prefix) || name.size() != prefix.size() + 2 * digits + 1) return std::nullopt;
  name.remove_prefix(prefix.size());
  Range range;
  const auto read = [](std::string_view text, std::uint64_t& into) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
  };
  const bool good = read(name.substr(0, digits), range.first.value) && name[digits] == '-' &&
                    read(name.substr(digits + 1), range.last.value);
  if (!good || range.first.value == 0 || range.first > range.last) return std::nullopt;
  return range;
}

Result<std::shared_ptr<const File>> File::open(const Folder& folder, const std::string& name) {
  const auto file = std::make_shared<File>();
  file->name_ = name;
  file->where_ = folder.where(name);
  const auto damaged = [&](std::string_view what) {
    return fail(ErrorCode::history_damaged, fmt::format("{}: {}", file->where_, what));
  };
  HF_TRY(fd, folder.open_to_read(name));
  file->fd_ = std::move(fd);
  HF_TRY(size, size_of(file->fd_, file->where_));
  file->bytes_ = size;
  if (size < magic.size() + footer_bytes) return damaged("too short");
  HF_TRY(head, read_exactly(file->fd_, 0, magic.size(), file->where_));
  HF_TRY(footer, read_exactly(file->fd_, size - footer_bytes, footer_bytes, file->where_));
  const std::string_view view = footer;
  if (head != magic || view.substr(24) != magic) return damaged("not a file of the history, or of a newer version");
  if (journal::crc32c(view.substr(0, 20)) != fixed(view.substr(20, 4))) return damaged("the footer is damaged");
  const std::uint64_t begin = fixed(view.substr(0, 8));
  const std::uint64_t bytes = fixed(view.substr(8, 8));
  const bool fits = bytes <= index_bytes_max && begin >= magic.size() && begin <= size && bytes <= size &&
                    begin + bytes + footer_bytes == size;
  if (!fits) return damaged("the index does not fit");
  HF_TRY(index, read_exactly(file->fd_, begin, bytes, file->where_));
  if (journal::crc32c(index) != fixed(view.substr(16, 4))) return damaged("the index is damaged");
  if (!file->read_index(index, begin)) return damaged("the index says what cannot be");
  const auto range = range_in(name);
  const bool named = range && range->first == file->about_.first && range->last == file->about_.last;
  if (!named) return damaged("the name and the index differ");
  return file;
}

Result<void> File::read_index(std::string_view index, std::uint64_t end) {
  const auto bad = [] { return fail(ErrorCode::history_damaged); };
  const auto number = [&](std::uint64_t& into) {
    const auto value = take_number(index);
    into = value.value_or(0);
    return value.has_value();
  };
  std::uint64_t newest = 0, earliest = 0, count = 0;
  if (!number(about_.first.value) || !number(about_.last.value) || !number(newest) || !number(earliest)) return bad();
  about_.newest = unfolded(newest);
  about_.earliest_end = unfolded(earliest);
  if (!number(count)) return bad();
  for (; count > 0; --count) {
    Gap gap;
    std::uint64_t noticed = 0;
    if (!number(gap.after.value) || !number(gap.up_to.value) || !number(noticed)) return bad();
    gap.noticed = unfolded(noticed);
    about_.gaps.push_back(gap);
  }
  if (!number(count)) return bad();
  std::uint64_t offset = magic.size();
  for (; count > 0; --count) {
    Block block;
    std::uint64_t crc = 0;
    const auto first = take_text(index);
    if (!first || !number(block.bytes) || !number(crc)) return bad();
    if (block.bytes > one_block_bytes_max || block.bytes > end - offset) return bad();
    block.first = *first;
    block.offset = offset;
    block.crc = static_cast<std::uint32_t>(crc);
    if (!blocks_.empty() && block.first <= blocks_.back().first) return bad();
    offset += block.bytes;
    blocks_.push_back(std::move(block));
  }
  if (!index.empty() || offset != end) return bad();
  return {};
}

std::size_t File::block_for(std::string_view name) const {
  const auto behind =
      std::ranges::upper_bound(blocks_, name, {}, [](const Block& b) { return std::string_view{b.first}; });
  return behind == blocks_.begin() ? blocks_.size() : static_cast<std::size_t>(behind - blocks_.begin()) - 1;
}

std::string File::read(std::size_t block) const {
  const Block& wanted = blocks_[block];
  Result<std::string> bytes = read_exactly(fd_, wanted.offset, wanted.bytes, where_);
  if (bytes && journal::crc32c(*bytes) == wanted.crc) return *std::move(bytes);
  damaged_ = true;
  return {};
}

std::string File::damage() const {
  return damaged_ ? where_ + ": a block of it is damaged" : std::string{};
}

/// Goes through the blocks of a file; keeps the one it is in.
class FileCursor final : public Cursor {
 public:
  FileCursor(std::shared_ptr<const File> file, std::size_t block, std::string_view from)
      : file_(std::move(file)), block_(block) {
    load();
    while (valid_ && name_ < from) next();
  }
  bool valid() const override { return valid_; }
  std::string_view name() const override { return name_; }
  std::string_view entries() const override { return entries_; }
  void next() override {
    if (!take()) {
      ++block_;
      load();
    }
  }

 private:
  /// The first name of `block_`, or of the first one behind it that can be read.
  void load() {
    for (valid_ = false; !valid_ && block_ < file_->blocks_.size(); block_ += valid_ ? 0 : 1) {
      bytes_ = file_->read(block_);
      rest_ = bytes_;
      valid_ = take();
    }
  }
  bool take() {
    const auto name = take_text(rest_);
    const auto entries = take_text(rest_);
    if (!name || !entries) return false;
    name_ = *name;
    entries_ = *entries;
    return true;
  }

  std::shared_ptr<const File> file_;
  std::size_t block_;
  std::string bytes_;
  std::string_view rest_, name_, entries_;
  bool valid_ = false;
};

std::unique_ptr<Cursor> File::cursor(std::string_view from) const {
  const std::size_t block = block_for(from);
  return std::make_unique<FileCursor>(shared_from_this(), block == blocks_.size() ? 0 : block, from);
}

std::string File::entries(std::string_view name) const {
  const std::size_t block = block_for(name);
  if (block == blocks_.size()) return {};
  const std::string bytes = read(block);
  std::string_view rest = bytes;
  while (true) {
    const auto found = take_text(rest);
    const auto entries = take_text(rest);
    if (!found || !entries || *found > name) return {};
    if (*found == name) return std::string{*entries};
  }
}

Result<FileWriter> FileWriter::begin(const Folder& folder, core::Position first, core::Position last) {
  const std::string name = file_name(first, last);
  HF_TRY(fd, folder.create(name + std::string{temporary}));
  FileWriter writer(folder, name, std::move(fd));
  HF_TRY_VOID(write_all(writer.fd_, magic, folder.where(name)));
  writer.offset_ = magic.size();
  return writer;
}

Result<void> FileWriter::add(std::string_view name, std::string_view entries) {
  if (block_.empty()) block_first_ = name;
  put_text(name, block_);
  put_text(entries, block_);
  return block_.size() >= block_bytes ? end_block() : Result<void>{};
}

Result<void> FileWriter::end_block() {
  if (block_.empty()) return {};
  HF_TRY_VOID(write_all(fd_, block_, folder_->where(name_)));
  put_text(block_first_, index_);
  put_number(block_.size(), index_);
  put_number(journal::crc32c(block_), index_);
  offset_ += block_.size();
  ++blocks_;
  block_.clear();
  if (offset_ - synced_ < piece_bytes) return {};
  synced_ = offset_;
  return sync_file(fd_, folder_->where(name_));
}

Result<void> FileWriter::finish(const About& about) {
  HF_TRY_VOID(end_block());
  std::string index;
  put_number(about.first.value, index);
  put_number(about.last.value, index);
  put_number(folded(about.newest), index);
  put_number(folded(about.earliest_end), index);
  put_number(about.gaps.size(), index);
  for (const Gap& gap : about.gaps) {
    put_number(gap.after.value, index);
    put_number(gap.up_to.value, index);
    put_number(folded(gap.noticed), index);
  }
  put_number(blocks_, index);
  index += index_;
  std::string footer;
  put_fixed(offset_, 8, footer);
  put_fixed(index.size(), 8, footer);
  put_fixed(journal::crc32c(index), 4, footer);
  put_fixed(journal::crc32c(footer), 4, footer);
  footer += magic;
  const std::string where = folder_->where(name_);
  HF_TRY_VOID(write_all(fd_, index + footer, where));
  HF_TRY_VOID(sync_file(fd_, where));
  HF_TRY_VOID(folder_->rename(name_ + std::string{temporary}, name_));
  return folder_->sync();
}

void FileWriter::give_up() {
  static_cast<void>(folder_->remove(name_ + std::string{temporary}));
}

}  // namespace holdfast::history
