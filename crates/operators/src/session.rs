//! Sessions of operators. A session lasts a working day, is not renewed, and ends at once when the operator signs out or
//! is disabled.

mod store;

use freehold_core::{Error, OperatorId, Result, Secret, SessionId, codes};
use freehold_db::{Db, SystemTx, row};
use freehold_identity::{limit::operator_place, session::Client};
use jiff::{SignedDuration, Timestamp};

pub use store::STATEMENTS;

use crate::{
    OperatorRole, Operators,
    entry::{NewEntry, entry_note},
    purposes::SESSION,
    token::TokenForm,
};

/// How long a session lasts.
pub const LIFE: SignedDuration = SignedDuration::from_hours(8);
/// How long a session is remembered after its beginning, for the networks that an operator is known to use.
const KEPT: SignedDuration = SignedDuration::from_hours(180 * 24);
/// The form of a session's token.
const TOKEN: TokenForm = TokenForm { prefix: "fho_", purpose: SESSION };

/// An operator who has just signed in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Token of the session, for the `Authorization` header.
    pub token: Secret,
    /// When the session ends, UTC.
    pub expires_at: Timestamp,
    /// Id of the operator.
    pub operator: OperatorId,
    /// E-mail address of the operator.
    pub email: String,
    /// Role of the operator.
    pub role: OperatorRole,
}

/// An operator with a running session.
#[derive(Clone, Debug)]
pub struct ActiveOperator {
    /// Id of the operator.
    pub id: OperatorId,
    /// E-mail address of the operator.
    pub email: String,
    /// Role of the operator.
    pub role: OperatorRole,
    /// Id of the session.
    pub session: SessionId,
    /// When the session ends, UTC.
    pub expires_at: Timestamp,
}

impl ActiveOperator {
    /// Succeeds for administrators among the operators.
    ///
    /// # Errors
    /// `permission_denied`.
    pub fn allow_admin(&self) -> Result<()> {
        match self.role {
            OperatorRole::Admin => Ok(()),
            OperatorRole::Support => {
                let message = "The role support does not include this. Ask an operator with the role admin.";
                Err(Error::new(codes::PERMISSION_DENIED, message))
            }
        }
    }
}

row! {
    struct SessionRow {
        operator_id: OperatorId,
        email: String,
        role: String,
        expires_at: Timestamp,
    }
}

/// An operator whose password and code were right.
pub(crate) struct Proven {
    pub(crate) operator: OperatorId,
    pub(crate) email: String,
    pub(crate) role: OperatorRole,
}

/// Opens a session in the transaction that has checked password and code.
pub(crate) async fn session_open(
    operators: &Operators,
    tx: &mut SystemTx,
    proven: Proven,
    client: &Client,
) -> Result<SignedIn> {
    let Proven { operator, email, role } = proven;
    let session: SessionId = tx.id();
    let expires_at = tx.now().saturating_add(LIFE).unwrap_or(Timestamp::MAX);
    let place = operator_place(&operators.base.vault, &email, client).map(Vec::from);
    let insert = store::session_insert(session, operator, expires_at, place, client.address(), client.agent());
    tx.execute(insert).await?;
    let token = TOKEN.write(&operators.base.vault, session);
    Ok(SignedIn { token, expires_at, operator, email, role })
}

/// The operator whose session has this token.
///
/// # Errors
/// `unauthenticated`.
pub async fn session_find(operators: &Operators, token: &str) -> Result<ActiveOperator> {
    let invalid = || {
        let message = "Send the token of an operator's session: Authorization: Bearer fho_…. It is invalid, the session \
                       has ended, or the operator is disabled. Sign in again: POST /operator/v1/sign-in.";
        Error::new(codes::UNAUTHENTICATED, message)
    };
    let session: SessionId = TOKEN.read(&operators.base.vault, token).ok_or_else(invalid)?;
    let now = operators.base.db.clock().now();
    let find = store::session_find(session, now);
    let found = operators.base.db.system("authenticate an operator").fetch_optional(find).await?;
    let SessionRow { operator_id, email, role, expires_at } = found.ok_or_else(invalid)?;
    Ok(ActiveOperator { id: operator_id, email, role: role.parse()?, session, expires_at })
}

/// Ends the operator's session.
pub async fn session_end(db: &Db, operator: &ActiveOperator, client: &Client) -> Result<()> {
    let mut tx = db.system("sign out an operator").begin().await?;
    tx.execute(store::session_end(operator.session)).await?;
    entry_note(&mut tx, NewEntry::new("operator.signed_out", operator.id).by(operator.id, client)).await?;
    tx.commit().await
}

/// Ends all sessions of an operator.
pub(crate) async fn sessions_end_of(tx: &mut SystemTx, operator: OperatorId) -> Result<()> {
    tx.execute(store::sessions_end_of(operator)).await.map(drop)
}

/// Whether the operator has signed in from that network before. Guesses that come from elsewhere cannot keep them out
/// there.
pub(crate) async fn place_known(db: &Db, operator: OperatorId, place: Option<[u8; 32]>) -> Result<bool> {
    let Some(place) = place else { return Ok(false) };
    let known = db.system("sign in an operator").fetch_optional(store::place_known(operator, &place)).await?;
    Ok(known.is_some())
}

/// Deletes sessions that began long ago; returns their number.
pub(crate) async fn sessions_forget(db: &Db) -> Result<u64> {
    let before = db.clock().now().saturating_sub(KEPT).unwrap_or(Timestamp::MIN);
    db.system("forget sessions of operators").execute(store::sessions_forget(before)).await
}
