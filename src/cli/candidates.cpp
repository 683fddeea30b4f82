#include "cli/candidates.h"

#include <algorithm>

#include "cli/options.h"

namespace holdfast::cli {
namespace {

/// The first sentence or clause of a help text: what fits beside a candidate.
std::string gist(std::string_view help) {
  return std::string{help.substr(0, help.find_first_of(";:"))};
}

std::vector<Candidate> values_of(const Declared::Item& item) {
  if (item.kind == "FILE") return {{std::string{any_file}, {}}};
  if (item.kind == "DIR" || (item.names.front() == "DIR")) return {{std::string{any_directory}, {}}};
  std::vector<Candidate> out;
  // "check-then-act[=DELAY]" is typed without what may follow.
  for (const std::string& value : item.values) out.push_back({value.substr(0, value.find('[')), {}});
  return out;
}

std::vector<Candidate> verb_names() {
  std::vector<Candidate> out;
  for (const Verb* verb : all_verbs()) {
    if (verb->run && !verb->hidden) out.push_back({std::string{verb->name}, std::string{verb->summary}});
  }
  return out;
}

/// The command line of one verb, read as far as it goes.
class Line {
 public:
  explicit Line(const Declared& declared) : declared_(declared) {}

  std::vector<Candidate> next(const Words& before, std::string_view typed) {
    for (const std::string& word : before) take(word);
    if (behind_dashes_) {
      if (!declared_.takes_command) return {};
      return {{std::string{command_words_ == 0 ? any_command : any_file}, {}}};
    }
    if (open_) return values_of(*open_);
    const std::size_t equals = typed.find('=');
    if (typed.starts_with("--") && equals != std::string_view::npos) return joined_values(typed.substr(0, equals));
    if (typed.starts_with('-')) return options();
    if (words_ < declared_.words.size()) return values_of(declared_.words[words_]);
    if (declared_.takes_command) return {{"--", "then the command"}};
    return {};
  }

 private:
  void take(const std::string& word) {
    if (behind_dashes_) {
      ++command_words_;
    } else if (word == "=" && (open_ || last_)) {
      open_ = last_;  // As bash splits `--flag=value`.
    } else if (open_) {
      open_ = nullptr;
    } else if (word == "--") {
      behind_dashes_ = true;
    } else if (word.starts_with('-')) {
      last_ = declared_.option(word.substr(0, word.find('=')));
      if (!last_) return;
      given_.push_back(last_);
      if (!last_->kind.empty() && word.find('=') == std::string::npos) open_ = last_;
    } else {
      ++words_;
    }
  }

  std::vector<Candidate> joined_values(std::string_view flag) const {
    std::vector<Candidate> out;
    const Declared::Item* item = declared_.option(flag);
    if (!item) return out;
    for (const Candidate& value : values_of(*item)) {
      if (!value.word.starts_with(':')) out.push_back({std::string{flag} + "=" + value.word, value.about});
    }
    return out;
  }

  std::vector<Candidate> options() const {
    std::vector<Candidate> out;
    for (const Declared::Item& item : declared_.options) {
      if (!item.repeatable && std::ranges::find(given_, &item) != given_.end()) continue;
      for (const std::string& name : item.names) out.push_back({name, gist(item.help)});
    }
    if (declared_.takes_command) out.push_back({"--", "then the command"});
    return out;
  }

  const Declared& declared_;
  const Declared::Item* open_ = nullptr;  ///< Its value comes next.
  const Declared::Item* last_ = nullptr;
  std::vector<const Declared::Item*> given_;
  std::size_t words_ = 0;
  std::size_t command_words_ = 0;
  bool behind_dashes_ = false;
};

std::vector<Candidate> all_candidates(const Words& before, std::string_view typed) {
  if (before.empty()) {
    if (typed.starts_with('-')) return {{"--help", "What there is"}, {"--version", "Which version this is"}};
    return verb_names();
  }
  if (before.front() == "help" || before.front() == "--help") {
    return before.size() == 1 ? verb_names() : std::vector<Candidate>{};
  }
  const Verb* verb = find_verb(before.front());
  if (!verb || !verb->run) return {};
  const Declared declared = declared_by(*verb);
  return Line(declared).next(Words(before.begin() + 1, before.end()), typed);
}

}  // namespace

std::vector<Candidate> candidates(const Words& words) {
  if (words.empty()) return {};
  Words before(words.begin(), words.end() - 1);
  std::string typed = words.back();
  if (typed == "=" && !before.empty()) {  // bash, with the cursor right behind `--flag=`.
    before.emplace_back("=");
    typed.clear();
  }
  std::vector<Candidate> out = all_candidates(before, typed);
  std::erase_if(out,
                [&](const Candidate& each) { return !each.word.starts_with(':') && !each.word.starts_with(typed); });
  return out;
}

}  // namespace holdfast::cli
