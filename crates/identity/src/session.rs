//! Sessions: one sign-in on one device, kept alive by refresh tokens that are good for one use each.

mod store;

use base64::{Engine, engine::general_purpose::STANDARD};
use freehold_core::{Context, Error, Result, Secret, SessionId, UserId};
use freehold_db::{Db, SystemTx, row};
use freehold_vault::Purpose;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

pub use store::STATEMENTS;

use crate::{
    Identity,
    access_token::{Aal, Amr, Claims},
    audit_entry::{Action, audit_note},
    codes,
    refresh_token::{RefreshToken, Rotation, SessionKey, decide},
    user::{User, user_find, user_signed_in},
};

/// What a client gets when it signs in or refreshes.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// For the `Authorization` header, good until `expires_at`.
    pub access_token: Secret,
    /// For the next pair.
    pub refresh_token: Secret,
    /// Life of the access token in seconds.
    pub expires_in: i64,
    /// When the access token ends, seconds since 1970.
    pub expires_at: i64,
    /// Whose.
    pub user: User,
}

/// Where a sign-in came from, as far as the client says.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// The `User-Agent` header.
    pub user_agent: Option<String>,
    /// The address of the connection.
    pub ip: Option<std::net::IpAddr>,
}

/// Which sessions a sign-out ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of the person's.
    Global,
    /// This one.
    Local,
    /// All but this one.
    Others,
}

row! {
    struct SessionRow {
        id: SessionId,
        user_id: UserId,
        created_at: Option<Timestamp>,
        refreshed_at: Option<Timestamp>,
        not_after: Option<Timestamp>,
        sealed_key: Option<String>,
        counter: Option<i64>,
        aal: String,
    }
}

/// Opens a session for somebody who has just proved who he is, by `method` (`password`, `otp`, …).
pub async fn session_open(
    identity: &Identity,
    tx: &mut SystemTx,
    user: User,
    method: &str,
    client: &Client,
) -> Result<Tokens> {
    let now = identity.clock.now();
    user.admit(now)?;
    let session: SessionId = identity.ids.next();
    let key = SessionKey::generate(&identity.random);
    let sealed = identity.vault.seal(Purpose::SessionKey, key.expose(), &session.to_string(), &identity.random);
    let ip = client.ip.map(|ip| ip.to_string());
    let agent = client.user_agent.as_ref().map(|agent| agent.chars().take(512).collect::<String>());
    tx.execute(store::session_insert(session, user.id, STANDARD.encode(sealed), agent, ip, now)).await?;
    tx.execute(store::method_insert(identity.ids.next::<()>().uuid(), session, method, now)).await?;
    user_signed_in(tx, user.id, now).await?;
    if user.last_sign_in_at.is_none() {
        (identity.newcomer)(tx, &user).await?;
    }
    audit_note(identity, tx, Action::Login, &user, json!({ "method": method }), client).await?;
    let user = user_find(tx, user.id).await?.ok_or_else(|| Error::internal("who signs in is gone"))?;
    let amr = vec![amr_of(method, now)];
    issue(identity, user, session, Aal::One, amr, RefreshToken::issue(session, 0, &key))
}

/// Trades a refresh token for the next pair. A client that did not get the answer may send the same one again; an older
/// one ends the session, because then two hold it. Trouble with the database is `unavailable`, never a refusal, since
/// clients sign people out on a refusal.
pub async fn session_refresh(identity: &Identity, token: &str) -> Result<Tokens> {
    let unknown = || Error::new(codes::REFRESH_TOKEN_NOT_FOUND, "Invalid Refresh Token: Refresh Token Not Found");
    let token = RefreshToken::parse(token).map_err(|_| unknown())?;
    let now = identity.clock.now();
    let mut tx = identity.db.system("refresh a session").begin().await?;
    let row = tx.fetch_optional(store::session_lock(token.session())).await?.ok_or_else(unknown)?;
    let key = open_key(identity, &row)?;
    if !token.verify(&key) || row.not_after.is_some_and(|end| end <= now) {
        return Err(unknown());
    }
    let counter = row.counter.unwrap_or_default();
    let since_last = row.refreshed_at.map(|last| now.duration_since(last));
    let reuse = SignedDuration::from_secs(identity.settings.auth.refresh_reuse_seconds);
    let counter = match decide(token.counter(), counter, since_last, reuse) {
        Rotation::Advance => {
            tx.execute(store::session_advance(row.id, counter + 1, now)).await?;
            counter + 1
        }
        Rotation::Repeat => counter,
        Rotation::Reuse => {
            tx.execute(store::session_delete(row.id)).await?;
            tx.commit().await?;
            identity.verifier.revoke_session(row.id);
            return Err(Error::new(codes::REFRESH_TOKEN_ALREADY_USED, "Invalid Refresh Token: Already Used"));
        }
        Rotation::NotIssued => {
            return Err(Error::new(codes::REFRESH_TOKEN_NOT_FOUND, "Invalid Refresh Token: Not Issued By This Server"));
        }
    };
    let user = user_find(&mut tx, row.user_id).await?.ok_or_else(unknown)?;
    user.admit(now)?;
    let methods = tx.fetch_all(store::method_list(row.id)).await?;
    tx.commit().await?;
    let amr = methods.into_iter().map(|(method, at)| amr_of(&method, at)).collect();
    let aal = if row.aal == "aal2" { Aal::Two } else { Aal::One };
    issue(identity, user, row.id, aal, amr, RefreshToken::issue(row.id, counter, &key))
}

/// Ends sessions. Their access tokens are refused from now on.
pub async fn session_end(identity: &Identity, user: UserId, session: SessionId, scope: Scope) -> Result<()> {
    let query = match scope {
        Scope::Global => store::sessions_delete_all(user),
        Scope::Local => store::sessions_delete_one(user, session),
        Scope::Others => store::sessions_delete_others(user, session),
    };
    let ended = identity.db.system("end sessions").fetch_all(query).await?;
    for (session,) in ended {
        identity.verifier.revoke_session(session);
    }
    Ok(())
}

/// Whether the session still exists.
pub async fn session_alive(db: &Db, session: SessionId, now: Timestamp) -> Result<bool> {
    Ok(db.system("check a session").fetch_optional(store::session_alive(session, now)).await?.is_some())
}

fn open_key(identity: &Identity, row: &SessionRow) -> Result<SessionKey> {
    let sealed = row.sealed_key.as_deref().context_none("a session without a key")?;
    let sealed = STANDARD.decode(sealed).context("decoding a session's key")?;
    let key = identity
        .vault
        .open(Purpose::SessionKey, &sealed, &row.id.to_string())
        .context("opening a session's key; was the master key changed?")?;
    SessionKey::from_slice(&key).context_none("a session's key of another length")
}

fn issue(
    identity: &Identity,
    user: User,
    session: SessionId,
    aal: Aal,
    amr: Vec<Amr>,
    refresh_token: Secret,
) -> Result<Tokens> {
    let issued = identity.clock.now().as_second();
    let expires_in = identity.settings.auth.access_token_seconds;
    let claims = Claims {
        iss: identity.settings.issuer(),
        sub: user.id,
        aud: user.aud.clone(),
        exp: issued + expires_in,
        iat: issued,
        nbf: None,
        email: user.email.clone(),
        phone: user.phone.clone(),
        app_metadata: object(&user.app_metadata),
        user_metadata: object(&user.user_metadata),
        role: user.role.clone(),
        aal,
        amr,
        session_id: session,
        is_anonymous: user.is_anonymous,
        client_id: None,
        scope: None,
    };
    let access_token = identity.verifier.ring().sign(&claims).context("signing an access token")?;
    Ok(Tokens {
        access_token: Secret::new(access_token),
        refresh_token,
        expires_in,
        expires_at: issued + expires_in,
        user,
    })
}

fn amr_of(method: &str, at: Timestamp) -> Amr {
    Amr { method: method.to_owned(), timestamp: at.as_second(), provider: None }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Says what is missing.
trait ContextNone<T> {
    fn context_none(self, what: &'static str) -> Result<T>;
}

impl<T> ContextNone<T> for Option<T> {
    #[track_caller]
    fn context_none(self, what: &'static str) -> Result<T> {
        self.ok_or_else(|| Error::internal(what))
    }
}
