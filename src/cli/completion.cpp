// Completion for shells. The scripts know nothing of our verbs: they hand what was typed to `holdfast complete`, which
// answers from the verbs' own declarations, so that no script can be out of date.
#include <fmt/format.h>

#include <array>

#include "cli/options.h"
#include "cli/verbs.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view bash_script =
    R"(# holdfast: completion for bash. To use it now:  . <(holdfast completion bash)
# For every shell: put it into ~/.local/share/bash-completion/completions/holdfast
_holdfast() {
  local line typed=${COMP_WORDS[COMP_CWORD]}
  [[ $typed != = ]] || typed=
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$typed") ;;
      :directories) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$typed") ;;
      :commands) mapfile -t COMPREPLY < <(compgen -c -- "$typed") ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]/#\~/$HOME}" complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _holdfast holdfast
)";

constexpr std::string_view zsh_script = R"(#compdef holdfast
# holdfast: completion for zsh. To use it now, after compinit:  source <(holdfast completion zsh)
# For every shell: put it into a directory of $fpath, as _holdfast
_holdfast() {
  local line word
  local -a found
  for line in "${(@f)$("${(Q)words[1]/#\~/$HOME}" complete -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files ;;
      :directories) _files -/ ;;
      :commands) _command_names -e ;;
      *)
        word=${line%%$'\t'*}
        found+=("${word//:/\\:}${${line#$word}/$'\t'/:}")
        ;;
    esac
  done
  (( $#found )) && _describe holdfast found
}
if [[ $funcstack[1] == _holdfast ]]; then _holdfast "$@"; else compdef _holdfast holdfast; fi
)";

constexpr std::string_view fish_script =
    R"(# holdfast: completion for fish. To use it now:  holdfast completion fish | source
# For every shell: put it into ~/.config/fish/completions/holdfast.fish
function __holdfast_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($words[1] complete -- $words[2..-1] "$typed" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$typed"
            case ':directories'
                __fish_complete_directories "$typed"
            case ':commands'
                complete -C "$typed"
            case '*'
                echo -- $line
        end
    end
end
complete -c holdfast -f -a '(__holdfast_complete)'
)";

struct Shell {
  std::string_view name, script;
};
constexpr std::array shells{Shell{"bash", bash_script}, Shell{"zsh", zsh_script}, Shell{"fish", fish_script}};

int run_completion(const Verb& self, const Words& words) {
  std::vector<std::string> names;
  for (const Shell& shell : shells) names.emplace_back(shell.name);
  std::string asked;
  Options options{self};
  options.word_of("SHELL", asked, "Whose completion", names);
  if (const auto end = options.parse(words)) return *end;
  for (const Shell& shell : shells) {
    if (shell.name == asked) fmt::print("{}", shell.script);
  }
  return status(Exit::done);
}

}  // namespace

const Verb completion_verb{
    .name = "completion",
    .usage = "holdfast completion bash|zsh|fish",
    .summary = "Print the script that lets a shell complete verbs, options and their values.",
    .examples = "holdfast completion bash > ~/.local/share/bash-completion/completions/holdfast",
    .run = run_completion,
    .details =
        "For the shell you are in: `. <(holdfast completion bash)`, `source <(holdfast completion zsh)` after "
        "compinit, or `holdfast completion fish | source`. The scripts ask the holdfast that is being typed, so "
        "they are never out of date."};

}  // namespace holdfast::cli
