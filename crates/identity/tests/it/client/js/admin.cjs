// Calls of a project's own server with the service key.
const { PASSWORD, administrator, all, assert, device, follow, good, helper, mail, person } = require("./client.cjs");

const { auth } = administrator();
const { admin } = auth;

all({
  async "makes, reads, changes and deletes people"() {
    const { user } = good(await admin.createUser({
      email: "Made@Example.org", password: PASSWORD, email_confirm: true,
      user_metadata: { name: "Made" }, app_metadata: { team: "blue" },
    }));
    assert.equal(user.email, "made@example.org");
    assert.equal(user.app_metadata.team, "blue");
    assert.ok(user.email_confirmed_at);
    good(await device().auth.signInWithPassword({ email: "made@example.org", password: PASSWORD }));
    const read = good(await admin.getUserById(user.id)).user;
    assert.equal(read.id, user.id);
    const changed = good(await admin.updateUserById(user.id, {
      email: "remade@example.org", password: "another secret", user_metadata: { name: null, age: 3 },
    })).user;
    assert.equal(changed.email, "remade@example.org");
    assert.deepEqual(changed.user_metadata.age, 3);
    assert.ok(!("name" in changed.user_metadata));
    good(await device().auth.signInWithPassword({ email: "remade@example.org", password: "another secret" }));
    good(await admin.deleteUser(user.id));
    assert.equal((await admin.getUserById(user.id)).error.code, "user_not_found");
  },

  async "deletes softly"() {
    const { user } = good(await admin.createUser({ email: "soft@example.org", password: PASSWORD, email_confirm: true }));
    good(await admin.deleteUser(user.id, true));
    assert.ok((await device().auth.signInWithPassword({ email: "soft@example.org", password: PASSWORD })).error);
    good(await admin.createUser({ email: "soft@example.org", password: PASSWORD, email_confirm: true }));
  },

  async "lists people, page by page"() {
    for (let number = 0; number < 12; number += 1) {
      good(await admin.createUser({ email: `person${number}@example.org`, email_confirm: true }));
    }
    const first = good(await admin.listUsers({ page: 1, perPage: 5 }));
    assert.equal(first.users.length, 5);
    assert.equal(first.nextPage, 2);
    assert.ok(first.total >= 12, `${first.total}`);
    const second = good(await admin.listUsers({ page: 2, perPage: 5 }));
    const seen = new Set([...first.users, ...second.users].map((user) => user.id));
    assert.equal(seen.size, 10);
    const last = good(await admin.listUsers({ page: first.lastPage, perPage: 5 }));
    assert.equal(last.nextPage, null);
    assert.ok(last.users.length > 0 && last.users.length <= 5);
  },

  async "invites somebody, who comes in by the link of the mail"() {
    const { user } = good(await admin.inviteUserByEmail("guest@example.org", {
      data: { seat: 3 }, redirectTo: `${helper}/join`,
    }));
    assert.ok(user.invited_at);
    const { template, link } = await mail("guest@example.org");
    assert.equal(template, "invite");
    const place = await follow(link);
    const fragment = new URLSearchParams(place.hash.slice(1));
    assert.equal(fragment.get("type"), "invite");
    const guest = device();
    good(await guest.auth.setSession({
      access_token: fragment.get("access_token"), refresh_token: fragment.get("refresh_token"),
    }));
    good(await guest.auth.updateUser({ password: PASSWORD }));
    good(await device().auth.signInWithPassword({ email: "guest@example.org", password: PASSWORD }));
  },

  async "makes links without mailing them"() {
    for (const [type, more] of [
      ["signup", { password: PASSWORD }], ["invite", {}], ["magiclink", {}], ["recovery", {}],
    ]) {
      const email = `${type}@example.org`;
      if (type === "magiclink" || type === "recovery") await person(email);
      const { properties, user } = good(await admin.generateLink({ type, email, ...more }));
      assert.equal(user.email, email);
      assert.equal(properties.verification_type, type);
      assert.ok(properties.action_link.includes(`token=${properties.hashed_token}`), properties.action_link);
      assert.match(properties.email_otp, /^\d{6}$/);
      const verified = good(await device().auth.verifyOtp({ token_hash: properties.hashed_token, type }));
      assert.equal(verified.user.email, email);
    }
  },

  async "signs somebody out everywhere"() {
    const client = device();
    const { session } = await person("out@example.org", client);
    good(await admin.signOut(session.access_token));
    assert.equal((await client.auth.getUser()).error.name, "AuthSessionMissingError");
  },

  async "brings a password's hash along"() {
    // A bcrypt hash with cost 12.
    const password_hash = "$2a$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW";
    good(await admin.createUser({ email: "moved@example.org", password_hash, email_confirm: true }));
    good(await device().auth.signInWithPassword({ email: "moved@example.org", password: "abc123xyz" }));
    assert.ok((await device().auth.signInWithPassword({ email: "moved@example.org", password: "wrong" })).error);
  },

  async "lists and takes away second factors"() {
    const client = device();
    const { user } = await person("factor@example.org", client);
    const factor = good(await client.auth.mfa.enroll({ factorType: "totp" }));
    const { factors } = good(await admin.mfa.listFactors({ userId: user.id }));
    assert.equal(factors[0].id, factor.id);
    good(await admin.mfa.deleteFactor({ id: factor.id, userId: user.id }));
    assert.equal(good(await admin.mfa.listFactors({ userId: user.id })).factors.length, 0);
  },
});
