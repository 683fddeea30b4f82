// Names in order with what is kept of each: of one file, of what is still in memory, or of all of it together.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "history/entry.h"

namespace holdfast::history {

/// Goes through names in the order of their bytes. Views last until `next`.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual bool valid() const = 0;
  virtual std::string_view name() const = 0;
  virtual std::string_view entries() const = 0;  ///< As `decode` reads them.
  virtual void next() = 0;
};

/// Over a list that is sorted by name.
class ListCursor final : public Cursor {
 public:
  using List = std::vector<std::pair<std::string, std::string>>;
  explicit ListCursor(List list) : list_(std::move(list)) {}
  bool valid() const override { return at_ < list_.size(); }
  std::string_view name() const override { return list_[at_].first; }
  std::string_view entries() const override { return list_[at_].second; }
  void next() override { ++at_; }

 private:
  List list_;
  std::size_t at_ = 0;
};

/// Several cursors as one. They are given from the oldest positions to the newest, so that what they say of one name
/// stands in order when it is joined.
class Merged {
 public:
  explicit Merged(std::vector<std::unique_ptr<Cursor>> oldest_first);

  bool valid() const { return !at_.empty(); }
  std::string_view name() const { return at_.front().name; }
  /// The bytes of the entries, where one cursor alone has the name; else empty.
  std::string_view only() const { return at_.size() == 1 ? at_.front().cursor->entries() : std::string_view{}; }
  /// What all of them say. What cannot be read is left out, and counted in `unreadable`.
  std::vector<Entry> entries();
  void next();

  std::size_t unreadable = 0;

 private:
  struct Next {
    std::string_view name;
    std::size_t age;  ///< Of cursors at the same name the oldest comes first.
    Cursor* cursor;
    bool operator>(const Next& other) const {
      const int by_name = name.compare(other.name);
      return by_name != 0 ? by_name > 0 : age > other.age;
    }
  };
  void wait_for_turn(std::size_t age);
  void find();

  std::vector<std::unique_ptr<Cursor>> cursors_;
  std::vector<Next> waiting_;  ///< A heap, the next one on top.
  std::vector<Next> at_;       ///< Those that stand at the name.
};

}  // namespace holdfast::history
