# Shared by the scripts in this folder; sourced, never run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What is installed, and what a run writes: git ignores both.
tools=$root/.tools
out=$root/tests/.out
mkdir -p "$tools" "$out"

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
fail() { printf '%s: %s\n' "${0##*/}" "$*" >&2; exit 1; }

# Installs Debian packages, or says which are missing where that is not ours to do.
packages() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    fail "please install: $*"
  fi
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  { apt-get update -q && apt-get install -qy --no-install-recommends "$@"; } >"$out/apt.log" 2>&1 \
    || { tail -n 20 "$out/apt.log" >&2; fail "apt-get could not install: $*"; }
}

# Ends a process group that a script in this folder started, and waits until it is gone. The words must be in
# the command line of one of its processes: a number from an old file may be somebody else's by now.
end_group() { # process group, words
  command -v pgrep >/dev/null || packages procps
  pgrep --pgroup "$1" --full -- "$2" >/dev/null || return 0
  kill -TERM -- "-$1" 2>/dev/null || return 0
  for _ in $(seq 100); do
    kill -0 -- "-$1" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$1" 2>/dev/null || true
}
