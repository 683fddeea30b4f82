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

namespace {

constexpr std::size_t fixed_bytes = 32;  // Numbers, lengths and the tag, rounded up.

struct Sizer {
  std::size_t operator()(const Granted& e) const {
    return fixed_bytes + e.name.size() + e.who.owner.size() + e.who.session.size() + e.note.size() + e.metadata.size();
  }
  std::size_t operator()(const Forgotten& e) const { return fixed_bytes + e.name.size(); }
  std::size_t operator()(const Numbered& e) const { return fixed_bytes + e.name.size(); }
  std::size_t operator()(const KeptTotals&) const { return fixed_bytes; }
  std::size_t operator()(const Kept& e) const {
    std::size_t bytes = 2 * fixed_bytes + e.name.size() + e.owner.size() + e.note.size() + e.metadata.size();
    for (const KeptPart& part : e.parts) bytes += part.session.size() + 16;
    return bytes + 10 * e.losses.size();
  }
  template <class OfSession>  // Joined, Renewed, Released, Lapsed, Revived
  std::size_t operator()(const OfSession& e) const {
    return fixed_bytes + e.name.size() + e.session.size();
  }
};

}  // namespace

std::size_t size_estimate(const Effect& effect) {
  return std::visit(Sizer{}, effect);
}

}  // namespace holdfast::core
