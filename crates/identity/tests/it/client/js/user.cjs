// Changes that users make to their account: metadata, the password, the address, the sign-in methods.
const { PASSWORD, all, assert, device, follow, good, helper, mail, person } = require("./client.cjs");

const ada = device();

all({
  async "what one says of oneself is merged, and null takes a key away"() {
    await person("ada@example.org", ada);
    good(await ada.auth.updateUser({ data: { name: "Ada", city: "London" } }));
    const { user } = good(await ada.auth.updateUser({ data: { city: null, engine: 1 } }));
    assert.equal(user.user_metadata.name, "Ada");
    assert.equal(user.user_metadata.engine, 1);
    assert.ok(!("city" in user.user_metadata));
    // The token contains it after the next refresh.
    good(await ada.auth.refreshSession());
    assert.equal(good(await ada.auth.getClaims()).claims.user_metadata.engine, 1);
  },

  async "a new password replaces the old one"() {
    good(await ada.auth.updateUser({ password: "an even better one" }));
    assert.ok((await device().auth.signInWithPassword({ email: "ada@example.org", password: PASSWORD })).error);
    good(await device().auth.signInWithPassword({ email: "ada@example.org", password: "an even better one" }));
  },

  async "a new address is confirmed at both"() {
    const { user } = good(await ada.auth.updateUser({ email: "countess@example.org" }));
    assert.equal(user.email, "ada@example.org");
    assert.equal(user.new_email, "countess@example.org");
    const [old, fresh] = [await mail("ada@example.org"), await mail("countess@example.org")];
    assert.equal(fresh.template, "email_change");
    const first = good(await device().auth.verifyOtp({
      email: "countess@example.org", token: fresh.code, type: "email_change",
    }));
    assert.equal(first.session, null);
    assert.equal(good(await ada.auth.getUser()).user.email, "ada@example.org");
    const second = good(await device().auth.verifyOtp({ email: "ada@example.org", token: old.code, type: "email_change" }));
    assert.equal(second.user.email, "countess@example.org");
    assert.equal(good(await ada.auth.getUser()).user.email, "countess@example.org");
    good(await device().auth.signInWithPassword({ email: "countess@example.org", password: "an even better one" }));
    assert.ok((await device().auth.signInWithPassword({ email: "ada@example.org", password: "an even better one" })).error);
  },

  async "and by the two links"() {
    const client = device({ flowType: "implicit" });
    await person("one@example.org", client);
    good(await client.auth.updateUser({ email: "two@example.org" }, { emailRedirectTo: `${helper}/changed` }));
    const half = await follow((await mail("one@example.org")).link);
    assert.match(new URLSearchParams(half.hash.slice(1)).get("message"), /^Confirmation link accepted/);
    const place = await follow((await mail("two@example.org")).link);
    assert.ok(new URLSearchParams(place.hash.slice(1)).get("access_token"), `${place}`);
    assert.equal(good(await client.auth.getUser()).user.email, "two@example.org");
  },

  async "a code shows that it is still the same person"() {
    good(await ada.auth.reauthenticate());
    const { template, code } = await mail("countess@example.org");
    assert.equal(template, "reauthentication");
    good(await ada.auth.updateUser({ password: "the best one so far", nonce: code }));
  },

  async "the ways in"() {
    const { identities } = good(await ada.auth.getUserIdentities());
    assert.equal(identities.length, 1);
    const [identity] = identities;
    assert.equal(identity.provider, "email");
    assert.equal(identity.identity_data.email, "countess@example.org");
    assert.notEqual(identity.id, identity.identity_id);
  },
});
