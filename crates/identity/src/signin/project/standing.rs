//! Whether a user of the project may still sign in: bans, deletions and ended sessions, which no token shows.
//!
//! The project is asked at most every half minute for each user and session that sends requests, so its changes take
//! effect here within a minute. While the project does not answer, the last answer is used; without one the request is
//! answered 503.

use std::{
    sync::atomic::{AtomicI64, AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Error, Result, SessionId, UserId};
use freehold_outbound::{HeaderMap, Method, header};
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use serde_json::Value;
use tokio::sync::Semaphore;

use super::{
    Project,
    admin::{credentials, secret_value, send},
    keys::away,
};
use crate::access_token::{Claims, TokenError};

/// How long an answer is used.
const BELIEVED: SignedDuration = SignedDuration::from_secs(30);
/// How soon the project is asked again after it did not answer.
const PATIENCE: SignedDuration = SignedDuration::from_secs(5);
/// Number of failed requests in a row after which the project is not asked for [`PATIENCE`].
const AWAY: u32 = 3;
/// Timeout of a call to the project; a request of the user waits meanwhile.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);
/// Most calls at once.
const AT_ONCE: usize = 16;
/// Most users, and most sessions, that are remembered.
const REMEMBERED: u64 = 100_000;

/// The project's answers about users and sessions.
pub(super) struct Standings {
    users: Cache<UserId, Checked>,
    sessions: Cache<SessionId, Checked>,
    turns: Semaphore,
    /// Until when the project is not asked, in seconds since 1970, because it did not answer.
    quiet_until: AtomicI64,
    /// Number of failed calls in a row.
    unanswered: AtomicU32,
}

/// An answer of the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Good,
    Banned,
    Ended,
}

#[derive(Clone, Copy)]
struct Checked {
    /// None: the project has never answered.
    standing: Option<Standing>,
    /// When the project is asked again.
    due: Timestamp,
}

impl Default for Standings {
    fn default() -> Self {
        Self {
            users: Cache::new(REMEMBERED),
            sessions: Cache::new(REMEMBERED),
            turns: Semaphore::new(AT_ONCE),
            quiet_until: AtomicI64::new(i64::MIN),
            unanswered: AtomicU32::new(0),
        }
    }
}

impl Standings {
    /// The answer for this key. An expired one is fetched again, once for all requests that wait for it.
    async fn of<K: std::hash::Hash + Eq + Copy + Send + Sync + 'static>(
        &self,
        known: &Cache<K, Checked>,
        key: K,
        now: Timestamp,
        ask: impl Future<Output = Result<Standing>> + Send,
    ) -> Result<Standing> {
        let before = known.get(&key).await.and_then(|checked| checked.standing);
        let look = async {
            let later = |by: SignedDuration| now.saturating_add(by).unwrap_or(Timestamp::MAX);
            if self.quiet_until.load(Relaxed) <= now.as_second() {
                // The semaphore is never closed.
                let _turn = self.turns.acquire().await;
                match ask.await {
                    Ok(standing) => {
                        self.unanswered.store(0, Relaxed);
                        return Checked { standing: Some(standing), due: later(BELIEVED) };
                    }
                    // One failed call does not mean that the next one fails.
                    Err(_) if self.unanswered.fetch_add(1, Relaxed) + 1 < AWAY => {}
                    Err(_) => self.quiet_until.store(later(PATIENCE).as_second(), Relaxed),
                }
            }
            Checked { standing: before, due: later(PATIENCE) }
        };
        let checked = known.entry(key).or_insert_with_if(Box::pin(look), |checked| checked.due <= now).await;
        checked.value().standing.ok_or_else(|| away("it did not say whether the user is banned"))
    }
}

impl Project {
    /// Why the user of this verified token may not sign in any more; none: they may.
    pub(crate) async fn standing_check(&self, claims: &Claims, token: &str) -> Result<Option<TokenError>> {
        let session = async {
            let Some(key) = self.settings.public_key.as_ref().or(self.settings.service_key.as_ref()) else {
                return Ok(Standing::Good);
            };
            let ask = async {
                let mut headers = HeaderMap::new();
                headers.insert("apikey", secret_value(key.expose())?);
                headers.insert(header::AUTHORIZATION, secret_value(&format!("Bearer {token}"))?);
                let answer = send(self, headers, Method::GET, "/user", None, ANSWERED_WITHIN).await?;
                session_standing(answer.status, &answer.body, self.clock.now())
            };
            let now = self.clock.now();
            self.standings.of(&self.standings.sessions, claims.session_id, now, ask).await
        };
        let (user, session) = tokio::try_join!(self.user_standing(claims.sub), session)?;
        Ok(match (user, session) {
            (Standing::Good, Standing::Good) => None,
            (Standing::Banned, _) | (_, Standing::Banned) => Some(TokenError::Banned),
            // The project does not know the session of a token that a team signed itself.
            _ if !is_of_auth(token) => None,
            _ => Some(TokenError::Revoked),
        })
    }

    /// Whether the project lets this user sign in. Without the project's service key this is unknown.
    pub(super) async fn user_lives(&self, user: UserId) -> Result<bool> {
        Ok(self.user_standing(user).await? == Standing::Good)
    }

    async fn user_standing(&self, user: UserId) -> Result<Standing> {
        if self.settings.service_key.is_none() {
            return Ok(Standing::Good);
        }
        let ask = async {
            let path = format!("/admin/users/{user}");
            let headers = credentials(self)?;
            let answer = send(self, headers, Method::GET, &path, None, ANSWERED_WITHIN).await?;
            user_standing(answer.status, &answer.body, self.clock.now())
        };
        self.standings.of(&self.standings.users, user, self.clock.now(), ask).await
    }
}

/// Whether Supabase Auth issued this verified token: all of its tokens have these claims, also with a hook.
fn is_of_auth(token: &str) -> bool {
    let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok());
    let claims: Option<Value> = payload.and_then(|payload| serde_json::from_slice(&payload).ok());
    claims.is_some_and(|claims| ["aal", "email", "is_anonymous", "phone"].iter().all(|name| claims.get(name).is_some()))
}

/// Parses an answer to `GET /admin/users/{id}`.
fn user_standing(status: u16, body: &[u8], now: Timestamp) -> Result<Standing> {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    match (status, body) {
        (200, Some(user)) => Ok(standing_of(&user, now)),
        // The gateway's own 404 has no code.
        (404, Some(problem)) if code_of(&problem).is_some() => Ok(Standing::Ended),
        (status, _) => Err(away(format!("asked for a user, it answers {status}"))),
    }
}

/// Parses an answer to `GET /user`.
fn session_standing(status: u16, body: &[u8], now: Timestamp) -> Result<Standing> {
    let body: Option<Value> = serde_json::from_slice(body).ok();
    let code = body.as_ref().and_then(code_of);
    match (status, body, code.as_deref()) {
        (200, Some(user), _) => Ok(standing_of(&user, now)),
        (400..500, _, Some("user_banned")) => Ok(Standing::Banned),
        (400..500, _, Some("session_not_found" | "session_expired" | "user_not_found" | "bad_jwt")) => {
            Ok(Standing::Ended)
        }
        // A key that the gateway rejects says nothing about the user.
        (status, ..) => Err(away(format!("asked for a session, it answers {status}"))),
    }
}

fn code_of(problem: &Value) -> Option<String> {
    ["error_code", "code"].iter().find_map(|name| problem.get(name)?.as_str()).map(str::to_owned)
}

fn standing_of(user: &Value, now: Timestamp) -> Standing {
    let time = |name: &str| user.get(name)?.as_str()?.parse::<Timestamp>().ok();
    if time("banned_until").is_some_and(|until| until > now) {
        Standing::Banned
    } else if time("deleted_at").is_some() {
        Standing::Ended
    } else {
        Standing::Good
    }
}

/// Checks that the project lets this user sign in.
///
/// # Errors
/// `unauthenticated` when the user is banned or deleted there; `unavailable` when the project has never answered.
pub async fn user_check(project: &Project, user: UserId) -> Result<()> {
    if project.user_lives(user).await? {
        return Ok(());
    }
    Err(Error::new(freehold_core::codes::UNAUTHENTICATED, "The user is banned or was deleted. Ask the operator."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_a_project_say_who_may_come_in() {
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().unwrap();
        let user = |status, body: &str| user_standing(status, body.as_bytes(), now).ok();
        let session = |status, body: &str| session_standing(status, body.as_bytes(), now).ok();
        let banned = r#"{"id":"1","banned_until":"2026-11-30T12:00:00.5Z"}"#;
        assert_eq!((user(200, banned), session(200, banned)), (Some(Standing::Banned), Some(Standing::Banned)));
        for good in [r#"{"id":"1"}"#, r#"{"banned_until":"2026-11-28T12:00:00Z"}"#, r#"{"banned_until":null}"#] {
            assert_eq!((user(200, good), session(200, good)), (Some(Standing::Good), Some(Standing::Good)), "{good}");
        }
        assert_eq!(user(200, r#"{"deleted_at":"2026-11-28T12:00:00Z"}"#), Some(Standing::Ended));
        assert_eq!(
            user(404, r#"{"code":404,"error_code":"user_not_found","msg":"User not found"}"#),
            Some(Standing::Ended)
        );
        assert_eq!(session(403, r#"{"code":403,"error_code":"session_not_found"}"#), Some(Standing::Ended));
        assert_eq!(session(403, r#"{"code":"user_banned","message":"User is banned"}"#), Some(Standing::Banned));
        // An answer that says nothing about the user changes nothing.
        for (status, body) in [(401, r#"{"message":"Invalid API key"}"#), (404, "no such route"), (502, ""), (200, "x")]
        {
            assert_eq!((user(status, body), session(status, body)), (None, None), "{status} {body}");
        }
    }
}
