//! The pages' calls to a project on a visitor's behalf, with its public key: sign-in with a password, sign-up,
//! recovery.

use std::{sync::Arc, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use freehold_core::{Error, Result, Secret, codes as core_codes};
use freehold_outbound::{Answer, HeaderMap, Method, header};
use moka::future::Cache;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Project,
    admin::{secret_value, send},
    keys::away,
};
use crate::codes;

/// Timeout of a call to the project.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);
/// How long the result of exchanging a refresh token is remembered, for requests that a browser sends at the same
/// moment.
const REFRESHED: Duration = Duration::from_secs(10);

/// A session at the project.
#[derive(Clone, Debug, Deserialize)]
pub struct ProjectSession {
    /// Access token for the `Authorization` header, valid until `expires_at`.
    pub access_token: Secret,
    /// Refresh token to exchange for the next pair.
    pub refresh_token: Secret,
    /// Lifetime of the access token in seconds.
    pub expires_in: i64,
    /// Expiry of the access token, in seconds since 1970.
    #[serde(default)]
    pub expires_at: i64,
    #[serde(default)]
    user: Value,
}

impl ProjectSession {
    /// Whether its user has a second factor.
    pub fn has_factor(&self) -> bool {
        let factors = self.user.get("factors").and_then(Value::as_array);
        factors.is_some_and(|factors| factors.iter().any(|factor| factor["status"] == "verified"))
    }
}

/// Sessions that refresh tokens were exchanged for a moment ago, by the tokens' digests.
pub(super) struct Refreshed(Cache<[u8; 32], ProjectSession>);

impl Default for Refreshed {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(REFRESHED).build())
    }
}

/// Signs in with an address and a password.
///
/// # Errors
/// `invalid_credentials`, `email_not_confirmed`, `user_banned`, `over_request_rate_limit`, `validation_failed` for
/// everything else that the project rejects, and `unavailable` when it does not answer.
pub async fn project_sign_in(project: &Project, email: &str, password: &Secret) -> Result<ProjectSession> {
    let body = json!({ "email": email, "password": password.expose() });
    session(project, &post(project, "/token?grant_type=password", None, &body).await?)
}

/// Creates an account; none: the project sends a mail first.
///
/// # Errors
/// As [`project_sign_in`], and `user_already_exists`, `signup_disabled`.
pub async fn project_sign_up(project: &Project, email: &str, password: &Secret) -> Result<Option<ProjectSession>> {
    let body = json!({ "email": email, "password": password.expose() });
    let answer = post(project, "/signup", None, &body).await?;
    let read: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if read.get("access_token").is_some() { session(project, &answer).map(Some) } else { Ok(None) }
}

/// Sends a mail to choose a new password, if there is an account with this address.
///
/// # Errors
/// As [`project_sign_in`].
pub async fn project_recover(project: &Project, email: &str) -> Result<()> {
    post(project, "/recover", None, &json!({ "email": email })).await.map(drop)
}

/// Exchanges a refresh token for the next session. Requests with the same token at the same moment get the same
/// session.
///
/// # Errors
/// `unauthenticated` when the session has ended there; `unavailable` when the project does not answer.
pub async fn project_refresh(project: &Project, refresh_token: &Secret) -> Result<ProjectSession> {
    let mut place = [0; 32];
    place.copy_from_slice(digest(&SHA256, refresh_token.expose().as_bytes()).as_ref());
    let refresh = async {
        let body = json!({ "refresh_token": refresh_token.expose() });
        let answer = post(project, "/token?grant_type=refresh_token", None, &body).await.map_err(|error| {
            let ended = error.code().status < 500 && error.code().status != 429;
            let over = |error| {
                Error::new(core_codes::UNAUTHENTICATED, "The session has ended. Sign in again.").caused_by(error)
            };
            if ended { over(error) } else { error }
        })?;
        session(project, &answer)
    };
    let found = project.refreshed.0.try_get_with(place, Box::pin(refresh)).await;
    found.map_err(|error: Arc<Error>| error.shared())
}

/// Ends the session of this access token at the project.
///
/// # Errors
/// As [`project_sign_in`].
pub async fn project_sign_out(project: &Project, access_token: &Secret) -> Result<()> {
    post(project, "/logout?scope=local", Some(access_token), &json!({})).await.map(drop)
}

async fn post(project: &Project, path: &str, bearer: Option<&Secret>, body: &Value) -> Result<Answer> {
    let missing =
        || Error::new(codes::FEATURE_DISABLED, "SUPABASE_PUBLISHABLE_KEY is not set, so pages cannot sign in.");
    let key = project.settings.public_key.as_ref().ok_or_else(missing)?;
    let mut headers = HeaderMap::new();
    headers.insert("apikey", secret_value(key.expose())?);
    if let Some(token) = bearer {
        headers.insert(header::AUTHORIZATION, secret_value(&format!("Bearer {}", token.expose()))?);
    }
    let answer = send(project, headers, Method::POST, path, Some(body), ANSWERED_WITHIN).await?;
    if (200..300).contains(&answer.status) { Ok(answer) } else { Err(refusal(answer.status, &answer.body)) }
}

fn session(project: &Project, answer: &Answer) -> Result<ProjectSession> {
    // The parser's error is dropped, because it may quote the tokens.
    let session: ProjectSession =
        serde_json::from_slice(&answer.body).map_err(|_| away("its answer to a sign-in is no session"))?;
    let ends = project.clock.now().as_second().saturating_add(session.expires_in);
    Ok(ProjectSession { expires_at: if session.expires_at > 0 { session.expires_at } else { ends }, ..session })
}

/// The project's rejection as one of Freehold's error codes.
fn refusal(status: u16, body: &[u8]) -> Error {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| body.get(name)?.as_str());
    let code = text(&["error_code", "code", "error"]).unwrap_or_default().to_owned();
    let said = text(&["msg", "message", "error_description"]).unwrap_or("The sign-in service refused this.").to_owned();
    let known = match code.as_str() {
        "invalid_credentials" | "invalid_grant" => codes::INVALID_CREDENTIALS,
        "email_not_confirmed" => codes::EMAIL_NOT_CONFIRMED,
        "user_banned" => codes::USER_BANNED,
        "user_already_exists" | "email_exists" => codes::USER_ALREADY_EXISTS,
        "signup_disabled" | "email_provider_disabled" => codes::SIGNUP_DISABLED,
        "weak_password" => core_codes::VALIDATION_FAILED,
        _ if status == 429 => codes::OVER_REQUEST_RATE_LIMIT,
        // Its gateway, which checks the public key, uses no code and another field for its message.
        "" if (status == 401 || status == 403) && text(&["msg", "error_description"]).is_none() => {
            return Error::internal(format!("the project refuses SUPABASE_PUBLISHABLE_KEY: {said}"));
        }
        _ if status >= 500 => return away(format!("the project answers {status}")),
        _ => core_codes::VALIDATION_FAILED,
    };
    Error::new(known, said)
}
