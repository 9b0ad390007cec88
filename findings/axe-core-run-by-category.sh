#!/bin/sh
# axe-core 4.14.1: a run of the rules of one category (runOnly: ["cat.color"]) is no part of the usual run. It adds
# color-contrast-enhanced, a rule of WCAG's level AAA that the usual run leaves out, so asking for fewer rules can give more
# findings. (In Chromium it did; jsdom knows no colours, so this script shows which rules run.)
# Seen: 90 rules in the usual run, without color-contrast-enhanced; 3 rules by category, with it.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund axe-core@4.14.1 jsdom@26.1.0
cat >run.cjs <<'SCRIPT'
const { readFileSync } = require("node:fs");
const { JSDOM, VirtualConsole } = require("jsdom");
const page = "<!doctype html><html lang=en><title>Page</title><main><h1>Heading</h1><p>Text</p></main></html>";
// jsdom has no canvas, and says so for each look at a colour.
const { window } = new JSDOM(page, { runScripts: "outside-only", virtualConsole: new VirtualConsole() });
window.eval(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
const rules = async (options) => {
  const { passes, violations, incomplete, inapplicable } = await window.axe.run(window.document, options);
  return [passes, violations, incomplete, inapplicable].flat().map(({ id }) => id).sort();
};
(async () => {
  const usual = await rules({});
  const byCategory = await rules({ runOnly: ["cat.color"] });
  console.log(`usual: ${usual.length}, with color-contrast-enhanced: ${usual.includes("color-contrast-enhanced")}`);
  console.log(`by category: ${byCategory.join(" ")}`);
})();
SCRIPT
node run.cjs 2>/dev/null >said
cat said
grep -qx 'usual: 90, with color-contrast-enhanced: false' said
grep -qx 'by category: color-contrast color-contrast-enhanced link-in-text-block' said
echo "as before"
