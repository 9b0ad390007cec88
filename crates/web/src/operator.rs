//! Authentication of operators on their own API, and on the pages of an organization in which they work as a member.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, request::Parts},
};
use freehold_core::{Caller, ImpersonationId, Result, Secret, SessionId, codes};
use freehold_db::{Origin, SystemTx};
use freehold_identity::{access_token::Aal, session::Client};
use freehold_operators::{
    Operators,
    entry::{NewOperatorEntry, entry_note},
    impersonation::impersonation_read,
    session::{ActiveOperator, session_find},
};

use crate::{
    Backbone, Cookie, Problem, SameSite, Visitor,
    authenticated::{bearer, client, operator_enter, operator_rate_take},
    cookie_read,
    resolver::OperatorCaller,
};

/// Name of the cookie of an operator who works in an organization.
const NAME: &str = "freehold_operator";

/// A signed-in operator, for `/operator/v1`. Their requests are counted as those of users are, and audit entries name
/// them.
#[derive(Clone, Debug)]
pub struct SignedInOperator {
    /// The operator whose session the request has.
    pub operator: ActiveOperator,
    /// The client of the request.
    pub client: Client,
}

impl SignedInOperator {
    /// Records in the operators' own log what this one does, in the transaction of the change.
    pub async fn note(&self, tx: &mut SystemTx, entry: NewOperatorEntry) -> Result<()> {
        entry_note(tx, entry.by(self.operator.id, &self.client)).await
    }
}

impl FromRequestParts<Backbone> for SignedInOperator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).unwrap_or_default();
        let operator = session_find(&Operators::from(&backbone.identity), token).await?;
        operator_rate_take(backbone, parts, operator.id).await?;
        Origin::is_operators(operator.id);
        Ok(Self { operator, client: client(backbone, parts) })
    }
}

/// An operator who looks at the pages of an organization as one of its members.
#[derive(Clone, Debug)]
pub struct OperatorVisit {
    /// The member, with the operator's session in place of the member's own. No user has a session with this id, so
    /// nothing that asks for one lets the operator in.
    pub visitor: Visitor,
    /// Who acts.
    pub caller: Arc<Caller>,
}

impl OperatorVisit {
    /// The visit of the request's cookie; none without one, or when its session has ended.
    ///
    /// # Errors
    /// `rate_limited`.
    pub async fn read(backbone: &Backbone, parts: &Parts) -> Result<Option<Self>> {
        let Some(session) = Self::session(backbone, &parts.headers) else { return Ok(None) };
        let found = match backbone.operator_in(session, None).await {
            Err(error) if error.is(codes::UNAUTHENTICATED) => return Ok(None),
            found => found?,
        };
        let OperatorCaller { caller, user } = found;
        operator_enter(backbone, parts, &caller).await?;
        let visitor = Visitor { user, session: SessionId::new(session.uuid()), aal: Aal::One };
        Ok(Some(Self { visitor, caller }))
    }

    /// The session that the cookie names, whether or not it has ended.
    pub fn session(backbone: &Backbone, headers: &HeaderMap) -> Option<ImpersonationId> {
        impersonation_read(&backbone.vault, cookie_read(headers, NAME)?)
    }

    /// The cookie for the pages, if the token is valid and its session runs.
    ///
    /// # Errors
    /// `unauthenticated`.
    pub async fn cookie(backbone: &Backbone, token: &Secret) -> Result<HeaderValue> {
        let token = token.expose().trim();
        backbone.operator_caller(token, None).await?;
        cookie(token, None).header(backbone)
    }

    /// The cookie that deletes it.
    ///
    /// # Errors
    /// A cookie that cannot be written.
    pub fn cookie_removed(backbone: &Backbone) -> Result<HeaderValue> {
        cookie("", Some(0)).header(backbone)
    }
}

/// `Strict`: no link of another site leads into a customer's organization.
fn cookie(value: &str, seconds: Option<u32>) -> Cookie<'_> {
    Cookie { name: NAME, value, path: "/", same_site: SameSite::Strict, seconds }
}
