// Signs in on three devices and goes on asking while the database is away: each has its session afterwards.
const assert = require("node:assert/strict");
const { createClient } = require("@supabase/supabase-js");
const transport = require("ws");

const password = "correct horse battery staple";
// How long it waits for anything. No test measures the machine: this only ends what hangs.
const ceiling = 8 * 60_000;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

function device(autoRefreshToken) {
  const kept = new Map();
  const storage = {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
  const client = createClient(process.env.FREEHOLD_URL, "anon", {
    auth: { storage, autoRefreshToken, detectSessionInUrl: false }, realtime: { transport },
  });
  const events = [];
  client.auth.onAuthStateChange((event) => void events.push(event));
  return { auth: client.auth, kept, events };
}

/** Makes the kept access token one that has expired: the client has to refresh before it can do anything. */
function age({ kept }) {
  for (const [key, value] of kept) {
    const session = JSON.parse(value);
    if (session.expires_at) kept.set(key, JSON.stringify({ ...session, expires_at: Math.floor(Date.now() / 1000) - 5 }));
  }
}

async function main() {
  // One asks again and again, one refreshes by itself, one comes back with a token that has expired.
  const devices = { asks: device(false), waits: device(true), returns: device(true) };
  assert.equal((await devices.asks.auth.signUp({ email: "ada@example.org", password })).error, null);
  for (const { auth } of [devices.waits, devices.returns]) {
    assert.equal((await auth.signInWithPassword({ email: "ada@example.org", password })).error, null);
  }
  console.log("signed in");

  const nobodyOut = () => {
    for (const [name, { kept, events }] of Object.entries(devices)) {
      assert.ok(kept.size > 0 && !events.includes("SIGNED_OUT"), `${name} lost its session: ${events}`);
    }
  };
  let refreshes;
  for (const until = Date.now() + ceiling; ; ) {
    assert.ok(Date.now() < until, "the server did not come back");
    const { error } = await devices.asks.auth.getUser();
    if (error) {
      assert.deepEqual([error.name, error.status], ["AuthRetryableFetchError", 503], `${error.code} ${error.message}`);
      if (!refreshes) {
        age(devices.returns);
        age(devices.waits);
        // The client tries again by itself, for up to half a minute.
        refreshes = [devices.asks.auth.refreshSession(), devices.returns.auth.getSession()];
      }
    } else if (refreshes) {
      break;
    }
    nobodyOut();
    await pause(300);
  }
  for (const { error } of await Promise.all(refreshes)) {
    assert.ok(!error || error.name === "AuthRetryableFetchError", `${error?.name} ${error?.code} ${error?.status}`);
  }
  nobodyOut();
  for (const [name, { auth }] of Object.entries(devices)) {
    // The client does not ask again within a minute for what has just failed.
    let answer = await auth.getUser();
    for (const until = Date.now() + ceiling; answer.error && Date.now() < until; answer = await auth.getUser()) {
      await pause(1_000);
    }
    assert.equal(answer.error, null, `${name}: ${answer.error}`);
    assert.equal(answer.data.user.email, "ada@example.org");
  }
  console.log("all of it");
  process.exit(0);
}

main().catch((error) => {
  console.log(error.stack);
  process.exit(1);
});
