// The same client in headless Chromium, on a page of another origin: its storage, its events, and what it may read.
const { mkdtempSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { chromium } = require("playwright-core");
const { PASSWORD, all, anon, assert, follow, helper, mail, url } = require("./client.cjs");

const quiet = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];
let context;
let folder;

/** A page of the application, with a client in `window.client`. */
async function page(place = `${helper}/`, flowType = "implicit") {
  const tab = await context.newPage();
  await tab.goto(place);
  await tab.addScriptTag({ url: `${helper}/supabase.js` });
  await tab.evaluate(([url, anon, flowType]) => {
    window.client = window.supabase.createClient(url, anon, { auth: { flowType } });
    window.events = [];
    window.client.auth.onAuthStateChange((event) => void window.events.push(event));
  }, [url, anon, flowType]);
  return tab;
}

const ask = (tab, call, ...given) => tab.evaluate(
  async ([call, given]) => {
    const { data, error } = await window.client.auth[call](...given);
    return { data: JSON.parse(JSON.stringify(data ?? null)), error: error && { name: error.name, code: error.code, status: error.status } };
  },
  [call, given],
);

all({
  async "a browser"() {
    folder = mkdtempSync(join(tmpdir(), "freehold-chromium-"));
    context = await chromium.launchPersistentContext(folder, { executablePath: "/usr/bin/chromium", args: quiet });
  },

  async "signs up, and types the code of the mail"() {
    const tab = await page();
    const signedUp = await ask(tab, "signUp", { email: "ada@example.org", password: PASSWORD });
    assert.equal(signedUp.error, null);
    const { code } = await mail("ada@example.org");
    const verified = await ask(tab, "verifyOtp", { email: "ada@example.org", token: code, type: "signup" });
    assert.equal(verified.data.user.email, "ada@example.org");
    await tab.close();
  },

  async "is still signed in on the next page, and in another tab"() {
    const [one, other] = [await page(), await page()];
    for (const tab of [one, other]) {
      const { data } = await ask(tab, "getUser");
      assert.equal(data.user.email, "ada@example.org");
    }
    // Both refresh at the same moment, and both stay signed in. The client drops an answer when the other tab's came
    // first.
    const refreshed = await Promise.all([ask(one, "refreshSession"), ask(other, "refreshSession")]);
    for (const { error } of refreshed) assert.ok([undefined, "AuthRefreshDiscardedError"].includes(error?.name), error?.name);
    for (const tab of [one, other]) assert.equal((await ask(tab, "getUser")).error, null);
    // Signing out in one tab signs out the other.
    await ask(one, "signOut");
    await other.waitForFunction(() => window.events.includes("SIGNED_OUT"));
    assert.equal((await ask(other, "getSession")).data.session, null);
    await one.close();
    await other.close();
  },

  async "reads errors of another origin"() {
    const tab = await page();
    const { error } = await ask(tab, "signInWithPassword", { email: "ada@example.org", password: "wrong" });
    assert.deepEqual(error, { name: "AuthApiError", code: "invalid_credentials", status: 400 });
    const good = await ask(tab, "signInWithPassword", { email: "ada@example.org", password: PASSWORD });
    assert.equal(good.error, null);
    await ask(tab, "signOut");
    await tab.close();
  },

  async "finds its session in the address that a link leads to"() {
    const tab = await page();
    await ask(tab, "signInWithOtp", { email: "ada@example.org", options: { emailRedirectTo: `${helper}/` } });
    const place = await follow((await mail("ada@example.org")).link);
    await tab.close();
    const back = await page(place.href);
    await back.waitForFunction(() => window.events.includes("SIGNED_IN"));
    const { data } = await ask(back, "getUser");
    assert.equal(data.user.email, "ada@example.org");
    assert.equal(new URL(back.url()).hash, "");
    await ask(back, "signOut");
    await back.close();
  },

  async "presses the button of the page behind a link, and finds its session by PKCE"() {
    const tab = await page(undefined, "pkce");
    await ask(tab, "signUp", {
      email: "grace@example.org", password: PASSWORD, options: { emailRedirectTo: `${helper}/` },
    });
    await tab.goto((await mail("grace@example.org")).link);
    await tab.click("button[type=submit], form button");
    await tab.waitForURL(`${helper}/**`);
    assert.ok(new URL(tab.url()).searchParams.get("code"), tab.url());
    const back = await page(tab.url(), "pkce");
    await back.waitForFunction(() => window.events.includes("SIGNED_IN"));
    const { data } = await ask(back, "getUser");
    assert.equal(data.user.email, "grace@example.org");
    await context.close();
    rmSync(folder, { recursive: true, force: true });
  },
});
