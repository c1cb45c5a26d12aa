#!/bin/sh
# SPDX-License-Identifier: MIT
# After `make install` or `make uninstall` on this machine itself, not into a package's folder: makes the
# system know what was laid or removed, or says what is left to do.
#   usage: after-install.sh PREFIX install|uninstall
set -eu
prefix=$1
what=$2

left=
# Does it where it can be done, else tells it.
do_or_tell() {
    if [ "$(id -u)" != 0 ] || ! command -v "$1" >/dev/null || ! "$@"; then
        left="$left
  $*"
    fi
}

is_running() {
    case $(systemctl is-system-running 2>/dev/null || true) in
    "" | offline | unknown) return 1 ;;
    esac
}

[ "$what" = uninstall ] || do_or_tell systemd-sysusers "$prefix/lib/sysusers.d/rosterd.conf"
! is_running || do_or_tell systemctl daemon-reload
do_or_tell journalctl --update-catalog

case $prefix in
/usr | /usr/local) ;;
*)
    [ "$what" = uninstall ] || left="$left
  systemctl link $prefix/lib/systemd/system/rosterd.service  (systemd does not look below $prefix)"
    ;;
esac
[ -z "$left" ] || echo "rosterd: left to do, as root:$left"
if [ "$what" = install ]; then
    echo "rosterd: installed below $prefix. Next: copy $prefix/share/doc/rosterd/rosterd.yaml.example to" \
        "/etc/rosterd/rosterd.yaml, then systemctl enable --now rosterd; a running one takes the new program by" \
        "systemctl restart rosterd"
fi
