// A second opinion on texts: keystrokes that can be told apart, in plain lists.
//
// Each keystroke types a character that nothing else ever types, so that where it ended up can be seen in any text. It
// shares no code with what it judges; changes are handed to the rules as text::ChangeSet and read back by the plain
// UTF-16 of text/model_for_tests.h.
#pragma once

#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/types.h"
#include "text/model_for_tests.h"

namespace holdfast::core {

/// The number of a keystroke. Every third one types a character that takes two units.
using Stroke = std::uint32_t;
using Strokes = std::vector<Stroke>;

inline void write_stroke(std::u16string& to, Stroke stroke) {
  if (stroke % 3 != 0) {
    to += static_cast<char16_t>(0x4E00 + stroke);
    return;
  }
  to += static_cast<char16_t>(0xD840 + (stroke >> 10U));
  to += static_cast<char16_t>(0xDC00 + (stroke & 0x3FFU));
}
inline std::u16string units_of(const Strokes& strokes) {
  std::u16string units;
  for (const Stroke stroke : strokes) write_stroke(units, stroke);
  return units;
}
inline Strokes strokes_of(const std::u16string& units) {
  Strokes strokes;
  for (std::size_t at = 0; at < units.size(); ++at) {
    if (units[at] >= 0xD840 && units[at] < 0xDC00) {
      const Stroke high = static_cast<Stroke>(units[at] - 0xD840) << 10U;
      strokes.push_back(high + (units[++at] - 0xDC00U));
    } else {
      RC_ASSERT(units[at] >= 0x4E00);
      strokes.push_back(units[at] - 0x4E00U);
    }
  }
  return strokes;
}
inline std::string utf8_of(const Strokes& strokes) {
  std::string bytes;
  for (const Stroke stroke : strokes) {
    const std::uint32_t scalar = stroke % 3 != 0 ? 0x4E00 + stroke : 0x20000 + stroke;
    if (scalar < 0x10000) {
      bytes += static_cast<char>(0xE0U | scalar >> 12U);
    } else {
      bytes += static_cast<char>(0xF0U | scalar >> 18U);
      bytes += static_cast<char>(0x80U | (scalar >> 12U & 0x3FU));
    }
    bytes += static_cast<char>(0x80U | (scalar >> 6U & 0x3FU));
    bytes += static_cast<char>(0x80U | (scalar & 0x3FU));
  }
  return bytes;
}
inline Strokes strokes_of(const text::Text& text) {
  return strokes_of(text::utf16_of(text));
}
inline bool has(const Strokes& strokes, Stroke stroke) {
  return std::ranges::find(strokes, stroke) != strokes.end();
}
/// Those of `strokes` that are in `of`, too, in their order.
inline Strokes common(const Strokes& strokes, const Strokes& of) {
  Strokes both;
  std::ranges::copy_if(strokes, std::back_inserter(both), [&](Stroke stroke) { return has(of, stroke); });
  return both;
}
inline Strokes without(const Strokes& strokes, const Strokes& of) {
  Strokes left;
  std::ranges::copy_if(strokes, std::back_inserter(left), [&](Stroke stroke) { return !has(of, stroke); });
  return left;
}

/// What becomes of a text at one place: `gone` strokes from the place `at` on give way to `come`.
struct Touch {
  std::size_t at = 0, gone = 0;
  Strokes come;
};
/// Touches in the order of the text, as a list of strokes and as the rules are told it.
inline Strokes touched(const Strokes& before, const std::vector<Touch>& touches) {
  Strokes after;
  std::size_t at = 0;
  for (const Touch& touch : touches) {
    for (; at < touch.at; ++at) after.push_back(before[at]);
    after.insert(after.end(), touch.come.begin(), touch.come.end());
    at += touch.gone;
  }
  for (; at < before.size(); ++at) after.push_back(before[at]);
  return after;
}
inline text::ChangeSet change_of(const Strokes& before, const std::vector<Touch>& touches) {
  text::ChangeSet change;
  const auto units = [&](std::size_t from, std::size_t to) {
    const auto begin = before.begin() + static_cast<std::ptrdiff_t>(from);
    return static_cast<text::Units>(units_of({begin, before.begin() + static_cast<std::ptrdiff_t>(to)}).size());
  };
  std::size_t at = 0;
  for (const Touch& touch : touches) {
    change.keep(units(at, touch.at));
    change.replace_next(units(touch.at, touch.at + touch.gone), utf8_of(touch.come));
    at = touch.at + touch.gone;
  }
  change.keep(units(at, before.size()));
  return change;
}

/// A change that a client made, under its number.
struct Typed {
  std::uint64_t seq = 0;
  text::ChangeSet change;
  Strokes before, after;
  Strokes come() const { return without(after, before); }
  Strokes gone() const { return without(before, after); }
};

/// A text as it should be. A value: copied at each step, so that a crash can go back to any.
struct TextModel {
  /// What takes an owner's change back: `take` leaves the text and `bring` comes into it again.
  struct Group {
    std::set<Stroke> take, bring;
    Strokes before;         ///< The text that it leads to, exactly, where nobody else has changed it since.
    bool alone = true;      ///< Nobody has.
    bool may_join = false;  ///< It may be one with the group below: typed within a moment.
  };
  struct Owner {
    std::vector<Group> done, undone;
    Duration last{-1h};
    int kind = 0;  ///< Of its last change: 1 only brings, 2 only takes away, 0 neither.
  };
  struct Draft {
    Who who;
    text::Revision base = 0;
    std::vector<Typed> over;   ///< What had been in a draft that has ended, and is not in this one.
    std::vector<Typed> typed;  ///< What is in it, made behind that.
    Strokes text{};            ///< All of it, as the rules have it.

    const Strokes& before() const { return over.empty() ? typed.front().before : over.front().before; }
    /// Whether `text` is what was typed, without what is over.
    bool is(const Strokes& text) const {
      const Strokes& after = typed.back().after;
      if (over.empty()) return text == after;
      Strokes come, gone;
      for (const Typed& each : over) {
        std::ranges::copy(each.come(), std::back_inserter(come));
        std::ranges::copy(each.gone(), std::back_inserter(gone));
      }
      const Strokes kept = without(after, come), back = common(before(), gone);
      return common(text, kept) == kept && common(before(), text) == common(text, before()) &&
             std::set<Stroke>(text.begin(), text.end()).size() == kept.size() + back.size() &&
             common(text, back).size() == back.size();
    }
  };

  std::vector<Strokes> revisions{{}};
  std::vector<std::string> authors{""};
  std::map<std::string, std::uint64_t> made;  ///< The newest number of each owner's session that got in.
  std::map<std::string, Owner> owners;
  std::map<std::uint64_t, Draft> drafts;
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>>
      ended;                     ///< The drafts that have ended, by number of a change.
  std::map<Stroke, int> places;  ///< Where each keystroke ended up: in so many changes of the text and drafts.
  // The newest holding, and whether its session may still write.
  Token token;
  Who holder;
  bool alive = false;

  /// Those of `strokes` that have been in the text ever since `base`: what comes back is somebody else's.
  Strokes left_alone(Strokes strokes, text::Revision base) const {
    for (std::size_t i = base; i < revisions.size(); ++i) strokes = common(strokes, revisions[i]);
    return strokes;
  }
  static std::string key_of(const Who& who) { return who.owner + '/' + who.session; }
  void end(std::uint64_t number) {
    const Draft& draft = drafts.at(number);
    for (const Typed& typed : draft.typed) ended[key_of(draft.who)][typed.seq] = number;
    drafts.erase(number);
  }
  const Strokes& newest() const { return revisions.back(); }
  bool may_write(Token under, const Who& who) const { return alive && token == under && holder == who; }

  void edit(const Who& who, const Typed& typed, Duration now) {
    RC_ASSERT(typed.before == newest());
    own(who.owner, newest(), typed.after, now);
    push(who.owner, typed.after);
    made[key_of(who)] = typed.seq;
    for (const Stroke stroke : typed.come()) ++places[stroke];
  }
  /// A change of any kind that leads to `after`, and can be taken back like any other.
  void own(const std::string& owner, const Strokes& before, const Strokes& after, Duration now) {
    const Strokes come = without(after, before), gone = without(before, after);
    for (auto& [other, of] : owners) {
      if (other != owner) foreign(of, gone);
    }
    Owner& of = owners[owner];
    const int kind = gone.empty() ? 1 : come.empty() ? 2 : 0;
    const bool may_join = kind != 0 && kind == of.kind && now - of.last <= 500ms;
    of.kind = kind;
    of.last = now;
    of.undone.clear();
    of.done.push_back({{come.begin(), come.end()}, {gone.begin(), gone.end()}, before, true, may_join});
  }
  static void foreign(Owner& of, const Strokes& gone) {
    of.kind = 0;
    for (auto* groups : {&of.done, &of.undone}) {
      for (Group& group : *groups) {
        group.alone = false;
        for (const Stroke stroke : gone) group.take.erase(stroke);
      }
    }
  }
  /// True: there is something left of the owner's to take back, or to do again.
  bool has_undo(const std::string& owner, bool redo) {
    std::vector<Group>& from = redo ? owners[owner].undone : owners[owner].done;
    while (!from.empty() && from.back().take.empty() && from.back().bring.empty()) from.pop_back();
    return !from.empty();
  }
  /// The owner's newest change was taken back, or done again, which led to `after` (B4).
  void undo(const std::string& owner, bool redo, const Strokes& after) {
    Owner& of = owners[owner];
    std::vector<Group>& from = redo ? of.undone : of.done;
    RC_ASSERT(has_undo(owner, redo));
    const Strokes before = newest();
    const Strokes come = without(after, before), gone = without(before, after);
    while (!is_of(from.back(), come, gone) && from.back().may_join && from.size() > 1) {
      const Group top = from.back();
      from.pop_back();
      Group& group = from.back();
      group.take.insert(top.take.begin(), top.take.end());
      group.bring.insert(top.bring.begin(), top.bring.end());
      group.alone = group.alone && top.alone;
    }
    const Group group = from.back();
    RC_ASSERT(is_of(group, come, gone));
    if (group.alone) RC_ASSERT(after == group.before);
    RC_ASSERT(common(before, after) == common(after, before));  // What stays keeps its order.
    from.pop_back();
    (redo ? of.done : of.undone).push_back({{come.begin(), come.end()}, {gone.begin(), gone.end()}, before});
    of.kind = 0;
    for (auto& [other, their] : owners) {
      if (other != owner) foreign(their, gone);
    }
    push(owner, after);
  }
  void push(const std::string& owner, const Strokes& after) {
    revisions.push_back(after);
    authors.push_back(owner);
  }

 private:
  static bool is_of(const Group& group, const Strokes& come, const Strokes& gone) {
    return group.take == std::set<Stroke>(gone.begin(), gone.end()) &&
           group.bring == std::set<Stroke>(come.begin(), come.end());
  }
};

}  // namespace holdfast::core
