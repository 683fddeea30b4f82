# shellcheck shell=bash
# What the scripts share. Sourced, never run: `. "$(dirname "$0")/lib.sh"`.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "$*"; }
complain() { printf '%s\n' "$*" >&2; }
die() {
  complain "$*"
  exit 1
}

# The files of the project: what git tracks and what it would, or, in an unpacked archive, everything that is not built.
project_files() {
  local root=${1:-$top}
  if git -C "$root" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
    # A file that is deleted but not yet committed as such is still listed; leave it out.
    git -C "$root" ls-files --cached --others --exclude-standard -z | while IFS= read -r -d '' file; do
      if [ -f "$root/$file" ]; then printf '%s\n' "$file"; fi
    done
  else
    (cd "$root" && find . \( -name build -o -name node_modules -o -name holdfast-data -o -name .git \) -prune \
      -o -type f -print | sed 's,^\./,,')
  fi
}

# What the console below FOLDER is made of, as one number: times of files say nothing in a clone or an archive.
console_sources() (
  cd "$1" || return
  { find console/src sdk/typescript/src -type f -print0 && printf '%s\0' console/index.html console/package-lock.json \
    console/tools/build.mjs console/tsconfig.json console/vite.config.ts sdk/typescript/package.json; } |
    LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1
)

# The C++ of the project, one path a line. To be called from the top.
cxx_files() {
  local folder
  for folder in src tests bench examples; do
    if [ -d "$folder" ]; then find "$folder" -type f \( -name '*.h' -o -name '*.cpp' \) -print; fi
  done | sort
}

# stage NAME COMMAND...: runs it between two lines, the second of which says how long it took. A failure ends the script.
stage() {
  local name=$1 began=$SECONDS
  shift
  say "== $name"
  "$@"
  say "== $name took $((SECONDS - began)) s"
}

# The labels of the tests that need no process, socket or wait of their own. Everything else is a slow test, so
# that a test with a new label, or none, is run by `make test` without anybody adding it to a list.
# shellcheck disable=SC2034  # For those who source this.
quick_labels='unit|scenario|conformance'
