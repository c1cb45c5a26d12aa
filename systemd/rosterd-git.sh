#!/bin/sh
# SPDX-License-Identifier: MIT
# Brings the clone of a roster repository up to date: fast-forward only, and without ever running
# anything that the repository brings along. Run by rosterd-git@NAME.service, which sets
# STATE_DIRECTORY (the clone, /var/lib/rosterd-git/NAME) and, from /etc/rosterd/git/NAME.conf, URL,
# BRANCH and VERIFY.
#
# The clone can be damaged by a kill or a power cut, and is then repaired or fetched anew. What must not
# be lost with it stands beside it, in .state/NAME: `commit`, the last commit that was taken, and
# `status`, which rosterd shows (rosterctl status).
set -eu

name=${1:?usage: rosterd-git NAME}
keys=${ROSTERD_GIT_KEYS:-/etc/rosterd/git}
invalid() {
    echo "$keys/$name.conf: $1" >&2
    exit 78
}
# Not left to git: it takes what begins with a dash for an option.
case ${URL:-} in
https://* | ssh://* | file:///*) ;;
*) invalid "URL=${URL:-}: should be https://…, ssh://… or file:///…" ;;
esac
branch=${BRANCH:-main}
git check-ref-format "refs/heads/$branch" || invalid "BRANCH=$branch: is not the name of a branch"
case ${VERIFY:-no} in
yes | no) ;;
*) invalid "VERIFY=$VERIFY: should be yes or no" ;;
esac

clone=
IFS=:
for directory in ${STATE_DIRECTORY:?is set by the service}; do
    case $directory in
    */.state/*) ;; # systemd names this one as well
    *) clone=$directory ;;
    esac
done
unset IFS
record=${clone%/*}/.state/${clone##*/}
[ -d "$record" ] || (umask 022 && mkdir -p "$record")
cd "$clone"
if ! [ -O . ] || ! [ -O "$record" ]; then
    echo "$name: $clone belongs to another user: run systemctl start rosterd-git@$name" >&2
    exit 77
fi
exec 9>"$record/lock"
flock -w 10 9 || {
    echo "$name: another rosterd-git is at work on $clone" >&2
    exit 75
}
rm -rf "$record/tmp" "$record/new-commit"
mkdir "$record/tmp"
trap 'rm -rf "$record/tmp"' EXIT
# A time limit of systemd ends git, and this script then tells what happened.
trap : TERM

# No configuration but this: neither the system's nor a user's, and a repository brings none.
unset GIT_EXTERNAL_DIFF GIT_TEMPLATE_DIR GIT_EXEC_PATH GIT_OBJECT_DIRECTORY GIT_COMMON_DIR \
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_NAMESPACE GIT_CONFIG_PARAMETERS GIT_SSH GIT_PROXY_COMMAND
export GIT_DIR="$clone/.git" GIT_WORK_TREE="$clone" GIT_INDEX_FILE="$clone/.git/index"
export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=/bin/false GIT_PAGER=cat GIT_EDITOR=/bin/false
export LC_ALL=C
GIT_CONFIG_COUNT=0
config() {
    eval "export GIT_CONFIG_KEY_$GIT_CONFIG_COUNT=\"\$1\" GIT_CONFIG_VALUE_$GIT_CONFIG_COUNT=\"\$2\""
    GIT_CONFIG_COUNT=$((GIT_CONFIG_COUNT + 1))
    export GIT_CONFIG_COUNT
}
config core.hooksPath /dev/null        # no hook
config core.fsmonitor false            # no monitor
config core.attributesFile /dev/null
config core.symlinks false             # a link becomes a file with its target's name: no roster
config core.protectHFS true
config core.protectNTFS true
config core.fsync all                  # what was fetched survives a power cut
config core.logAllRefUpdates false     # nothing is kept that could only be damaged
config core.commitGraph false
config gc.writeCommitGraph false
config submodule.recurse false         # no submodule
config fetch.recurseSubmodules false
config fetch.fsckObjects true          # nothing malformed
config protocol.allow never            # no ext::, no http://, no git://
config protocol.https.allow always
config protocol.ssh.allow always
config protocol.file.allow always
config http.followRedirects false
config http.lowSpeedLimit 1            # a server that falls silent is given up
config http.lowSpeedTime 60
config gc.autoDetach false             # nothing is left running
config gc.packRefs false
config gpg.minTrustLevel fully
config gpg.ssh.allowedSignersFile "$keys/$name.signers"

# git reads a repository of another user only where that is allowed by name; URL names it. The server's
# side of git, which a file:// URL starts here, takes this from a file alone.
case $URL in
file:///*)
    export GIT_CONFIG_GLOBAL="$record/tmp/gitconfig"
    for path in "${URL#file://}" "$(readlink -f "${URL#file://}" || true)"; do
        for of in "$path" "$path/.git" "$path.git"; do
            GIT_DIR=$record/tmp/none git config -f "$GIT_CONFIG_GLOBAL" --add safe.directory "$of"
        done
    done
    ;;
esac

# Ways to read a private repository: LoadCredential=ssh-key:… or LoadCredential=https-login:…
credentials=${CREDENTIALS_DIRECTORY:-/nonexistent}
ssh_options="-F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o ConnectTimeout=30 \
-o ServerAliveInterval=10 -o UserKnownHostsFile=$keys/$name.known_hosts"
if [ -r "$credentials/ssh-key" ]; then
    ssh_options="$ssh_options -i $credentials/ssh-key -o IdentitiesOnly=yes"
fi
export GIT_SSH_COMMAND="ssh $ssh_options"
if [ -r "$credentials/https-login" ]; then
    config credential.helper "store --file=$credentials/https-login"
fi

# OpenPGP keys in that file are those that are trusted, and no others.
trust_keys() {
    [ -r "$keys/$name.asc" ] || return 0
    export GNUPGHOME="$record/tmp/gnupg"
    mkdir -m 700 "$GNUPGHOME"
    echo "trust-model always" >"$GNUPGHOME/gpg.conf"
    gpg --batch --quiet --no-autostart --import "$keys/$name.asc"
}

# Replaces a file as a whole, so that a kill or a power cut leaves the old one or the new one.
write_file() {
    cat >"$1.new"
    sync "$1.new"
    mv -f "$1.new" "$1"
    sync "${1%/*}"
}

write_if_other() {
    printf '%s\n' "$2" >"$record/tmp/wanted"
    cmp -s "$record/tmp/wanted" "$1" || write_file "$1" <"$record/tmp/wanted"
}

is_commit_id() {
    case $1 in *[!0-9a-f]*) return 1 ;; esac
    [ ${#1} -eq 40 ] || [ ${#1} -eq 64 ]
}

# The value of a key in `status`.
recorded() {
    sed -n "s/^$1=//p" "$record/status" 2>/dev/null | head -n 1
}

# Puts everything right in the repository that this script knows without asking anybody.
mend_repository() {
    if ! [ -d "$GIT_DIR/objects" ] || ! [ -d "$GIT_DIR/refs" ]; then
        # git calls nothing a repository without these; what else is left in it is taken over.
        [ ! -e "$GIT_DIR" ] || [ -d "$GIT_DIR" ] || rm -f "$GIT_DIR"
        rm -f "$GIT_DIR/HEAD" "$GIT_DIR/config"
        git init -q --template= -b "$branch"
    fi
    # No other git is at work here, the lock above sees to that.
    find "$GIT_DIR" -name '*.lock' -type f -exec rm -f {} +
    rm -rf "$GIT_DIR/refs/rosterd" "$GIT_DIR/FETCH_HEAD" "$GIT_DIR/ORIG_HEAD" "$GIT_DIR/MERGE_HEAD" \
        "$GIT_DIR/gc.pid" "$GIT_DIR/gc.log" "$GIT_DIR/logs" "$GIT_DIR/hooks"
    write_if_other "$GIT_DIR/HEAD" "ref: refs/heads/$branch"
    write_if_other "$GIT_DIR/config" "[core]
	repositoryformatversion = 0
	filemode = true
	bare = false"
    mkdir -p "$GIT_DIR/info"
    # Stronger than any .gitattributes of the repository: no filter, no conversion, no driver.
    write_if_other "$GIT_DIR/info/attributes" '* -filter -text -ident -working-tree-encoding -diff -merge'
    if [ -e "$GIT_DIR/packed-refs" ] && ! git for-each-ref >/dev/null 2>&1; then
        rm -f "$GIT_DIR/packed-refs"
    fi
    # A reference that is no commit is written again from the record.
    find "$GIT_DIR/refs" -type f | while read -r reference; do
        is_commit_id "$(tr '\000' x <"$reference")" || rm -f "$reference"
    done
}

# A commit that is here as a whole.
have_commit() {
    git cat-file -e "$1^{commit}" 2>/dev/null
}

# Makes the files those of a commit. Where the index cannot be relied on, files are compared by their
# content, and only those that differ are written.
check_out() {
    if ! [ -s "$GIT_INDEX_FILE" ] || [ "$(recorded commit)" != "$1" ] || ! git reset -q --hard "$1" ||
        ! git clean -q -ffdx || ! git diff-index --quiet "$1"; then
        rm -f "$GIT_INDEX_FILE"
        git read-tree "$1" || return 1
        git clean -q -ffdx || return 1
        git update-index -q --refresh >/dev/null || true
        git reset -q --hard "$1" || return 1
        git diff-index --quiet "$1" || return 1
        sync -f . || return 1
    fi
}

# The last commit taken, or nothing before the first.
taken=
read_taken() {
    [ -e "$record/commit" ] || return 0
    taken=$(tr '\000' x <"$record/commit")
    if ! is_commit_id "$taken"; then
        taken=$(git rev-parse -q --verify "refs/heads/$branch^{commit}" 2>/dev/null || true)
        [ -n "$taken" ] || {
            echo "$name: $record/commit is damaged, and so is the clone: the last commit taken is not known," \
                "and a history that was rewritten would not be noticed. To take what the repository has now," \
                "remove $record/commit" >&2
            exit 1
        }
        echo "$taken" | write_file "$record/commit"
    fi
}

fetch() {
    git fetch -q --no-tags --no-recurse-submodules -- "$URL" "+refs/heads/$branch:refs/rosterd/new"
}

# Whether what is wrong lies here, and not with the other side.
is_damaged() {
    ! git fsck --full --no-dangling --no-progress >/dev/null 2>&1 ||
        { [ -n "$taken" ] && ! have_commit "$taken"; }
}

# A repository made anew beside the old one, which it replaces once it is whole.
fetch_anew() {
    rm -rf "$clone/.git.new"
    old=$GIT_DIR
    export GIT_DIR="$clone/.git.new" GIT_INDEX_FILE="$clone/.git.new/index"
    mend_repository
    if fetch; then
        rm -rf "$old"
        mv "$GIT_DIR" "$old"
        echo "$name: the clone was damaged and has been fetched anew"
        fetched=0
    else
        rm -rf "$GIT_DIR"
        fetched=1
    fi
    export GIT_DIR="$old" GIT_INDEX_FILE="$old/index"
    current=
    return $fetched
}

pull() {
    [ "${VERIFY:-no}" = no ] || trust_keys
    # rosterd reads the clone by another user.
    umask 022
    mend_repository
    read_taken
    # What an earlier run left half done is put right whether the other side answers or not.
    usable=yes current=
    if [ -n "$taken" ] && have_commit "$taken"; then
        if check_out "$taken" 2>"$record/tmp/local"; then
            current=$taken
        else
            usable=no
        fi
    fi
    if ! fetch 2>"$record/tmp/fetch"; then
        if ! is_damaged || ! fetch_anew 2>/dev/null; then
            cat "$record/tmp/fetch" >&2
            return 1
        fi
    elif [ $usable = no ] || is_lacking_taken; then
        fetch_anew || return 1
    fi
    new=$(git rev-parse -q --verify 'refs/rosterd/new^{commit}')
    if [ "$new" != "$taken" ]; then
        if [ -n "$taken" ] && ! git merge-base --is-ancestor "$taken" "$new" 2>/dev/null; then
            echo "$name: refused: branch $branch no longer contains $taken, the last commit taken: its history" \
                "was rewritten (a forced push), or it is another branch. Nothing was changed. Push a history that" \
                "contains that commit; or, to take what is there now, remove $record/commit" >&2
            return 1
        fi
        [ "${VERIFY:-no}" = no ] || git verify-commit "$new"
        # Recorded first: whatever ends this run, nothing that does not follow this commit is taken later.
        echo "$new" | write_file "$record/commit"
        : >"$record/new-commit"
        echo "$name: ${taken:-nothing} -> $new"
    fi
    if [ "$new" != "$current" ]; then
        check_out "$new" 2>"$record/tmp/local" || {
            fetch_anew && check_out "$new"
        }
    fi
    git update-ref -d refs/rosterd/new
}

# After a first fetch into a repository that lacks the commit taken, or a part of it.
is_lacking_taken() {
    [ -n "$taken" ] && ! { have_commit "$taken" && git rev-list --quiet "$taken" >/dev/null 2>&1; } &&
        [ -e "$GIT_DIR/refs/heads/$branch" ]
}

# One line for people: without names and passwords in a URL, and nothing that a terminal would obey.
one_line() {
    sed 's,://[^/@ ]*@,://,g' | tr '\n' ' ' | tr -cd '\040-\176' | cut -c 1-400
}

set +e
(
    set -e
    pull
) 2>"$record/tmp/said"
result=$?
set -e
cat "$record/tmp/said" >&2
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
if [ $result = 0 ]; then
    outcome=success success=$now failure=$(recorded failure) message=$(recorded message) commit=$(cat "$record/commit")
else
    outcome=failure success=$(recorded success) failure=$now commit=$(recorded commit)
    message=$(one_line <"$record/tmp/said")
    message=${message:-ended by a signal: git took too long}
fi
umask 022
write_file "$record/status" <<STATUS
result=$outcome
commit=$commit
success=$success
failure=$failure
message=$message
STATUS
exit $result
