// The start of every script: Supabase's client for the test's server, and the test's own helper.
const assert = require("node:assert/strict");
const { createClient } = require("@supabase/supabase-js");
// Node 20 has no WebSocket, and the client requires one.
const transport = require("ws");

const { FREEHOLD_URL: url, HELPER_URL: helper, ANON_KEY: anon, SERVICE_KEY: service } = process.env;
const PASSWORD = "correct horse battery staple";

/** Where a browser would keep its session. */
function memory() {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** A client of one device. */
function device(options = {}, key = anon) {
  const auth = { storage: memory(), autoRefreshToken: false, detectSessionInUrl: false, ...options };
  return createClient(url, key, { auth, realtime: { transport } });
}

/** What the project's own servers use. */
function administrator() {
  return device({ persistSession: false }, service);
}

/** The data of an answer that has no error. */
function good({ data, error }) {
  assert.equal(error, null, error && `${error.name} ${error.code} ${error.status}: ${error.message}`);
  return data;
}

/** The newest mail to an address: template, code, link. */
async function mail(to) {
  const answer = await fetch(`${helper}/mail?to=${encodeURIComponent(to)}`);
  assert.equal(answer.status, 200, `no mail to ${to}`);
  return answer.json();
}

/** Moves the server's clock. */
async function advance(seconds) {
  await fetch(`${helper}/advance?seconds=${seconds}`, { method: "POST" });
}

/** The server's clock in milliseconds. */
async function now() {
  return Number(await (await fetch(`${helper}/now`)).text());
}

/** Somebody who signed up and confirmed the address. */
async function person(email, client = device()) {
  good(await client.auth.signUp({ email, password: PASSWORD }));
  const { code } = await mail(email);
  return good(await client.auth.verifyOtp({ email, token: code, type: "signup" }));
}

/** Opens the link of a mail as a browser does, presses the button, and says where that leads. */
async function follow(link) {
  const page = await fetch(link, { redirect: "manual" });
  const text = await page.text();
  assert.equal(page.status, 200, text);
  const fields = new URLSearchParams();
  for (const [input] of text.matchAll(/<input[^>]*>/g)) {
    const attribute = (name) => input.match(new RegExp(`${name}="([^"]*)"`))?.[1];
    if (attribute("name")) fields.append(attribute("name"), unescape(attribute("value") ?? ""));
  }
  const action = new URL(unescape(text.match(/<form[^>]*action="([^"]*)"/)[1]), link);
  const answer = await fetch(action, { method: "POST", body: fields, redirect: "manual" });
  assert.equal(answer.status, 303, await answer.text());
  return new URL(answer.headers.get("location"));
}

function unescape(text) {
  const letters = { amp: "&", lt: "<", gt: ">", quot: '"', "#34": '"', "#38": "&", "#39": "'", "#60": "<", "#62": ">" };
  return text.replace(/&(#?\w+);/g, (whole, name) => letters[name] ?? whole);
}

/** Runs the steps of a script, and says so when all went well. */
async function all(steps) {
  for (const [name, step] of Object.entries(steps)) {
    try {
      await step();
    } catch (error) {
      console.log(`${name}: ${error.stack}`);
      process.exit(1);
    }
    console.log(`ok: ${name}`);
  }
  console.log("all of it");
  process.exit(0);
}

module.exports = {
  PASSWORD, administrator, advance, all, anon, assert, createClient, device, follow, good, helper, mail, memory, now, person,
  service, transport, url,
};
