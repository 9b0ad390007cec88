#!/bin/sh
# Installs the programs that the benchmark compares with: pgbench, wrk and zip.
set -eu

. "$(dirname "$0")/debian-packages.sh"
install_missing wrk wrk
install_missing pgbench postgresql-contrib
install_missing zip zip
