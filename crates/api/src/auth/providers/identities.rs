//! Ways of signing in that people add to themselves, and take away.

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use freehold_core::{Error, OptionExt, Result};
use freehold_identity::{
    codes,
    provider::{identity_unlink as unlink, provider_begin},
    user::user_find,
};
use freehold_web::{Answer, Backbone, Json, Path, Query, client};
use serde_json::{Value, json};
use uuid::Uuid;

use super::authorize::{departure, destination};
use crate::auth::user::Bearer;

/// Add a way of signing in
///
/// Says where to send the browser so that a provider names the signed-in person; what it names is added to him.
#[utoipa::path(get, path = "/user/identities/authorize", tag = "Sign-in",
    params(
        ("provider" = String, Query, description = "`google`, `github`, …"),
        ("redirect_to" = Option<String>, Query, description = "Where the browser goes in the end"),
        ("scopes" = Option<String>, Query, description = "What to ask the provider for besides"),
        ("code_challenge" = Option<String>, Query, description = "For the PKCE flow: what is made of the verifier"),
        ("code_challenge_method" = Option<String>, Query, description = "How: `s256` or `plain`"),
        ("skip_http_redirect" = Option<bool>, Query, description = "Answer the address instead of going there"),
    ),
    responses((status = 200, description = "`url`: the provider's page"), (status = 302, description = "To that page")))]
pub(crate) async fn identity_authorize(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Answer<Response> {
    linking_allowed(&backbone)?;
    let mut tx = backbone.db.system("find who adds a way of signing in").begin().await?;
    let user = user_find(&mut tx, claims.sub).await?.or_not_found("user")?;
    drop(tx);
    let answered = query.iter().any(|(name, value)| name == "skip_http_redirect" && value == "true");
    let mut wanted = destination(&backbone, &request.into_parts().0, query, user.realm)?;
    wanted.linking = Some(claims.holder());
    // A program that asks for the address keeps no cookie for the browser that it sends there.
    wanted.mark_browser = !answered;
    let begun = provider_begin(&backbone.identity, wanted).await?;
    if answered { Ok(Json(json!({ "url": begun.url })).into_response()) } else { Ok(departure(&backbone, begun)?) }
}

/// Take a way of signing in away
///
/// Takes a way of signing in away from the signed-in person, who keeps at least one.
#[utoipa::path(delete, path = "/user/identities/{identity_id}", tag = "Sign-in",
    params(("identity_id" = Uuid, Path, description = "Its `identity_id`")),
    responses((status = 200, description = "It is gone; the answer is `{}`")))]
pub(crate) async fn identity_unlink(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    Path(id): Path<String>,
    request: Request,
) -> Answer<Json<Value>> {
    linking_allowed(&backbone)?;
    let id = Uuid::try_parse(&id).map_err(|_| Error::new(codes::NO_UUID, "identity_id must be an UUID"))?;
    let client = client(&backbone, &request.into_parts().0);
    unlink(&backbone.identity, claims.holder(), id, &client).await?;
    Ok(Json(json!({})))
}

/// Nothing, where people may do this themselves.
pub(super) fn linking_allowed(backbone: &Backbone) -> Result<()> {
    let disabled = || Error::new(codes::MANUAL_LINKING_DISABLED, "Manual linking is disabled");
    if backbone.identity.settings.auth.manual_linking { Ok(()) } else { Err(disabled()) }
}
