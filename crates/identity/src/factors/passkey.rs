//! Passkeys: a key that a user's device keeps, unlocked by a finger or a PIN (WebAuthn). A passkey is a sign-in method
//! that needs no address and no password.
//!
//! Read in this order: [`registration_begin`] and [`registration_finish`] add one, [`authentication_begin`] and
//! [`authentication_finish`] sign in with one; `webauthn` validates answers, `cose` parses the keys.

mod cose;
mod store;
mod webauthn;

use freehold_core::{Context, Error, Random, Result, UserId, codes as core_codes};
use freehold_db::{Db, OnConstraint, SystemTx, row};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

pub use store::STATEMENTS;
pub use webauthn::Credential;

use crate::{
    Base, Settings,
    audit_entry::{Action, audit_note},
    codes,
    session::{Client, Held, Holder, Sessions, Tokens, session_hold, session_open},
    user::user_find,
};
use cose::{ALGORITHMS, PublicKey};
use webauthn::{Rejected, RelyingParty, encode};

/// Most passkeys of one user.
const MOST: usize = 10;
/// Lifetime of a challenge.
const CHALLENGE_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Name of the method in the session's authentication methods.
const METHOD: &str = "passkey";

row! {
    /// A passkey, without its key.
    #[derive(Clone, Debug)]
    pub struct Passkey {
        /// Id of the passkey.
        pub id: Uuid,
        /// Name that the user gave it; may be empty.
        pub friendly_name: String,
        /// Whether the passkey may be synchronized to several devices.
        pub backup_eligible: bool,
        /// Whether it is synchronized to several devices.
        pub backed_up: bool,
        /// How its device is reached: `internal`, `usb`, …
        pub transports: Value,
        /// When the passkey was added.
        pub created_at: Timestamp,
        /// When the passkey was last used; none: never.
        pub last_used_at: Option<Timestamp>,
    }
}

row! {
    struct CredentialRow {
        id: Uuid,
        user_id: UserId,
        public_key: Vec<u8>,
        sign_count: i64,
        backup_eligible: bool,
    }
}

/// A request to the user's device, which the browser passes on.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// Id of the challenge; the client sends it with the answer.
    pub challenge: Uuid,
    /// Options for `navigator.credentials`, as JSON.
    pub options: Value,
    /// Expiry of the challenge.
    pub expires_at: Timestamp,
}

/// Starts to add a passkey.
///
/// # Errors
/// `passkey_disabled`, `too_many_passkeys`, and `insufficient_aal` when the user has a second factor and this session
/// has not used it.
pub async fn registration_begin(base: &Base, holder: Holder) -> Result<Ceremony> {
    let party = relying_party(&base.settings)?;
    let mut tx = base.db.system("begin a passkey").begin().await?;
    let held = hold(&base.settings, &mut tx, holder).await?;
    let known = tx.fetch_all(store::passkey_handles(held.user.id)).await?;
    refuse_another(known.len())?;
    let exclude: Vec<Value> = known
        .into_iter()
        .map(|(id, transports)| json!({ "type": "public-key", "id": encode(&id), "transports": transports }))
        .collect();
    let user = &held.user;
    let name = if user.email.is_empty() { &user.phone } else { &user.email };
    let shown = user.user_metadata.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let (nonce, challenge, expires_at) = challenge_make(&base.random, &mut tx, Some(user.id), "registration").await?;
    tx.commit().await?;
    let algorithms = ALGORITHMS.map(|algorithm| json!({ "type": "public-key", "alg": algorithm }));
    let options = json!({
        "rp": { "id": party.id, "name": base.settings.product_name },
        "user": { "id": encode(user.id.to_string().as_bytes()), "name": name, "displayName": shown.unwrap_or(name) },
        "challenge": nonce,
        "pubKeyCredParams": algorithms,
        "timeout": CHALLENGE_LIFE.as_millis(),
        "excludeCredentials": exclude,
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
        },
        "attestation": "none",
    });
    Ok(Ceremony { challenge, options, expires_at })
}

/// Adds the passkey that the user's device has created.
///
/// # Errors
/// `webauthn_challenge_not_found`, `webauthn_challenge_expired`, `webauthn_verification_failed`,
/// `webauthn_credential_exists`; and the errors of [`registration_begin`].
pub async fn registration_finish(
    base: &Base,
    holder: Holder,
    challenge: Uuid,
    credential: &Credential,
    client: &Client,
) -> Result<Passkey> {
    let party = relying_party(&base.settings)?;
    let nonce = challenge_take(&base.db, challenge, Some(holder.user), "registration").await?;
    let made = party.registered(credential, &nonce).map_err(failed)?;
    let mut tx = base.db.system("add a passkey").begin().await?;
    let now = tx.now();
    let held = hold(&base.settings, &mut tx, holder).await?;
    refuse_another(tx.fetch_all(store::passkey_handles(held.user.id)).await?.len())?;
    let id = tx.id::<()>().uuid();
    let transports = json!(made.transports);
    tx.execute(store::passkey_insert(store::PasskeyRow {
        id,
        user: held.user.id,
        credential: made.credential,
        public_key: made.public_key,
        aaguid: made.aaguid,
        sign_count: i64::from(made.sign_count),
        transports: transports.clone(),
        backup_eligible: made.backup_eligible,
        backed_up: made.backed_up,
    }))
    .await
    .on_constraint("webauthn_credentials_credential_id_key", || {
        Error::new(codes::WEBAUTHN_CREDENTIAL_EXISTS, "This credential is already registered")
    })?;
    audit_note(&mut tx, Action::PasskeyCreated, &held.user, json!({ "passkey_id": id }), client).await?;
    tx.commit().await?;
    Ok(Passkey {
        id,
        friendly_name: String::new(),
        backup_eligible: made.backup_eligible,
        backed_up: made.backed_up,
        transports,
        created_at: now,
        last_used_at: None,
    })
}

/// Starts a sign-in without naming the user: the device knows which user it belongs to.
///
/// # Errors
/// `passkey_disabled`.
pub async fn authentication_begin(base: &Base) -> Result<Ceremony> {
    let party = relying_party(&base.settings)?;
    let mut tx = base.db.system("begin to sign in with a passkey").begin().await?;
    let (nonce, challenge, expires_at) = challenge_make(&base.random, &mut tx, None, "authentication").await?;
    tx.commit().await?;
    let options = json!({
        "challenge": nonce,
        "rpId": party.id,
        "timeout": CHALLENGE_LIFE.as_millis(),
        "userVerification": "required",
    });
    Ok(Ceremony { challenge, options, expires_at })
}

/// Signs in with a passkey.
///
/// # Errors
/// `webauthn_challenge_not_found`, `webauthn_challenge_expired`, and `webauthn_verification_failed` for any other fault
/// in the answer; and the errors for a user who may not sign in.
pub async fn authentication_finish(
    sessions: &Sessions,
    challenge: Uuid,
    credential: &Credential,
    client: &Client,
) -> Result<Tokens> {
    let party = relying_party(&sessions.base.settings)?;
    let nonce = challenge_take(&sessions.base.db, challenge, None, "authentication").await?;
    let assertion = party.assertion(credential, &nonce).map_err(failed)?;
    let mut tx = sessions.base.db.system("sign in with a passkey").begin().await?;
    let found = tx.fetch_optional(store::passkey_lock(&assertion.credential)).await?;
    let found = found.ok_or_else(|| refused("an unknown passkey"))?;
    if assertion.user_handle != found.user_id.to_string().as_bytes() {
        return Err(refused("a passkey of another user"));
    }
    let key = PublicKey::from_bytes(&found.public_key).ok_or_else(|| refused("a stored key that cannot be read"))?;
    if !assertion.verify(&key) {
        return Err(refused("an invalid signature"));
    }
    if assertion.backup_eligible != found.backup_eligible {
        return Err(refused("a passkey that changed its kind"));
    }
    if !assertion.counts_on(found.sign_count) {
        return Err(refused("a counter that fell back: the passkey was copied"));
    }
    let sign_count = i64::from(assertion.sign_count);
    tx.execute(store::passkey_used(found.id, sign_count, assertion.backed_up)).await?;
    let user = user_find(&mut tx, found.user_id).await?.ok_or_else(|| refused("a passkey without a user"))?;
    if !user.email.is_empty() && !user.confirmed() {
        return Err(Error::new(codes::EMAIL_NOT_CONFIRMED, "Email not confirmed"));
    }
    let tokens = session_open(sessions, &mut tx, user, METHOD, client).await?;
    tx.commit().await?;
    Ok(tokens)
}

/// The user's passkeys, the oldest first.
///
/// # Errors
/// `passkey_disabled`.
pub async fn passkey_list(base: &Base, user: UserId) -> Result<Vec<Passkey>> {
    relying_party(&base.settings)?;
    base.db.system("list own passkeys").fetch_all(store::passkey_list(user)).await
}

/// The user's passkeys, whether or not passkeys are switched on.
pub(crate) async fn passkeys_of(tx: &mut SystemTx, user: UserId) -> Result<Vec<Passkey>> {
    tx.fetch_all(store::passkey_list(user)).await
}

/// Renames a passkey.
///
/// # Errors
/// `not_found`; `validation_failed` for an empty name or one of more than 120 characters.
pub async fn passkey_rename(
    base: &Base,
    user: UserId,
    passkey: Uuid,
    friendly_name: &str,
    client: &Client,
) -> Result<Passkey> {
    relying_party(&base.settings)?;
    if friendly_name.is_empty() {
        return Err(Error::new(core_codes::VALIDATION_FAILED, "friendly_name is required"));
    }
    if friendly_name.chars().count() > NAME_MAX || friendly_name.contains(char::is_control) {
        let message = "friendly_name must be 120 characters or less, without control characters";
        return Err(Error::new(core_codes::VALIDATION_FAILED, message));
    }
    let mut tx = base.db.system("rename a passkey").begin().await?;
    let renamed = store::passkey_rename(user, passkey, friendly_name);
    let renamed = tx.fetch_optional(renamed).await?.ok_or_else(missing)?;
    if let Some(user) = user_find(&mut tx, user).await? {
        let traits = json!({ "passkey_id": passkey });
        audit_note(&mut tx, Action::PasskeyUpdated, &user, traits, client).await?;
    }
    tx.commit().await?;
    Ok(renamed)
}

/// Removes a passkey.
///
/// # Errors
/// `not_found`; `insufficient_aal` as for [`registration_begin`].
pub async fn passkey_remove(base: &Base, holder: Holder, passkey: Uuid, client: &Client) -> Result<()> {
    relying_party(&base.settings)?;
    let mut tx = base.db.system("delete a passkey").begin().await?;
    let held = hold(&base.settings, &mut tx, holder).await?;
    tx.fetch_optional(store::passkey_delete(held.user.id, passkey)).await?.ok_or_else(missing)?;
    audit_note(&mut tx, Action::PasskeyDeleted, &held.user, json!({ "passkey_id": passkey }), client).await?;
    tx.commit().await
}

/// The relying party that passkeys are created for.
fn relying_party(settings: &Settings) -> Result<RelyingParty> {
    if !settings.auth.passkeys {
        return Err(Error::new(codes::PASSKEY_DISABLED, "Passkeys are disabled"));
    }
    let site = Url::parse(&settings.site_url).context("reading site_url")?;
    let webauthn = &settings.auth.webauthn;
    let host = site.host_str().unwrap_or_default();
    let id = if webauthn.relying_party.is_empty() { host } else { &webauthn.relying_party };
    let mut origins = vec![site.origin().ascii_serialization()];
    origins.extend(webauthn.origins.iter().map(|origin| origin.trim_end_matches('/').to_owned()));
    Ok(RelyingParty { id: id.to_owned(), origins })
}

/// Locks the session, after checking that its user may have passkeys and that it has used the user's second factor.
async fn hold(settings: &Settings, tx: &mut SystemTx, holder: Holder) -> Result<Held> {
    let held = session_hold(settings, tx, holder).await?;
    if held.user.is_anonymous {
        let message = "Anonymous user not allowed to perform these actions";
        return Err(Error::new(codes::ANONYMOUS_NOT_ALLOWED, message));
    }
    if held.user.is_sso_user {
        return Err(Error::new(core_codes::VALIDATION_FAILED, "SSO users cannot register passkeys"));
    }
    let message = "AAL2 session is required to manage passkeys when MFA is enabled";
    held.guard(tx, codes::AAL2_REQUIRED, message).await?;
    Ok(held)
}

fn refuse_another(present: usize) -> Result<()> {
    if present < MOST {
        return Ok(());
    }
    Err(Error::new(codes::TOO_MANY_PASSKEYS, "Maximum number of passkeys reached"))
}

/// Creates a challenge; returns its text, its id and its expiry.
async fn challenge_make(
    random: &Random,
    tx: &mut SystemTx,
    user: Option<UserId>,
    kind: &str,
) -> Result<(String, Uuid, Timestamp)> {
    let now = tx.now();
    let expires_at = now.saturating_add(CHALLENGE_LIFE).unwrap_or(now);
    let (id, nonce) = (tx.id::<()>().uuid(), encode(&random.bytes::<32>()));
    let data = json!({ "challenge": nonce });
    tx.execute(store::challenge_insert(id, user.map(UserId::uuid), kind, data, expires_at)).await?;
    Ok((nonce, id, expires_at))
}

/// Returns the challenge's text and uses the challenge up, whether or not the answer is valid.
async fn challenge_take(db: &Db, id: Uuid, user: Option<UserId>, kind: &str) -> Result<String> {
    let take = store::challenge_take(id, user.map(UserId::uuid), kind);
    let taken = db.system("consume a passkey's challenge").fetch_optional(take).await?;
    let missing = || Error::new(codes::WEBAUTHN_CHALLENGE_NOT_FOUND, "Challenge not found or already used");
    let (nonce, expires_at) = taken.ok_or_else(missing)?;
    if expires_at < db.clock().now() {
        return Err(Error::new(codes::WEBAUTHN_CHALLENGE_EXPIRED, "Challenge has expired"));
    }
    Ok(nonce)
}

fn failed(why: Rejected) -> Error {
    Error::new(codes::WEBAUTHN_VERIFICATION_FAILED, "Credential verification failed").caused_by(why)
}

fn refused(why: &'static str) -> Error {
    Error::new(codes::WEBAUTHN_VERIFICATION_FAILED, "Credential verification failed").caused_by(why)
}

fn missing() -> Error {
    Error::new(core_codes::NOT_FOUND, "Passkey not found")
}
