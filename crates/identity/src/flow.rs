//! Sign-ins that are under way: a browser was sent off, to its mailbox or to a provider, and comes back.
//!
//! In the PKCE flow (RFC 7636) it comes back with a code, which only who began the sign-in can trade for a session: he
//! holds the verifier of which we were shown the digest.

mod store;

use aws_lc_rs::{constant_time, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{Error, Result, Secret, UserId, codes as core_codes};
use freehold_db::{SystemTx, row};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

pub use store::STATEMENTS;

use crate::{Identity, Realm, codes, sha256_hex};

/// How long a code is good once the browser has it.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// What who begins a sign-in shows of his verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    method: ChallengeMethod,
    value: String,
}

/// How a challenge is made of its verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ChallengeMethod {
    S256,
    Plain,
}

impl Challenge {
    /// Reads the two fields of a request; both absent or null: the implicit flow.
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
        // Some clients pad what they encode.
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

/// A sign-in to be begun.
#[derive(Clone, Debug)]
pub struct NewFlow {
    /// Within what the address is unique.
    pub realm: Realm,
    /// For the PKCE flow; none: the implicit flow.
    pub challenge: Option<Challenge>,
    /// Where the browser goes: `email`, or the provider.
    pub provider: String,
    /// How the person will have shown who he is: `magiclink`, `recovery`, `oauth`, … The session says so.
    pub method: String,
    /// Whose sign-in it is, where that is known.
    pub user: Option<UserId>,
    /// Whom the identity is to be added to, when somebody signed in asks for it.
    pub linking: Option<UserId>,
    /// Where the browser goes in the end; already checked.
    pub redirect_to: Option<String>,
    /// What the provider has to answer to, sealed by the caller.
    pub sealed: Option<Vec<u8>>,
}

row! {
    /// A sign-in that is under way.
    #[derive(Clone, Debug)]
    pub struct Flow {
        /// Which; a provider gives it back as `state`.
        pub id: Uuid,
        /// Within what the address is unique.
        pub realm: Realm,
        /// Whose, where that is known.
        pub user_id: Option<UserId>,
        /// `s256` or `plain`; none: the implicit flow.
        pub challenge_method: Option<String>,
        /// The challenge; none: the implicit flow.
        pub challenge: Option<String>,
        /// `email`, or the provider.
        pub provider: String,
        /// As [`NewFlow::method`].
        pub method: String,
        /// As [`NewFlow::linking`].
        pub linking: Option<UserId>,
        /// As [`NewFlow::redirect_to`].
        pub redirect_to: Option<String>,
        /// As [`NewFlow::sealed`].
        pub sealed: Option<Vec<u8>>,
        /// What the provider gave for its own interface, sealed, in base64.
        pub provider_token: Option<String>,
        /// With what that is renewed, sealed, in base64.
        pub provider_refresh_token: Option<String>,
        /// When it was begun.
        pub created_at: Timestamp,
        /// When the browser was given its code.
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

    /// Whether the browser is to come back with a code.
    pub fn is_pkce(&self) -> bool {
        self.challenge.is_some()
    }
}

/// Begins a sign-in; the answer names it.
pub async fn flow_begin(identity: &Identity, tx: &mut SystemTx, new: NewFlow) -> Result<Uuid> {
    let id = identity.ids.next::<()>().uuid();
    let method = new.challenge.as_ref().map(|challenge| challenge.method_name().to_owned());
    let challenge = new.challenge.map(|challenge| challenge.value);
    tx.execute(store::flow_insert(
        id,
        new.realm,
        new.user,
        method,
        challenge,
        new.provider,
        new.method,
        new.linking,
        new.redirect_to,
        new.sealed,
        identity.clock.now(),
    ))
    .await?;
    Ok(id)
}

/// The sign-in of this id, kept from being finished twice. How old it may be is the caller's to say.
pub async fn flow_lock(tx: &mut SystemTx, id: Uuid) -> Result<Option<Flow>> {
    tx.fetch_optional(store::flow_lock(id)).await
}

/// Forgets a sign-in.
pub async fn flow_end(tx: &mut SystemTx, id: Uuid) -> Result<()> {
    tx.execute(store::flow_delete(id)).await.map(drop)
}

/// The code with which the browser comes back: the person has shown who he is.
pub async fn flow_code(identity: &Identity, tx: &mut SystemTx, id: Uuid, user: UserId) -> Result<Secret> {
    let code = Uuid::from_bytes(identity.random.bytes()).to_string();
    tx.execute(store::flow_code_set(id, user, &code_digest(&code), identity.clock.now())).await?;
    Ok(Secret::new(code))
}

/// The sign-in that a code and its verifier finish. It is gone afterwards.
///
/// # Errors
/// `flow_state_not_found`, `flow_state_expired` (five minutes after the browser got the code), `bad_code_verifier`.
pub async fn flow_redeem(identity: &Identity, tx: &mut SystemTx, code: &str, verifier: &str) -> Result<Flow> {
    let unknown = || Error::new(codes::FLOW_STATE_NOT_FOUND, "invalid flow state, no valid flow state found");
    let flow = tx.fetch_optional(store::flow_lock_by_code(&code_digest(code))).await?.ok_or_else(unknown)?;
    let (Some(issued), Some(challenge)) = (flow.code_issued_at, flow.challenge()) else { return Err(unknown()) };
    if identity.clock.now().duration_since(issued) > CODE_LIFE {
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
