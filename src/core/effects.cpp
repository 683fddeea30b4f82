#include "core/effects.h"

namespace holdfast::core {

std::string_view word(Loss loss) {
  switch (loss) {
    case Loss::none:
      return "";
    case Loss::lapsed:
      return "lapsed";
    case Loss::released:
      return "released";
    case Loss::taken_over:
      return "taken_over";
    case Loss::transferred:
      return "transferred";
    case Loss::moved:
      return "moved";
    case Loss::revoked:
      return "revoked";
  }
  return "";
}

std::string_view word(Drop drop) {
  switch (drop) {
    case Drop::taker_left:
      return "taker_left";
    case Drop::restart:
      return "restart";
    case Drop::disk_full:
      return "disk_full";
  }
  return "";
}

std::string_view word(EditKind kind) {
  switch (kind) {
    case EditKind::edit:
      return "edit";
    case EditKind::undo:
      return "undo";
    case EditKind::redo:
      return "redo";
    case EditKind::draft:
      return "draft";
  }
  return "";
}

std::string_view word(DraftEnd how) {
  return how == DraftEnd::applied ? "applied" : "discarded";
}

namespace {

constexpr std::size_t fixed_bytes = 64;  // Numbers, times, lengths and the tag, at most.

std::size_t size_of(const Who& who) {
  return who.owner.size() + who.session.size();
}
std::size_t size_of(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size() + 10;
  return bytes;
}

struct Sizer {
  std::size_t operator()(const Granted& e) const {
    return fixed_bytes + e.name.size() + size_of(e.who) + e.note.size() + e.metadata.size() + e.from.size();
  }
  std::size_t operator()(const Taken& e) const { return fixed_bytes + (*this)(e.grant) + e.reason.size(); }
  std::size_t operator()(const Joined& e) const {
    return fixed_bytes + e.name.size() + e.session.size() + e.owner.size() + e.from.size();
  }
  std::size_t operator()(const Renewed& e) const { return fixed_bytes + e.name.size() + e.session.size(); }
  std::size_t operator()(const Revoked& e) const {
    return fixed_bytes + e.name.size() + size_of(e.by) + e.reason.size();
  }
  std::size_t operator()(const TakeoverAsked& e) const {
    return fixed_bytes + e.name.size() + size_of(e.by) + e.reason.size() + e.from.size();
  }
  std::size_t operator()(const TakeoverDropped& e) const { return fixed_bytes + e.name.size() + size_of(e.by); }
  std::size_t operator()(const Requested& e) const {
    return fixed_bytes + e.name.size() + size_of(e.by) + e.message.size() + e.from.size();
  }
  std::size_t operator()(const Forgotten& e) const { return fixed_bytes + e.name.size(); }
  std::size_t operator()(const Numbered& e) const { return fixed_bytes + e.name.size(); }
  std::size_t operator()(const Started&) const { return fixed_bytes; }
  std::size_t operator()(const KeptTotals&) const { return fixed_bytes; }
  std::size_t operator()(const KeptStart&) const { return fixed_bytes; }
  std::size_t operator()(const Kept& e) const {
    std::size_t bytes = 2 * fixed_bytes + e.name.size() + e.owner.size() + e.note.size() + e.metadata.size();
    for (const KeptPart& part : e.parts) bytes += part.session.size() + 16;
    return bytes + 10 * e.losses.size();
  }
  std::size_t operator()(const KeptWhys& e) const {
    std::size_t bytes = fixed_bytes + e.name.size() + size_of(e.taker);
    for (const KeptWhy& why : e.whys) bytes += why.by.size() + why.reason.size() + 16;
    return bytes;
  }
  std::size_t operator()(const BufferCreated& e) const {
    return fixed_bytes + e.name.size() + size_of(e.by) + e.text.extent().bytes + e.ends.size();
  }
  std::size_t operator()(const BufferRemoved& e) const { return fixed_bytes + e.name.size() + size_of(e.by); }
  std::size_t operator()(const BufferEdited& e) const {
    return fixed_bytes + e.name.size() + size_of(e.who) + size_of(e.changes);
  }
  std::size_t operator()(const DraftKept& e) const {
    return 2 * fixed_bytes + e.name.size() + size_of(e.who) + size_of(e.changes) + e.by.size();
  }
  std::size_t operator()(const DraftEnded& e) const { return fixed_bytes + e.name.size() + size_of(e.by); }
  std::size_t operator()(const KeptBuffer& e) const {
    std::size_t bytes = 2 * fixed_bytes + e.name.size() + e.ends.size() + e.log.size() + e.blame.size();
    for (const KeptUndo& undo : e.undo) bytes += undo.owner.size() + undo.stack.size() + 20;
    for (const KeptSeq& seq : e.seqs) bytes += size_of(seq.who) + 40;
    for (const KeptEnd& end : e.ended) bytes += size_of(end.who) + 50;
    return bytes + size_of(e.owners);
  }
  std::size_t operator()(const KeptDraft& e) const { return (*this)(e.draft) + e.base_text.size(); }
  template <class OfSession>  // Released, Lapsed, Revived
  std::size_t operator()(const OfSession& e) const {
    return fixed_bytes + e.name.size() + e.session.size() + e.owner.size();
  }
};

}  // namespace

bool of_snapshot(const Effect& effect) {
  return std::holds_alternative<Kept>(effect) || std::holds_alternative<KeptTotals>(effect) ||
         std::holds_alternative<KeptWhys>(effect) || std::holds_alternative<KeptStart>(effect) ||
         std::holds_alternative<KeptBuffer>(effect) || std::holds_alternative<KeptDraft>(effect);
}

namespace {

/// What befalls a text is told to those who follow it.
template <class E>
constexpr bool of_text(const E&) {
  return std::is_same_v<E, BufferCreated> || std::is_same_v<E, BufferRemoved> || std::is_same_v<E, BufferEdited> ||
         std::is_same_v<E, DraftKept> || std::is_same_v<E, DraftEnded>;
}

}  // namespace

bool is_event(const Effect& effect) {
  constexpr auto silent = [](const auto& e) {
    using E = std::decay_t<decltype(e)>;
    return std::is_same_v<E, Renewed> || std::is_same_v<E, Forgotten> || std::is_same_v<E, Numbered> ||
           std::is_same_v<E, Started> || of_text(e);
  };
  return !of_snapshot(effect) && !std::visit(silent, effect);
}

std::string_view name_of(const Effect& effect) {
  return std::visit(
      [](const auto& e) -> std::string_view {
        if constexpr (requires { e.grant.name; }) return e.grant.name;
        if constexpr (requires { e.draft.name; }) return e.draft.name;
        if constexpr (requires { e.name; }) return e.name;
        return {};
      },
      effect);
}

std::size_t size_estimate(const Effect& effect) {
  return std::visit(Sizer{}, effect);
}

}  // namespace holdfast::core
