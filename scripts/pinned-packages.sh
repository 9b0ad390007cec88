# Sourced by other scripts: unpacks pinned packages of npm and PyPI into a folder, once.
#
#   unpack_pinned <target> <name> <npm packages> <PyPI packages>
#
# into <target>/<name>/node_modules and <target>/<name>/python. A list is names with versions, separated by spaces, and may
# be empty. Does nothing if the same versions are there already.

pinned_fail() {
    printf '%s: %s\n' "$(basename "$0" .sh)" "$*" >&2
    exit 1
}

unpack_pinned() {
    pinned_folder=$1/$2 npm=$3 pypi=$4
    # Some of the Python packages are compiled for one version of Python.
    versions="${npm:+$npm }${pypi} $(python3 --version)"
    [ "$(cat "$pinned_folder/versions" 2>/dev/null || true)" = "$versions" ] && return 0

    python3 -m pip --version >/dev/null 2>&1 || pinned_fail "python3 has no pip: install the package python3-pip"
    # Unpacked into another folder and renamed when complete, so that an interrupted run leaves no incomplete folder.
    mkdir -p "$1"
    unfinished=$(mktemp -d "$1/$2-unfinished-XXXXXX")
    trap 'rm -rf "$unfinished"' EXIT
    trap 'exit 1' HUP INT TERM
    # Unquoted: each word of a list is an argument.
    # shellcheck disable=SC2086
    [ -z "$npm" ] || npm install --silent --no-save --no-audit --no-fund --ignore-scripts --prefix "$unfinished" $npm ||
        pinned_fail "could not install $npm: is there a network?"
    if [ -n "$pypi" ]; then
        # Installs with the machine's pip, because Debian's venv has no pip without another package.
        python3 -m venv --without-pip "$unfinished/python"
        # shellcheck disable=SC2086
        python3 -m pip --python "$unfinished/python/bin/python" install --quiet --disable-pip-version-check \
            --root-user-action=ignore --only-binary=:all: $pypi || pinned_fail "could not install $pypi: is there a network?"
    fi
    printf '%s\n' "$versions" >"$unfinished/versions"
    chmod 755 "$unfinished"
    rm -rf "$pinned_folder"
    mv "$unfinished" "$pinned_folder"
    echo "$2: unpacked ${npm:+$npm }$pypi into $pinned_folder"
}
