#!/bin/sh
# Unpacks the official verifiers of Standard Webhooks, with which the tests check our signatures, into
# <target>/webhook-verifiers: `standardwebhooks` and `svix` from npm and from PyPI. Neither knows ed25519 (`v1a`) so far;
# for that there are OpenSSL, which node brings, and libsodium (`PyNaCl`). Does nothing when it was done before.
#
#   scripts/webhook-verifiers.sh <target>            # e.g. .freehold
set -eu

# svix 2 of npm wants node 22, which Debian 12 has not; its verifier is `standardwebhooks` in both.
npm="standardwebhooks@1.1.1 svix@1.99.1"
pypi="standardwebhooks==1.1.0 svix==2.9.1 PyNaCl==1.6.2"

fail() {
    printf 'webhook-verifiers: %s\n' "$*" >&2
    exit 1
}
[ $# -eq 1 ] || fail "usage: $0 <target folder>"

folder=$1/webhook-verifiers
# Some of the Python packages are compiled for one version of Python.
versions="$npm $pypi $(python3 --version)"
[ "$(cat "$folder/versions" 2>/dev/null || true)" = "$versions" ] && exit 0

python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: install the package python3-pip"
# Beside the final place and renamed when whole, so that an interrupted run leaves nothing half usable.
mkdir -p "$1"
unfinished=$(mktemp -d "$1/webhook-verifiers-unfinished-XXXXXX")
trap 'rm -rf "$unfinished"' EXIT
trap 'exit 1' HUP INT TERM
# Each is a list of words.
# shellcheck disable=SC2086
npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$unfinished" $npm ||
    fail "could not install $npm: is there a network?"
# The machine's pip serves the new environment, because Debian's venv brings none without another package.
python3 -m venv --without-pip "$unfinished/python"
# shellcheck disable=SC2086
python3 -m pip --python "$unfinished/python/bin/python" install --quiet --disable-pip-version-check \
    --root-user-action=ignore --only-binary=:all: $pypi || fail "could not install $pypi: is there a network?"
printf '%s\n' "$versions" >"$unfinished/versions"
chmod 755 "$unfinished"
rm -rf "$folder"
mv "$unfinished" "$folder"
echo "webhook-verifiers: unpacked $npm and $pypi into $folder"
