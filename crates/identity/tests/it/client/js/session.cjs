// Sign-up, confirmation, sign-in, refresh, sign-out; lost, repeated and stolen refresh tokens.
const { PASSWORD, advance, all, assert, device, good, helper, mail, person } = require("./client.cjs");

all({
  async "sign-up waits for the address to be confirmed"() {
    const client = device();
    const { user, session } = good(await client.auth.signUp({
      email: "ada@example.org", password: PASSWORD, options: { data: { name: "Ada" } },
    }));
    assert.equal(session, null);
    assert.equal(user.identities.length, 1);
    assert.equal(user.user_metadata.name, "Ada");
    const { code } = await mail("ada@example.org");
    const confirmed = good(await client.auth.verifyOtp({ email: "ada@example.org", token: code, type: "signup" }));
    assert.ok(confirmed.session.access_token && confirmed.session.refresh_token);
    assert.equal(confirmed.user.email, "ada@example.org");
    assert.ok(confirmed.user.email_confirmed_at && confirmed.user.confirmed_at);
    assert.equal(good(await client.auth.getUser()).user.id, user.id);
  },

  async "an address that is taken gets the answer of a new one, without identities"() {
    // Within a minute of the first, another sign-up with the address must wait, whether or not it has an account.
    const again = { email: "ada@example.org", password: "another secret" };
    assert.equal((await device().auth.signUp(again)).error.code, "over_email_send_rate_limit");
    await advance(61);
    const { user, session } = good(await device().auth.signUp(again));
    assert.equal(session, null);
    assert.deepEqual(user.identities, []);
    assert.equal((await mail("ada@example.org")).count, 1);
  },

  async "sign-in, refresh and sign-out, with the events that applications listen to"() {
    const client = device();
    const events = [];
    client.auth.onAuthStateChange((event) => void events.push(event));
    const { session } = good(await client.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    assert.equal(session.token_type, "bearer");
    assert.equal(session.expires_in, 3600);
    const next = good(await client.auth.refreshSession()).session;
    assert.notEqual(next.refresh_token, session.refresh_token);
    assert.equal(good(await client.auth.getSession()).session.access_token, next.access_token);
    good(await client.auth.signOut());
    assert.equal(good(await client.auth.getSession()).session, null);
    await new Promise((done) => setTimeout(done, 50));
    assert.deepEqual(events.filter((event) => event !== "INITIAL_SESSION"), ["SIGNED_IN", "TOKEN_REFRESHED", "SIGNED_OUT"]);
  },

  async "twenty refreshes of one token at once all succeed with the same next one"() {
    const first = device();
    const { session } = good(await first.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    const { refresh_token } = session;
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => device().auth.refreshSession({ refresh_token })),
    );
    const next = new Set(answers.map((answer) => good(answer).session.refresh_token));
    assert.equal(next.size, 1);
    assert.ok(!next.has(refresh_token));
  },

  async "a token two generations old ends the session, eleven seconds later"() {
    const client = device();
    const signedIn = good(await client.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    const { refresh_token } = signedIn.session;
    good(await client.auth.refreshSession());
    good(await client.auth.refreshSession());
    await advance(11);
    const { error } = await device().auth.refreshSession({ refresh_token });
    assert.deepEqual([error.name, error.code, error.status], ["AuthApiError", "refresh_token_already_used", 400]);
    const { error: gone } = await client.auth.getUser();
    assert.equal(gone.name, "AuthSessionMissingError");
  },

  async "signing out here, elsewhere and everywhere"() {
    const [here, there, third] = [device(), device(), device()];
    for (const client of [here, there, third]) {
      good(await client.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    }
    good(await here.auth.signOut({ scope: "others" }));
    good(await here.auth.getUser());
    for (const client of [there, third]) {
      assert.equal((await client.auth.getUser()).error.name, "AuthSessionMissingError");
      good(await client.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    }
    good(await there.auth.signOut({ scope: "local" }));
    good(await here.auth.getUser());
    good(await here.auth.signOut());
    assert.equal((await third.auth.getUser()).error.name, "AuthSessionMissingError");
  },

  async "somebody without an address comes in and gives one later"() {
    const client = device();
    const { user, session } = good(await client.auth.signInAnonymously({ options: { data: { seat: 7 } } }));
    assert.equal(user.is_anonymous, true);
    assert.ok(session.refresh_token);
    good(await client.auth.updateUser({ email: "later@example.org" }));
    const { code } = await mail("later@example.org");
    const confirmed = good(await client.auth.verifyOtp({ email: "later@example.org", token: code, type: "email_change" }));
    assert.equal(confirmed.user.id, user.id);
    assert.equal(confirmed.user.is_anonymous, false);
    good(await client.auth.updateUser({ password: PASSWORD }));
    good(await device().auth.signInWithPassword({ email: "later@example.org", password: PASSWORD }));
  },

  async "claims are verified without the server, once its keys are known"() {
    const client = device();
    await person("grace@example.org", client);
    const before = good(await client.auth.getClaims());
    assert.equal(before.header.alg, "ES256");
    assert.equal(before.claims.email, "grace@example.org");
    await fetch(`${helper}/stop`, { method: "POST" });
    const after = good(await client.auth.getClaims());
    assert.deepEqual(after.claims, before.claims);
  },
});
