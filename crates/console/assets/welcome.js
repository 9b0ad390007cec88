// Fills /welcome. The tokens arrive behind the # of the address, which browsers send to no server. This script keeps them
// in sessionStorage, which ends with the tab. It sets everything it shows as text, never as markup.
"use strict";

const part = (id) => document.getElementById(id);
const show = (id, text) => {
  part(id).hidden = false;
  if (text !== undefined) part(id).textContent = text;
};

/** Moves the tokens out of the address, so that they are neither bookmarked nor copied with it. */
function tokensTake() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (location.hash) history.replaceState(null, "", location.pathname);
  if (fragment.has("access_token")) tokensKeep(Object.fromEntries(fragment));
  return fragment.get("error_description");
}

function tokensKeep({ access_token, refresh_token }) {
  sessionStorage.setItem("access_token", access_token);
  if (refresh_token) sessionStorage.setItem("refresh_token", refresh_token);
}

const send = (method, path, body) =>
  fetch(path, {
    method,
    headers: { Authorization: `Bearer ${sessionStorage.getItem("access_token")}`, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
  });

/** Exchanges the refresh token, once. Several calls may find the access token expired at the same moment. */
let refreshing;
function tokensRefresh() {
  refreshing ??= fetch("/auth/v1/token?grant_type=refresh_token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ refresh_token: sessionStorage.getItem("refresh_token") }),
  }).then(async (answer) => {
    if (answer.ok) tokensKeep(await answer.json());
  });
  return refreshing;
}

async function call(method, path, body) {
  let answer = await send(method, path, body);
  if (answer.status === 401) {
    await tokensRefresh();
    answer = await send(method, path, body);
  }
  const content = await answer.json().catch(() => ({}));
  if (answer.ok) return content;
  throw Object.assign(new Error(content.detail ?? "The server did not answer as expected. Try again in a moment."), {
    status: answer.status,
  });
}

const number = (value) => value.toLocaleString("en");

function meterShow({ name, used, limit, period_end }) {
  const row = document.createElement("li");
  const add = (tag, text) => row.appendChild(Object.assign(document.createElement(tag), { textContent: text }));
  const known = typeof limit === "number";
  add("strong", name);
  add("span", limit === 0 ? "not in your plan" : `${number(used)} ${known ? `of ${number(limit)}` : "used, no limit"}`);
  if (known && limit > 0) {
    const bar = Object.assign(add("progress", `${used} of ${limit}`), { max: limit, value: Math.min(used, limit) });
    bar.setAttribute("aria-label", name);
    if (used >= limit) {
      bar.className = "full";
      add("small", "limit reached");
    }
  }
  if (period_end) {
    // The same form as on the pages that the server writes: 1 December 2026.
    const form = { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
    add("small", `resets on ${new Date(period_end).toLocaleDateString("en-GB", form)}`);
  }
  part("meters").appendChild(row);
}

async function keyMake() {
  part("make-key").disabled = true;
  part("key-error").hidden = true;
  try {
    const { key } = await call("POST", "/api/v1/keys", { name: "first key" });
    show("new-key");
    show("key-value", key);
    show("key-command", `curl ${location.origin}/api/v1/usage -H 'Authorization: Bearer ${key}'`);
    part("make-key").hidden = true;
  } catch (error) {
    show("key-error", error.message);
    part("make-key").disabled = false;
  }
}

async function signOut() {
  await send("POST", "/auth/v1/logout").catch(() => {});
  sessionStorage.clear();
  location.assign("/sign-in");
}

function signedOut(message) {
  sessionStorage.clear();
  show("message", message);
  show("way-in");
}

async function start() {
  const refused = tokensTake();
  if (refused) return signedOut(refused);
  if (!sessionStorage.getItem("access_token")) return signedOut("Sign in to see your account.");
  show("message", "Loading your account…");
  part("make-key").addEventListener("click", keyMake);
  part("sign-out").addEventListener("click", signOut);
  try {
    const me = await call("GET", "/api/v1/me");
    show("email", me.email);
    // Requests that name no organization go to the first.
    const [organization] = me.organizations ?? [];
    show("organization", organization?.name ?? "none yet");
    show("plan", organization?.plan ?? "none yet");
    show("message", "You are signed in. This page shows your account and your usage.");
    show("account");
  } catch (error) {
    if (error.status === 401) return signedOut("Your session has ended. Sign in again.");
    return show("message", error.message);
  }
  const usage = await call("GET", "/api/v1/usage").catch(() => ({ meters: [] }));
  if (usage.plan) show("plan", usage.plan);
  usage.meters.forEach(meterShow);
  if (usage.meters.length > 0) show("usage");
}

start();
