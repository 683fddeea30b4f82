// All buffers and drafts of a partition, found by name and number.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "core/buffer.h"

namespace holdfast::core {

/// Not thread-safe. Changes only as effects say.
class Buffers {
 public:
  using ByName = std::map<std::string, std::unique_ptr<Buffer>, std::less<>>;
  using Drafts = std::map<std::uint64_t, Draft>;

  bool empty() const { return by_name_.empty(); }
  std::size_t size() const { return by_name_.size(); }
  /// Null: there is none. Stays valid until it is removed.
  const Buffer* find(std::string_view name) const;
  Buffer* find(std::string_view name);
  const ByName& by_name() const { return by_name_; }
  /// Of all newest texts.
  std::size_t text_bytes() const { return text_bytes_; }

  const Drafts& drafts() const { return drafts_; }
  const Draft* draft(std::uint64_t number) const;
  std::size_t drafts_of_owner(std::string_view owner) const;
  std::size_t drafts_of_name(std::string_view name) const;
  /// The draft that a session's change belongs to, which is the one of number `seq` among its own: it has it already,
  /// or ends right before it. Null: none.
  const Draft* draft_with(const std::string& name, const Who& who, std::uint64_t seq) const;

  Buffer& add(std::unique_ptr<Buffer> buffer);
  void remove(std::string_view name, Position position);
  /// What an answer that says whether there is a text under `name` waits for: that it was made, else the last removal.
  Position last_to_decide(std::string_view name) const;
  void carry_out(const BufferEdited& edited, Position position, std::size_t revisions_max);
  /// A draft for the text as it is kept here.
  void keep(const DraftKept& kept, Position position);
  void keep(const DraftKept& kept, text::Text base_text, Position position);
  void end_draft(std::uint64_t number, Position position);

 private:
  using Counts = std::map<std::string, std::size_t, std::less<>>;
  static void count_down(Counts& counts, std::string_view of);

  ByName by_name_;
  Drafts drafts_;
  Counts drafts_of_owner_, drafts_of_name_;
  std::size_t text_bytes_ = 0;
  Position removed_;  ///< When a text was removed last.
};

/// All of a draft's changes in one, made for a text of `length` units. They fit one another.
text::ChangeSet composed(const std::vector<std::string>& records, text::Units length);

}  // namespace holdfast::core
