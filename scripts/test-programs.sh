#!/bin/sh
# Installs the programs that the tests start and that are not in Rust: PgBouncer, nginx, a PDF reader, a browser, Node.js with the
# official webhook verifiers, Stripe's packages and Supabase's client, a mail server, OpenSSL, which makes
# its certificates, and what the quickstart uses (curl and jq).
set -eu

. "$(dirname "$0")/debian-packages.sh"
. "$(dirname "$0")/pinned-packages.sh"
install_missing pgbouncer pgbouncer
install_missing nginx nginx-light
install_missing node nodejs
install_missing npm npm
install_missing pdftotext poppler-utils
install_missing openssl openssl
install_missing curl curl
install_missing jq jq
install_missing chromium chromium
# The tests set the clock of a server forward with it, without a change to the server.
install_missing faketime faketime

# The newest Postgres, in addition to the machine's own: the tests run on the oldest and on the newest supported version.
scripts/postgres-from-pypi.sh --always .freehold

# The official verifiers of Standard Webhooks, with which the tests check our signatures. None of them supports ed25519
# (`v1a`) yet; the tests check it with OpenSSL, which is part of Node.js, and libsodium (`PyNaCl`). svix 2 of npm needs Node.js 22,
# which Debian 12 does not have; its verifier is `standardwebhooks` in both versions.
unpack_pinned .freehold webhook-verifiers \
    "standardwebhooks@1.1.1 svix@1.99.1" "standardwebhooks==1.1.0 svix==2.9.1 PyNaCl==1.6.2"

# Stripe's official packages, with which the tests call our sandbox. Both pin the API version that
# crates/stripe-sandbox/src/version.rs speaks.
unpack_pinned .freehold stripe-packages "stripe@23.1.0" "stripe==16.1.0"

# Supabase's client, with which the tests sign in, and Playwright, which controls the browser. Node.js before 22 has no WebSocket;
# the client requires one (`ws`), although the tests do not use it.
unpack_pinned .freehold supabase-client "@supabase/supabase-js@2.119.1 ws@8.23.0 playwright-core@1.65.1" ""

# What reads the OpenAPI document: two linters, and three generators of clients with what checks and runs their code.
unpack_pinned .freehold api-clients \
    "@redocly/cli@1.34.5 @stoplight/spectral-cli@6.15.0 openapi-typescript@7.13.0 openapi-fetch@0.17.0 \
@hey-api/openapi-ts@0.80.0 typescript@5.9.3" \
    "openapi-python-client==0.29.1 mypy==2.4.1 httpx==0.28.1 attrs==26.1.0"

# The mail server that the tests send to.
unpack_pinned .freehold mail-server "" "aiosmtpd==1.4.6 atpublic==9.0.0 attrs==26.1.0"

# The accessibility checks of the pages, run in the browser that Playwright controls.
unpack_pinned .freehold page-checks "axe-core@4.14.1 playwright-core@1.65.1" ""
