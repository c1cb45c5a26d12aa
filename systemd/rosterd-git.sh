#!/bin/sh
# SPDX-License-Identifier: MIT
# Brings the clone of a roster repository up to date: fast-forward only, and without ever running
# anything that the repository brings along. Run by rosterd-git@NAME.service, which sets
# STATE_DIRECTORY (the clone) and, from /etc/rosterd/git/NAME.conf, URL, BRANCH and VERIFY.
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
git check-ref-format "refs/heads/$branch" || invalid "BRANCH=$branch: is no name of a branch"
cd "${STATE_DIRECTORY:?is set by the service}"

# No configuration but this: neither the system's nor a user's, and a repository brings none.
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_EXTERNAL_DIFF GIT_TEMPLATE_DIR GIT_EXEC_PATH
export HOME=/nonexistent GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_ATTR_NOSYSTEM=1
export GIT_TERMINAL_PROMPT=0 GIT_ASKPASS=/bin/false GIT_PAGER=cat GIT_EDITOR=/bin/false
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
config submodule.recurse false         # no submodule
config fetch.recurseSubmodules false
config fetch.fsckObjects true          # nothing malformed
config protocol.allow never            # no ext::, no http://, no git://
config protocol.https.allow always
config protocol.ssh.allow always
config protocol.file.allow always
config http.followRedirects false
config gc.autoDetach false             # nothing is left running
config pull.rebase false
config gpg.minTrustLevel fully
config gpg.ssh.allowedSignersFile "$keys/$name.signers"

# Ways to read a private repository: LoadCredential=ssh-key:… or LoadCredential=https-login:…
credentials=${CREDENTIALS_DIRECTORY:-/nonexistent}
if [ -r "$credentials/ssh-key" ]; then
    export GIT_SSH_COMMAND="ssh -F /dev/null -i $credentials/ssh-key -o IdentitiesOnly=yes -o BatchMode=yes \
-o StrictHostKeyChecking=yes -o UserKnownHostsFile=$keys/$name.known_hosts"
fi
if [ -r "$credentials/https-login" ]; then
    config credential.helper "store --file=$credentials/https-login"
fi

verify=
case ${VERIFY:-no} in
yes)
    verify=--verify-signatures
    if [ -r "$keys/$name.asc" ]; then
        GNUPGHOME=$(mktemp -d)
        export GNUPGHOME
        trap 'rm -rf "$GNUPGHOME"' EXIT
        # The keys in that file are those that are trusted.
        echo "trust-model always" >"$GNUPGHOME/gpg.conf"
        gpg --batch --quiet --no-autostart --import "$keys/$name.asc"
    fi
    ;;
no) ;;
*) invalid "VERIFY=$VERIFY: should be yes or no" ;;
esac

git init -q --template= -b "$branch" .
mkdir -p .git/info
# Stronger than any .gitattributes of the repository: no filter, no conversion, no driver.
echo '* -filter -text -ident -working-tree-encoding -diff -merge' >.git/info/attributes

# What an earlier run left half done is put right before anything else.
rm -f .git/index.lock .git/HEAD.lock .git/shallow.lock .git/MERGE_HEAD
before=$(git rev-parse -q --verify HEAD || true)
[ -z "$before" ] || git reset -q --hard
git clean -q -ffdx

git pull -q --ff-only --no-tags --no-recurse-submodules $verify -- "$URL" "refs/heads/$branch"

after=$(git rev-parse -q --verify HEAD)
[ "$before" = "$after" ] || echo "$name: ${before:-nothing} -> $after"
