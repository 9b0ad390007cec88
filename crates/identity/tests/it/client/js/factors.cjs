// A second factor: from aal1 to aal2 and back, with an authenticator app written here by RFC 6238.
const { createHmac } = require("node:crypto");
const { PASSWORD, all, advance, assert, device, good, now, person } = require("./client.cjs");

/** The six digits that an authenticator app shows at this moment of the server. */
async function code(secret) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replace(/=+$/, "")].map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor((await now()) / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

const ada = device();
let factor;

all({
  async "a factor is shown as a picture and as a secret"() {
    await person("ada@example.org", ada);
    factor = good(await ada.auth.mfa.enroll({ factorType: "totp", friendlyName: "phone", issuer: "VoiceFX" }));
    assert.equal(factor.type, "totp");
    assert.match(factor.totp.qr_code, /^data:image\/svg\+xml;utf-8,(<\?xml[^>]*>)?<svg/);
    const uri = new URL(factor.totp.uri);
    assert.equal(uri.protocol, "otpauth:");
    assert.equal(uri.searchParams.get("secret"), factor.totp.secret);
    assert.equal(uri.searchParams.get("issuer"), "VoiceFX");
    const levels = good(await ada.auth.mfa.getAuthenticatorAssuranceLevel());
    assert.deepEqual([levels.currentLevel, levels.nextLevel], ["aal1", "aal1"]);
  },

  async "its code takes the session to aal2, with a new refresh token, and ends the others at aal1"() {
    const other = device();
    good(await other.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    const before = good(await ada.auth.getSession()).session;
    const verified = good(await ada.auth.mfa.challengeAndVerify({ factorId: factor.id, code: await code(factor.totp.secret) }));
    assert.notEqual(verified.refresh_token, before.refresh_token);
    const levels = good(await ada.auth.mfa.getAuthenticatorAssuranceLevel());
    assert.deepEqual([levels.currentLevel, levels.nextLevel], ["aal2", "aal2"]);
    assert.deepEqual(levels.currentAuthenticationMethods.map(({ method }) => method).sort(), ["otp", "totp"]);
    assert.equal((await other.auth.getUser()).error.name, "AuthSessionMissingError");
    // A token from before the second factor never gives a session with it.
    assert.ok((await device().auth.refreshSession({ refresh_token: before.refresh_token })).error);
  },

  async "who signs in anew is asked for it"() {
    ada.auth.signOut({ scope: "local" });
    good(await ada.auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD }));
    const levels = good(await ada.auth.mfa.getAuthenticatorAssuranceLevel());
    assert.deepEqual([levels.currentLevel, levels.nextLevel], ["aal1", "aal2"]);
    const { totp, all: every } = good(await ada.auth.mfa.listFactors());
    assert.equal(totp.length, 1);
    assert.equal(every[0].friendly_name, "phone");
    const { error } = await ada.auth.mfa.unenroll({ factorId: factor.id });
    assert.deepEqual([error.code, error.status], ["insufficient_aal", 422]);
  },

  async "and without it again"() {
    await advance(31);
    const challenge = good(await ada.auth.mfa.challenge({ factorId: factor.id }));
    const digits = await code(factor.totp.secret);
    good(await ada.auth.mfa.verify({ factorId: factor.id, challengeId: challenge.id, code: digits }));
    good(await ada.auth.refreshSession());
    const kept = good(await ada.auth.mfa.getAuthenticatorAssuranceLevel());
    assert.equal(kept.currentLevel, "aal2");
    good(await ada.auth.mfa.unenroll({ factorId: factor.id }));
    good(await ada.auth.refreshSession());
    const levels = good(await ada.auth.mfa.getAuthenticatorAssuranceLevel());
    assert.deepEqual([levels.currentLevel, levels.nextLevel], ["aal1", "aal1"]);
  },
});
