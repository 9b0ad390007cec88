//! Sign-in methods that users add and remove themselves.

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
use crate::auth::{names::CodeChallengeMethod, user::Bearer};

/// Add a sign-in method
///
/// Returns the URL at which an external identity provider identifies the signed-in user; that identity becomes a
/// sign-in method of the user.
#[utoipa::path(
    get, path = "/user/identities/authorize", tag = "Sign-in",
    params(
        ("provider" = String, Query, description = "Provider, such as `google` or `github`: one that `/settings` \
         lists"),
        ("redirect_to" = Option<String>, Query, format = "uri",
         description = "URL to which the browser goes afterwards"),
        ("scopes" = Option<String>, Query, description = "Further scopes to request from the provider"),
        ("code_challenge" = Option<String>, Query, min_length = 43, max_length = 128,
         description = "PKCE code challenge, derived from the verifier: 43 to 128 characters"),
        ("code_challenge_method" = Option<CodeChallengeMethod>, Query, description = "Method of the PKCE code \
         challenge: `s256` or `plain`"),
        ("skip_http_redirect" = Option<bool>, Query, description = "Whether to return the URL as JSON instead of \
         redirecting. Default false"),
    ),
    responses(
        (status = 200, description = "The provider's URL, as `url`"),
        (status = 302, description = "Redirect to the provider"),
    ),
)]
pub(crate) async fn identity_authorize(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    Query(query): Query<Vec<(String, String)>>,
    request: Request,
) -> Answer<Response> {
    linking_allowed(&backbone)?;
    let mut tx = backbone.db.system("find the user who adds a sign-in method").begin().await?;
    let user = user_find(&mut tx, claims.sub).await?.or_not_found("user")?;
    drop(tx);
    let answered = query.iter().any(|(name, value)| name == "skip_http_redirect" && value == "true");
    let mut wanted = destination(&backbone, &request.into_parts().0, query, user.realm)?;
    wanted.linking = Some(claims.holder());
    // A program that asks for the URL keeps no cookie for the browser that it sends there.
    wanted.mark_browser = !answered;
    let begun = provider_begin(&backbone.identity.base, &backbone.identity.providers, wanted).await?;
    if answered { Ok(Json(json!({ "url": begun.url })).into_response()) } else { Ok(departure(&backbone, begun)?) }
}

/// Remove a sign-in method
///
/// Removes a sign-in method from the signed-in user, who keeps at least one.
#[utoipa::path(delete, path = "/user/identities/{identity_id}", tag = "Sign-in",
    params(("identity_id" = Uuid, Path, description = "The method's `identity_id`")),
    responses((status = 200, description = "The sign-in method is removed; the body is `{}`")))]
pub(crate) async fn identity_unlink(
    State(backbone): State<Backbone>,
    Bearer(claims): Bearer,
    Path(id): Path<String>,
    request: Request,
) -> Answer<Json<Value>> {
    linking_allowed(&backbone)?;
    let id = Uuid::try_parse(&id).map_err(|_| Error::new(codes::NO_UUID, "identity_id must be an UUID"))?;
    let client = client(&backbone, &request.into_parts().0);
    unlink(&backbone.identity.base, &backbone.identity.providers, claims.holder(), id, &client).await?;
    Ok(Json(json!({})))
}

/// An error, unless users may link sign-in methods themselves.
pub(super) fn linking_allowed(backbone: &Backbone) -> Result<()> {
    let disabled = || Error::new(codes::MANUAL_LINKING_DISABLED, "Manual linking is disabled");
    if backbone.identity.settings().auth.manual_linking { Ok(()) } else { Err(disabled()) }
}
