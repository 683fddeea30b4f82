#include "cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <utility>

#include "cli/durations.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

constexpr std::uint64_t number_max = (std::uint64_t{1} << 53) - 1;

/// CLI11's help, with our own usage line and examples.
class HelpText final : public CLI::Formatter {
 public:
  explicit HelpText(const Verb& verb) : verb_(verb) {
    column_width(30);
    label("Positionals", "Arguments");
    label("REQUIRED", "(required)");
  }
  std::string make_description(const CLI::App*) const override {
    std::string out = wrapped(verb_.summary);
    if (!verb_.details.empty()) out += "\n" + wrapped(verb_.details);
    return out;
  }
  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("\nUsage: {}\n", verb_.usage);
  }
  std::string make_footer(const CLI::App*) const override {
    std::string out = verb_.examples.empty() ? "" : "Examples:\n";
    std::string_view rest = verb_.examples;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      out += fmt::format("  {}\n", rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
  }

 private:
  const Verb& verb_;
};

Duration duration_of(const std::string& word) {
  const auto parsed = parse_duration(word);
  if (!parsed) throw CLI::ValidationError(fmt::format("'{}' is not a duration. Say 30s, 500ms, 2m or 1.5h", word));
  return *parsed;
}

std::uint64_t number_of(const std::string& word) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value > number_max) {
    throw CLI::ValidationError(fmt::format("'{}' is not a whole number from 0 to {}", word, number_max));
  }
  return value;
}

/// `--note=` becomes two words: CLI11 would take the word behind it for the value.
void split_empty_values(Words& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!words[i].starts_with("--") || words[i].find('=') + 1 != words[i].size()) continue;
    words[i].pop_back();
    words.insert(words.begin() + static_cast<std::ptrdiff_t>(++i), std::string{});
  }
}

}  // namespace

namespace {

/// Where `parse` puts what was declared, instead of parsing. Set by declared_by() alone.
thread_local Declared* asked_for = nullptr;

/// "a, b or c"
std::string one_of(const std::vector<std::string>& values) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out += i == 0 ? "" : i + 1 < values.size() ? ", " : " or ";
    out += values[i];
  }
  return out;
}

/// What CLI11 does not keep of an option.
struct More {
  std::vector<std::string> values;
  std::optional<std::string> usual;  ///< Told in place of a default that differs from machine to machine.
};

}  // namespace

const Declared::Item* Declared::option(std::string_view name) const {
  const auto found = std::ranges::find_if(
      options, [&](const Item& item) { return std::ranges::find(item.names, name) != item.names.end(); });
  return found == options.end() ? nullptr : &*found;
}

Declared declared_by(const Verb& verb) {
  Declared declared;
  asked_for = &declared;
  verb.run(verb, {});
  asked_for = nullptr;
  return declared;
}

struct Options::Kept {
  explicit Kept(const Verb& of) : verb(of), app(std::string{of.summary}, fmt::format("holdfast {}", of.name)) {}
  const Verb& verb;
  CLI::App app;
  Words* command = nullptr;
  std::map<const CLI::Option*, More> more;
};

Options::Options(const Verb& verb) : kept_(std::make_unique<Kept>(verb)) {
  app().formatter(std::make_shared<HelpText>(verb));
  app().set_help_flag("-h,--help", "Print this and exit");
}
Options::~Options() = default;

CLI::App& Options::app() {
  return kept_->app;
}

Options& Options::word(const std::string& name, std::string& into, const std::string& help) {
  app().add_option(name, into, help)->required()->type_name("");
  return *this;
}

Options& Options::optional_word(const std::string& name, std::string& into, const std::string& help) {
  app().add_option(name, into, help)->type_name("");
  return *this;
}

Options& Options::text(const std::string& flags, std::string& into, const std::string& help, const std::string& kind,
                       bool required) {
  auto* option = app().add_option(flags, into, help)->required(required)->type_name(kind);
  if (!into.empty()) option->default_str(into);
  return *this;
}

Options& Options::number(const std::string& flags, std::uint64_t& into, const std::string& help, bool required) {
  app()
      .add_option_function<std::string>(
          flags, [&into](const std::string& word) { into = number_of(word); }, help)
      ->required(required)
      ->type_name("N");
  return *this;
}

Options& Options::duration(const std::string& flags, Duration& into, const std::string& help) {
  app()
      .add_option_function<std::string>(
          flags, [&into](const std::string& word) { into = duration_of(word); }, help)
      ->type_name("TIME")
      ->default_str(into < Duration::zero() ? "" : typed(into));
  return *this;
}

Options& Options::duration_or_none(const std::string& flags, std::optional<Duration>& into, const std::string& help) {
  const auto take = [&into](const std::string& word) {
    if (word == "none") {
      into.reset();
    } else {
      into = duration_of(word);
    }
  };
  app()
      .add_option_function<std::string>(flags, take, help)
      ->type_name("TIME")
      ->default_str(into ? typed(*into) : "none");
  return *this;
}

Options& Options::flag(const std::string& flags, bool& into, const std::string& help) {
  app().add_flag(flags, into, help);
  return *this;
}

Options& Options::choice(const std::string& flags, std::string& into, const std::string& help,
                         const std::vector<std::string>& values, const std::string& kind) {
  auto* option = app().add_option(flags, into, fmt::format("{}: {}", help, one_of(values)))->type_name(kind);
  if (!into.empty()) option->default_str(into);
  option->check([values](const std::string& word) {
    if (std::ranges::find(values, word) != values.end()) return std::string{};
    return fmt::format("there is no '{}'; choose {}", shown(word), one_of(values));
  });
  kept_->more[option].values = values;
  return *this;
}

Options& Options::word_of(const std::string& name, std::string& into, const std::string& help,
                          const std::vector<std::string>& values) {
  choice(name, into, help, values, "");
  app().get_option(name)->required();
  return *this;
}

Options& Options::texts(const std::string& flags, std::vector<std::string>& into, const std::string& help,
                        const std::string& kind, const std::vector<std::string>& values) {
  auto* option = app()
                     .add_option(flags, into, values.empty() ? help : fmt::format("{}: {}", help, one_of(values)))
                     ->type_name(kind);
  kept_->more[option].values = values;
  return *this;
}

Options& Options::server(std::string& into) {
  const std::string usual = into;
  if (const char* server = std::getenv("HOLDFAST_SERVER"); server && *server) into = server;
  text("--server", into, "The server's address; HOLDFAST_SERVER in the environment says it too", "URL");
  kept_->more[app().get_option("--server")].usual = usual;
  return *this;
}

Options& Options::owner(std::string& into) {
  into = default_owner();
  text("--owner", into, "As whom to ask", "ID");
  kept_->more[app().get_option("--owner")].usual = "USER@HOST";
  return *this;
}

Options& Options::caller(Caller& into, const std::string& session_help, bool with_json) {
  owner(into.owner).text("--session", into.session, session_help, "ID");
  return server_and_json(into, with_json);
}

Options& Options::reader(Caller& into, bool with_owner) {
  constexpr const char* not_shown = "";
  if (with_owner) app().add_option("--owner", into.owner)->group(not_shown);
  app().add_option("--session", into.session)->group(not_shown);
  return server_and_json(into, true);
}

Options& Options::server_and_json(Caller& into, bool with_json) {
  server(into.server);
  if (with_json) flag("--json", into.json, "Print the server's answer as JSON, refusals too");
  return *this;
}

Options& Options::command(Words& into) {
  kept_->command = &into;
  return *this;
}

int Options::wrong(const std::string& sentence) const {
  fmt::print(stderr, "holdfast {}: {}\nUsage: {}\n", kept_->verb.name, sentence, kept_->verb.usage);
  return status(Exit::wrong_usage);
}

Declared Options::declared() {
  Declared out;
  for (const CLI::Option* option : app().get_options()) {
    if (option->get_group().empty()) continue;  // Makes no difference.
    Declared::Item item;
    for (const std::string& name : option->get_snames()) item.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) item.names.push_back("--" + name);
    const bool word = item.names.empty();
    if (word) item.names.push_back(option->get_name());
    item.kind = option->get_items_expected_max() > 0 ? option->get_type_name() : "";
    item.help = option->get_description();
    item.usual = option->get_default_str();
    item.required = option->get_required();
    item.repeatable = option->get_items_expected_max() > 1;
    if (const auto more = kept_->more.find(option); more != kept_->more.end()) {
      item.values = more->second.values;
      if (more->second.usual) item.usual = *more->second.usual;
    }
    (word ? out.words : out.options).push_back(std::move(item));
  }
  std::ranges::rotate(out.options, out.options.begin() + 1);  // CLI11 has --help first.
  out.takes_command = kept_->command != nullptr;
  return out;
}

std::optional<int> Options::parse(const Words& words) {
  if (asked_for) {
    *asked_for = declared();
    return status(Exit::done);
  }
  Words ours = words;
  if (kept_->command) {
    // Ours end at the first `--`: what comes behind is the command's own, whatever it looks like.
    const auto dashes = std::ranges::find(words, "--");
    ours.assign(words.begin(), dashes);
    if (dashes != words.end()) kept_->command->assign(dashes + 1, words.end());
  }
  split_empty_values(ours);
  std::ranges::reverse(ours);  // As CLI11 wants them.
  try {
    app().parse(std::move(ours));
  } catch (const CLI::CallForHelp&) {
    std::string help = app().help();
    // CLI11 leaves room for groups of options that are not shown.
    while (help.find("\n\n\n") != std::string::npos) help.erase(help.find("\n\n\n"), 1);
    fmt::print("{}", help);
    return status(Exit::done);
  } catch (const CLI::ExtrasError& error) {
    if (kept_->command && kept_->command->empty()) return wrong("put -- before the command");
    return wrong(error.what());
  } catch (const CLI::ParseError& error) {
    return wrong(error.what());
  }
  if (kept_->command && kept_->command->empty()) return wrong("say which command to run, behind --");
  return std::nullopt;
}

}  // namespace holdfast::cli
