//! The accounts of operators. Only the server's command line creates and changes them.

pub mod set_up;
pub mod sign_in;
mod store;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use freehold_core::{EmailAddress, Error, OperatorId, OptionExt, Random, Result, Secret, codes};
use freehold_db::{Db, OnConstraint, SystemTx, row};
use freehold_vault::Vault;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub use store::STATEMENTS;

use crate::{
    entry::{NewEntry, entry_note},
    impersonation::impersonations_end_of,
    purposes::SET_UP,
    role::OperatorRole,
    session::{Proven, sessions_end_of},
};

/// How long a new operator has to set up the account.
pub const SET_UP_LIFE: SignedDuration = SignedDuration::from_hours(24);
/// The beginning of a set-up token.
const SET_UP_PREFIX: &str = "fhs_";

row! {
    /// The account of an operator.
    #[derive(Clone, Debug)]
    pub struct Operator {
        /// Id of the operator.
        pub operator_id: OperatorId,
        /// E-mail address with which they sign in, in lower case.
        pub email: String,
        /// `admin` or `support`.
        pub role: String,
        /// When the account was created, UTC.
        pub created_at: Timestamp,
        /// When the operator was disabled, UTC; none: they are not.
        pub disabled_at: Option<Timestamp>,
        /// Expiry of the token with which they set up the account, UTC; none: the account is set up.
        pub set_up_expires_at: Option<Timestamp>,
        /// When they signed in last, UTC; none: never.
        pub signed_in_at: Option<Timestamp>,
    }
}

row! {
    /// The secrets of an operator's account.
    pub(crate) struct Account {
        pub(crate) operator_id: OperatorId,
        pub(crate) email: String,
        pub(crate) role: String,
        pub(crate) password_hash: Option<Secret>,
        pub(crate) totp_secret: Option<String>,
        pub(crate) totp_step: Option<i64>,
        pub(crate) set_up_expires_at: Option<Timestamp>,
        pub(crate) disabled_at: Option<Timestamp>,
    }
}

impl Account {
    /// Whether the operator may sign in, once password and code are right.
    pub(crate) fn is_open(&self) -> bool {
        self.disabled_at.is_none() && self.set_up_expires_at.is_none()
    }

    /// The operator, after password and code were right.
    fn proven(self) -> Result<Proven> {
        Ok(Proven { operator: self.operator_id, role: self.role.parse()?, email: self.email })
    }
}

/// The secrets with which tokens are made.
#[derive(Clone, Copy)]
pub struct TokenSource<'a> {
    /// Computes digests.
    pub vault: &'a Vault,
    /// The random source.
    pub random: &'a Random,
}

/// Creates an account; returns the token with which its operator sets it up, which is shown once.
///
/// # Errors
/// `validation_failed` for an address that is none; `conflict` when an operator has it.
pub async fn operator_create(
    tx: &mut SystemTx,
    source: TokenSource<'_>,
    email: &str,
    role: OperatorRole,
) -> Result<Secret> {
    let email = EmailAddress::parse(email).map_err(|error| Error::invalid("/email", error.to_string()))?.into_string();
    let (token, digest, expires_at) = set_up_token(tx, source);
    let id: OperatorId = tx.id();
    let insert = store::operator_insert(id, &email, role.name(), &digest, expires_at);
    tx.execute(insert).await.on_constraint("operators_email_key", || {
        Error::new(codes::CONFLICT, "An operator has this address. `freehold operator list` shows all of them.")
    })?;
    entry_note(tx, NewEntry::new("operator.created", id).detail(json!({ "email": email, "role": role }))).await?;
    Ok(token)
}

/// All operators, in the order of their addresses; at most 1,000.
pub async fn operator_list(db: &Db) -> Result<Vec<Operator>> {
    db.system("list operators").fetch_all(store::operator_list()).await
}

/// Disables an operator: their sessions end at once, those in organizations too.
///
/// # Errors
/// `not_found`.
pub async fn operator_disable(tx: &mut SystemTx, email: &str) -> Result<()> {
    let (id, _) = operator_named(tx, email).await?;
    tx.execute(store::operator_disable(id)).await?;
    sessions_end_of(tx, id).await?;
    impersonations_end_of(tx, id, "the operator was disabled").await?;
    entry_note(tx, NewEntry::new("operator.disabled", id)).await
}

/// Lets an operator set up the account anew: password and second factor are void, and all sessions end. Returns the
/// token for it, which is shown once.
///
/// # Errors
/// `not_found`; `conflict` for a disabled operator.
pub async fn operator_reset_factor(tx: &mut SystemTx, source: TokenSource<'_>, email: &str) -> Result<Secret> {
    let (id, disabled_at) = operator_named(tx, email).await?;
    if disabled_at.is_some() {
        let message = "The operator is disabled. `freehold operator enable` lets them set up the account anew.";
        return Err(Error::new(codes::CONFLICT, message));
    }
    impersonations_end_of(tx, id, "the operator's second factor was reset").await?;
    set_up_anew(tx, source, id, "operator.factor_reset").await
}

/// Enables a disabled operator, who sets up the account anew. Returns the token for it, which is shown once.
///
/// # Errors
/// `not_found`; `conflict` for an operator who is not disabled.
pub async fn operator_enable(tx: &mut SystemTx, source: TokenSource<'_>, email: &str) -> Result<Secret> {
    let (id, disabled_at) = operator_named(tx, email).await?;
    if disabled_at.is_none() {
        return Err(Error::new(codes::CONFLICT, "The operator is not disabled."));
    }
    set_up_anew(tx, source, id, "operator.enabled").await
}

async fn set_up_anew(
    tx: &mut SystemTx,
    source: TokenSource<'_>,
    id: OperatorId,
    action: &'static str,
) -> Result<Secret> {
    let (token, digest, expires_at) = set_up_token(tx, source);
    tx.execute(store::operator_reset(id, &digest, expires_at)).await?;
    sessions_end_of(tx, id).await?;
    entry_note(tx, NewEntry::new(action, id)).await?;
    Ok(token)
}

/// The operator with this address, locked, and when they were disabled.
async fn operator_named(tx: &mut SystemTx, email: &str) -> Result<(OperatorId, Option<Timestamp>)> {
    tx.fetch_optional(store::operator_named(&email.trim().to_lowercase())).await?.or_not_found("operator")
}

/// The digest by which the account of a set-up token is found; with each master key.
fn set_up_digests(vault: &Vault, token: &str) -> Vec<Vec<u8>> {
    vault.macs(SET_UP, token.trim().as_bytes()).map(Vec::from).collect()
}

/// A new token, its digest and its expiry.
fn set_up_token(tx: &SystemTx, TokenSource { vault, random }: TokenSource<'_>) -> (Secret, Vec<u8>, Timestamp) {
    let token = format!("{SET_UP_PREFIX}{}", URL_SAFE_NO_PAD.encode(random.bytes::<32>()));
    let digest = vault.mac(SET_UP, token.as_bytes()).to_vec();
    (Secret::new(token), digest, tx.now().saturating_add(SET_UP_LIFE).unwrap_or(Timestamp::MAX))
}
