#include "history/assemble.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace holdfast::history {

std::string_view word(Step::What what) {
  switch (what) {
    case Step::What::joined:
      return "joined";
    case Step::What::left:
      return "left";
    case Step::What::lapsed:
      return "lapsed";
    case Step::What::revived:
      return "revived";
    case Step::What::requested:
      return "requested";
    case Step::What::takeover_asked:
      return "takeover_asked";
    case Step::What::takeover_dropped:
      return "takeover_dropped";
    case Step::What::given_up:
      return "given_up";
  }
  return "";
}

namespace {

using core::Loss;

class Assembler {
 public:
  void take(const Entry& entry) {
    position_ = entry.position;
    left_out_ = entry.left_out;
    now_ = time_of(entry.effect);
    std::visit([this](const auto& effect) { see(effect); }, entry.effect);
  }

  std::vector<Holding> holdings;

 private:
  /// The holding of `token`: the newest one, or one whose beginning is missing. Null: an older one's, out of order.
  Holding* holding_of(const std::string& name, core::Token token) {
    if (holdings.empty() || holdings.back().token < token) {
      end_unseen();
      Holding& found = holdings.emplace_back();
      found.name = name;
      found.token = token;
      found.previous = holdings.size() > 1 ? holdings[holdings.size() - 2].token : core::Token{};
      found.first = position_;
      sessions_.clear();
    }
    Holding& newest = holdings.back();
    if (newest.token != token) return nullptr;
    newest.last = position_;
    newest.left_out += std::exchange(left_out_, 0);
    return &newest;
  }

  /// A later holding is there, and the end of this one is missing: it was over by now.
  void end_unseen() {
    if (!holdings.empty() && !holdings.back().until) holdings.back().until = now_;
  }

  static void end(Holding& holding, WallTime at, Loss because, core::Who by = {}, std::string reason = {}) {
    holding.until = at;
    holding.because = because;
    holding.by = std::move(by);
    holding.reason = std::move(reason);
  }

  Holding* begin(const core::Granted& grant, Loss began) {
    Holding* holding = holding_of(grant.name, grant.token);
    if (!holding || holding->since) return nullptr;  // A snapshot repeats what is known.
    holding->who = grant.who;
    holding->holder = grant.holder;
    holding->since = grant.since;
    holding->note = grant.note;
    holding->from = grant.from;
    holding->ttl = grant.ttl;
    holding->waited = grant.waited;
    holding->began = began;
    sessions_ = {grant.who.session};
    return holding;
  }

  void see(const core::Granted& e) { begin(e, Loss::none); }

  void see(const core::Taken& e) {
    core::Who before;
    if (!holdings.empty() && !holdings.back().until && holdings.back().token < e.grant.token) {
      Holding& displaced = holdings.back();
      before = displaced.who;
      const bool taken_over = e.displaced == Loss::taken_over;
      end(displaced, e.grant.since, e.displaced, taken_over ? e.grant.who : core::Who{displaced.who.owner, {}},
          e.reason);
      if (!taken_over) displaced.to = e.grant.who;
      displaced.last = position_;
    }
    if (Holding* holding = begin(e.grant, e.displaced)) {
      holding->began_reason = e.reason;
      holding->taken_from = std::move(before);
    }
  }

  void see(const core::Joined& e) {
    if (Holding* holding = holding_of(e.name, e.token)) {
      owned_by(*holding, e.owner);
      step(*holding, {Step::What::joined, e.at, {e.owner, e.session}, {}, e.from, e.waited});
      sessions_.push_back(e.session);
    }
  }

  void see(const core::Released& e) { see_end(e, Loss::released, Step::What::left); }
  void see(const core::Lapsed& e) { see_end(e, Loss::lapsed, Step::What::lapsed); }

  template <class End>
  void see_end(const End& e, Loss loss, Step::What otherwise) {
    Holding* holding = holding_of(e.name, e.token);
    if (!holding) return;
    owned_by(*holding, e.owner);
    std::erase(sessions_, e.session);
    // Before 0.2 a journal did not say whether the holding ended with it, nor whose it was.
    const bool old = e.owner.empty();
    const bool ends = e.ends || (old && sessions_.empty() && !holding->until);
    const core::Who who{old ? holding->who.owner : e.owner, e.session};
    if (ends) return end(*holding, e.at, loss, loss == Loss::released ? who : core::Who{});
    step(*holding, {holding->until ? Step::What::given_up : otherwise, e.at, who, {}, {}, {}});
  }

  void see(const core::Revived& e) {
    Holding* holding = holding_of(e.name, e.token);
    if (!holding) return;
    owned_by(*holding, e.owner);
    if (holding->until) {
      // It was over until now: the lapse is a step like those of sessions that others outlived.
      step(*holding, {Step::What::lapsed, *holding->until, {holding->who.owner, e.session}, {}, {}, {}});
      holding->until.reset();
      holding->because = Loss::none;
    }
    step(*holding, {Step::What::revived, e.at, {holding->who.owner, e.session}, {}, {}, {}});
    sessions_.push_back(e.session);
  }

  void see(const core::Revoked& e) {
    Holding* holding = holding_of(e.name, e.token);
    if (!holding) return;
    if (holding->until) return step(*holding, {Step::What::given_up, e.at, e.by, e.reason, {}, {}});
    end(*holding, e.at, Loss::revoked, e.by, e.reason);
  }

  void see(const core::TakeoverAsked& e) {
    if (Holding* holding = holding_of(e.name, e.token)) {
      step(*holding, {Step::What::takeover_asked, e.at, e.by, e.reason, e.from, e.flush});
    }
  }
  void see(const core::TakeoverDropped& e) {
    if (Holding* holding = holding_of(e.name, e.token)) {
      step(*holding, {Step::What::takeover_dropped, e.at, e.by, std::string{core::word(e.because)}, {}, {}});
    }
  }
  void see(const core::Requested& e) {
    if (Holding* holding = holding_of(e.name, e.token)) {
      step(*holding, {Step::What::requested, e.at, e.by, e.message, e.from, {}});
    }
  }

  template <class Other>
  void see(const Other&) {}  // Entries hold no others.

  static void owned_by(Holding& holding, const std::string& owner) {
    if (holding.who.owner.empty()) holding.who.owner = owner;
  }
  static void step(Holding& holding, Step step) { holding.steps.push_back(std::move(step)); }

  std::vector<std::string> sessions_;  ///< Of the newest holding, those that hold.
  core::Position position_;
  std::uint64_t left_out_ = 0;
  WallTime now_{};
};

}  // namespace

std::vector<Holding> assemble(const std::vector<Entry>& entries) {
  Assembler assembler;
  for (const Entry& entry : entries) assembler.take(entry);
  return std::move(assembler.holdings);
}

void doubt(std::vector<Holding>& holdings, const std::vector<Gap>& gaps) {
  const auto gap_between = [&](core::Position after, core::Position before) {
    return std::ranges::any_of(gaps, [&](const Gap& gap) { return gap.up_to > after && gap.after < before; });
  };
  for (std::size_t i = 1; i < holdings.size(); ++i) {
    if (gap_between(holdings[i - 1].last, holdings[i].first)) holdings[i].previous = {};
  }
  if (holdings.empty() || holdings.back().until) return;
  constexpr core::Position end{std::numeric_limits<std::uint64_t>::max()};
  holdings.back().uncertain = gap_between(holdings.back().last, end);
}

}  // namespace holdfast::history
