#!/usr/bin/env bash
# Sets clrscope up on Debian 12/13 or Ubuntu 24.04+: system packages, .venv, the build.
#
#   ./install.sh         install what is missing and build
#   ./install.sh demo    the same, then a page fault in managed code, its cause, and a report of it
#   ./install.sh test    the same, then run all checks and tests
#
# It can be run again at any time; what is there already is not touched. It edits nothing outside
# this folder apart from installing Debian packages.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")"
VENV=.venv

say() { printf '%s\n' "install.sh: $*" >&2; }
fail() { say "$*"; exit 1; }

# ---- system packages ----

# What must be there, and the package that brings it: a command, or a file pattern with a slash.
NEEDS="
qemu-system-x86_64                              qemu-system-x86
qemu-img                                        qemu-utils
gdb                                             gdb
gcc                                             gcc
ld                                              binutils
make                                            make
/usr/include/stdio.h                            libc6-dev
mcs                                             mono-mcs
mono                                            mono-runtime
monodis                                         mono-utils
/usr/lib/mono/4.5/mscorlib.dll                  libmono-corlib4.5-cil
clang                                           clang
/usr/lib/llvm-*/lib/clang/*/lib/*/libclang_rt.fuzzer*  libclang-rt-dev
/usr/lib/python3*/ensurepip/__init__.py         python3-venv
"

have() {
    case $1 in
        */*) compgen -G "$1" > /dev/null ;;
        *) command -v "$1" > /dev/null ;;
    esac
}

missing_packages() {
    local what package
    while read -r what package; do
        if [[ -n $what ]] && ! have "$what"; then
            printf '%s\n' "$package"
        fi
    done <<< "$NEEDS"
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages)
    if [[ ${#packages[@]} -eq 0 ]]; then
        return
    fi
    local install="apt-get install -y --no-install-recommends ${packages[*]}"
    if ! command -v apt-get > /dev/null; then
        fail "these Debian packages (or your system's like) are missing, and there is no apt-get" \
             "here: ${packages[*]}"
    fi
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        if command -v sudo > /dev/null && { [[ -t 0 ]] || sudo -n true 2> /dev/null; }; then
            as_root=(sudo)
        else
            say "some packages are missing and this is neither root nor sudo; run this as root," \
                "then ./install.sh again:"
            printf '%s\n' "apt-get update && $install"
            exit 1
        fi
    fi
    say "installing ${packages[*]}"
    "${as_root[@]}" apt-get update -q
    # shellcheck disable=SC2086 (package names are single words)
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $install < /dev/null
    mapfile -t packages < <(missing_packages)
    [[ ${#packages[@]} -eq 0 ]] || fail "apt-get ran, but these are still missing: ${packages[*]}"
}

# ---- Python ----

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }

# gdb imports from .venv, so .venv has the Python version that gdb embeds.
find_python() {
    local embedded candidate
    embedded=$(gdb -nx -batch -ex 'python import sys; print("%d.%d" % sys.version_info[:2])') ||
        fail "gdb has no Python in it (gdb -batch -ex 'python 1' fails); install Debian's gdb"
    for candidate in /usr/bin/python3 "/usr/bin/python$embedded" "python$embedded"; do
        if command -v "$candidate" > /dev/null && [[ $(version_of "$candidate") == "$embedded" ]]; then
            command -v "$candidate"
            return
        fi
    done
    fail "gdb embeds Python $embedded, but no python$embedded is installed; install python$embedded" \
         "and python$embedded-venv"
}

make_venv() {
    local python version stamp wanted
    python=$(find_python)
    version=$(version_of "$python")
    case $version in
        3.[0-9] | 3.10) fail "gdb embeds Python $version; clrscope needs 3.11 or newer" ;;
    esac
    stamp=$VENV/.clrscope-installed
    # The folders are part of the key: a package folder that is new must be registered.
    wanted="$version $(pwd) $(cat pyproject.toml install.sh | sha256sum) $(ls -d -- */__init__.py | tr '\n' ' ')"
    if [[ -f $stamp && $(< "$stamp") == "$wanted" && -x $VENV/bin/clrscope ]]; then
        return
    fi
    if [[ ! -x $VENV/bin/python || $(version_of "$VENV/bin/python") != "$version" ]]; then
        say "making $VENV with $python ($version)"
        rm -rf "$VENV"
        "$python" -m venv "$VENV"
    fi
    say "installing the Python packages into $VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check -e '.[test]'
    printf '%s\n' "$wanted" > "$stamp"
}

# ---- the three jobs ----

set_up() {
    install_packages
    make_venv
    "$VENV/bin/clrscope" build
}

# Each check runs even if one before it failed; the end says which did.
FAILED=()
check() {
    local name=$1
    shift
    say "$name: $*"
    if ! "$@"; then
        FAILED+=("$name")
    fi
}

# The HTML report is looked at in a real browser where there can be one; nothing else needs it.
install_browser() {
    if command -v chromium > /dev/null || ! command -v apt-get > /dev/null; then
        return
    fi
    local as_root=()
    if [[ $EUID -ne 0 ]]; then
        sudo -n true 2> /dev/null || return 0
        as_root=(sudo)
    fi
    say "installing chromium, for the tests of the HTML report"
    { "${as_root[@]}" apt-get update -q && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends chromium fonts-dejavu-core; } \
        < /dev/null > /dev/null || say "no chromium here: that test is skipped"
}

run_tests() {
    install_browser
    check ruff "$VENV/bin/ruff" check .
    check mypy "$VENV/bin/mypy"
    check pytest "$VENV/bin/python" -m pytest -n 2
    if [[ ${#FAILED[@]} -gt 0 ]]; then
        fail "failed: ${FAILED[*]}"
    fi
    say "all checks passed"
}

[[ $# -le 1 ]] || fail "one word at most: demo or test"
case ${1:-} in
    "") set_up
        say "done; try: $VENV/bin/clrscope run" ;;
    demo) set_up
        exec "$VENV/bin/clrscope" demo ;;
    test) set_up
        run_tests ;;
    -h | --help) sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" ;;
    *) fail "unknown word '$1'; it is ./install.sh, ./install.sh demo or ./install.sh test" ;;
esac
