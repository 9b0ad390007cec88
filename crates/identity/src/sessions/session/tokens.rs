//! The tokens that a client gets when it signs in, refreshes, or uses a second factor.

use base64::{Engine, engine::general_purpose::STANDARD};
use freehold_core::{Context, Error, Result, Secret, SessionId};
use freehold_vault::Vault;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{SessionRow, Sessions};
use crate::{
    Base,
    access_token::{Aal, Amr, Claims},
    purposes::SESSION_KEY,
    refresh_token::SessionKey,
    user::User,
    ways::Ways,
};

/// The tokens that a client gets when it signs in or refreshes.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Access token for the `Authorization` header, valid until `expires_at`.
    pub access_token: Secret,
    /// Refresh token to exchange for the next pair.
    pub refresh_token: Secret,
    /// Lifetime of the access token in seconds.
    pub expires_in: i64,
    /// Expiry of the access token, in seconds since 1970.
    pub expires_at: i64,
    /// The user who signed in.
    pub user: User,
    /// The user's sign-in methods, if they were read already.
    pub ways: Option<Ways>,
}

/// Signs an access token, and adds this refresh token.
pub(super) fn issue(
    sessions: &Sessions,
    user: User,
    session: SessionId,
    aal: Aal,
    amr: Vec<Amr>,
    refresh_token: Secret,
) -> Result<Tokens> {
    let issued = sessions.base.db.clock().now().as_second();
    let expires_in = sessions.base.settings.auth.access_token_seconds;
    let claims = Claims {
        iss: sessions.base.settings.issuer(),
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
    let access_token = sessions.verifier.ring().sign(&claims).context("signing an access token")?;
    Ok(Tokens {
        access_token: Secret::new(access_token),
        refresh_token,
        expires_in,
        expires_at: issued + expires_in,
        user,
        ways: None,
    })
}

/// A session's key, sealed for storing.
pub(super) fn seal_key(base: &Base, session: SessionId, key: &SessionKey) -> String {
    let Base { vault, random, .. } = base;
    STANDARD.encode(vault.seal(SESSION_KEY, key.expose(), &session.to_string(), random))
}

/// The key that the session's refresh tokens are authenticated with.
pub(super) fn open_key(vault: &Vault, row: &SessionRow) -> Result<SessionKey> {
    let sealed = row.sealed_key.as_deref().context_none("a session without a key")?;
    let sealed = STANDARD.decode(sealed).context("decoding a session's key")?;
    let key = vault
        .open(SESSION_KEY, &sealed, &row.id.to_string())
        .context("opening a session's key; was the master key changed?")?;
    SessionKey::from_slice(&key).context_none("a session's key of another length")
}

/// An authentication method that the user has used.
pub(super) fn amr_of(method: &str, at: Timestamp) -> Amr {
    Amr { method: method.to_owned(), timestamp: at.as_second(), provider: None }
}

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

/// Turns a missing value into an error that names it.
trait ContextNone<T> {
    fn context_none(self, what: &'static str) -> Result<T>;
}

impl<T> ContextNone<T> for Option<T> {
    #[track_caller]
    fn context_none(self, what: &'static str) -> Result<T> {
        self.ok_or_else(|| Error::internal(what))
    }
}
