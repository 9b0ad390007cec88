# install_missing PROGRAM PACKAGE: installs the Debian package if the program is missing.

installed() {
  command -v "$1" >/dev/null 2>&1 && return 0
  for folder in /usr/sbin /usr/lib/postgresql/*/bin; do
    [ -x "$folder/$1" ] && return 0
  done
  return 1
}

install_missing() {
  installed "$1" && return 0
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "$1 is missing: install it (Debian calls the package $2), then run this again" >&2
    exit 1
  fi
  as_root=""
  if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo -n"
  fi
  echo "installing the Debian package $2 for $1"
  export DEBIAN_FRONTEND=noninteractive
  $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends "$2" >/dev/null || {
    echo "installing $2 failed: install it by hand, then run this again" >&2
    exit 1
  }
  # Some packages start a server, which the tests do not use.
  case "$2" in
    pgbouncer | nginx-light)
      if command -v service >/dev/null 2>&1; then
        $as_root service "$1" stop >/dev/null 2>&1 || true
      fi
      ;;
  esac
}
