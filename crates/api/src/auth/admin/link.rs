//! Links that an administrator mails himself.

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

/// A link to be made.
#[derive(Deserialize, ToSchema)]
pub(crate) struct LinkBody {
    /// `signup`, `invite`, `magiclink`, `recovery`, `email_change_current` or `email_change_new`.
    r#type: Option<String>,
    /// Whose.
    email: Option<String>,
    /// For a change of address: the new one.
    new_email: Option<String>,
    /// For somebody new who signs up.
    #[schema(value_type = Option<String>)]
    password: Option<Secret>,
    /// What new users say of themselves: at most 4,096 bytes as JSON, for it goes into every token.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
    /// Where the link leads; the query may say it, too.
    redirect_to: Option<String>,
}

/// A link that was made, and whose.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeLinkBody {
    #[serde(flatten)]
    user: UserBody,
    /// The link itself.
    action_link: String,
    /// The code to type.
    email_otp: String,
    /// For `POST /auth/v1/verify`, as `token_hash`.
    hashed_token: String,
    /// Of which type to verify it.
    verification_type: &'static str,
    /// Where the link leads.
    redirect_to: String,
}

/// Make a link
///
/// Makes a link and a code, and mails nothing: who asks for it sees to that. Each works once.
#[utoipa::path(post, path = "/admin/generate_link", tag = "Administration", request_body = LinkBody,
    params(("redirect_to" = Option<String>, Query, description = "Where the link leads")),
    responses((status = 200, body = MadeLinkBody)))]
pub(crate) async fn people_link(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    uri: Uri,
    Json(asked): Json<LinkBody>,
) -> Answer<Json<MadeLinkBody>> {
    let address = email(asked.email)?.ok_or_else(|| invalid("An email address is required"))?;
    let kind = asked.r#type.unwrap_or_default();
    let unknown = || invalid(format!("Invalid email action link type requested: {kind}"));
    let kind = LinkKind::parse(&kind).ok_or_else(unknown)?;
    let password = if kind == LinkKind::SignUp { asked.password } else { None };
    let redirect_to = match given(asked.redirect_to) {
        Some(wanted) => backbone.identity.settings.redirect_or_site(Some(&wanted)),
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
    let mut tx = backbone.db.system("administrator makes a link").begin().await?;
    let (user, made, kind) = link_make(&backbone.identity, &mut tx, new, &administrator.by).await?;
    let body = UserBody::load(&mut tx, user).await?;
    tx.commit().await?;
    Ok(Json(MadeLinkBody {
        user: body,
        action_link: made.link.expose().to_owned(),
        email_otp: made.code.expose().to_owned(),
        hashed_token: made.token.expose().to_owned(),
        verification_type: kind.name(),
        redirect_to,
    }))
}
