//! Inviting somebody to the house.

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

/// Somebody to be invited.
#[derive(Deserialize, ToSchema)]
pub(crate) struct InviteBody {
    /// The address.
    email: Option<String>,
    /// What new users say of themselves: at most 4,096 bytes as JSON, for it goes into every token.
    #[schema(value_type = Option<Object>)]
    data: Option<Value>,
}

/// Invite a person
///
/// Invites somebody by a mail with a link and a code, which confirm the address and sign in. For an invitation to an
/// organization see `POST /api/v1/invitations`.
#[utoipa::path(post, path = "/invite", tag = "Administration", request_body = InviteBody,
    params(("redirect_to" = Option<String>, Query, description = "Where the link of the mail leads")),
    responses((status = 200, body = UserBody)))]
pub(crate) async fn people_invite(
    State(backbone): State<Backbone>,
    administrator: Administrator,
    uri: Uri,
    Json(asked): Json<InviteBody>,
) -> Answer<Json<UserBody>> {
    let email = email(asked.email)?.ok_or_else(|| invalid("An email address is required"))?;
    let invitee = Invitee {
        realm: administrator.realm,
        email,
        data: metadata("data", asked.data)?.unwrap_or_else(|| json!({})),
        redirect_to: redirect_to(&backbone, &uri),
    };
    let mut tx = backbone.db.system("administrator invites a person").begin().await?;
    let user = user_invite(&backbone.identity, &mut tx, invitee, &administrator.by).await?;
    let body = UserBody::load(&mut tx, user).await?;
    tx.commit().await?;
    Ok(Json(body))
}
