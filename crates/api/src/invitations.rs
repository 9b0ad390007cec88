//! Invitations to an organization.

use axum::{extract::State, response::Response};
use freehold_app::invitation::{self, InvitationDraft};
use freehold_core::{ApiKeyId, Cursor, OptionExt, Role, UserId};
use freehold_db::TenantTx;
use freehold_tenancy::{
    invitation::{Invitation, InvitationId, InvitationState, invitation_list as list},
    member::membership_find,
    role::RoleId,
};
use freehold_web::{Answer, Authenticated, Backbone, Creation, Json, Paging, Path, Query, SignedIn};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{me::MembershipBody, roles::role_chosen};

/// An invitation to an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationBody {
    /// Id of the invitation.
    #[schema(value_type = Uuid)]
    id: InvitationId,
    /// E-mail address of the invited user.
    #[schema(format = IdnEmail)]
    email: String,
    /// Role that the user gets; with a custom role the least built-in role that includes its permissions.
    #[schema(value_type = Role)]
    role: String,
    /// Id of the custom role that the user gets; null for a built-in role.
    #[schema(value_type = Option<Uuid>)]
    role_id: Option<RoleId>,
    /// State of the invitation: `open`, `expired`, `accepted` or `revoked`.
    state: InvitationState,
    /// Id of the user who last sent the invitation; their current role limits `role`. Null when an API key sent it.
    #[schema(value_type = Option<Uuid>)]
    invited_by: Option<UserId>,
    /// Id of the API key that last sent the invitation; null when a user did.
    #[schema(value_type = Option<Uuid>)]
    invited_by_key: Option<ApiKeyId>,
    /// When the invitation was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the invitation's last mail was queued, UTC.
    #[schema(value_type = String, format = DateTime)]
    sent_at: Timestamp,
    /// When the invitation expires, UTC.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    /// When the invitation was accepted, UTC; null while it is not.
    #[schema(value_type = Option<String>, format = DateTime)]
    accepted_at: Option<Timestamp>,
    /// Id of the user who accepted the invitation; null while it is not accepted.
    #[schema(value_type = Option<Uuid>)]
    accepted_by: Option<UserId>,
}

impl InvitationBody {
    fn of(invitation: Invitation, now: Timestamp) -> Self {
        let state = invitation.state(now);
        let Invitation { invitation_id: id, email, role, invited_by, created_at, sent_at, expires_at, .. } = invitation;
        let Invitation { role_id, invited_by_key, accepted_at, accepted_by, .. } = invitation;
        Self {
            id,
            email,
            role,
            role_id,
            state,
            invited_by,
            invited_by_key,
            created_at,
            sent_at,
            expires_at,
            accepted_at,
            accepted_by,
        }
    }
}

/// The invitation to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateInvitation {
    /// E-mail address of the user to invite.
    #[schema(format = IdnEmail, max_length = 254, example = "ada@example.org")]
    email: String,
    /// Built-in role for the user; at most your own. `member` when neither `role` nor `role_id` is given.
    role: Option<Role>,
    /// Id of the custom role for the user, instead of `role`; it includes nothing that you may not do.
    #[schema(value_type = Option<Uuid>)]
    role_id: Option<RoleId>,
}

/// A page of invitations.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvitationPage {
    /// The invitations, newest first, including closed ones.
    data: Vec<InvitationBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// The token of an invitation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    /// Token from the invitation's link: `inv_…`.
    token: String,
}

/// List invitations
///
/// Returns the organization's invitations, newest first.
#[utoipa::path(
    get, path = "/invitations", tag = "Organizations",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = InvitationPage)),
)]
pub(crate) async fn invitation_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<InvitationPage>> {
    let now = backbone.clock.now();
    let page = list(&backbone.db, &caller, paging.request()?).await?;
    let page = page.map(|invitation| InvitationBody::of(invitation, now));
    Ok(Json(InvitationPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Invite a user
///
/// Sends an invitation mail; the user becomes a member by accepting. An open invitation takes a seat of the plan. The
/// answer does not reveal whether the address has an account.
#[utoipa::path(
    post, path = "/invitations", tag = "Organizations", request_body = CreateInvitation,
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 201, body = InvitationBody)),
)]
pub(crate) async fn invitation_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<CreateInvitation>,
) -> Answer<Response> {
    let CreateInvitation { email, role, role_id } = &creation.body;
    let role = role.or_else(|| role_id.is_none().then_some(Role::Member));
    let draft = InvitationDraft::prepare(&backbone, &caller, email, role_chosen(role, *role_id)?).await?;
    // A repeated request gets its stored answer even when the invitation was accepted meanwhile.
    let create = async |tx: &mut TenantTx, _| {
        let now = tx.now();
        draft.create(tx).await.map(|created| InvitationBody::of(created, now))
    };
    Ok(creation.run(&backbone, &caller, create).await?)
}

/// Resend an invitation
///
/// Sends another mail, whose link replaces the previous one, and restarts the time until the invitation expires.
#[utoipa::path(
    post, path = "/invitations/{id}/resend", tag = "Organizations",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = InvitationBody)),
)]
pub(crate) async fn invitation_resend(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<InvitationId>,
) -> Answer<Json<InvitationBody>> {
    let sent = invitation::invitation_resend(&backbone, &caller, id).await?;
    Ok(Json(InvitationBody::of(sent, backbone.clock.now())))
}

/// Revoke an invitation
///
/// Revokes the invitation; the link in its mail stops working. Also works in a suspended or archived organization.
#[utoipa::path(
    delete, path = "/invitations/{id}", tag = "Organizations",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = InvitationBody)),
)]
pub(crate) async fn invitation_revoke(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<InvitationId>,
) -> Answer<Json<InvitationBody>> {
    let revoked = invitation::invitation_revoke(&backbone, &caller, id).await?;
    Ok(Json(InvitationBody::of(revoked, backbone.clock.now())))
}

/// Accept an invitation
///
/// Makes you a member of the organization that invited your confirmed address, and switches you to it. Accepting again
/// changes nothing.
#[utoipa::path(post, path = "/invitations/accept", tag = "Organizations",
    security(("bearer" = [])), request_body = AcceptInvitation,
    responses((status = 200, body = MembershipBody)))]
pub(crate) async fn invitation_accept(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Json(body): Json<AcceptInvitation>,
) -> Answer<Json<MembershipBody>> {
    let tenant = invitation::invitation_accept(&backbone, signed_in.user, &body.token).await?;
    backbone.resolver.forget();
    let mut tx = backbone.db.system("list own organizations").begin().await?;
    let joined = membership_find(&mut tx, signed_in.user, tenant).await?;
    Ok(Json(joined.or_not_found("organization")?.into()))
}
