#!/bin/sh
# Takes the pictures in docs/screenshots: the important pages with sample data, light and dark, at 390 and 1280 px.
set -eu

. "$(dirname "$0")/pinned-packages.sh"
unpack_pinned .freehold page-checks "axe-core@4.14.1 playwright-core@1.65.1" ""
gallery=$(mktemp -d)
trap 'rm -rf "$gallery"' EXIT
cargo run --quiet --locked --package freehold-console --example gallery -- "$gallery"
node scripts/walk-pages.mjs "$gallery" .freehold/page-checks pictures docs/screenshots
