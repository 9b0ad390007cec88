// Links and codes of mails, with the session in the fragment (implicit) and by a code (PKCE).
const { PASSWORD, all, assert, device, follow, good, helper, mail, person, url } = require("./client.cjs");

/** The session that a redirect carries in its fragment. */
function session(place) {
  const fragment = new URLSearchParams(place.hash.slice(1));
  return { access_token: fragment.get("access_token"), refresh_token: fragment.get("refresh_token") };
}

const back = `${helper}/welcome?sb_flow_id=7`;

all({
  async "implicit: the link of a sign-up leads back with a session"() {
    const client = device({ flowType: "implicit" });
    const email = "implicit@example.org";
    good(await client.auth.signUp({ email, password: PASSWORD, options: { emailRedirectTo: back } }));
    const place = await follow((await mail(email)).link);
    assert.equal(`${place.origin}${place.pathname}${place.search}`, back);
    assert.equal(new URLSearchParams(place.hash.slice(1)).get("type"), "signup");
    assert.equal(good(await client.auth.setSession(session(place))).user.email, email);
  },

  async "looking at a link does not use it up, and the code of the same mail works too"() {
    const client = device({ flowType: "implicit" });
    const email = "scanned@example.org";
    good(await client.auth.signInWithOtp({ email, options: { emailRedirectTo: back } }));
    const { link, code } = await mail(email);
    for (let scanner = 0; scanner < 5; scanner += 1) {
      assert.equal((await fetch(link)).status, 200);
      assert.equal((await fetch(link, { method: "HEAD" })).status, 200);
    }
    assert.equal(good(await client.auth.verifyOtp({ email, token: code, type: "email" })).user.email, email);
  },

  async "PKCE: the link of a sign-up leads back with a code that only this device can use"() {
    const client = device({ flowType: "pkce" });
    const email = "pkce@example.org";
    good(await client.auth.signUp({ email, password: PASSWORD, options: { emailRedirectTo: back } }));
    const place = await follow((await mail(email)).link);
    assert.equal(place.searchParams.get("sb_flow_id"), "7");
    assert.equal(place.hash, "");
    const code = place.searchParams.get("code");
    const stranger = device({ flowType: "pkce" });
    assert.ok((await stranger.auth.exchangeCodeForSession(code)).error);
    assert.equal(good(await client.auth.exchangeCodeForSession(code)).user.email, email);
    assert.equal((await client.auth.exchangeCodeForSession(code)).data.session, null);
  },

  async "PKCE: a magic link"() {
    const client = device({ flowType: "pkce" });
    const email = "magic@example.org";
    await person(email);
    good(await client.auth.signInWithOtp({ email, options: { shouldCreateUser: false, emailRedirectTo: back } }));
    const { template, link } = await mail(email);
    assert.equal(template, "magic_link");
    const place = await follow(link);
    assert.equal(good(await client.auth.exchangeCodeForSession(place.searchParams.get("code"))).user.email, email);
  },

  async "PKCE: a forgotten password"() {
    const client = device({ flowType: "pkce" });
    const email = "forgot@example.org";
    await person(email);
    const events = [];
    client.auth.onAuthStateChange((event) => void events.push(event));
    good(await client.auth.resetPasswordForEmail(email, { redirectTo: back }));
    const { template, link } = await mail(email);
    assert.equal(template, "recovery");
    const place = await follow(link);
    good(await client.auth.exchangeCodeForSession(place.searchParams.get("code")));
    good(await client.auth.updateUser({ password: "a new and better one" }));
    good(await device().auth.signInWithPassword({ email, password: "a new and better one" }));
    assert.ok((await device().auth.signInWithPassword({ email, password: PASSWORD })).error);
    await new Promise((done) => setTimeout(done, 50));
    assert.ok(events.includes("PASSWORD_RECOVERY"), events.join());
  },

  async "implicit: a forgotten password, by the hash of the link"() {
    const client = device({ flowType: "implicit" });
    const email = "hash@example.org";
    await person(email);
    good(await client.auth.resetPasswordForEmail(email));
    const token_hash = new URL((await mail(email)).link).searchParams.get("token");
    assert.equal(good(await client.auth.verifyOtp({ token_hash, type: "recovery" })).user.email, email);
  },

  async "nobody is told whether an address has an account"() {
    const client = device();
    good(await client.auth.resetPasswordForEmail("nobody@example.org"));
    assert.equal((await fetch(`${helper}/mail?to=nobody@example.org`)).status, 404);
    good(await client.auth.resend({ type: "signup", email: "nobody@example.org" }));
  },

  async "a link leads nowhere that is not allowed"() {
    const client = device({ flowType: "implicit" });
    const email = "open@example.org";
    const options = { emailRedirectTo: "https://evil.example/" };
    good(await client.auth.signUp({ email, password: PASSWORD, options }));
    const place = await follow((await mail(email)).link);
    assert.equal(place.origin, new URL(url).origin);
  },

  async "a link that was used leads back with an error"() {
    const client = device({ flowType: "implicit" });
    const email = "twice@example.org";
    good(await client.auth.signUp({ email, password: PASSWORD, options: { emailRedirectTo: back } }));
    const { link } = await mail(email);
    await follow(link);
    const again = await fetch(link, { redirect: "manual" });
    assert.equal(again.status, 303);
    const told = new URLSearchParams(new URL(again.headers.get("location")).hash.slice(1));
    assert.deepEqual([told.get("error"), told.get("error_code")], ["access_denied", "otp_expired"]);
    const token_hash = new URL(link).searchParams.get("token");
    const { error } = await client.auth.verifyOtp({ token_hash, type: "signup" });
    assert.deepEqual([error.name, error.code, error.status], ["AuthApiError", "otp_expired", 403]);
  },
});
