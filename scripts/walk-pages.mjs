// Opens every page that `cargo run -p freehold-console --example gallery` wrote, in light and dark, at 390 and 1280 px:
//
//   node scripts/walk-pages.mjs <folder> <packages> check              # axe-core finds nothing serious
//   node scripts/walk-pages.mjs <folder> <packages> pictures <target>  # pictures of the important pages
//
// <packages> is the folder with node_modules/playwright-core and node_modules/axe-core (scripts/test-programs.sh).
import { createReadStream, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, relative, resolve } from "node:path";

const [folder, packages, mode, target] = process.argv.slice(2);
const require = createRequire(resolve(packages) + "/");
const { chromium } = require("playwright-core");

/** The policy of the server; without it a page could work here and nowhere else. */
const POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'";
const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".svg": "image/svg+xml", ".js": "text/javascript" };
/** Raw mails are mails, not pages. */
const IS_MAIL = /(^|\/)html$/;
const PICTURES = ["", "sign-in", "home", "account", "members", "keys", "webhooks", "billing"];

function pagesIn(path) {
  return readdirSync(path).flatMap((name) => {
    const inside = join(path, name);
    if (statSync(inside).isDirectory()) return pagesIn(inside);
    return name === "index.html" ? [relative(folder, path)] : [];
  });
}

const server = createServer((request, response) => {
  const path = join(folder, decodeURIComponent(new URL(request.url, "http://pages").pathname));
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, "index.html") : path;
  if (!existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "text/plain", "content-security-policy": POLICY });
  createReadStream(file).pipe(response);
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const site = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
const pages = pagesIn(folder).filter((page) => !IS_MAIL.test(page));
const wanted = mode === "pictures" ? PICTURES : pages;
const axe = mode === "check" ? readFileSync(require.resolve("axe-core/axe.min.js"), "utf8") : "";
const findings = [];
let opened = 0;

/** Opens all pages at this width and in this colour scheme. */
async function walk(width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  // Pages that reload or lead elsewhere would be gone before they are looked at.
  await page.route("**/*", (route) => (route.request().url().startsWith(site) ? route.continue() : route.abort("aborted")));
  for (const name of wanted) {
    await page.goto(`${site}/${name}${name ? "/" : ""}`, { waitUntil: "load" });
    opened += 1;
    if (mode === "pictures") {
      const file = `${name.replaceAll("/", "-") || "front"}-${width}-${colorScheme}.png`;
      await page.screenshot({ path: join(target, file), fullPage: true });
    } else {
      await check(page, `/${name} at ${width} px, ${colorScheme}`);
    }
  }
  await context.close();
}

/** Adds what is wrong with the page that is open. */
async function check(page, where) {
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (sideways > 0) findings.push(`${where}: scrolls sideways by ${sideways} px`);
  // Menus are checked open, as users see them.
  await page.evaluate(() => document.querySelectorAll("details.menu").forEach((menu) => menu.setAttribute("open", "")));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  for (const { id, impact, nodes } of violations) {
    if (impact !== "serious" && impact !== "critical") continue;
    findings.push(`${where}: ${id} (${impact}): ${nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | ")}`);
  }
}

if (mode === "pictures") mkdirSync(target, { recursive: true });
const looks = [390, 1280].flatMap((width) => ["light", "dark"].map((colorScheme) => walk(width, colorScheme)));
await Promise.all(looks);
await browser.close();
server.close();
for (const finding of findings) console.log(finding);
console.log(`${opened} pages opened, ${findings.length} findings`);
process.exit(findings.length > 0 || opened === 0 ? 1 : 0);
