# SPDX-License-Identifier: MIT
# What demo and test share. Sourced, with the repository as working directory.

# need GROUP...: installs the packages of these groups of scripts/dependencies.txt that are missing.
need() {
  local groups=" $* " group package missing=()
  while read -r group package; do
    case $groups in *" $group "*) ;; *) continue ;; esac
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done < <(grep -v '^#' scripts/dependencies.txt)
  [ ${#missing[@]} -eq 0 ] && return 0

  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      printf 'These packages are missing; install them as root, then run this again:\n' >&2
      printf '  apt-get install %s\n' "${missing[*]}" >&2
      return 1
    fi
    root=(sudo -n)
  fi
  say "Installing ${missing[*]}"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive sh -c '
    apt-get -qq update && apt-get -qq install -y --no-install-recommends "$@" >/dev/null' sh \
    "${missing[@]}"
}

say() { printf '\n== %s\n' "$*"; }

# build PRESET [TARGET...]: configures and builds; the whole log is shown only if that fails.
build() {
  local preset=$1 log
  shift
  mkdir -p build
  log=build/$preset.log
  if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } \
    >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
}
