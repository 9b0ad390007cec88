//! From the token of an operator's session in an organization to its caller, whom the [`Resolver`](crate::Resolver)
//! caches.

use std::sync::Arc;

use freehold_core::{Bounds, Caller, Error, ImpersonationId, Result, TenantId, codes};
use freehold_operators::impersonation::{PREFIX, impersonation_find, impersonation_read};
use freehold_tenancy::resolve::member_place;

use crate::{Backbone, resolver::OperatorCaller};

/// Whether the text has the form of the token of an operator's session in an organization. It may still be invalid.
pub(crate) fn is_impersonation(text: &str) -> bool {
    text.starts_with(PREFIX)
}

impl Backbone {
    /// The caller of this token.
    ///
    /// # Errors
    /// `unauthenticated` when the token is invalid or its session has ended; `not_found` when the request names another
    /// organization.
    pub(crate) async fn operator_caller(&self, token: &str, wanted: Option<TenantId>) -> Result<Arc<Caller>> {
        let session = impersonation_read(&self.vault, token).ok_or_else(ended)?;
        Ok(self.operator_in(session, wanted).await?.caller)
    }

    /// The same for the session with this id.
    pub(crate) async fn operator_in(
        &self,
        session: ImpersonationId,
        wanted: Option<TenantId>,
    ) -> Result<OperatorCaller> {
        let found = self.resolver.operators.try_get_with(session, self.operator_look_up(session)).await;
        let found = found.map_err(|error| error.shared())?;
        if found.caller.bounds().ended(self.clock.now()) {
            return Err(ended());
        }
        if wanted.is_some_and(|wanted| wanted != found.caller.tenant()) {
            return Err(Error::not_found("organization"));
        }
        Ok(found)
    }

    async fn operator_look_up(&self, session: ImpersonationId) -> Result<OperatorCaller> {
        let found = impersonation_find(&self.db, session).await?;
        // The member may have left, or have another role by now.
        let place = member_place(&self.db, found.user_id, Some(found.tenant_id)).await?.ok_or_else(ended)?;
        let standing = self.stands(&place);
        let bounds = Bounds { ends: Some(found.expires_at), ..place.bounds.ok_or_else(ended)? };
        let caller = Caller::operator(place.tenant, found.impersonator(), bounds, place.plan, standing);
        Ok(OperatorCaller { caller: Arc::new(caller), user: found.user_id })
    }
}

fn ended() -> Error {
    let message = "The token of the operator's session in the organization is invalid, or the session has ended. Start \
                   another one: POST /operator/v1/tenants/{id}/impersonations.";
    Error::new(codes::UNAUTHENTICATED, message)
}
