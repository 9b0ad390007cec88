//! Authentication of requests.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use freehold_core::{Caller, Code, Error, OperatorId, Result, SessionId, TenantId, UserId, codes};
use freehold_db::Origin;
use freehold_identity::{
    HOUSE, PeopleOf, Realm,
    access_token::Aal,
    limit::{UserRate, operator_take, user_take},
    realm_of,
    session::Client,
};
use freehold_metering::rate::{Rate, rate_take};
use freehold_operators::impersonation::impersonation_note;

use crate::{
    Backbone, Problem,
    frame::{AskedAt, RequestSlot},
    resolve::{Credential, SentFrom},
};

/// Longest text of an operator's request in the audit, in characters.
const LONGEST_REQUEST: usize = 500;

/// The caller of a tenant's endpoint, by access token or API key. The request counts against the plan's rate limits.
#[derive(Clone, Debug)]
pub struct Authenticated(pub Arc<Caller>);

impl FromRequestParts<Backbone> for Authenticated {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let credential = Credential::from_headers(&parts.headers).ok_or_else(nobody)?;
        let from = SentFrom::Address(backbone.trusted_proxies.client_address(parts));
        let caller = backbone.caller_from(&credential, wanted_organization(&parts.headers)?, from).await?;
        backbone.key_use_count(&caller);
        run_enter(parts, backbone, &caller)?;
        if caller.impersonator().is_some() {
            operator_enter(backbone, parts, &caller).await?;
            return Ok(Self(caller));
        }
        let (rate, verdict) = rate_take(&backbone.db, &backbone.entitlements, &caller, backbone.clock.now()).await?;
        match (rate, caller.user()) {
            (None, Some(user)) => user_rate_take(backbone, parts, user, codes::RATE_LIMITED).await?,
            (rate, _) => note(parts, rate),
        }
        verdict?;
        Ok(Self(caller))
    }
}

/// A signed-in user, a member of any organization or none.
#[derive(Clone, Copy, Debug)]
pub struct SignedIn {
    /// Id of the user.
    pub user: UserId,
    /// Id of the session.
    pub session: SessionId,
    /// Authentication level of the access token.
    pub aal: Aal,
}

impl SignedIn {
    /// The user as a member of an organization.
    ///
    /// # Errors
    /// `not_found` when the user is no member of it.
    pub async fn caller(self, backbone: &Backbone, tenant: TenantId) -> Result<Arc<Caller>> {
        backbone.member_caller(self.user, self.session, self.aal, Some(tenant)).await
    }
}

impl FromRequestParts<Backbone> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        match Credential::from_headers(&parts.headers) {
            None => Err(nobody().into()),
            Some(Credential::Key(_)) => {
                let text = "This endpoint acts on a user, which an API key is not. Use an access token.";
                Err(Error::new(codes::UNAUTHENTICATED, text).into())
            }
            Some(Credential::Token(token)) => {
                let claims = backbone.person_claims(token).await?;
                backbone.session_check(claims.session_id, claims.aal).await?;
                user_rate_take(backbone, parts, claims.sub, codes::RATE_LIMITED).await?;
                Ok(Self { user: claims.sub, session: claims.session_id, aal: claims.aal })
            }
        }
    }
}

/// Counts an action on a page against the rate limit of the organization's plan, as the API does for each request.
///
/// # Errors
/// `rate_limited`.
pub async fn plan_rate_take(backbone: &Backbone, caller: &Caller) -> Result<()> {
    rate_take(&backbone.db, &backbone.entitlements, caller, backbone.clock.now()).await?.1
}

/// Counts a request of a signed-in user, and stores the remaining rate for the response headers.
///
/// # Errors
/// `code`, with the time after which the user may send the next request.
pub async fn user_rate_take(backbone: &Backbone, parts: &Parts, user: UserId, code: Code) -> Result<()> {
    counted(parts, Sender::User, user_take(&backbone.identity.limits, user).await?, code)
}

/// Whose requests are counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sender {
    /// A signed-in user's.
    User,
    /// An operator's.
    Operator,
}

/// Stores the remaining rate for the response headers. `rate` none: there is no limit.
///
/// # Errors
/// `code`, when no request is left.
pub(crate) fn counted(parts: &Parts, sender: Sender, rate: Option<UserRate>, code: Code) -> Result<()> {
    let (meter, who) = match sender {
        Sender::User => ("user_requests", "A user"),
        Sender::Operator => ("operator_requests", "An operator"),
    };
    let Some(UserRate { limit, window_seconds, remaining, reset_seconds, wait }) = rate else { return Ok(()) };
    note(parts, Some(Rate { meter: meter.to_owned(), limit, window_seconds, remaining, reset_seconds }));
    let Some(wait) = wait else { return Ok(()) };
    let seconds = u64::try_from(wait.as_millis()).unwrap_or_default().div_ceil(1000).max(1);
    let message =
        format!("{who} may send {limit} requests in {window_seconds} seconds. Retry after {seconds} seconds.");
    Err(Error::new(code, message).with_retry_after(Duration::from_secs(seconds)))
}

/// Counts a request of an operator, and stores the remaining rate for the response headers.
pub(crate) async fn operator_rate_take(backbone: &Backbone, parts: &Parts, operator: OperatorId) -> Result<()> {
    let rate = operator_take(&backbone.identity.limits, operator).await?;
    counted(parts, Sender::Operator, rate, codes::RATE_LIMITED)
}

/// Lets an operator's request into an organization: it counts against the operator's limit and not against the
/// customer's plan, audit entries name the operator, and one is written for a request that may change something.
pub(crate) async fn operator_enter(backbone: &Backbone, parts: &Parts, caller: &Caller) -> Result<()> {
    let Some(impersonator) = caller.impersonator() else { return Ok(()) };
    Origin::is_operators(impersonator.operator);
    if parts.method.is_safe() && caller_looks_at_page(parts) {
        // Reading pages is cheap; only requests that change something are counted.
        return Ok(());
    }
    operator_rate_take(backbone, parts, impersonator.operator).await?;
    if !parts.method.is_safe() && impersonator.writes {
        let path = parts.extensions.get::<AskedAt>().map_or(parts.uri.path(), |asked| asked.0.path());
        let request: String = format!("{} {path}", parts.method).chars().take(LONGEST_REQUEST).collect();
        impersonation_note(&backbone.db, caller.tenant(), impersonator, &request).await?;
    }
    Ok(())
}

/// Whether the request is a browser's, which has no token in its headers.
fn caller_looks_at_page(parts: &Parts) -> bool {
    bearer(&parts.headers).is_none()
}

/// Counts the request among the running ones of the caller's organization, until its response is complete.
///
/// # Errors
/// `rate_limited` when the organization has too many.
pub(crate) fn run_enter(parts: &Parts, backbone: &Backbone, caller: &Caller) -> Result<()> {
    if let Some(slot) = parts.extensions.get::<RequestSlot>() {
        // A request has only one extractor of this kind, so the slot is empty.
        let _ = slot.0.run.set(backbone.server.running.enter(caller.tenant())?);
    }
    Ok(())
}

/// Stores a rate for the response headers.
fn note(parts: &Parts, rate: Option<Rate>) {
    if let (Some(rate), Some(slot)) = (rate, parts.extensions.get::<RequestSlot>()) {
        // A request has only one extractor of this kind, so the slot is empty.
        let _ = slot.0.rate.set(rate);
    }
}

/// The caller with their current rights, after this request changed what their organization may do.
pub async fn caller_anew(backbone: &Backbone, headers: &HeaderMap) -> Result<Arc<Caller>> {
    let credential = Credential::from_headers(headers).ok_or_else(nobody)?;
    backbone.caller_from(&credential, wanted_organization(headers)?, SentFrom::Authenticated).await
}

fn nobody() -> Error {
    Error::new(codes::UNAUTHENTICATED, "Send an access token or an API key: Authorization: Bearer ….")
}

pub(crate) fn wanted_organization(headers: &HeaderMap) -> Result<Option<TenantId>> {
    let Some(value) = headers.get("x-organization-id") else { return Ok(None) };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    id.map(Some).ok_or_else(|| {
        Error::new(codes::MALFORMED_REQUEST, "X-Organization-Id must be the id of an organization (a UUID).")
    })
}

/// The bearer token of any kind.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    match Credential::from_headers(headers)? {
        Credential::Token(token) => Some(token),
        Credential::Key(_) => None,
    }
}

/// The client of a sign-in. The address is that of the connection, or the one that a trusted proxy reports.
pub fn client(backbone: &Backbone, parts: &Parts) -> Client {
    let user_agent = parts.headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Client { user_agent, ip: backbone.trusted_proxies.client_address(parts) }
}

/// The realm within which the user's address is unique: the shared one, or, where each tenant has its own users, the
/// organization that the request names in `X-Organization-Id`, or in `organization` in the query of a link.
///
/// # Errors
/// `malformed_request` when the organization is not named by an id.
pub fn realm(backbone: &Backbone, parts: &Parts) -> Result<Realm> {
    if backbone.identity.settings().auth.identity == PeopleOf::House {
        return Ok(HOUSE);
    }
    if let Some(tenant) = wanted_organization(&parts.headers)? {
        return Ok(realm_of(tenant));
    }
    let query = parts.uri.query().unwrap_or_default();
    let named = query.split('&').find_map(|pair| pair.strip_prefix("organization="));
    let Some(named) = named else { return Ok(HOUSE) };
    let id = named.parse().map_err(|_| {
        Error::new(codes::MALFORMED_REQUEST, "organization must be the id of an organization (a UUID).")
    })?;
    Ok(realm_of(id))
}
