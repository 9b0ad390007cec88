//! Who may do what administrators do.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use freehold_core::Error;
use freehold_identity::{Realm, audit_entry::By, codes, service_key::administrator_anew};
use freehold_web::{Backbone, Problem, client, realm};

/// Whoever brings a service key: as a bearer token, or in `apikey`, where Supabase's clients put it, too.
pub(crate) struct Administrator {
    /// Who: `service_role` or `supabase_admin`, and from where.
    pub(crate) by: By,
    /// Of which realm the request is: everybody's, or that of the organization it names.
    pub(crate) realm: Realm,
}

impl FromRequestParts<Backbone> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        let missing = || Error::new(codes::NO_AUTHORIZATION, "This endpoint requires a valid Bearer token");
        let shown = credential(&parts.headers).ok_or_else(missing)?;
        let role = administrator_anew(&backbone.identity, shown).await?;
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
