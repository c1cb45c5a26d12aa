#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what Debian 12 lacks for one of its purposes, and packages named beside it. Quiet, and without
# a question, when nothing is missing.
#   deps.sh demo [PACKAGE]...    to build and to demonstrate
#   deps.sh check [PACKAGE]...   to run every test as well
#   deps.sh deb|rpm [PACKAGE]... to make packages
#   deps.sh packages [PACKAGE]... to try them
set -eu

build="gcc make pkg-config libcurl4-openssl-dev libyaml-dev libjson-c-dev libsystemd-dev libssl-dev
libsqlite3-dev libmicrohttpd-dev libsmartcols-dev"
demo="curl"
check="libcmocka-dev clang clang-format libclang-rt-dev python3 python3-pytest python3-pytest-xdist
python3-jsonschema python3-yaml pre-commit openssl git codespell
pmccabe valgrind gdb mandoc gpg gpg-agent openssh-client systemd-container universal-ctags
tzdata tinyproxy chromium cmark-gfm python3-markdown-it zsh fish
prometheus etcd-server"
# One that came otherwise than as these packages does as well.
command -v npm >/dev/null || check="$check nodejs npm"

deb="debhelper dpkg-dev fakeroot"
rpm="rpm"
packages="lintian blhc faketime mmdebstrap systemd-container gcc-aarch64-linux-gnu qemu-user-static clang"

case "${1:-}" in
demo) packages="$build $demo" ;;
check) packages="$build $demo $check" ;;
deb) packages="$build $deb git" ;;
rpm) packages="$build $rpm git" ;;
packages) packages="$build $deb $rpm $packages" ;;
*)
    echo "usage: deps.sh demo|check|deb|rpm|packages [PACKAGE]..." >&2
    exit 64
    ;;
esac
shift
packages="$packages $*"

missing=
for package in $packages; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' ||
        missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || {
        echo "rosterd: these packages are missing, and there is no sudo to install them:$missing" >&2
        exit 1
    }
    as_root=sudo
fi
echo "installing:$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
