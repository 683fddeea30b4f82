#include "tests/scenarios/runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "tests/scenarios/observer.h"

namespace holdfast::scenarios {
namespace {

using namespace std::chrono_literals;

const std::set<std::string> token_keys{"token", "newest", "previous", "asked"};
const std::set<std::string> duration_keys{"ttl", "ends_in", "waited", "since", "window"};

/// Letters of a table and the tokens they stand for. A letter later in the alphabet is a greater token.
class Letters {
 public:
  bool bound(const std::string& letter) const { return tokens_.contains(letter); }
  std::uint64_t at(const std::string& letter) const { return tokens_.at(letter); }
  /// Empty when it fits.
  std::string bind(const std::string& letter, std::uint64_t token) {
    for (const auto& [other, value] : tokens_) {
      if ((other < letter) != (value < token)) {
        return fmt::format("L2: token {}={} is out of order with {}={}", letter, token, other, value);
      }
    }
    tokens_[letter] = token;
    return {};
  }

 private:
  std::map<std::string, std::uint64_t> tokens_;
};

/// "A" "A+1" "7" "none"; nullopt: the letter is not bound.
std::optional<std::uint64_t> token_of(const std::string& text, const Letters& letters) {
  if (text == "none") return 0;
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') return std::stoull(text);
  const std::size_t plus = text.find('+');
  const std::string letter = text.substr(0, plus);
  if (!letters.bound(letter)) return std::nullopt;
  return letters.at(letter) + (plus == std::string::npos ? 0 : std::stoull(text.substr(plus + 1)));
}

class Run {
 public:
  Run(const Table& table, const MakeSubject& make)
      : table_(table), subject_(make(table.options)), observer_(remembered()) {}

  void strictly(const Line& line);
  void loosely(const Line& line);
  void crash_and_compare(const std::string& where);
  void expect_quiet(const std::string& where);
  std::vector<std::string> end();

 private:
  struct Pending {
    std::string actor;
    std::uint64_t request;
  };
  struct Late {
    std::string actor;
    Told told;
  };

  std::size_t remembered() const {
    const auto bound = table_.options.find("remembered_max");
    return bound == table_.options.end() ? 1'000'000 : std::stoull(bound->second);
  }
  void fail(const std::string& where, const std::string& what) { failures_.push_back(where + ": " + what); }

  void go_to(Duration at);
  void collect();
  std::optional<Ask> to_ask(const Line& line);
  std::uint64_t send(Ask ask, const std::string& actor);
  std::optional<Told> answer_to(std::uint64_t request);
  std::optional<Told> answer_of(const std::string& actor);
  void compare(const Line& line, const Told& told);
  void compare_field(const Line& line, const std::string& key, const std::string& wanted, const Told& told);
  bool act(const Line& line);
  Told look(const std::string& name);
  /// What is known of texts: of each by its name, and of drafts under no name. Empty where there are none here.
  std::map<std::string, Told> look_at_texts(const std::set<std::string>& names);
  void compare_texts(const std::string& where, const std::map<std::string, Told>& before);
  void compare_kept(const std::string& where, const Told& before, const Told& after);
  std::uint64_t client_of(const std::string& actor) {
    return clients_.try_emplace(actor, clients_.size() + 1).first->second;
  }

  const Table& table_;
  std::unique_ptr<Subject> subject_;
  Observer observer_;
  Letters letters_;
  Letters drafts_;  ///< Their numbers rise, too,
  Letters texts_;   ///< and so do those of texts.
  Duration now_{};
  bool running_ = true;
  std::uint64_t requests_ = 0;
  std::map<std::string, std::uint64_t> clients_;
  std::map<std::string, Ask> last_asked_;  ///< By actor and name.
  std::vector<Pending> pending_;
  std::deque<Late> late_;
  std::vector<std::string> failures_;
};

void Run::go_to(Duration at) {
  // In small steps, so that the observer learns what was told when.
  while (now_ < at) {
    const Duration step = std::min(at - now_, std::max<Duration>(50ms - now_ % 50ms, 1ms));
    subject_->advance(step);
    observer_.pass(step, running_);
    now_ += step;
    collect();
  }
}

void Run::collect() {
  for (Told& told : subject_->told()) {
    observer_.told(told);
    const auto pending = std::ranges::find(pending_, told.request, &Pending::request);
    if (pending == pending_.end()) {
      fail(table_.title, "an answer that nobody waits for: " + to_text(told));
      continue;
    }
    late_.push_back({pending->actor, std::move(told)});
    pending_.erase(pending);
  }
}

std::optional<Told> Run::answer_to(std::uint64_t request) {
  const auto found = std::ranges::find(late_, request, [](const Late& late) { return late.told.request; });
  if (found == late_.end()) return std::nullopt;
  Told told = std::move(found->told);
  late_.erase(found);
  return told;
}

std::optional<Told> Run::answer_of(const std::string& actor) {
  const auto found = std::ranges::find(late_, actor, &Late::actor);
  if (found == late_.end()) return std::nullopt;
  return answer_to(found->told.request);
}

std::optional<Ask> Run::to_ask(const Line& line) {
  Ask ask{0, 0, line.verb, line.name, line.owner, line.session, line.args};
  const auto number = [&](const std::string& key, const Letters& letters) {
    if (!ask.has(key)) return true;
    const std::optional<std::uint64_t> meant = token_of(ask.args[key], letters);
    if (meant) ask.args[key] = fmt::to_string(*meant);
    return meant.has_value();
  };
  if (!number("token", letters_) || !number("draft", drafts_) || !number("buffer", texts_)) return std::nullopt;
  return ask;
}

std::uint64_t Run::send(Ask ask, const std::string& actor) {
  ask.client = client_of(actor);
  ask.request = ++requests_;
  last_asked_[actor + " " + ask.name] = ask;
  pending_.push_back({actor, ask.request});
  observer_.asked(ask);
  subject_->ask(ask);
  collect();
  return ask.request;
}

void Run::compare_field(const Line& line, const std::string& key, const std::string& wanted, const Told& told) {
  if (!told.fields.contains(key)) return fail(line.at_text, "the answer has no " + key + ": " + to_text(told));
  const std::string& got = told.fields.at(key);
  if (token_keys.contains(key) || key == "draft" || key == "text_number") {
    Letters& letters = key == "draft" ? drafts_ : key == "text_number" ? texts_ : letters_;
    const std::optional<std::uint64_t> token = token_of(wanted, letters);
    if (!token) {
      if (const std::string wrong = letters.bind(wanted, std::stoull(got)); !wrong.empty()) fail(line.at_text, wrong);
    } else if (*token != std::stoull(got)) {
      fail(line.at_text, fmt::format("{}={} ({}), but got {}: {}", key, wanted, *token, got, to_text(told)));
    }
  } else if (duration_keys.contains(key) && got != "forever") {
    const std::optional<Duration> duration = to_duration(wanted);
    if (!duration) return fail(line.at_text, wanted + " is no duration");
    const Duration shown = std::chrono::milliseconds(std::stoll(got));
    const Duration off = shown > *duration ? shown - *duration : *duration - shown;
    // A tick late, and the 0.1 % that a lease lasts longer.
    if (off > 60ms + *duration / 500)
      fail(line.at_text, fmt::format("{}={}, but got {}ms: {}", key, wanted, got, to_text(told)));
  } else if (got != wanted) {
    fail(line.at_text, fmt::format("{}={}, but got '{}': {}", key, wanted, got, to_text(told)));
  }
}

void Run::compare(const Line& line, const Told& told) {
  if (line.expected.word != told.word) {
    return fail(line.at_text, "expected " + line.expected.word + ", but got: " + to_text(told));
  }
  for (const auto& [key, wanted] : line.expected.fields) compare_field(line, key, wanted, told);
}

void Run::expect_quiet(const std::string& where) {
  for (const Late& late : late_) fail(where, "not expected: " + late.actor + " is told " + to_text(late.told));
  late_.clear();
}

/// What is no question. False: it is one.
bool Run::act(const Line& line) {
  switch (line.kind) {
    case Line::Kind::crash:
      subject_->crash();
      running_ = false;
      pending_.clear();
      return true;
    case Line::Kind::restart:
      subject_->restart();
      running_ = true;
      observer_.restarted();
      return true;
    case Line::Kind::pause:
      subject_->pause(line.by);
      observer_.pass(line.by, false);
      now_ += line.by;
      return true;
    case Line::Kind::wall:
      subject_->move_wall(line.by);
      return true;
    case Line::Kind::vanish:
    case Line::Kind::leave: {
      observer_.vanished(client_of(line.actor()));
      subject_->vanish(client_of(line.actor()), line.kind == Line::Kind::leave);
      std::erase_if(pending_, [&](const Pending& pending) { return pending.actor == line.actor(); });
      collect();
      return true;
    }
    case Line::Kind::undelivered: {
      const auto asked = last_asked_.find(line.actor() + " " + line.name);
      const std::optional<Ask> ask = to_ask(line);
      if (asked == last_asked_.end()) {
        fail(line.at_text, "it has asked nothing");
      } else if (ask) {
        Ask release = *ask;  // What the observer would make of it if the client had asked.
        release.verb = "release";
        release.client = client_of(line.actor());
        release.request = ++requests_;
        observer_.asked(release);
        subject_->undelivered(asked->second, ask->number("token"));
        collect();
      }
      return true;
    }
    case Line::Kind::order:
      subject_->order(line.words);
      collect();
      return true;
    case Line::Kind::ask:
    case Line::Kind::later:
      return false;
  }
  return false;
}

void Run::strictly(const Line& line) {
  go_to(line.at);
  if (line.kind == Line::Kind::later) {
    const std::optional<Told> told = answer_of(line.actor());
    if (line.expected.word == "nothing") {
      if (told) fail(line.at_text, "expected nothing, but got: " + to_text(*told));
    } else if (!told) {
      fail(line.at_text, line.actor() + " is not told anything");
    } else {
      compare(line, *told);
    }
    return;
  }
  expect_quiet(line.at_text + " (before)");
  if (act(line)) return;
  const std::optional<Ask> ask = to_ask(line);
  if (!ask) return fail(line.at_text, "a token that no line has named before");
  const std::uint64_t request = send(*ask, line.actor());
  const std::optional<Told> told = answer_to(request);
  if (line.expected.word == "waits" || line.expected.word == "nothing") {
    if (told) fail(line.at_text, "expected to wait, but got: " + to_text(*told));
  } else if (!told) {
    fail(line.at_text, "no answer");
  } else {
    compare(line, *told);
  }
}

void Run::loosely(const Line& line) {
  go_to(line.at);
  late_.clear();
  if (line.kind == Line::Kind::later || act(line)) return;
  const std::optional<Ask> ask = to_ask(line);
  if (!ask) return;  // It names a holding that this run did not come to.
  const std::optional<Told> told = answer_to(send(*ask, line.actor()));
  if (!told) return;
  for (const auto& [key, letters] : {std::pair{"draft", &drafts_}, std::pair{"text_number", &texts_}}) {
    if (!line.expected.fields.contains(key) || !told->fields.contains(key)) continue;
    const std::string& letter = line.expected.fields.at(key);
    if (!token_of(letter, *letters)) static_cast<void>(letters->bind(letter, told->number(key)));
  }
  if (told->word != "granted" || !line.expected.fields.contains("token")) return;
  const std::string& letter = line.expected.fields.at("token");
  if (!letters_.bound(letter)) static_cast<void>(letters_.bind(letter, told->number("token")));
}

Told Run::look(const std::string& name) {
  const std::optional<Told> told = answer_to(send({0, 0, "get", name, "looker", "main", {}}, "looker/main"));
  return told ? *told : Told{0, "no answer", {}};
}

std::map<std::string, Told> Run::look_at_texts(const std::set<std::string>& names) {
  std::map<std::string, Told> all;
  if (!table_.needs.contains("texts")) return all;
  const auto ask = [&](const std::string& verb, const std::string& name) {
    const std::optional<Told> told = answer_to(send({0, 0, verb, name, "looker", "main", {}}, "looker/main"));
    all[name] = told ? *told : Told{0, "no answer", {}};
  };
  for (const std::string& name : names) {
    if (!name.empty()) ask("read", name);
  }
  ask("drafts", "");
  return all;
}

void Run::compare_texts(const std::string& where, const std::map<std::string, Told>& before) {
  std::set<std::string> names;
  for (const auto& [name, _] : before) names.insert(name);
  for (const auto& [name, after] : look_at_texts(names)) {
    const Told& told = before.at(name);
    if (told.word == "no answer") continue;
    for (const std::string key : {"text", "revision", "text_number", "made_by", "changed_by", "drafts", "count"}) {
      if (told.word == after.word && told.text(key) == after.text(key)) continue;
      fail(where, fmt::format("B2: the text of '{}' was {}, and after the crash it is {}", name, to_text(told),
                              to_text(after)));
      break;
    }
  }
}

void Run::compare_kept(const std::string& where, const Told& before, const Told& after) {
  const std::string name = before.text("name");
  if (before.word != after.word) {
    return fail(where, name + " was " + to_text(before) + ", and after the crash it is " + to_text(after));
  }
  for (const std::string key : {"token", "previous", "owner", "note", "metadata", "since", "buffer", "sessions",
                                "holder", "because", "session", "ttl"}) {
    if (before.word == "unknown" && key != "buffer") continue;
    if (before.text(key) != after.text(key)) {
      fail(where, fmt::format("{}: {} was {}, and after the crash {}", name, key, before.text(key), after.text(key)));
    }
  }
  if (after.number("waiting") != 0) fail(where, name + ": somebody waits after the crash");
  const bool shorter = after.milliseconds("ends_in") < before.milliseconds("ends_in") ||
                       after.milliseconds("ends_in") < after.milliseconds("ttl");
  if (after.word == "held" && shorter) {
    fail(where, fmt::format("L4: {} ends in {}, and after the crash in {}", name, before.text("ends_in"),
                            after.text("ends_in")));
  }
}

void Run::crash_and_compare(const std::string& where) {
  if (!running_) return;
  late_.clear();
  std::map<std::string, Told> before;
  const std::set<std::string> names = observer_.names();
  for (const std::string& name : names) {
    // A journal that stands still answers no reads; then what was answered before is all there is to compare.
    if (!name.empty()) before[name] = look(name);
  }
  const std::map<std::string, Told> texts_before = look_at_texts(names);
  late_.clear();
  const std::vector<Ask> again = observer_.open();
  const auto believed = observer_.beliefs();
  const std::uint64_t greatest = observer_.greatest();
  subject_->crash();
  pending_.clear();
  subject_->restart();
  observer_.restarted();
  compare_texts(where, texts_before);
  for (const auto& [name, told] : before) {
    const Told after = look(name);
    const bool answered = told.word == "held" || told.word == "free" || told.word == "unknown";
    if (answered) compare_kept(where, told, after);
    for (const Observer::Belief& belief : believed) {
      if (belief.name != name) continue;
      if (after.word != "held" || after.number("token") != belief.token || after.text("owner") != belief.owner) {
        fail(where, "L3: " + belief.owner + "/" + belief.session + " believes to hold " + name +
                        ", but after the crash it is " + to_text(after));
      }
    }
    for (const Observer::Gone& gone : observer_.released()) {
      const bool back = gone.name == name && after.word == "held" && after.number("token") == gone.token &&
                        after.text("session") == gone.session;
      if (back && after.number("sessions") == 1 && told.word != "held")
        fail(where, "a released lease is back: " + to_text(after));
    }
  }
  const auto probe =
      answer_to(send({0, 0, "acquire", "zz-probe", "looker", "main", {{"ttl", "100ms"}}}, "looker/main"));
  if (!probe || probe->word != "granted" || probe->number("token") <= greatest) {
    fail(where, fmt::format("L3: after {} a new holding has {}", greatest, probe ? to_text(*probe) : "no answer"));
  }
  for (const Ask& ask : again) {
    if (ask.verb == "acquire") send(ask, ask.owner + "/" + ask.session);
  }
}

std::vector<std::string> Run::end() {
  go_to(now_ + 10s);  // Whatever comes too late is not expected either.
  for (const std::string& broken : observer_.broken()) fail(table_.title, "the observer: " + broken);
  return failures_;
}

}  // namespace

std::vector<std::string> run(const Table& table, const MakeSubject& make) {
  Run run(table, make);
  for (const Line& line : table.lines) run.strictly(line);
  run.expect_quiet("at the end of " + table.title);
  return run.end();
}

std::size_t crash_places(const Table& table) {
  return table.lines.size() + 1;
}

std::vector<std::string> run_with_crash(const Table& table, const MakeSubject& make, std::size_t place) {
  Run run(table, make);
  for (std::size_t i = 0; i < place; ++i) run.strictly(table.lines[i]);
  run.crash_and_compare(place < table.lines.size() ? "crash before " + table.lines[place].at_text : "crash at the end");
  for (std::size_t i = place; i < table.lines.size(); ++i) run.loosely(table.lines[i]);
  return run.end();
}

}  // namespace holdfast::scenarios
