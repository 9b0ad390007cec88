#!/bin/sh
# Installs the programs that the tests start and that are not Rust: PgBouncer.
set -eu

. "$(dirname "$0")/debian-packages.sh"
install_missing pgbouncer pgbouncer
