//! Who am I?

pub(crate) mod sessions;

use axum::extract::State;
use freehold_core::{OptionExt, PlaceRequest, SessionId, TenantId, UserId};
use freehold_identity::user::user_find;
use freehold_tenancy::member::{Membership, membership_list};
use freehold_web::{Answer, Backbone, Json, SignedIn};
use serde::Serialize;
use utoipa::ToSchema;

/// A signed-in person.
#[derive(Serialize, ToSchema)]
pub(crate) struct MeBody {
    /// Who.
    #[schema(value_type = Uuid)]
    id: UserId,
    /// The confirmed address.
    email: String,
    /// The session this request belongs to.
    #[schema(value_type = Uuid)]
    session_id: SessionId,
    /// The organizations the user belongs to, at most 100, the one last switched to first; requests without `X-Organization-Id`
    /// go to the first.
    organizations: Vec<MembershipBody>,
    /// Whether the user belongs to more organizations than these; `GET /organizations` lists them all.
    has_more: bool,
}

/// So many organizations are told with an account.
const ORGANIZATIONS: i64 = 100;

/// One of the person's organizations.
#[derive(Serialize, ToSchema)]
pub(crate) struct MembershipBody {
    /// Which.
    #[schema(value_type = Uuid)]
    pub(crate) id: TenantId,
    /// Its name.
    pub(crate) name: String,
    /// Its name in URLs.
    pub(crate) slug: String,
    /// Made for this person at sign-up.
    pub(crate) personal: bool,
    /// The person's role there: viewer, member, admin or owner.
    pub(crate) role: String,
    /// The plan it is on.
    pub(crate) plan: String,
    /// `good`; `suspended`: reading works, changing does not; or `archived`: only paying and leaving work.
    pub(crate) standing: String,
}

impl From<Membership> for MembershipBody {
    fn from(membership: Membership) -> Self {
        let Membership { tenant_id: id, name, slug, personal, role, plan, standing, .. } = membership;
        Self { id, name, slug, personal, role, plan, standing }
    }
}

/// Read your account
///
/// Who am I, and where do I belong?
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
