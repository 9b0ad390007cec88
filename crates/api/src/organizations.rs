//! Organizations.

use axum::{extract::State, http::StatusCode};
use freehold_billing::unpaid::organization_allowed;
use freehold_core::{Area, Caller, Error, Permission, Place, TenantId};
use freehold_metering::plan::plan_of_new_tenant;
use freehold_tenancy::{
    member::{membership_list, membership_select},
    tenant::{NewTenant, Tenant, tenant_create, tenant_get, tenant_rename},
};
use freehold_web::{
    Answer, Authenticated, Backbone, IfMatch, Json, Paging, Path, Query, SignedIn, Versioned, account_begin,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::me::MembershipBody;

/// An organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganizationBody {
    /// Which.
    #[schema(value_type = Uuid)]
    id: TenantId,
    /// Its name.
    name: String,
    /// Its name in URLs.
    slug: String,
    /// Made for one person at sign-up.
    personal: bool,
    /// The plan it is on.
    plan: String,
    /// The version of the plan it bought.
    plan_version: i32,
    /// `good`; `suspended`: reading works, changing does not; or `archived`: only paying and leaving work.
    standing: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<Tenant> for OrganizationBody {
    fn from(tenant: Tenant) -> Self {
        let Tenant { tenant_id: id, name, slug, personal, plan, plan_version, standing, created_at, updated_at } =
            tenant;
        Self { id, name, slug, personal, plan, plan_version, standing, created_at, updated_at }
    }
}

/// An organization's name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationName {
    /// 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// A page of the user's organizations.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganizationPage {
    /// The one last switched to first.
    data: Vec<MembershipBody>,
    /// Send it as `cursor` for the next page; null on the last.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Place>,
}

/// List organizations
///
/// The organizations you belong to, the one you last switched to first.
#[utoipa::path(get, path = "/organizations", tag = "Organizations",
    security(("bearer" = [])),
    params(("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)),
    responses((status = 200, body = OrganizationPage)))]
pub(crate) async fn organization_list(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
) -> Answer<Json<OrganizationPage>> {
    let request = paging.place_request()?;
    let mut tx = backbone.db.system("list own organizations").begin().await?;
    let page = membership_list(&mut tx, signed_in.user, request).await?.map(MembershipBody::from);
    Ok(Json(OrganizationPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Make an organization
///
/// Creates an organization that you own, and switches you to it. Users who own as many organizations that pay nothing as the
/// server allows are refused (`unpaid_organizations`). The trial of a plan begins with your first organization only.
#[utoipa::path(post, path = "/organizations", tag = "Organizations",
    security(("bearer" = [])), request_body = OrganizationName,
    responses((status = 201, body = OrganizationBody)))]
pub(crate) async fn organization_create(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Json(body): Json<OrganizationName>,
) -> Answer<(StatusCode, Json<OrganizationBody>)> {
    let mut tx = backbone.db.system("make an organization").begin().await?;
    if let Some(billing) = &backbone.billing {
        organization_allowed(&mut tx, billing, signed_in.user).await?;
    }
    let new = NewTenant {
        id: backbone.ids.next(),
        name: body.name,
        personal: false,
        plan: plan_of_new_tenant(&backbone.product),
        owner: signed_in.user,
    };
    let tenant = tenant_create(&mut tx, new, backbone.clock.now()).await?;
    account_begin(&backbone, &mut tx, tenant.tenant_id).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok((StatusCode::CREATED, Json(tenant.into())))
}

/// Read an organization
///
/// An organization you belong to.
#[utoipa::path(get, path = "/organizations/{id}", tag = "Organizations", params(("id" = Uuid, Path)),
    responses((status = 200, body = OrganizationBody)))]
pub(crate) async fn organization_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
) -> Answer<Versioned<Json<OrganizationBody>>> {
    caller.allow(Permission::read(Area::Organization))?;
    own(&caller, id)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let tenant = tenant_get(&mut tx, id).await?;
    Ok(Versioned(version(&tenant), Json(tenant.into())))
}

/// Rename an organization
///
/// Gives the organization another name. With `If-Match`, only if nobody changed it meanwhile.
#[utoipa::path(patch, path = "/organizations/{id}", tag = "Organizations",
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header, description = "The `ETag` the change was made from")),
    request_body = OrganizationName, responses((status = 200, body = OrganizationBody)))]
pub(crate) async fn organization_change(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
    if_match: IfMatch,
    Json(body): Json<OrganizationName>,
) -> Answer<Versioned<Json<OrganizationBody>>> {
    caller.allow(Permission::write(Area::Organization))?;
    own(&caller, id)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let check = |current: &Tenant| if_match.check(&version(current));
    let tenant = tenant_rename(&mut tx, id, &body.name, check, backbone.clock.now()).await?;
    tx.commit().await?;
    Ok(Versioned(version(&tenant), Json(tenant.into())))
}

/// Switch organization
///
/// Switches to the organization: requests without `X-Organization-Id` go to it from now on.
#[utoipa::path(post, path = "/organizations/{id}/select", tag = "Organizations",
    security(("bearer" = [])), params(("id" = Uuid, Path)),
    responses((status = 204)))]
pub(crate) async fn organization_select(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Path(id): Path<TenantId>,
) -> Answer<StatusCode> {
    let mut tx = backbone.db.system("switch organization").begin().await?;
    membership_select(&mut tx, id, signed_in.user, backbone.clock.now()).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// The organization in the path has to be the one the caller acts for.
pub(crate) fn own(caller: &Caller, id: TenantId) -> Result<(), Error> {
    if caller.tenant() == id { Ok(()) } else { Err(Error::not_found("organization")) }
}

fn version(tenant: &Tenant) -> String {
    tenant.updated_at.as_microsecond().to_string()
}
