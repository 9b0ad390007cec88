//! Sign-ins in progress: the browser was sent away, to a mailbox or to a provider, and returns.
//!
//! In the PKCE flow (RFC 7636) it returns with a code. Only the client that started the sign-in can exchange the code
//! for a session, because it has the verifier whose digest it sent at the start.

mod store;

use aws_lc_rs::{constant_time, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Error, Random, Result, Secret, UserId, codes as core_codes};
use freehold_db::{SystemTx, row};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{Realm, codes, sha256_hex};

/// Lifetime of a code once the browser has it.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// The challenge that a client sends when it starts a sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    method: ChallengeMethod,
    value: String,
}

/// How the challenge is computed from its verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChallengeMethod {
    S256,
    Plain,
}

impl Challenge {
    /// Parses the two fields of a request; both absent or null: the implicit flow.
    ///
    /// # Errors
    /// `validation_failed`: one without the other, another method, or not 43 to 128 letters, digits and `-._~`.
    pub fn parse(challenge: Option<&str>, method: Option<&str>) -> Result<Option<Self>> {
        let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let invalid = |message: &str| Error::new(core_codes::VALIDATION_FAILED, message.to_owned());
        let (value, method) = match (given(challenge), given(method)) {
            (None, None) => return Ok(None),
            (Some(value), Some(method)) => (value, method),
            _ => {
                return Err(invalid("PKCE flow requires code_challenge_method and code_challenge to be set"));
            }
        };
        let method = if method.eq_ignore_ascii_case("s256") {
            ChallengeMethod::S256
        } else if method.eq_ignore_ascii_case("plain") {
            ChallengeMethod::Plain
        } else {
            return Err(invalid("code challenge method not supported"));
        };
        if !(43..=128).contains(&value.len()) {
            return Err(invalid("code challenge has to be between 43 and 128 characters"));
        }
        if !value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)) {
            return Err(invalid(
                "code challenge can only contain alphanumeric characters, hyphens, periods, underscores and tildes",
            ));
        }
        Ok(Some(Self { method, value }))
    }

    /// Whether this is the challenge of `verifier`.
    fn matches(&self, verifier: &str) -> bool {
        let made = match self.method {
            ChallengeMethod::Plain => verifier.to_owned(),
            ChallengeMethod::S256 => URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.as_bytes())),
        };
        // Some clients add Base64 padding.
        let shown = self.value.trim_end_matches('=');
        constant_time::verify_slices_are_equal(made.as_bytes(), shown.as_bytes()).is_ok()
    }

    const fn method_name(&self) -> &'static str {
        match self.method {
            ChallengeMethod::S256 => "s256",
            ChallengeMethod::Plain => "plain",
        }
    }
}

/// A sign-in to start.
#[derive(Clone, Debug)]
pub struct NewFlow {
    /// The realm in which the address is unique.
    pub realm: Realm,
    /// Challenge of the PKCE flow; none: the implicit flow.
    pub challenge: Option<Challenge>,
    /// Where the browser goes: `email`, or the provider's name.
    pub provider: String,
    /// Authentication method that the session will name: `magiclink`, `recovery`, `oauth`, …
    pub method: String,
    /// The user who signs in, if known.
    pub user: Option<UserId>,
    /// The signed-in user to link the external identity to; none: an ordinary sign-in.
    pub linking: Option<UserId>,
    /// Where the browser finally goes; already checked.
    pub redirect_to: Option<String>,
    /// Secrets needed to check the provider's answer, sealed by the caller.
    pub sealed: Option<Vec<u8>>,
}

row! {
    /// A sign-in in progress.
    #[derive(Clone, Debug)]
    pub struct Flow {
        /// Id of the sign-in; a provider returns it as `state`.
        pub id: Uuid,
        /// The realm in which the address is unique.
        pub realm: Realm,
        /// The user who signs in, if known.
        pub user_id: Option<UserId>,
        /// `s256` or `plain`; none: the implicit flow.
        pub challenge_method: Option<String>,
        /// The challenge; none: the implicit flow.
        pub challenge: Option<String>,
        /// `email`, or the provider's name.
        pub provider: String,
        /// As [`NewFlow::method`].
        pub method: String,
        /// As [`NewFlow::linking`].
        pub linking: Option<UserId>,
        /// As [`NewFlow::redirect_to`].
        pub redirect_to: Option<String>,
        /// As [`NewFlow::sealed`].
        pub sealed: Option<Vec<u8>>,
        /// The provider's access token for its own API, sealed, in base64.
        pub provider_token: Option<String>,
        /// The provider's refresh token, sealed, in base64.
        pub provider_refresh_token: Option<String>,
        /// When the sign-in was started.
        pub created_at: Timestamp,
        /// When the browser was given its code; none: it has none yet.
        pub code_issued_at: Option<Timestamp>,
    }
}

impl Flow {
    fn challenge(&self) -> Option<Challenge> {
        let method = match self.challenge_method.as_deref()? {
            "plain" => ChallengeMethod::Plain,
            _ => ChallengeMethod::S256,
        };
        Some(Challenge { method, value: self.challenge.clone()? })
    }

    /// Whether the browser returns with a code.
    pub fn is_pkce(&self) -> bool {
        self.challenge.is_some()
    }
}

/// Starts a sign-in and returns its id.
pub async fn flow_begin(tx: &mut SystemTx, new: NewFlow) -> Result<Uuid> {
    let id = tx.id::<()>().uuid();
    let method = new.challenge.as_ref().map(|challenge| challenge.method_name().to_owned());
    let challenge = new.challenge.map(|challenge| challenge.value);
    tx.execute(store::flow_insert(store::FlowRow {
        id,
        realm: new.realm,
        user: new.user,
        challenge_method: method,
        challenge,
        provider: new.provider,
        method: new.method,
        linking: new.linking,
        redirect_to: new.redirect_to,
        sealed: new.sealed,
    }))
    .await?;
    Ok(id)
}

/// The sign-in with this id, locked so that it cannot be finished twice. The caller checks its age.
pub async fn flow_lock(tx: &mut SystemTx, id: Uuid) -> Result<Option<Flow>> {
    tx.fetch_optional(store::flow_lock(id)).await
}

/// Deletes a sign-in.
pub async fn flow_end(tx: &mut SystemTx, id: Uuid) -> Result<()> {
    tx.execute(store::flow_delete(id)).await.map(drop)
}

/// Creates the code with which the browser returns, once the user has authenticated.
pub async fn flow_code(random: &Random, tx: &mut SystemTx, id: Uuid, user: UserId) -> Result<Secret> {
    let code = Uuid::from_bytes(random.bytes()).to_string();
    tx.execute(store::flow_code_set(id, user, &code_digest(&code))).await?;
    Ok(Secret::new(code))
}

/// Returns the sign-in that the code and its verifier finish, and deletes it.
///
/// # Errors
/// `flow_state_not_found`, `flow_state_expired` (five minutes after the browser got the code), `bad_code_verifier`.
pub async fn flow_redeem(tx: &mut SystemTx, code: &str, verifier: &str) -> Result<Flow> {
    let unknown = || Error::new(codes::FLOW_STATE_NOT_FOUND, "invalid flow state, no valid flow state found");
    let flow = tx.fetch_optional(store::flow_lock_by_code(&code_digest(code))).await?.ok_or_else(unknown)?;
    let (Some(issued), Some(challenge)) = (flow.code_issued_at, flow.challenge()) else { return Err(unknown()) };
    if tx.now().duration_since(issued) > CODE_LIFE {
        return Err(Error::new(codes::FLOW_STATE_EXPIRED, "invalid flow state, flow state has expired"));
    }
    if !challenge.matches(verifier) {
        return Err(Error::new(
            codes::BAD_CODE_VERIFIER,
            "code challenge does not match previously saved code verifier",
        ));
    }
    tx.execute(store::flow_delete(flow.id)).await?;
    Ok(flow)
}

fn code_digest(code: &str) -> String {
    sha256_hex(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_that_of_its_verifier() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let read = |challenge, method| Challenge::parse(Some(challenge), Some(method));
        assert!(read(challenge, "S256").unwrap().unwrap().matches(verifier));
        assert!(!read(challenge, "plain").unwrap().unwrap().matches(verifier));
        assert!(read(verifier, "plain").unwrap().unwrap().matches(verifier));
        assert_eq!(Challenge::parse(None, Some("")).unwrap(), None);
        for (challenge, method) in [(challenge, ""), (challenge, "md5"), ("short", "s256"), (&*"ä".repeat(30), "s256")]
        {
            assert!(read(challenge, method).is_err(), "{challenge} {method}");
        }
    }
}
