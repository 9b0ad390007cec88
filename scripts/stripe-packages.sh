#!/bin/sh
# Unpacks Stripe's official packages, with which the tests drive our sandbox, into <target>/stripe-packages: `stripe` from
# npm and from PyPI. Both pin the API version that crates/stripe-sandbox/src/version.rs speaks. Does nothing when it was
# done before.
#
#   scripts/stripe-packages.sh <target>            # e.g. .freehold
set -eu

npm="stripe@23.1.0"
pypi="stripe==16.1.0"

fail() {
    printf 'stripe-packages: %s\n' "$*" >&2
    exit 1
}
[ $# -eq 1 ] || fail "usage: $0 <target folder>"

folder=$1/stripe-packages
# Some of the Python packages are compiled for one version of Python.
versions="$npm $pypi $(python3 --version)"
[ "$(cat "$folder/versions" 2>/dev/null || true)" = "$versions" ] && exit 0

python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: install the package python3-pip"
# Beside the final place and renamed when whole, so that an interrupted run leaves nothing half usable.
mkdir -p "$1"
unfinished=$(mktemp -d "$1/stripe-packages-unfinished-XXXXXX")
trap 'rm -rf "$unfinished"' EXIT
trap 'exit 1' HUP INT TERM
npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$unfinished" "$npm" ||
    fail "could not install $npm: is there a network?"
# The machine's pip serves the new environment, because Debian's venv brings none without another package.
python3 -m venv --without-pip "$unfinished/python"
python3 -m pip --python "$unfinished/python/bin/python" install --quiet --disable-pip-version-check \
    --root-user-action=ignore "$pypi" || fail "could not install $pypi: is there a network?"
printf '%s\n' "$versions" >"$unfinished/versions"
chmod 755 "$unfinished"
rm -rf "$folder"
mv "$unfinished" "$folder"
echo "stripe-packages: unpacked $npm and $pypi into $folder"
