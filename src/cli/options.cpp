#include "cli/options.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "cli/durations.h"

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

std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "unknown-host";
  return name;
}

std::string user_name() {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> space(16 * 1024);
  if (::getpwuid_r(::geteuid(), &entry, space.data(), space.size(), &found) == 0 && found) return found->pw_name;
  return fmt::format("uid{}", ::geteuid());
}

}  // namespace

std::string default_owner() {
  return user_name() + "@" + host_name();
}

std::string fresh_session() {
  std::random_device random;
  return fmt::format("{}-{}-{}-{:08x}{:08x}", user_name(), host_name(), ::getpid(), random(), random());
}

struct Options::Kept {
  explicit Kept(const Verb& of) : verb(of), app(std::string{of.summary}, fmt::format("holdfast {}", of.name)) {}
  const Verb& verb;
  CLI::App app;
  Words* command = nullptr;
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

Options& Options::text(const std::string& flags, std::string& into, const std::string& help, const std::string& kind) {
  auto* option = app().add_option(flags, into, help)->type_name(kind);
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

Options& Options::server(std::string& into) {
  if (const char* server = std::getenv("HOLDFAST_SERVER"); server && *server) into = server;
  return text("--server", into, "The server's address; HOLDFAST_SERVER in the environment says it too", "URL");
}

Options& Options::owner(std::string& into) {
  into = default_owner();
  return text("--owner", into, "As whom to ask", "ID");
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

std::optional<int> Options::parse(const Words& words) {
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
