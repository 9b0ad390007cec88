#!/bin/sh
# Installs the programs that the tests start and that are not Rust: PgBouncer, a reader of PDF, node with the official
# verifiers of webhooks and Stripe's packages, and a mail server with the certificates that OpenSSL makes for it.
set -eu

. "$(dirname "$0")/debian-packages.sh"
install_missing pgbouncer pgbouncer
install_missing node nodejs
install_missing npm npm
install_missing pdftotext poppler-utils
install_missing openssl openssl
"$(dirname "$0")/webhook-verifiers.sh" .freehold
"$(dirname "$0")/stripe-packages.sh" .freehold
"$(dirname "$0")/mail-server.sh" .freehold
