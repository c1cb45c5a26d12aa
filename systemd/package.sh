#!/bin/sh
# SPDX-License-Identifier: MIT
# Packages of the commit that is checked out, below build/: the same bytes wherever and whenever they are made.
#   package.sh version           the version, as packages have it
#   package.sh dist FOLDER       the tarball of the commit
#   package.sh deb FOLDER        the Debian packages, source and binary, out of that tarball
#   package.sh rpm FOLDER        likewise
set -eu
umask 022
export LC_ALL=C TZ=UTC0
unset CDPATH

what=${1:-}
commit=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct "$commit")
export SOURCE_DATE_EPOCH

# NEWS says the version. One that is not released yet comes before it, and after what was built before.
release=$(git show "$commit:NEWS" | sed -n 's/^rosterd \([0-9.]*\).*/\1/p;T;q')
version=$release
if git show "$commit:NEWS" | head -n 1 | grep -q unreleased; then
    version=$release~$(date -u -d "@$SOURCE_DATE_EPOCH" +%Y%m%d%H%M%S).$(git rev-parse --short=7 "$commit")
fi

stage() {
    mkdir -p "$1"
    git archive --format=tar --prefix="rosterd-$version/" "$commit" | gzip -9n >"$1/rosterd-$version.tar.gz"
}

deb() {
    stage "$1"
    work=$1/deb
    rm -rf "$work"
    mkdir "$work"
    cp "$1/rosterd-$version.tar.gz" "$work/rosterd_$version.orig.tar.gz"
    tar -xf "$work/rosterd_$version.orig.tar.gz" -C "$work"
    cd "$work/rosterd-$version"
    cp -R systemd/debian debian
    # debhelper takes the dates of all files from here.
    cat >debian/changelog <<END
rosterd ($version-1) unstable; urgency=medium

  * See /usr/share/doc/rosterd/NEWS.gz.

 -- The rosterd authors <rosterd@noreply.github.com>  $(date -u -R -d "@$SOURCE_DATE_EPOCH")
END
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS dpkg-buildpackage -us -uc
}

rpm_package() {
    stage "$1"
    work=$1/rpm
    rm -rf "$work"
    mkdir -p "$work/SOURCES" "$work/SPECS"
    cp "$1/rosterd-$version.tar.gz" "$work/SOURCES"
    sed "s/@version@/$version/" systemd/rosterd.spec >"$work/SPECS/rosterd.spec"
    rpmbuild -ba --nodeps --define "_topdir $(cd "$work" && pwd)" --define "_buildhost localhost" --define "debug_package %{nil}" \
        --define "_srcdefattr (-,root,root)" \
        --define "use_source_date_epoch_as_buildtime 1" --define "clamp_mtime_to_source_date_epoch 1" \
        "$work/SPECS/rosterd.spec"
}

case $what in
version) echo "$version" ;;
dist) stage "${2:?}" && echo "$2/rosterd-$version.tar.gz" ;;
deb) deb "${2:?}" ;;
rpm) rpm_package "${2:?}" ;;
*)
    echo "usage: package.sh version | dist FOLDER | deb FOLDER | rpm FOLDER" >&2
    exit 64
    ;;
esac
