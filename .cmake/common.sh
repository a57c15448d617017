# Shared by ./assay and tests/run. Expects $root. Everything runs in a process group of its own, so that an interrupt
# ends the whole tree of children and nothing else.
# shellcheck shell=bash disable=SC2154

# A compiler cache of the user's own is used where there is one; otherwise nothing is written outside build/.
if [[ -z ${CCACHE_DIR:-} && ! -d ${XDG_CACHE_HOME:-${HOME:-/nonexistent}/.cache}/ccache && ! -d ${HOME:-/nonexistent}/.ccache ]]; then
  export CCACHE_DIR=$root/build/ccache
fi

child=
# in_group COMMAND...: runs it in its own process group and returns its exit status. A lock of the whole run (run_lock)
# is not handed down: a stray child must not keep it.
in_group() {
  local status=0
  set -m
  {
    [[ -z ${run_lock:-} ]] || exec {run_lock}>&-
    "$@"
  } </dev/null &
  child=$!
  set +m
  wait "$child" || status=$?
  child=
  return "$status"
}

end_children() {
  [[ -n $child ]] || return 0
  local group=$child
  child=
  kill -TERM -- "-$group" 2>/dev/null || return 0
  for _ in {1..50}; do
    kill -0 -- "-$group" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$group" 2>/dev/null || true
}
trap end_children EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# configure PRESET: runs CMake where the build folder is new, was made for another place, or its preset changed.
configure() {
  local folder=$root/build/$1
  if [[ -f $folder/CMakeCache.txt ]] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles" "$folder/build.ninja"
  fi
  if [[ ! -f $folder/build.ninja || $root/CMakePresets.json -nt $folder/build.ninja || ${2:-} == again ]]; then
    (cd "$root" && cmake --preset "$1")
  fi
}
