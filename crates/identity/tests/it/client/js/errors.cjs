// Errors as the client reports them to its application: code, status and Supabase's class name.
const {
  PASSWORD, administrator, advance, all, anon, assert, device, good, mail, person, url,
} = require("./client.cjs");

/** Compares code, status and name of an answer's error, and its text where one is given. */
function refused({ error }, code, status, message, name = "AuthApiError") {
  assert.ok(error, `no error, but ${code}`);
  assert.deepEqual([error.code, error.status, error.name], [code, status, name], `${error.message}`);
  if (message) assert.equal(error.message, message);
}

/** Asks without the client: for requests that it would never send. */
async function ask(method, path, body, headers = {}) {
  const answer = await fetch(`${url}/auth/v1${path}`, {
    method, body, headers: { apikey: anon, "content-type": "application/json", ...headers },
  });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

const newer = { "x-supabase-api-version": "2024-01-01" };
let ada;

all({
  async "somebody to begin with"() {
    ada = device();
    await person("ada@example.org", ada);
  },

  async "the shape of errors depends on the version that was asked for"() {
    const wrong = JSON.stringify({ email: "ada@example.org", password: "wrong" });
    const now = await ask("POST", "/token?grant_type=password", wrong, newer);
    assert.equal(now.status, 400);
    assert.deepEqual(now.body, { code: "invalid_credentials", message: "Invalid login credentials" });
    assert.equal(now.headers.get("x-supabase-api-version"), "2024-01-01");
    for (const headers of [{}, { "x-supabase-api-version": "2023-01-01" }]) {
      const older = await ask("POST", "/token?grant_type=password", wrong, headers);
      assert.equal(older.body.code, 400);
      assert.equal(older.body.error_code, "invalid_credentials");
      assert.equal(older.body.msg, "Invalid login credentials");
      assert.equal(older.headers.get("x-sb-error-code"), "invalid_credentials");
      assert.equal(older.headers.get("x-supabase-api-version"), null);
    }
  },

  async "a weak password says why"() {
    const { error } = await device().auth.signUp({ email: "weak@example.org", password: "abc" });
    assert.deepEqual([error.code, error.status, error.name], ["weak_password", 422, "AuthWeakPasswordError"]);
    assert.deepEqual(error.reasons, ["length"]);
    const { body } = await ask(
      "POST", "/signup", JSON.stringify({ email: "weak@example.org", password: "abc" }), newer,
    );
    assert.deepEqual(body.weak_password, { reasons: ["length"] });
    refused(await ada.auth.updateUser({ password: "abc" }), "weak_password", 422, undefined, "AuthWeakPasswordError");
  },

  async "an OAuth server is what this is not, and says so as Supabase does without one"() {
    for (const [method, path] of [["POST", "/oauth/token"], ["POST", "/oauth/clients/register"], ["GET", "/oauth/authorize"]]) {
      const { status, body } = await ask(method, path, undefined, newer);
      assert.deepEqual([status, body.code], [404, "feature_disabled"], path);
    }
  },

  async "signing in"() {
    const auth = device().auth;
    const email = "ada@example.org";
    refused(await auth.signInWithPassword({ email, password: "wrong" }),
      "invalid_credentials", 400, "Invalid login credentials");
    refused(await auth.signInWithPassword({ email: "nobody@example.org", password: "wrong" }),
      "invalid_credentials", 400, "Invalid login credentials");
    await auth.signUp({ email: "new@example.org", password: PASSWORD });
    refused(await auth.signInWithPassword({ email: "new@example.org", password: PASSWORD }),
      "email_not_confirmed", 400, "Email not confirmed");
    refused(await auth.signInWithPassword({ phone: "+15550100", password: PASSWORD }), "phone_provider_disabled", 422);
    refused(await auth.signInWithOtp({ phone: "+15550100" }), "phone_provider_disabled", 400);
    refused(await auth.signInWithOtp({ email: "nobody@example.org", options: { shouldCreateUser: false } }),
      "otp_disabled", 422, "Signups not allowed for otp");
    refused(await auth.signUp({ email: "not an address", password: PASSWORD }), "validation_failed", 400);
    refused(await auth.signInWithSSO({ domain: "example.org" }), "saml_provider_disabled", 404);
  },

  async "codes and links"() {
    const auth = device().auth;
    refused(await auth.verifyOtp({ email: "ada@example.org", token: "000000", type: "email" }),
      "otp_expired", 403, "Token has expired or is invalid");
    refused(await auth.verifyOtp({ token_hash: "nonsense", type: "magiclink" }),
      "otp_expired", 403, "Email link is invalid or has expired");
    good(await auth.signInWithOtp({ email: "slow@example.org" }));
    const { code } = await mail("slow@example.org");
    await advance(3 * 3600 + 24 * 3600);
    refused(await auth.verifyOtp({ email: "slow@example.org", token: code, type: "email" }), "otp_expired", 403);
    good(await auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    good(await auth.resetPasswordForEmail("ada@example.org"));
    const again = await auth.resetPasswordForEmail("ada@example.org");
    refused(again, "over_email_send_rate_limit", 429);
    assert.match(again.error.message, /^For security purposes, you can only request this after \d+ seconds\.$/);
  },

  async "sessions"() {
    const auth = device().auth;
    refused(await auth.refreshSession({ refresh_token: "nonsense" }),
      "refresh_token_not_found", 400, "Invalid Refresh Token: Refresh Token Not Found");
    const { error } = await auth.getUser();
    assert.equal(error.name, "AuthSessionMissingError");
    refused(await auth.getUser("not a token"), "bad_jwt", 403);
    const forged = await ask("GET", "/user", undefined, { ...newer, authorization: "Bearer a.b.c" });
    assert.deepEqual([forged.status, forged.body.code], [403, "bad_jwt"]);
    const nobody = await ask("GET", "/user", undefined, newer);
    assert.deepEqual([nobody.status, nobody.body.code], [401, "no_authorization"]);
  },

  async "PKCE"() {
    const client = device({ flowType: "pkce" });
    const unknown = JSON.stringify({ auth_code: "00000000-0000-0000-0000-000000000000", code_verifier: "x".repeat(43) });
    const answer = await ask("POST", "/token?grant_type=pkce", unknown, newer);
    assert.deepEqual([answer.status, answer.body.code], [404, "flow_state_not_found"]);
    const { error } = await client.auth.exchangeCodeForSession("a code");
    assert.equal(error.name, "AuthPKCECodeVerifierMissingError");
  },

  async "what people change of themselves"() {
    ada = device();
    good(await ada.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    refused(await ada.auth.updateUser({ password: PASSWORD }),
      "same_password", 422, "New password should be different from the old password.");
    const { data } = await ada.auth.getSession();
    const bearer = { ...newer, authorization: `Bearer ${data.session.access_token}` };
    const mine = await ask("PUT", "/user", JSON.stringify({ app_metadata: { plan: "pro" } }), bearer);
    assert.deepEqual([mine.status, mine.body.code], [403, "not_admin"]);
    await person("taken@example.org");
    refused(await ada.auth.updateUser({ email: "taken@example.org" }), "email_exists", 422);
    const { identities } = good(await ada.auth.getUserIdentities());
    refused(await ada.auth.unlinkIdentity(identities[0]), "single_identity_not_deletable", 422);
  },

  async "second factors"() {
    const factor = good(await ada.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" }));
    refused(await ada.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone" }), "mfa_factor_name_conflict", 422);
    const challenge = good(await ada.auth.mfa.challenge({ factorId: factor.id }));
    refused(await ada.auth.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code: "000000" }),
      "mfa_verification_failed", 422);
    const none = "00000000-0000-4000-8000-000000000000";
    refused(await ada.auth.mfa.challenge({ factorId: none }), "mfa_factor_not_found", 404);
    const late = good(await ada.auth.mfa.challenge({ factorId: factor.id }));
    await advance(301);
    refused(await ada.auth.mfa.verify({ factorId: factor.id, challengeId: late.id, code: "000000" }),
      "mfa_challenge_expired", 422);
    good(await ada.auth.mfa.unenroll({ factorId: factor.id }));
    refused(await ada.auth.mfa.enroll({ factorType: "phone", phone: "+15550100" }), "mfa_phone_enroll_not_enabled", 422);
  },

  async "administrators, and who is none"() {
    const admin = administrator().auth.admin;
    const { user } = good(await admin.createUser({ email: "made@example.org", password: PASSWORD, email_confirm: true }));
    refused(await admin.createUser({ email: "made@example.org" }), "email_exists", 422);
    refused(await admin.getUserById("00000000-0000-4000-8000-000000000000"), "user_not_found", 404);
    const { data } = await ada.auth.getSession();
    refused(await device({}, data.session.access_token).auth.admin.listUsers(), "not_admin", 403, "User not allowed");

    const made = device();
    good(await made.auth.signInWithPassword({ email: "made@example.org", password: PASSWORD }));
    good(await admin.updateUserById(user.id, { ban_duration: "1h" }));
    refused(await device().auth.signInWithPassword({ email: "made@example.org", password: PASSWORD }), "user_banned", 400);
    refused(await made.auth.getUser(), "user_banned", 403);
    good(await admin.updateUserById(user.id, { ban_duration: "none" }));
    good(await made.auth.getUser());

    good(await admin.deleteUser(user.id));
    refused(await device().auth.signInWithPassword({ email: "made@example.org", password: PASSWORD }),
      "invalid_credentials", 400);
    assert.ok((await made.auth.getUser()).error);
  },

  async "bodies that cannot be read"() {
    for (const [body, status, code] of [
      ["{", 400, "bad_json"],
      ["", 400, "bad_json"],
      [JSON.stringify({ email: "a@example.org", password: "x".repeat(1024 * 1024) }), 413, "request_entity_too_large"],
    ]) {
      const answer = await ask("POST", "/signup", body, newer);
      assert.deepEqual([answer.status, answer.body.code], [status, code], body.slice(0, 40));
    }
    const nothing = await ask("POST", "/token?grant_type=something", "{}", newer);
    assert.deepEqual([nothing.status, nothing.body.code], [400, "invalid_credentials"]);
  },

  async "a server that is away is no reason to sign anybody out"() {
    const { error } = await device().auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD });
    assert.equal(error, null);
    const gone = require("@supabase/supabase-js").createClient("http://127.0.0.1:9", anon, {
      auth: { autoRefreshToken: false }, realtime: { transport: require("ws") },
    });
    const answer = await gone.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD });
    assert.equal(answer.error.name, "AuthRetryableFetchError");
  },
});
