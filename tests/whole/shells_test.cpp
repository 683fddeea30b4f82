// What a person has of the declarations: Tab in real shells, manual pages that the formatters find no fault with, and
// the files of an installed holdfast.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "cli/manual.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using support::Process;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// holdfast is found in PATH, as where it is installed.
std::map<std::string, std::string> environment(const std::filesystem::path& home) {
  const std::filesystem::path program(HOLDFAST_PROGRAM);
  return {{"PATH", program.parent_path().string() + ":/usr/local/bin:/usr/bin:/bin"},
          {"HOME", home},
          {"XDG_CONFIG_HOME", home},
          {"TERM", "dumb"}};
}

/// The lines that a script of a shell says.
std::vector<std::string> said_by(const std::vector<std::string>& words) {
  const support::ScratchDirectory home;
  std::ofstream(home.path() / "a-file.toml") << "\n";
  Process shell(words, environment(home.path()));
  EXPECT_EQ(shell.wait().exit_status, 0) << shell.errors();
  EXPECT_EQ(shell.errors(), "");
  std::vector<std::string> lines;
  std::istringstream out(shell.output());
  for (std::string line; std::getline(out, line);) lines.push_back(line);
  return lines;
}

/// What bash offers behind `words`, which are split as its readline splits them.
std::vector<std::string> bash_offers(const std::string& words) {
  return said_by({"bash", "--norc", "-c",
                  ". <(holdfast completion bash); cd; COMP_WORDS=(" + words +
                      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _holdfast; "
                      "[ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' \"${COMPREPLY[@]}\""});
}

TEST(Bash, completes_verbs_options_and_values) {
  EXPECT_THAT(bash_offers("holdfast acq"), ElementsAre("acquire"));
  EXPECT_THAT(bash_offers("holdfast ''"), Contains("serve"));
  EXPECT_THAT(bash_offers("holdfast serve --log-f"), ElementsAre("--log-format"));
  EXPECT_THAT(bash_offers("holdfast serve --log-format ''"), ElementsAre("auto", "text", "json"));
  EXPECT_THAT(bash_offers("holdfast serve --log-format = j"), ElementsAre("json"));
  EXPECT_THAT(bash_offers("holdfast serve --log-format ="), ElementsAre("auto", "text", "json"));
  EXPECT_THAT(bash_offers("holdfast serve --config a-f"), ElementsAre("a-file.toml"));
  EXPECT_THAT(bash_offers("holdfast run job -- slee"), Contains("sleep"));
  EXPECT_THAT(bash_offers("holdfast nonsense ''"), IsEmpty());
  EXPECT_THAT(said_by({"bash", "--norc", "-c", ". <(holdfast completion bash); complete -p holdfast"}),
              ElementsAre("complete -F _holdfast holdfast"));
}

/// What fish offers behind `line`.
std::vector<std::string> fish_offers(const std::string& line) {
  return said_by({"fish", "--no-config", "-c", "holdfast completion fish | source; cd; complete -C '" + line + "'"});
}

TEST(Fish, completes_verbs_options_and_values) {
  EXPECT_THAT(fish_offers("holdfast acq"), ElementsAre(HasSubstr("acquire\tOwn NAME")));
  EXPECT_THAT(fish_offers("holdfast "), Contains(HasSubstr("serve\t")));
  EXPECT_THAT(fish_offers("holdfast serve --log-f"), ElementsAre(HasSubstr("--log-format\t")));
  EXPECT_THAT(fish_offers("holdfast serve --log-format "), testing::UnorderedElementsAre("auto", "text", "json"));
  EXPECT_THAT(fish_offers("holdfast serve --log-format=j"), ElementsAre("--log-format=json"));
  EXPECT_THAT(fish_offers("holdfast serve --config a-f"), ElementsAre(HasSubstr("a-file.toml")));
  EXPECT_THAT(fish_offers("holdfast run job -- slee"), Contains(HasSubstr("sleep")));
}

/// What stands on the command line once Tab has been pressed behind `line`, in a zsh with a terminal of its own: the
/// line is then made the argument of a `print`.
std::string zsh_completes(const std::string& line) {
  std::string script = R"(
    zmodload zsh/zpty
    zpty shell zsh -f -i
    zpty -w shell "PS1=; cd; autoload -Uz compinit; compinit -u -D; source <(holdfast completion zsh); print it-is-''ready"
    zpty -r -m shell said '*it-is-ready*'
    zpty -w -n shell $'$LINE\t\x01print -r -- "[\x05]"\n'
    zpty -r -m shell said $'*\n\\[*\\]*'
    print -r -- ${${said##*$'\n['}%%\]*}
    zpty -d shell
  )";
  script.replace(script.find("$LINE"), 5, line);
  const std::vector<std::string> said = said_by({"zsh", "-f", "-c", script});
  return said.empty() ? "" : said.back();
}

TEST(Zsh, completes_verbs_options_and_values) {
  EXPECT_EQ(zsh_completes("holdfast acq"), "holdfast acquire");
  EXPECT_EQ(zsh_completes("holdfast serve --log-f"), "holdfast serve --log-format");
  EXPECT_EQ(zsh_completes("holdfast serve --log-format j"), "holdfast serve --log-format json");
  EXPECT_EQ(zsh_completes("holdfast serve --log-format=j"), "holdfast serve --log-format=json");
  EXPECT_EQ(zsh_completes("holdfast serve --config a-f"), "holdfast serve --config a-file.toml");
  EXPECT_EQ(zsh_completes("holdfast run job -- hostnamec"), "holdfast run job -- hostnamectl");
}

/// Words of ours that a formatter complains about.
TEST(ManualPages, please_the_formatters) {
  const support::ScratchDirectory scratch;
  for (const cli::ManualPage& page : cli::manual_pages()) {
    const std::string file = scratch.path() / page.file;
    std::ofstream(file) << page.text;
    Process man({"sh", "-c",
                 "LC_ALL=C.UTF-8 MANROFFSEQ= man --warnings -E UTF-8 -l -Tutf8 -Z " + file + " > " + file + ".out"});
    EXPECT_EQ(man.wait().exit_status, 0);
    EXPECT_EQ(man.errors(), "") << page.file;
    EXPECT_GT(std::filesystem::file_size(file + ".out"), 1'000U) << page.file;
    Process mandoc({"mandoc", "-T", "lint", "-W", "warning", file});
    EXPECT_EQ(mandoc.wait().exit_status, 0) << mandoc.output();
    EXPECT_EQ(mandoc.output() + mandoc.errors(), "") << page.file;
  }
}

TEST(ManualPages, would_not_please_them_with_a_fault) {
  const support::ScratchDirectory scratch;
  const std::string file = scratch.path() / "bad.1";
  std::ofstream(file) << cli::manual_pages().front().text << ".NO such request\n";
  Process mandoc({"mandoc", "-T", "lint", "-W", "warning", file});
  EXPECT_NE(mandoc.wait().exit_status, 0);
}

TEST(Installed, has_the_program_its_pages_and_its_completions_where_a_system_looks_for_them) {
  const support::ScratchDirectory scratch;
  const std::filesystem::path build = std::filesystem::path(HOLDFAST_PROGRAM).parent_path();
  Process install({"cmake", "--install", build, "--prefix", scratch.path() / "usr"});
  ASSERT_EQ(install.wait(std::chrono::seconds(60)).exit_status, 0) << install.errors();
  const std::filesystem::path usr = scratch.path() / "usr";
  Process version({usr / "bin/holdfast", "version"});
  EXPECT_EQ(version.wait().exit_status, 0);
  for (const char* file : {"share/bash-completion/completions/holdfast", "share/zsh/vendor-completions/_holdfast",
                           "share/fish/vendor_completions.d/holdfast.fish", "share/doc/holdfast/LICENSE",
                           "share/holdfast/alerts.yml", "lib/systemd/system/holdfast.service"}) {
    EXPECT_TRUE(std::filesystem::exists(usr / file)) << file;
  }
  for (const cli::ManualPage& page : cli::manual_pages()) {
    std::ifstream file(usr / "share/man/man1" / page.file);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(text == page.text) << page.file << ": the build wrote another one";
  }
}

}  // namespace
}  // namespace holdfast
