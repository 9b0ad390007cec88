//! Inviting a user by mail.

use axum::{extract::State, http::Uri};
use freehold_identity::admin::{Invitee, user_invite};
use freehold_web::{Answer, Backbone, Json};
use serde::Deserialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    administrator::Administrator,
    params::{email, invalid, metadata},
};
use crate::auth::{body::UserBody, otp::redirect_to};

/// The user to invite.
#[derive(Deserialize, ToSchema)]
pub(crate) struct InviteUser {
    /// E-mail address of the user; required.
    #[schema(format = IdnEmail)]
    email: Option<String>,
    /// The user's `user_metadata`: at most 4,096 bytes as JSON, because every access token contains it.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// Invite a user
///
/// Creates a user and sends a mail with a link and a code, which confirm the address and sign the user in. To invite a
/// user to an organization, use `POST /api/v1/invitations`.
#[utoipa::path(post, path = "/invite", tag = "Administration", request_body = InviteUser,
    params(("redirect_to" = Option<String>, Query, format = "uri", description = "URL to which the mail's link leads")),
    responses((status = 200, body = UserBody)))]
pub(crate) async fn admin_user_invite(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    uri: Uri,
    Json(asked): Json<InviteUser>,
) -> Answer<Json<UserBody>> {
    let email = email(asked.email)?.ok_or_else(|| invalid("An email address is required"))?;
    let invitee = Invitee {
        realm: administrator.realm,
        email,
        data: metadata("data", asked.data)?.unwrap_or_else(|| json!({})),
        redirect_to: redirect_to(&backbone, &uri),
    };
    let mut tx = backbone.db.system("administrator invites a user").begin().await?;
    let user = user_invite(&backbone.identity.base, &mut tx, invitee, &administrator.by).await?;
    let body = UserBody::load(&mut tx, user).await?;
    tx.commit().await?;
    Ok(Json(body))
}
