// Who follows what, and who holds what by which socket: what each of them is to be told of what became durable.
//
// Answers and effects come on different ways, and either may be ahead. So whoever comes in by an answer says up to
// which position that had seen everything: what the hub has read beyond it is told again to that one, and what it is
// yet to read up to there is not (B3, L14). Each follower's next revision is known; one that does not follow on it ends
// the following, with a resync.
//
// Knows no socket, no thread and no clock.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/effects.h"
#include "core/replies.h"
#include "server/live/pushes.h"

namespace holdfast::server::live {

struct Topic;

/// What others are shown of a session.
enum class Mood : std::uint8_t { active, idle, hidden };
std::string_view word(Mood mood);

/// One socket, as the hub sees it.
class Member {
 public:
  virtual ~Member() = default;

  /// How much has been pushed to it that it has not taken.
  enum class Room : std::uint8_t {
    plenty,  ///< All may be pushed.
    tight,   ///< Nothing that may be left out.
    none,    ///< Nothing.
  };
  virtual Room room() const = 0;
  /// One whole frame.
  virtual void push(std::string_view frame) = 0;
  /// The same where it will be told of what it misses by no other way: whatever room there is.
  virtual void push_anyway(std::string_view frame) = 0;

  const core::Who& who() const { return who_; }
  Mood mood() const { return mood_; }
  /// Names that it follows.
  std::size_t followed() const { return follows_.size(); }

 private:
  friend class Hub;
  core::Who who_;  ///< Empty before hello.
  Mood mood_ = Mood::active;
  std::vector<Topic*> follows_;
  std::vector<std::string> holds_;
  std::vector<std::string> wants_;  ///< Names whose holder it has asked for them.
};

/// Not thread-safe.
class Hub {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Visit = std::function<void(const core::Effect&, core::Position)>;
  /// Shows everything behind a position, up to where the hub has been told. False: it is not kept any more.
  using Replay = std::function<bool(core::Position behind, const Visit&)>;

  struct Figures {
    std::uint64_t pushes = 0;           ///< One for each socket that was pushed it.
    std::uint64_t resyncs = 0;          ///< Followings that were ended.
    std::uint64_t cursors_dropped = 0;  ///< That were not told to somebody who was slow.
    std::size_t follows = 0;            ///< Sockets and names.
  };

  Hub(std::uint64_t incarnation, Replay replay);
  ~Hub();

  /// Nobody is here yet: everything up to `position` is past.
  void begin_at(core::Position position) { told_ = position; }
  core::Position told() const { return told_; }

  /// `member` is `who` from here on. Returns the one that was it before, who is to go; else null.
  Member* hello(Member& member, core::Who who);
  /// It follows nothing and holds nothing any more.
  void forget(Member& member);
  /// The first `limit` who have said hello, behind `after`, by owner and session. `owner` not empty: of this one only.
  std::vector<Member*> members_behind(const core::Who& after, std::string_view owner, std::size_t limit) const;

  // Following.

  /// The present of a name, as the answer to a follower says it, which had seen everything up to `position`.
  struct Present {
    std::string name;
    Standing standing;
    const core::LeaseView& lease;
    core::Position position;
  };
  /// `answer` is to say the present; what has happened since is pushed behind it.
  void follow(Member& member, const Present& present, const std::function<void()>& answer);
  /// False: it does not follow that.
  bool unfollow(Member& member, std::string_view name);
  bool follows(const Member& member, std::string_view name) const;
  /// A JSON list of who follows the name: fifty of them, the holder first.
  std::string members_of(std::string_view name) const;
  /// Where its cursors are: `frame` is what others are to be pushed. It follows the name.
  void cursor(Member& member, std::string_view name, std::string frame);
  void state(Member& member, Mood mood);

  // Holding.

  /// An answer says that it holds. As of that answer's position.
  void holds(Member& member, const core::LeaseView& lease, core::Position position);
  /// It gives up or passes on what it holds itself: that is no loss to tell it of. Of no name: all of it.
  void gives_up(Member& member, std::string_view name);
  /// It does so no more: that was refused.
  void goes_on(Member& member, std::string_view name);
  /// It has given up or passed on: of no name, all of it.
  void let_go(Member& member, std::string_view name);
  /// Its token is over, as an answer says.
  void lost(Member& member, std::string_view name, core::Token token, core::Loss because, const core::Why* why);
  struct Held {
    std::string_view name;
    core::Token token;
  };
  std::vector<Held> holdings_of(const Member& member) const;
  /// It has asked the holder of the name for it, and is to hear if that says no.
  void wants(Member& member, std::string_view name);
  /// Tells whoever of `to` has asked. How many were told; none: `member` does not hold that.
  std::optional<std::size_t> decline(const Member& member, std::string_view name, core::Token token,
                                     std::string_view to, std::string_view message);

  /// The next durable effect. A lapse is no loss yet: it may be revived as long as nobody takes the name (L6).
  void tell(const core::Effect& effect, core::Position position);
  /// What comes next is not kept any more: everybody must look anew.
  void skip_to(core::Position position);

  /// What may wait until many have moved: cursors.
  void end_round(Time now);
  /// And what may wait for a second: who is there.
  void each_second();

  const Figures& figures() const { return figures_; }

 private:
  struct Holding {
    Member* member = nullptr;
    core::Token token;
    bool giving_up = false;
    bool told_of_taker = false;    ///< Somebody takes it over, and it knows.
    bool told_of_request = false;  ///< Somebody asked for it, and it knows.
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, Hash, std::equal_to<>>;

  void tell_followers(Topic& topic, const core::Effect& effect, core::Position position);
  void tell_holders(std::string_view name, const core::Effect& effect);
  /// False: it holds no more.
  bool tell_holding(Holding& holding, const core::Effect& effect);
  Holding* holding_of(const Member& member, std::string_view name);
  const Holding* holding_of(const Member& member, std::string_view name) const;
  void drop_holding(const Member& member, std::string_view name);
  void push(Member& member, std::string_view frame);
  /// What has happened since the present that a new follower was told.
  bool catch_up(Topic& topic, Member& member, const Present& present);
  void resync(Topic& topic, Member& member, std::string_view code);
  void resync_all(Topic& topic, std::string_view code);
  void remove_follower(Topic& topic, Member& member);
  void drop_if_empty(Topic& topic);
  api::GivenPosition given(core::Position position) const { return {incarnation_, position}; }

  const std::uint64_t incarnation_;
  const Replay replay_;
  core::Position told_;
  std::map<std::string, Member*> sessions_;  ///< By owner and session: those of one owner stand together.
  ByName<std::unique_ptr<Topic>> topics_;
  ByName<std::vector<Holding>> holdings_;
  std::vector<Topic*> moved_;  ///< Topics with cursors to be told.
  Figures figures_;
};

}  // namespace holdfast::server::live
