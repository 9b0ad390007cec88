//! The visitor of a page, while their session runs.

use axum::{extract::FromRequestParts, http::request::Parts};
use freehold_core::{Result, codes};
use freehold_identity::codes::AAL2_REQUIRED;

use crate::{Backbone, Problem, Visitor, authenticated::user_rate_take, project_visit::project_visitor};

/// The visitor, if their session runs and its authentication level suffices.
#[derive(Clone, Copy, Debug)]
pub struct MaybeVisitor(pub Option<Visitor>);

impl FromRequestParts<Backbone> for MaybeVisitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let Some(mut visitor) = Visitor::read(backbone, &parts.headers) else { return Ok(Self(None)) };
        if backbone.identity.tokens.project.is_some() {
            match project_visitor(backbone, parts, visitor).await? {
                Some(lives) => visitor = lives,
                None => return Ok(Self(None)),
            }
        }
        match backbone.session_check(visitor.session, visitor.aal).await {
            Ok(()) => {
                // Reading pages is cheap; only requests that change something are counted.
                if !parts.method.is_safe() {
                    user_rate_take(backbone, parts, visitor.user, codes::RATE_LIMITED).await?;
                }
                Ok(Self(Some(visitor)))
            }
            Err(error) if error.is(codes::UNAUTHENTICATED) || error.is(AAL2_REQUIRED) => Ok(Self(None)),
            Err(error) => Err(error.into()),
        }
    }
}
