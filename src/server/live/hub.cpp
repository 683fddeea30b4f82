#include "server/live/hub.h"

#include <algorithm>
#include <utility>

#include "api/json_text.h"

namespace holdfast::server::live {
namespace {

constexpr std::size_t members_listed = 50;
constexpr std::size_t wants_max = 64;
/// What one cursor told to one follower may cost of the thread's time: however many move theirs, a fraction of it.
constexpr std::chrono::microseconds pause_for_each_cursor{5};

/// Neither holds a control character.
std::string key_of(std::string_view owner, std::string_view session) {
  return std::string(owner).append(1, '\n').append(session);
}

/// Whether it is a change that this one made itself: its answer says so.
bool is_own(const core::Effect& effect, const Member& member) {
  const auto* edited = std::get_if<core::BufferEdited>(&effect);
  return edited && edited->who == member.who();
}

}  // namespace

std::string_view word(Mood mood) {
  constexpr std::string_view words[] = {"active", "idle", "hidden"};
  return words[static_cast<std::size_t>(mood)];
}

/// A name that somebody follows.
struct Topic {
  struct Follower {
    Member* member = nullptr;
    core::Position from;  ///< Everything up to here it knows from its answer.
    Standing standing;    ///< What it has been told of the text.
    bool members_due = true;
    std::string cursor{};  ///< The last that it told, for who comes later. Empty: none.
  };

  std::string name;
  bool held = false;
  core::Who holder;             ///< Where it is held,
  core::Position holder_as_of;  ///< when everything up to here had happened.
  std::vector<Follower> followers;
  std::vector<Member*> moved;  ///< Whose cursors are to be told.
  bool is_moved = false;       ///< It is on the hub's list of those.
  Hub::Time next_cursors{};

  Follower* find(const Member& member) {
    const auto found = std::ranges::find(followers, &member, &Follower::member);
    return found == followers.end() ? nullptr : &*found;
  }
  void members_changed() {
    for (Follower& follower : followers) follower.members_due = true;
  }
  /// Who holds the name, after `effect`.
  void note_holder(const core::Effect& effect, core::Position position) {
    if (position <= holder_as_of) return;
    holder_as_of = position;
    const auto holds = [&](std::string_view owner, std::string_view session) {
      held = true;
      holder = {std::string(owner), std::string(session)};
      members_changed();
    };
    const auto free = [&](bool ends) {
      if (!ends) return;
      held = false;
      members_changed();
    };
    if (const auto* granted = std::get_if<core::Granted>(&effect)) holds(granted->who.owner, granted->who.session);
    if (const auto* taken = std::get_if<core::Taken>(&effect)) holds(taken->grant.who.owner, taken->grant.who.session);
    if (const auto* revived = std::get_if<core::Revived>(&effect)) holds(revived->owner, revived->session);
    if (const auto* released = std::get_if<core::Released>(&effect)) free(released->ends);
    if (const auto* lapsed = std::get_if<core::Lapsed>(&effect)) free(lapsed->ends);
    if (std::holds_alternative<core::Revoked>(effect)) free(true);
  }
};

Hub::Hub(std::uint64_t incarnation, Replay replay) : incarnation_(incarnation), replay_(std::move(replay)) {}
Hub::~Hub() = default;

Member* Hub::hello(Member& member, core::Who who) {
  member.who_ = std::move(who);
  return std::exchange(sessions_[key_of(member.who_.owner, member.who_.session)], &member);
}

void Hub::forget(Member& member) {
  while (!member.follows_.empty()) {
    Topic& topic = *member.follows_.back();
    remove_follower(topic, member);
    drop_if_empty(topic);
  }
  while (!member.holds_.empty()) drop_holding(member, std::string(member.holds_.back()));
  const auto session = sessions_.find(key_of(member.who_.owner, member.who_.session));
  if (session != sessions_.end() && session->second == &member) sessions_.erase(session);
}

std::vector<Member*> Hub::members_behind(const core::Who& after, std::string_view owner, std::size_t limit) const {
  std::vector<Member*> found;
  const std::string of_owner = key_of(owner, "");
  const std::string behind = key_of(after.owner, after.session);
  auto at = after.owner.empty() ? sessions_.begin() : sessions_.upper_bound(behind);
  if (!owner.empty() && (at == sessions_.end() || at->first < of_owner)) at = sessions_.lower_bound(of_owner);
  for (; at != sessions_.end() && found.size() < limit; ++at) {
    if (!owner.empty() && !at->first.starts_with(of_owner)) break;
    found.push_back(at->second);
  }
  return found;
}

void Hub::push(Member& member, std::string_view frame) {
  ++figures_.pushes;
  member.push(frame);
}

// --- Following.

void Hub::follow(Member& member, const Present& present, const std::function<void()>& answer) {
  unfollow(member, present.name);  // It looks anew.
  std::unique_ptr<Topic>& topic = topics_[present.name];
  if (!topic) {
    topic = std::make_unique<Topic>();
    topic->name = present.name;
  }
  if (present.position >= topic->holder_as_of) {
    topic->held = present.lease.held;
    topic->holder = present.lease.who;
    topic->holder_as_of = present.position;
  }
  topic->members_changed();
  topic->followers.push_back({.member = &member, .from = present.position, .standing = present.standing});
  member.follows_.push_back(topic.get());
  ++figures_.follows;
  answer();
  for (const Topic::Follower& other : topic->followers) {
    if (other.member != &member && !other.cursor.empty() && member.room() == Member::Room::plenty) {
      push(member, other.cursor);
    }
  }
  if (!catch_up(*topic, member, present)) {
    resync(*topic, member, "gap");
    drop_if_empty(*topic);
  }
}

bool Hub::catch_up(Topic& topic, Member& member, const Present& present) {
  if (present.position >= told_) return true;
  Topic::Follower& follower = *topic.find(member);
  bool whole = true;
  const bool kept = replay_(present.position, [&](const core::Effect& effect, core::Position position) {
    if (!whole || core::name_of(effect) != topic.name) return;
    topic.note_holder(effect, position);
    const std::optional<std::string> frame = follower_push(effect, given(position), follower.standing);
    whole = frame.has_value();
    if (whole && !frame->empty() && !is_own(effect, member)) push(member, *frame);
  });
  follower.from = told_;
  return kept && whole;
}

bool Hub::unfollow(Member& member, std::string_view name) {
  const auto found = topics_.find(name);
  if (found == topics_.end() || !found->second->find(member)) return false;
  remove_follower(*found->second, member);
  drop_if_empty(*found->second);
  return true;
}

bool Hub::follows(const Member& member, std::string_view name) const {
  return std::ranges::find(member.follows_, name, [](const Topic* topic) { return std::string_view(topic->name); }) !=
         member.follows_.end();
}

void Hub::remove_follower(Topic& topic, Member& member) {
  std::erase_if(topic.followers, [&](const Topic::Follower& follower) { return follower.member == &member; });
  std::erase(topic.moved, &member);
  std::erase(member.follows_, &topic);
  if (member.follows_.empty()) member.follows_.shrink_to_fit();
  topic.members_changed();
  --figures_.follows;
}

void Hub::drop_if_empty(Topic& topic) {
  if (!topic.followers.empty()) return;
  std::erase(moved_, &topic);
  topics_.erase(topics_.find(topic.name));
}

void Hub::resync(Topic& topic, Member& member, std::string_view code) {
  ++figures_.resyncs;
  remove_follower(topic, member);
  member.push_anyway(resync_push(topic.name, code));
}

void Hub::resync_all(Topic& topic, std::string_view code) {
  while (!topic.followers.empty()) resync(topic, *topic.followers.back().member, code);
}

std::string Hub::members_of(std::string_view name) const {
  std::string out;
  const auto found = topics_.find(name);
  if (found == topics_.end()) return "[]";
  const Topic& topic = *found->second;
  std::size_t listed = 0;
  char before = '[';
  const auto list = [&](const Member& member, bool holder) {
    if (listed++ == members_listed) return;
    out += std::exchange(before, ',');
    api::JsonWriter json(out);
    json.text("owner", member.who_.owner).text("session", member.who_.session);
    json.text("state", word(member.mood_)).flag("holder", holder);
    json.end();
  };
  const auto is_holder = [&](const Topic::Follower& follower) {
    return topic.held && follower.member->who_ == topic.holder;
  };
  const auto holder = std::ranges::find_if(topic.followers, is_holder);
  if (holder != topic.followers.end()) list(*holder->member, true);
  for (auto other = topic.followers.begin(); other != topic.followers.end() && listed < members_listed; ++other) {
    if (other != holder) list(*other->member, false);
  }
  if (before == '[') out += '[';
  return out += ']';
}

void Hub::state(Member& member, Mood mood) {
  if (std::exchange(member.mood_, mood) == mood) return;
  for (Topic* topic : member.follows_) topic->members_changed();
}

void Hub::cursor(Member& member, std::string_view name, std::string frame) {
  Topic& topic = *topics_.find(name)->second;
  topic.find(member)->cursor = std::move(frame);
  if (std::ranges::find(topic.moved, &member) == topic.moved.end()) topic.moved.push_back(&member);
  if (!std::exchange(topic.is_moved, true)) moved_.push_back(&topic);
}

void Hub::end_round(Time now) {
  for (std::size_t i = 0; i < moved_.size();) {
    Topic& topic = *moved_[i];
    if (now < topic.next_cursors) {
      ++i;
      continue;
    }
    topic.next_cursors = now + pause_for_each_cursor * (topic.moved.size() * topic.followers.size());
    for (const Member* mover : std::exchange(topic.moved, {})) {
      const std::string frame = topic.find(*mover)->cursor;
      for (const Topic::Follower& follower : topic.followers) {
        if (follower.member == mover) continue;
        if (follower.member->room() == Member::Room::plenty) {
          push(*follower.member, frame);
        } else {
          ++figures_.cursors_dropped;
        }
      }
    }
    topic.is_moved = false;
    moved_[i] = moved_.back();
    moved_.pop_back();
  }
}

void Hub::each_second() {
  for (const auto& [name, topic] : topics_) {
    std::string frame;
    for (Topic::Follower& follower : topic->followers) {
      if (!follower.members_due || follower.member->room() != Member::Room::plenty) continue;
      follower.members_due = false;
      if (frame.empty()) {
        std::string message;
        api::JsonWriter json(message);
        json.text("push", "members").text("name", name).raw("members", members_of(name));
        json.number("count", std::uint64_t{topic->followers.size()});
        json.end();
        frame = text_frame(message);
      }
      push(*follower.member, frame);
    }
  }
}

void Hub::tell(const core::Effect& effect, core::Position position) {
  told_ = position;
  const std::string_view name = core::name_of(effect);
  if (name.empty()) return;
  if (const auto topic = topics_.find(name); topic != topics_.end()) {
    tell_followers(*topic->second, effect, position);
    drop_if_empty(*topic->second);
  }
  if (!holdings_.empty()) tell_holders(name, effect);
}

void Hub::tell_followers(Topic& topic, const core::Effect& effect, core::Position position) {
  topic.note_holder(effect, position);
  // Nearly always all of them have been told the same.
  std::optional<Standing> before;
  Standing after;
  std::optional<std::string> frame;
  std::vector<std::pair<Member*, std::string_view>> left;
  for (Topic::Follower& follower : topic.followers) {
    if (position <= follower.from) continue;
    Member& member = *follower.member;
    if (follower.standing != before) {
      before = after = follower.standing;
      frame = follower_push(effect, given(position), after);
    }
    follower.standing = after;
    if (!frame) {
      left.emplace_back(&member, "gap");
    } else if (frame->empty() || is_own(effect, member)) {
      continue;
    } else if (member.room() == Member::Room::none) {
      left.emplace_back(&member, "slow");
    } else {
      push(member, *frame);
    }
  }
  for (const auto& [member, code] : left) resync(topic, *member, code);
}

void Hub::skip_to(core::Position position) {
  told_ = position;
  std::vector<Topic*> all;
  for (const auto& [name, topic] : topics_) all.push_back(topic.get());
  for (Topic* topic : all) {
    resync_all(*topic, "gap");
    drop_if_empty(*topic);
  }
}

// --- Holding.

Hub::Holding* Hub::holding_of(const Member& member, std::string_view name) {
  const auto of_name = holdings_.find(name);
  if (of_name == holdings_.end()) return nullptr;
  const auto found = std::ranges::find(of_name->second, &member, &Holding::member);
  return found == of_name->second.end() ? nullptr : &*found;
}
const Hub::Holding* Hub::holding_of(const Member& member, std::string_view name) const {
  return const_cast<Hub*>(this)->holding_of(member, name);
}

void Hub::drop_holding(const Member& member, std::string_view name) {
  const auto of_name = holdings_.find(name);
  if (of_name == holdings_.end()) return;
  std::erase_if(of_name->second, [&](const Holding& holding) {
    if (holding.member != &member) return false;
    std::erase(holding.member->holds_, name);
    return true;
  });
  if (of_name->second.empty()) holdings_.erase(of_name);
}

void Hub::holds(Member& member, const core::LeaseView& lease, core::Position position) {
  Holding* holding = holding_of(member, lease.name);
  if (!holding) {
    holding = &holdings_[lease.name].emplace_back(Holding{.member = &member});
    member.holds_.push_back(lease.name);
  }
  if (lease.token < holding->token) return;  // An answer that a newer one has overtaken.
  if (holding->token != lease.token) *holding = {.member = &member, .token = lease.token};
  if (lease.wanted) {
    const core::Wanted& wanted = *lease.wanted;
    if (!wanted.taker.owner.empty() && !std::exchange(holding->told_of_taker, true)) {
      push(member, hand_in_push(lease.name, lease.token, wanted.taker, wanted.reason, wanted.window_ends_in));
    }
    if (!wanted.asked_by.empty() && !std::exchange(holding->told_of_request, true)) {
      push(member, requested_push(lease.name, lease.token, {wanted.asked_by, ""}, wanted.message));
    }
  }
  if (position >= told_) return;
  bool still = true;
  replay_(position, [&](const core::Effect& effect, core::Position) {
    if (still && core::name_of(effect) == lease.name) still = tell_holding(*holding, effect);
  });
  if (!still) drop_holding(member, lease.name);
}

void Hub::gives_up(Member& member, std::string_view name) {
  for (const std::string& held : member.holds_) {
    if (name.empty() || name == held) holding_of(member, held)->giving_up = true;
  }
}

void Hub::goes_on(Member& member, std::string_view name) {
  for (const std::string& held : member.holds_) {
    if (name.empty() || name == held) holding_of(member, held)->giving_up = false;
  }
}

void Hub::let_go(Member& member, std::string_view name) {
  const std::vector<std::string> held = member.holds_;
  for (const std::string& each : held) {
    if (name.empty() || name == each) drop_holding(member, each);
  }
}

void Hub::lost(Member& member, std::string_view name, core::Token token, core::Loss because, const core::Why* why) {
  const Holding* holding = holding_of(member, name);
  if (!holding || holding->token != token) return;
  push(member,
       lost_push(name, token, because, why ? std::string_view(why->by) : "", why ? std::string_view(why->reason) : ""));
  drop_holding(member, std::string(name));
}

std::vector<Hub::Held> Hub::holdings_of(const Member& member) const {
  std::vector<Held> held;
  for (const std::string& name : member.holds_) held.push_back({name, holding_of(member, name)->token});
  return held;
}

void Hub::wants(Member& member, std::string_view name) {
  if (std::ranges::find(member.wants_, name) != member.wants_.end()) return;
  if (member.wants_.size() == wants_max) member.wants_.erase(member.wants_.begin());
  member.wants_.emplace_back(name);
}

std::optional<std::size_t> Hub::decline(const Member& member, std::string_view name, core::Token token,
                                        std::string_view to, std::string_view message) {
  const Holding* holding = holding_of(member, name);
  if (!holding || holding->token != token) return std::nullopt;
  std::size_t told = 0;
  const std::string owner = key_of(to, "");
  for (auto each = sessions_.lower_bound(owner); each != sessions_.end() && each->first.starts_with(owner); ++each) {
    Member& asker = *each->second;
    if (std::erase(asker.wants_, name) == 0) continue;
    push(asker, declined_push(name, member.who_.owner, message));
    ++told;
  }
  return told;
}

void Hub::tell_holders(std::string_view name, const core::Effect& effect) {
  const auto of_name = holdings_.find(name);
  if (of_name == holdings_.end()) return;
  std::erase_if(of_name->second, [&](Holding& holding) {
    if (tell_holding(holding, effect)) return false;
    std::erase(holding.member->holds_, name);
    return true;
  });
  if (of_name->second.empty()) holdings_.erase(of_name);
}

bool Hub::tell_holding(Holding& holding, const core::Effect& effect) {
  Member& member = *holding.member;
  const core::Token token = holding.token;
  const std::string_view name = core::name_of(effect);
  const auto lost = [&](core::Loss because, std::string_view by, std::string_view reason) {
    if (!holding.giving_up) push(member, lost_push(name, token, because, by, reason));
    return false;
  };
  if (const auto* granted = std::get_if<core::Granted>(&effect)) {
    if (granted->token <= token) return true;
    return granted->who == member.who_ ? true : lost(core::Loss::lapsed, "", "");
  }
  if (const auto* taken = std::get_if<core::Taken>(&effect)) {
    if (taken->grant.token <= token || taken->grant.who == member.who_) return true;  // Its answer says so.
    if (taken->displaced == core::Loss::none) return lost(core::Loss::lapsed, "", "");
    return lost(taken->displaced, taken->grant.who.owner, taken->reason);
  }
  if (const auto* released = std::get_if<core::Released>(&effect)) {
    if (released->token != token || released->session != member.who_.session) return true;
    return lost(core::Loss::released, "", "");
  }
  if (const auto* revoked = std::get_if<core::Revoked>(&effect)) {
    if (revoked->token != token) return true;
    return lost(core::Loss::revoked, revoked->by.owner, revoked->reason);
  }
  if (std::holds_alternative<core::Forgotten>(effect)) return lost(core::Loss::lapsed, "", "");
  if (const auto* asked = std::get_if<core::TakeoverAsked>(&effect)) {
    if (asked->token == token && !std::exchange(holding.told_of_taker, true)) {
      push(member, hand_in_push(name, token, asked->by, asked->reason, asked->flush));
    }
  } else if (const auto* dropped = std::get_if<core::TakeoverDropped>(&effect)) {
    if (dropped->token == token && std::exchange(holding.told_of_taker, false)) push(member, kept_push(name, token));
  } else if (const auto* requested = std::get_if<core::Requested>(&effect)) {
    if (requested->token == token) {
      // Anybody may ask, as often as they like. A holder that takes nothing hears of the newest with a renewal.
      holding.told_of_request = member.room() != Member::Room::none;
      if (holding.told_of_request) push(member, requested_push(name, token, requested->by, requested->message));
    }
  }
  return true;
}

}  // namespace holdfast::server::live
