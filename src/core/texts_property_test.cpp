// Whatever a few owners type, take over, lose and send again, over restarts of either side: each keystroke ends up in
// the text or in exactly one draft (B2), an old token never changes anything (B1), revisions lead from one to the next
// (B3), and undo takes back what its owner last changed and nothing else (B4).
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "core/desk_for_tests.h"
#include "core/text_answer.h"
#include "core/texts_model_for_tests.h"

namespace holdfast::core {
namespace {

constexpr const char* name = "notes/a";

/// One line of a script: who does what. The numbers say where, and how much, within what there is.
struct Line {
  enum class What {
    type,
    send,
    acquire,
    take_over,
    move,
    renew,
    release,
    revoke,
    undo,
    redo,
    apply,
    discard,
    look,
    pass,
    reload,
    crash
  };
  What what = What::type;
  std::size_t person = 0;
  std::array<std::size_t, 4> n{};
  bool heard = true;  ///< The answer comes through.
};

constexpr std::array<const char*, 16> verbs{"types",    "sends",   "acquires", "takes over", "moves",   "renews",
                                            "releases", "revokes", "undoes",   "redoes",     "applies", "discards",
                                            "looks",    "passes",  "reloads",  "crash"};

void showValue(const Line& line, std::ostream& out) {
  out << "\n  person " << line.person << ' ' << verbs[static_cast<std::size_t>(line.what)];
  for (const std::size_t number : line.n) out << ' ' << number;
  if (!line.heard) out << " unheard";
}

rc::Gen<Line> any_line() {
  using What = Line::What;
  const auto what = rc::gen::weightedElement<What>({{14, What::type},
                                                    {12, What::send},
                                                    {5, What::acquire},
                                                    {4, What::take_over},
                                                    {1, What::move},
                                                    {1, What::renew},
                                                    {1, What::release},
                                                    {1, What::revoke},
                                                    {5, What::undo},
                                                    {3, What::redo},
                                                    {4, What::apply},
                                                    {1, What::discard},
                                                    {2, What::look},
                                                    {4, What::pass},
                                                    {1, What::reload},
                                                    {2, What::crash}});
  return rc::gen::build<Line>(
      rc::gen::set(&Line::what, what), rc::gen::set(&Line::person, rc::gen::element<std::size_t>(0, 0, 1, 2, 2, 3)),
      rc::gen::set(&Line::n, rc::gen::container<std::array<std::size_t, 4>>(rc::gen::inRange<std::size_t>(0, 1'000))),
      rc::gen::set(&Line::heard, rc::gen::element(true, true, true, false)));
}

std::map<std::string, int>& reached() {
  static std::map<std::string, int> counts;
  return counts;
}

/// A client as the SDK is one: what it typed waits in a list, each change under its number, until an answer says where
/// it is. Whoever has lost the name hands the rest in, and begins anew with the text as it is.
struct Client {
  Who who;
  Token token;
  bool loaded = false;
  text::Revision base = 0;  ///< That `confirmed` is.
  Strokes confirmed;
  std::vector<Typed> pending;
  std::uint64_t next_seq = 1;
  std::optional<Undo> asked;              ///< An undo whose answer did not come.
  std::map<std::uint64_t, bool> waiting;  ///< For grants, perhaps until a flush window ends: will it hear of it?
  std::optional<Reply> given;

  const Strokes& view() const { return pending.empty() ? confirmed : pending.back().after; }
};

class Trial {
 public:
  Trial() : desk_(std::make_unique<Desk>()) {
    for (const Who& who : {alice, alice2, Who{"bob", alice.session}, carol}) clients_.push_back({.who = who});
    Strokes first;
    for (int i = 0; i < 5; ++i) first.push_back(++typed_);
    const auto file = std::make_shared<const text::TextFile>(text::TextFile{text::text_of(utf8_of(first)), {}});
    const Reply reply = ask(CreateBuffer{name, carol, file});
    RC_ASSERT(reply.code == ErrorCode::none);
    hear(reply);
    model_.revisions = {first};
    model_.authors = {"carol"};
    for (const Stroke stroke : first) ++model_.places[stroke];
    mark();
  }

  void play(const Line& line) {
    using What = Line::What;
    Client& client = clients_[line.person];
    switch (line.what) {
      case What::type:
        type(client, line);
        break;
      case What::send:
        send(client, 1 + line.n[0] % 4, line.heard);
        break;
      case What::acquire:
        lease(client, Acquire{.name = name, .who = client.who, .ttl = ttls[line.n[0] % ttls.size()]}, line.heard);
        break;
      case What::take_over:
        take_over(client, line);
        break;
      case What::move:
        lease(client, Move{.name = name, .token = model_.token, .who = client.who}, line.heard);
        break;
      case What::renew:
        renew(client);
        break;
      case What::release:
        release(client, line.heard);
        break;
      case What::revoke:
        revoke();
        break;
      case What::undo:
      case What::redo:
        undo(client, line.what == What::redo, line.n[0] % 2 == 0, line.heard);
        break;
      case What::apply:
        apply(client, line);
        break;
      case What::discard:
        discard(client, line.n[0]);
        break;
      case What::look:
        look(line.n[0]);
        break;
      case What::pass:
        desk_->now += passes[line.n[0] % passes.size()];
        if (line.n[1] % 2 == 0) desk_->tick();
        break;
      case What::reload:
        if (client.loaded) hand_in(client);
        break;
      case What::crash:
        crash(line.n[0], line.n[1]);
        break;
    }
    collect();
    for (Client& each : clients_) react(each);
    check();
    mark();
  }

  /// Everybody hands in what is left; then every keystroke has its one place.
  void finish() {
    for (Client& client : clients_) hand_in(client);
    check();
    std::map<Stroke, int> drafted;
    for (const auto& [number, draft] : model_.drafts) {
      const Reply shown = ask(GetDraft{number});
      RC_ASSERT(shown.code == ErrorCode::none);
      RC_ASSERT(draft_text(shown.text->drafts.at(0)) == draft.text);
    }
    RC_ASSERT(desk_->state.buffers().drafts().size() == model_.drafts.size());
    for (Stroke stroke = 1; stroke <= typed_; ++stroke) {
      if (model_.places[stroke] != 1)
        RC_FAIL("keystroke " + std::to_string(stroke) + " is in " + std::to_string(model_.places[stroke]) + " places");
    }
  }

 private:
  static constexpr std::array<Duration, 4> ttls{1s, 5s, 20s, forever};
  static constexpr std::array<Duration, 5> passes{0s, 400ms, 2s, 6s, 21s};

  Reply ask(Command command) {
    const std::optional<Reply> reply = desk_->ask(std::move(command));
    RC_ASSERT(reply.has_value());
    collect();  // What was over by then came first.
    return *reply;
  }
  /// Somebody knows it now: a crash must not take it back any more.
  void hear(const Reply& reply) { durable_ = std::max(durable_, reply.waits_for.value); }

  void mark() { marks_[desk_->effects.size()] = model_; }
  void check() const {
    const Buffer* const buffer = desk_->state.buffers().find(name);
    RC_ASSERT(buffer != nullptr);
    RC_ASSERT(strokes_of(buffer->log().text()) == model_.newest());
    RC_ASSERT(buffer->log().newest() + 1 == model_.revisions.size());
  }

  // --- Owning.

  void lease(Client& client, Command command, bool heard) {
    const Address from = desk_->next(1);
    desk_->submit(command, from);
    client.waiting.emplace(from.request, heard);
    collect();
  }
  void take_over(Client& client, const Line& line) {
    Takeover taking{.want = {.name = name, .who = client.who, .ttl = ttls[line.n[0] % ttls.size()]},
                    .token = model_.token,
                    .reason = "mine now"};
    taking.flush_by_default = line.n[1] % 3 == 0;
    lease(client, taking, line.heard);
  }
  /// Who has been given the name. What they make of it comes later: they hear it when this step is over.
  void collect() {
    for (Client& client : clients_) {
      std::erase_if(client.waiting, [&](const auto& waiting) {
        const std::optional<Reply> reply = desk_->reply_to({1, waiting.first});
        if (reply && reply->code == ErrorCode::none) granted(client, *reply, waiting.second);
        return reply.has_value();
      });
    }
  }
  void granted(Client& client, const Reply& reply, bool heard) {
    RC_ASSERT(reply.who == client.who);
    if (reply.lease.token != model_.token) {
      RC_ASSERT(model_.token < reply.lease.token);
      ++reached()["granted"];
    }
    model_.token = reply.lease.token;
    model_.holder = client.who;
    model_.alive = true;
    if (heard) client.given = reply;
  }
  void react(Client& client) {
    if (!client.given) return;
    const Reply reply = *std::exchange(client.given, std::nullopt);
    hear(reply);
    if (client.loaded && client.token == reply.lease.token) return;
    hand_in(client);
    client.token = reply.lease.token;
    load(client);
  }
  /// Nobody may write under `token` any more; unless somebody was given the name by the very same step.
  void end(Token token, const Reply& reply) {
    if (reply.code == ErrorCode::none && token == model_.token) model_.alive = false;
  }
  void revoke() {
    ask(Get{.name = name});  // Whoever waited for an end that is due has it by now, and it is theirs that ends.
    const Token held = model_.token;
    end(held, ask(Revoke{name, {}, carol, "told to"}));
  }
  void renew(Client& client) {
    if (!client.token) return;
    const Reply reply = ask(Renew{name, client.token, client.who, {}});
    RC_ASSERT((reply.code == ErrorCode::none) == model_.may_write(client.token, client.who));  // B1, L6
    hear(reply);
  }
  void release(Client& client, bool heard) {
    if (!client.token) return;
    const Reply reply = ask(Release{name, client.token, client.who});
    if (model_.holder == client.who) end(client.token, reply);
    if (heard) hear(reply);
  }

  // --- Typing.

  void load(Client& client) {
    const Reply reply = ask(GetBuffer{.name = name});
    RC_ASSERT(reply.code == ErrorCode::none);
    hear(reply);
    client.loaded = true;
    client.base = reply.text->buffer.shown;
    client.confirmed = strokes_of(*reply.text->buffer.text);
    RC_ASSERT(client.confirmed == model_.newest());
  }
  void type(Client& client, const Line& line) {
    if (!client.loaded) return;
    if (client.asked) undo_again(client);
    if (!client.loaded) return;
    const Strokes before = client.view();
    std::vector<Touch> touches;
    std::size_t from = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t where = line.n[2 * i], what = line.n[2 * i + 1];
      if (i == 1 && what % 3 != 0) break;
      Touch touch{.at = from + where % (before.size() - from + 1)};
      touch.gone = std::min<std::size_t>(before.size() - touch.at, what % 4);
      for (std::size_t come = touch.gone == 0 ? 1 + what / 4 % 2 : what / 4 % 3; come > 0; --come) {
        touch.come.push_back(++typed_);
      }
      from = touch.at + touch.gone;
      touches.push_back(std::move(touch));
      if (from == before.size()) break;
    }
    client.pending.push_back({client.next_seq++, change_of(before, touches), before, touched(before, touches)});
  }

  /// Sends the first `count` of what waits, again or for the first time. False: there was nothing to send.
  bool send(Client& client, std::size_t count, bool heard) {
    if (client.asked) undo_again(client);
    if (client.pending.empty()) return false;
    count = std::min(count, client.pending.size());
    const std::vector<Typed> sent(client.pending.begin(), client.pending.begin() + static_cast<std::ptrdiff_t>(count));
    const Edit edit = edit_of(client, sent);
    const Reply reply = ask(edit);
    const std::uint64_t newest_made = model_.made[TextModel::key_of(client.who)];
    const bool may = model_.may_write(client.token, client.who);
    const std::size_t made = static_cast<std::size_t>(
        std::ranges::count_if(sent, [&](const Typed& typed) { return typed.seq <= newest_made; }));
    const bool is_newest = client.base + made + 1 == model_.revisions.size();
    if (made == count) {
      RC_ASSERT(reply.code == ErrorCode::none);
      RC_ASSERT(reply.text->again);
      RC_ASSERT(reply.text->made == client.base + count);
      ++reached()["made before"];
    } else if (may && is_newest) {
      RC_ASSERT(reply.code == ErrorCode::none);
      RC_ASSERT(!reply.text->again);
      for (std::size_t i = made; i < count; ++i) model_.edit(client.who, sent[i], desk_->now);
      RC_ASSERT(reply.text->made == client.base + count);
      ++reached()[made > 0 ? "half made before" : "made"];
    } else if (may) {
      RC_ASSERT(reply.code == ErrorCode::base_moved);
      ++reached()["base moved"];
    } else {
      RC_ASSERT(reply.code == ErrorCode::stale);  // B1
      drafted(client, reply.draft, client.base + made, {sent.begin() + static_cast<std::ptrdiff_t>(made), sent.end()});
    }
    if (!heard) return true;
    hear(reply);
    if (reply.code == ErrorCode::base_moved) {
      keep(client);
      return true;
    }
    if (reply.code == ErrorCode::stale) {  // Nothing more is typed, and all of it goes in at once.
      client.loaded = false;
      if (count < client.pending.size()) return send(client, client.pending.size(), true);
    }
    sent_is_in(client, count);
    return true;
  }
  static Edit edit_of(const Client& client, const std::vector<Typed>& sent) {
    Edit edit{.name = name, .token = client.token, .who = client.who, .base = client.base, .seq = sent.front().seq};
    for (const Typed& typed : sent) edit.changes.push_back(typed.change);
    return edit;
  }
  static void sent_is_in(Client& client, std::size_t count) {
    client.base += count;
    client.confirmed = client.pending[count - 1].after;
    client.pending.erase(client.pending.begin(), client.pending.begin() + static_cast<std::ptrdiff_t>(count));
  }
  /// `late` is in the draft `number` now, and in no other; but for what had been in one that has ended.
  void drafted(const Client& client, std::uint64_t number, text::Revision base, std::vector<Typed> late) {
    RC_ASSERT(number != 0U);
    const std::map<std::uint64_t, std::uint64_t>& ended = model_.ended[TextModel::key_of(client.who)];
    const auto rest = std::ranges::find_if(late, [&](const Typed& typed) { return !ended.contains(typed.seq); });
    if (rest == late.end()) {
      RC_ASSERT(number == ended.at(late.back().seq));
      ++reached()["a draft that has ended"];
      return;
    }
    const std::vector<Typed> over(late.begin(), rest);
    late.erase(late.begin(), rest);
    if (!over.empty()) ++reached()["what follows a draft that has ended"];
    for (const auto& [other, draft] : model_.drafts) {
      if (other == number || draft.who != client.who) continue;
      for (const Typed& typed : late) {
        RC_ASSERT(std::ranges::find(draft.typed, typed.seq, &Typed::seq) == draft.typed.end());  // B2: not twice.
      }
    }
    const auto [at, anew] = model_.drafts.try_emplace(number, TextModel::Draft{client.who, base, over, {}});
    std::vector<Typed>& typed = at->second.typed;
    RC_ASSERT(at->second.who == client.who);
    bool longer = false;
    for (const Typed& each : late) {
      if (!typed.empty() && each.seq <= typed.back().seq) continue;
      RC_ASSERT((typed.empty() || each.seq == typed.back().seq + 1));
      typed.push_back(each);
      for (const Stroke stroke : each.come()) ++model_.places[stroke];
      longer = true;
    }
    ++reached()[anew ? "draft" : longer ? "longer draft" : "the same draft"];
    const Reply shown = ask(GetDraft{number});
    RC_ASSERT(shown.code == ErrorCode::none);
    at->second.text = draft_text(shown.text->drafts.at(0));
    RC_ASSERT(at->second.is(at->second.text));
  }
  static Strokes draft_text(const DraftView& draft) {
    return strokes_of(text::applied(text::utf16_of(*draft.base_text), draft.change));
  }
  /// All that waits becomes a draft because its owner wants it to; then it begins anew.
  void keep(Client& client) {
    if (!client.pending.empty()) {
      const std::vector<Typed> sent = client.pending;
      const std::uint64_t newest_made = model_.made[TextModel::key_of(client.who)];
      const auto made = std::ranges::find_if(sent, [&](const Typed& typed) { return typed.seq > newest_made; });
      const Reply reply = ask(KeepDraft{edit_of(client, sent)});
      RC_ASSERT(reply.code == ErrorCode::none);
      hear(reply);
      if (made != sent.end()) {
        const auto before = static_cast<text::Revision>(made - sent.begin());
        drafted(client, reply.draft, client.base + before, {made, sent.end()});
      }
      client.pending.clear();
      ++reached()["kept by hand"];
    }
    load(client);
  }
  /// Until nothing waits any more.
  void hand_in(Client& client) {
    while (send(client, 3, true)) {
    }
  }

  // --- Taking back.

  void undo(Client& client, bool redo, bool named_base, bool heard) {
    if (client.asked) return undo_again(client);
    if (!client.loaded || !client.pending.empty()) return;
    Undo command{.name = name, .token = client.token, .who = client.who, .redo = redo, .seq = client.next_seq};
    if (named_base) command.base = client.base;
    ask_undo(client, command, heard);
  }
  void undo_again(Client& client) {
    const Undo command = *client.asked;
    client.asked.reset();
    ask_undo(client, command, true);
  }
  void ask_undo(Client& client, const Undo& command, bool heard) {
    const Reply reply = ask(command);
    const text::Revision newest = model_.revisions.size() - 1;
    const bool may = model_.may_write(client.token, client.who);
    const bool again = model_.made[TextModel::key_of(client.who)] >= command.seq;
    const std::string& owner = client.who.owner;
    if (again) {
      RC_ASSERT(reply.code == ErrorCode::none);
      RC_ASSERT(reply.text->again);
      ++reached()["undone before"];
    } else if (!may) {
      RC_ASSERT(reply.code == ErrorCode::stale);  // B1
    } else if (command.base && *command.base != newest) {
      RC_ASSERT(reply.code == ErrorCode::base_moved);
    } else if (!model_.has_undo(owner, command.redo)) {
      RC_ASSERT(reply.code == ErrorCode::nothing_to_undo);
    } else {
      RC_ASSERT(reply.code == ErrorCode::none);
      model_.undo(owner, command.redo, strokes_of(desk_->state.buffers().find(name)->log().text()));
      model_.made[TextModel::key_of(client.who)] = command.seq;
      ++reached()[command.redo ? "redone" : "undone"];
    }
    if (!heard) {
      client.asked = command;
      return;
    }
    hear(reply);
    if (reply.code == ErrorCode::base_moved) load(client);
    if (reply.code == ErrorCode::stale) client.loaded = false;
    if (reply.code != ErrorCode::none) return;
    client.next_seq = command.seq + 1;
    if (reply.text->base != client.base) return load(client);
    client.confirmed = strokes_of(text::applied(units_of(client.confirmed), reply.text->changes.at(0).change));
    client.base = reply.text->made;
    RC_ASSERT(client.confirmed == model_.revisions[client.base]);
  }

  // --- Drafts.

  void apply(Client& client, const Line& line) {
    if (model_.drafts.empty() || !client.loaded || !client.pending.empty() || client.asked) return;
    const auto at = std::next(model_.drafts.begin(), static_cast<std::ptrdiff_t>(line.n[0] % model_.drafts.size()));
    const Strokes base = at->second.before(), drafted = at->second.text;
    const Strokes before = model_.newest();
    const std::uint64_t seq = line.heard ? client.next_seq : 0;
    const Reply reply = ask(ApplyDraft{at->first, client.token, client.who, seq, line.n[1] % 2 == 0});
    const bool may = model_.may_write(client.token, client.who);
    if (line.heard) hear(reply);
    if (!may) {
      RC_ASSERT(reply.code == ErrorCode::stale);  // B1
      return;
    }
    if (reply.code == ErrorCode::draft_conflicts) {
      RC_ASSERT(line.n[1] % 2 != 0);
      ++reached()["draft conflicts"];
      return;
    }
    RC_ASSERT(reply.code == ErrorCode::none);
    const Strokes after = strokes_of(desk_->state.buffers().find(name)->log().text());
    const Strokes come = without(drafted, base), gone = without(base, drafted);
    RC_ASSERT(without(after, before) == come);
    const Strokes left = without(before, after);
    RC_ASSERT(left == model_.left_alone(common(before, gone), at->second.base));
    RC_ASSERT(common(before, after) == common(after, before));
    model_.own(client.who.owner, before, after, desk_->now);
    model_.push(client.who.owner, after);
    if (seq != 0) model_.made[TextModel::key_of(client.who)] = seq;
    model_.end(at->first);
    ++reached()["draft applied"];
    if (!line.heard) return;
    ++client.next_seq;
    load(client);
  }
  void discard(const Client& client, std::size_t which) {
    if (model_.drafts.empty()) return;
    const auto at = std::next(model_.drafts.begin(), static_cast<std::ptrdiff_t>(which % model_.drafts.size()));
    const bool own = at->second.who.owner == client.who.owner;
    const Reply reply = ask(DropDraft{at->first, client.who});
    RC_ASSERT(reply.code == (own ? ErrorCode::none : ErrorCode::not_your_draft));
    if (!own) return;
    hear(reply);
    model_.end(at->first);
    ++reached()["draft discarded"];
  }

  // --- Looking (B3).

  void look(std::size_t which) {
    const text::Revision after = which % model_.revisions.size();
    const Reply then = ask(GetBuffer{.name = name, .revision = after});
    RC_ASSERT(then.code == ErrorCode::none);
    RC_ASSERT(strokes_of(*then.text->buffer.text) == model_.revisions[after]);
    const Reply reply = ask(GetChanges{.name = name, .after = after});
    RC_ASSERT(reply.code == ErrorCode::none);
    RC_ASSERT(reply.text->changes.size() + after + 1 == model_.revisions.size());
    std::u16string text = units_of(model_.revisions[after]);
    for (const Change& change : reply.text->changes) {
      text = text::applied(text, change.change);
      RC_ASSERT(strokes_of(text) == model_.revisions[change.revision]);
      RC_ASSERT(change.owner == model_.authors[change.revision]);
    }
    hear(reply);
  }

  // --- The server dies. What nobody heard of may be gone; the rest is read back, from a snapshot and what followed.

  void crash(std::size_t cut, std::size_t folded) {
    const auto first = marks_.lower_bound(durable_);
    RC_ASSERT(first != marks_.end());
    const auto count = static_cast<std::size_t>(std::distance(first, marks_.end()));
    const auto at = std::next(first, static_cast<std::ptrdiff_t>(cut % count));
    if (at->first < desk_->effects.size()) ++reached()["undone by a crash"];
    model_ = at->second;
    auto next = std::make_unique<Desk>();
    next->now = desk_->now;
    next->effects.assign(desk_->effects.begin(), desk_->effects.begin() + static_cast<std::ptrdiff_t>(at->first));
    const std::size_t snapshot = folded % (at->first + 1);
    State until;
    for (std::size_t i = 0; i < snapshot; ++i) until.apply(next->effects[i], Position{i + 1}, core::at(next->now));
    until.keep([&](const Effect& kept) { next->state.apply(kept, Position{snapshot}, core::at(next->now)); });
    for (std::size_t i = snapshot; i < at->first; ++i) {
      next->state.apply(next->effects[i], Position{i + 1}, core::at(next->now));
    }
    next->drop_takeovers(Drop::restart);
    desk_ = std::move(next);
    marks_.erase(std::next(at), marks_.end());
    for (Client& client : clients_) {
      client.waiting.clear();
      client.given.reset();
    }
    durable_ = at->first;
    ++reached()["crash"];
  }

  std::unique_ptr<Desk> desk_;
  TextModel model_;
  std::map<std::size_t, TextModel> marks_;  ///< As it was after so many effects.
  std::vector<Client> clients_;
  Stroke typed_ = 0;
  std::uint64_t durable_ = 0;
};

RC_GTEST_PROP(Texts, lose_no_keystroke_and_double_none_whatever_happens, ()) {
  const auto script = *rc::gen::scale(2.0, rc::gen::container<std::vector<Line>>(any_line()));
  Trial run;
  for (const Line& line : script) run.play(line);
  run.finish();
}

TEST(Texts, are_tried_where_it_matters) {
  const auto script = rc::gen::container<std::vector<Line>>(150, any_line());
  reached().clear();
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Trial run;
    for (const Line& line : script(rc::Random(seed), 100).value()) run.play(line);
    run.finish();
  }
  for (const char* outcome :
       {"granted", "made", "made before", "half made before", "base moved", "draft", "longer draft", "the same draft",
        "kept by hand", "a draft that has ended", "what follows a draft that has ended", "undone", "redone",
        "undone before", "draft applied", "draft conflicts", "draft discarded", "crash", "undone by a crash"}) {
    EXPECT_GE(reached()[outcome], 5) << outcome;
  }
}

}  // namespace
}  // namespace holdfast::core
