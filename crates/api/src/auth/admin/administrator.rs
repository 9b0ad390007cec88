//! Authentication of administrators by a service key.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use freehold_core::Error;
use freehold_identity::{Realm, audit_entry::By, codes, service_key::administrator_anew};
use freehold_web::{Backbone, Problem, client, realm};

/// A caller with a service key, sent as bearer token or in the header `apikey`, as Supabase's clients do.
pub(crate) struct Administrator {
    /// The administrator for the audit log: `service_role` or `supabase_admin`, and the client's address.
    pub(crate) by: By,
    /// The realm of the request: the shared one, or that of the organization it names.
    pub(crate) realm: Realm,
}

impl FromRequestParts<Backbone> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let missing = || Error::new(codes::NO_AUTHORIZATION, "This endpoint requires a valid Bearer token");
        let shown = credential(&parts.headers).ok_or_else(missing)?;
        let role = administrator_anew(&backbone.identity.tokens, shown).await?;
        Ok(Self {
            by: By { role: role.name().to_owned(), client: client(backbone, parts) },
            realm: realm(backbone, parts)?,
        })
    }
}

fn credential(headers: &HeaderMap) -> Option<&str> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let bearer = text(header::AUTHORIZATION.as_str()).and_then(|value| {
        let (scheme, credential) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
    });
    bearer.or_else(|| text("apikey")).filter(|text| !text.is_empty())
}
