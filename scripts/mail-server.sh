#!/bin/sh
# Unpacks the mail server that the tests send to, `aiosmtpd` from PyPI, into <target>/mail-server. Does nothing when it was
# done before.
#
#   scripts/mail-server.sh <target>            # e.g. .freehold
set -eu

pypi="aiosmtpd==1.4.6 atpublic==9.0.0 attrs==26.1.0"

fail() {
    printf 'mail-server: %s\n' "$*" >&2
    exit 1
}
[ $# -eq 1 ] || fail "usage: $0 <target folder>"

folder=$1/mail-server
versions="$pypi $(python3 --version)"
[ "$(cat "$folder/versions" 2>/dev/null || true)" = "$versions" ] && exit 0

python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: install the package python3-pip"
# Beside the final place and renamed when whole, so that an interrupted run leaves nothing half usable.
mkdir -p "$1"
unfinished=$(mktemp -d "$1/mail-server-unfinished-XXXXXX")
trap 'rm -rf "$unfinished"' EXIT
trap 'exit 1' HUP INT TERM
# The machine's pip serves the new environment, because Debian's venv brings none without another package.
python3 -m venv --without-pip "$unfinished/python"
# A list of words.
# shellcheck disable=SC2086
python3 -m pip --python "$unfinished/python/bin/python" install --quiet --disable-pip-version-check \
    --root-user-action=ignore --only-binary=:all: $pypi || fail "could not install $pypi: is there a network?"
printf '%s\n' "$versions" >"$unfinished/versions"
chmod 755 "$unfinished"
rm -rf "$folder"
mv "$unfinished" "$folder"
echo "mail-server: unpacked $pypi into $folder"
