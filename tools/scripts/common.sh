# Shell functions of tools/test, tools/demo and tools/fetch. Sourced, not run.
# Sets: root (the checkout), cache (downloads, shared by all checkouts of a user).

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${MEMOD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/memod}

say() { printf '%s\n' "$*" >&2; }
fail() { say "$(basename "$0"): $*"; exit 1; }
usage_error() { say "$(basename "$0"): $* (see --help)"; exit 2; }

# Prints the comment block at the head of the calling script.
print_help() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0"; }

# missing_packages FILE: the packages that tools/FILE lists and this machine lacks, one per line.
missing_packages() {
  local line package command
  while IFS= read -r line; do
    package=${line%%[[:space:]#]*}
    [ -n "$package" ] || continue
    command=$(sed -n 's/.*`\(.*\)`.*/\1/p' <<<"$line")
    if [ -n "$command" ] && $command >/dev/null 2>&1; then continue; fi
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || echo "$package"
  done <"$root/tools/$1"
}

# install_packages [FILE]: packages.txt, where no other list is named.
install_packages() {
  local -a missing as_root=()
  command -v dpkg-query >/dev/null || fail "this is not Debian: install what tools/packages.txt lists, then build with cmake --preset release"
  mapfile -t missing < <(missing_packages "${1:-packages.txt}")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "missing packages and no sudo; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${#missing[@]} packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -q >/dev/null || fail "apt-get update failed"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
    "${missing[@]}" >/dev/null || fail "apt-get install failed; its messages are above"
}

# build PRESET [TARGET ...]: says what it took, in wall and CPU time. Without targets, tests are built, too. The array
# build_options has further options for cmake.
build_options=()
build() {
  local preset=$1 tests=$([ $# -gt 1 ] || echo -DMEMO_TESTS=ON) TIMEFORMAT="Built preset $1 in %lR: %lU of CPU time, and %lS in the kernel"
  shift
  say "Building preset $preset in build/$preset"
  (cd "$root" && cmake --preset "$preset" $tests "${build_options[@]}" >"$root/build-$preset.log" 2>&1) || {
    cat "$root/build-$preset.log" >&2
    fail "configuring failed"
  }
  rm -f "$root/build-$preset.log"
  time cmake --build "$root/build/$preset" --parallel "$(nproc)" ${1:+--target "$@"} >&2 || fail "the build failed"
}
