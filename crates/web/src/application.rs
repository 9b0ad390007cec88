//! Authentication of the product's application, which acts for the operator with a service key.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use freehold_core::{Caller, Error, Result, TenantId, codes};
use freehold_identity::service_key::{ServiceKey, service_key_anew, service_key_shaped};

use crate::{
    Authenticated, Backbone, Problem,
    authenticated::{bearer, run_enter, wanted_organization},
};

/// The product's application in the organization that `X-Organization-Id` names, or any caller of [`Authenticated`].
/// The application's requests do not count against the organization's rate limits, because its customers send none of
/// them.
#[derive(Clone, Debug)]
pub struct MemberOrApplication(pub Arc<Caller>);

impl FromRequestParts<Backbone> for MemberOrApplication {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let Some(key) = service_key(parts, backbone).await? else {
            let Authenticated(caller) = Authenticated::from_request_parts(parts, backbone).await?;
            return Ok(Self(caller));
        };
        let Some(tenant) = wanted_organization(&parts.headers)? else {
            let message = "Name the organization: a service key needs X-Organization-Id with the organization's id.";
            return Err(Error::new(codes::MALFORMED_REQUEST, message).into());
        };
        let caller = backbone.service_caller(key.id, tenant).await?;
        run_enter(parts, backbone, &caller)?;
        Ok(Self(caller))
    }
}

/// The product's application in the organization that `X-Organization-Id` names. Members and API keys are refused with
/// `permission_denied`.
#[derive(Clone, Debug)]
pub struct Application(pub Arc<Caller>);

impl FromRequestParts<Backbone> for Application {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let MemberOrApplication(caller) = MemberOrApplication::from_request_parts(parts, backbone).await?;
        caller.allow_service()?;
        Ok(Self(caller))
    }
}

/// A caller with a service key, whatever the organization. Members and API keys are refused with `permission_denied`.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// The organization that `X-Organization-Id` names, if any.
    pub organization: Option<TenantId>,
}

impl FromRequestParts<Backbone> for Operator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        if service_key(parts, backbone).await?.is_none() {
            let Authenticated(caller) = Authenticated::from_request_parts(parts, backbone).await?;
            caller.allow_service()?;
        }
        Ok(Self { organization: wanted_organization(&parts.headers)? })
    }
}

/// The service key of the request; none when its credential is of another kind, or missing.
async fn service_key(parts: &Parts, backbone: &Backbone) -> Result<Option<ServiceKey>> {
    let Some(text) = bearer(&parts.headers).filter(|text| service_key_shaped(text)) else { return Ok(None) };
    // The errors of sign-in have codes of their own, and tell why a token is refused.
    let key = service_key_anew(&backbone.identity.tokens, text).await.map_err(|error| {
        if error.is_temporary() {
            return error;
        }
        let message = "The service key is invalid or was revoked, or may not act for the operator. `freehold keys \
                       supabase` shows the valid ones; send the secret key or the service_role key.";
        Error::new(codes::UNAUTHENTICATED, message).caused_by(error)
    })?;
    Ok(Some(key))
}
