//! The signed-in user's account.

pub(crate) mod sessions;

use axum::extract::State;
use freehold_core::{OptionExt, PlaceRequest, Role, SessionId, Standing, TenantId, UserId};
use freehold_identity::user::user_find;
use freehold_tenancy::member::{Membership, membership_list};
use freehold_web::{Answer, Backbone, Json, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

use crate::roles::MemberCustomRole;

/// The signed-in user.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeBody {
    /// Id of the user.
    #[schema(value_type = Uuid)]
    id: UserId,
    /// Confirmed e-mail address of the user; empty for users without one.
    email: String,
    /// Id of the session to which this request belongs.
    #[schema(value_type = Uuid)]
    session_id: SessionId,
    /// The user's organizations, at most 100, the last selected first. A request without `X-Organization-Id` acts on
    /// the first.
    #[schema(max_items = 100)]
    organizations: Vec<MembershipBody>,
    /// Whether the user has more organizations than these; `GET /organizations` lists all.
    has_more: bool,
}

/// Most organizations in an account's answer.
const ORGANIZATIONS: i64 = 100;

/// An organization of the user.
#[derive(Serialize, ToSchema)]
pub(crate) struct MembershipBody {
    /// Id of the organization.
    #[schema(value_type = Uuid)]
    pub(crate) id: TenantId,
    /// Name of the organization.
    pub(crate) name: String,
    /// Name of the organization for URLs.
    pub(crate) slug: String,
    /// Whether the organization was created for the user at sign-up.
    pub(crate) personal: bool,
    /// The user's role in the organization; with a custom role the least built-in role that includes its permissions.
    #[schema(value_type = Role)]
    pub(crate) role: String,
    /// The user's custom role; null for a built-in role.
    pub(crate) custom_role: Option<MemberCustomRole>,
    /// Id of the organization's plan.
    pub(crate) plan: String,
    /// State of the organization: `good`, `suspended` (read-only), `archived` (only paying and leaving work) or
    /// `closing` (read-only, it is being deleted).
    #[schema(value_type = Standing)]
    pub(crate) standing: String,
}

impl From<Membership> for MembershipBody {
    fn from(membership: Membership) -> Self {
        let Membership { tenant_id: id, name, slug, personal, role, plan, standing, .. } = membership;
        let custom_role = MemberCustomRole::of(membership.role_id, membership.role_name, membership.permissions);
        Self { id, name, slug, personal, role, custom_role, plan, standing }
    }
}

/// Get your account
///
/// Returns the signed-in user and their organizations.
#[utoipa::path(get, path = "/me", tag = "Account",
    security(("bearer" = [])), responses((status = 200, body = MeBody)))]
pub(crate) async fn me_get(State(backbone): State<Backbone>, signed_in: SignedIn) -> Answer<Json<MeBody>> {
    let mut tx = backbone.db.system("read own account").begin().await?;
    let user = user_find(&mut tx, signed_in.user).await?.or_not_found("user")?;
    let page = membership_list(&mut tx, user.id, PlaceRequest::new(Some(ORGANIZATIONS), None)?).await?;
    let has_more = page.next_cursor.is_some();
    let organizations = page.map(MembershipBody::from).data;
    Ok(Json(MeBody { id: user.id, email: user.email, session_id: signed_in.session, organizations, has_more }))
}
