//! Links that an administrator sends to users on their own.

use axum::{extract::State, http::Uri};
use freehold_core::Secret;
use freehold_identity::admin::{LinkKind, NewLink, link_make};
use freehold_web::{Answer, Backbone, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    administrator::Administrator,
    params::{email, given, invalid, metadata, password_hash},
};
use crate::auth::{body::UserBody, otp::redirect_to};

/// The link to create.
#[derive(Deserialize, ToSchema)]
pub(crate) struct GenerateLink {
    /// Kind of link: `signup`, `invite`, `magiclink`, `recovery`, `email_change_current` or `email_change_new`.
    #[schema(value_type = Option<LinkKind>)]
    r#type: Option<String>,
    /// E-mail address of the user; required.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// The new e-mail address, for a change of address only.
    #[schema(format = IdnEmail)]
    new_email: Option<String>,
    /// The new user's password, for `signup` only.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// The new user's `user_metadata`: at most 4,096 bytes as JSON, because every access token contains it.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// URL to which the link leads; same as the query parameter `redirect_to`.
    #[schema(format = "uri")]
    redirect_to: Option<String>,
}

/// A created link with its user.
#[derive(Serialize, ToSchema)]
pub(crate) struct GeneratedLink {
    #[serde(flatten)]
    user: UserBody,
    /// The link, valid for one use.
    #[schema(format = "uri")]
    action_link: String,
    /// The code to type instead of opening the link, valid for one use.
    email_otp: String,
    /// Hash of the token; `POST /auth/v1/verify` takes it as `token_hash`.
    hashed_token: String,
    /// Kind of link; `POST /auth/v1/verify` takes it as `type`.
    #[schema(value_type = LinkKind)]
    verification_type: &'static str,
    /// URL to which the link leads.
    #[schema(format = "uri")]
    redirect_to: String,
}

/// Create a sign-in link
///
/// Creates a link and a code and sends no mail: the caller delivers them. Link and code work once.
#[utoipa::path(post, path = "/admin/generate_link", tag = "Administration", request_body = GenerateLink,
    params(("redirect_to" = Option<String>, Query, format = "uri", description = "URL to which the link leads")),
    responses((status = 200, body = GeneratedLink)))]
pub(crate) async fn admin_link_generate(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    uri: Uri,
    Json(asked): Json<GenerateLink>,
) -> Answer<Json<GeneratedLink>> {
    let address = email(asked.email)?.ok_or_else(|| invalid("An email address is required"))?;
    let kind = asked.r#type.unwrap_or_default();
    let unknown = || invalid(format!("Invalid email action link type requested: {kind}"));
    let kind = LinkKind::parse(&kind).ok_or_else(unknown)?;
    let password = if kind == LinkKind::SignUp { asked.password } else { None };
    let redirect_to = match given(asked.redirect_to) {
        Some(wanted) => backbone.identity.settings().redirect_or_site(Some(&wanted)),
        None => redirect_to(&backbone, &uri),
    };
    let new = NewLink {
        kind,
        realm: administrator.realm,
        email: address,
        new_email: email(asked.new_email)?,
        password_hash: password_hash(&backbone, password, None).await?,
        data: metadata("data", asked.data)?.unwrap_or_else(|| json!({})),
        redirect_to: redirect_to.clone(),
    };
    let mut tx = backbone.db.system("administrator creates a link").begin().await?;
    let (user, made, kind) = link_make(&backbone.identity.base, &mut tx, new, &administrator.by).await?;
    let body = UserBody::load(&mut tx, user).await?;
    tx.commit().await?;
    Ok(Json(GeneratedLink {
        user: body,
        action_link: made.link.expose().to_owned(),
        email_otp: made.code.expose().to_owned(),
        hashed_token: made.token.expose().to_owned(),
        verification_type: kind.name(),
        redirect_to,
    }))
}
