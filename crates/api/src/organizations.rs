//! Organizations.

pub(crate) mod logo;

use axum::{extract::State, http::StatusCode};
use freehold_app::{logo::logo_path, provision};
use freehold_core::{Area, Caller, Error, Permission, Place, Standing, TenantId};
use freehold_tenancy::{
    member::{membership_list, membership_select},
    tenant::{Tenant, TenantChange, tenant_get, tenant_update},
};
use freehold_web::{Answer, Authenticated, Backbone, IfMatch, Json, Paging, Path, Query, SignedIn, Versioned};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::me::MembershipBody;

/// An organization: users who share data, one plan and one bill.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganizationBody {
    /// Id of the organization.
    #[schema(value_type = Uuid)]
    id: TenantId,
    /// Name of the organization.
    name: String,
    /// Name of the organization for URLs.
    slug: String,
    /// Whether the organization was created for one user at sign-up.
    personal: bool,
    /// Id of the organization's plan.
    plan: String,
    /// Version of the plan that the organization is on.
    plan_version: i32,
    /// State of the organization: `good`, `suspended` (read-only), `archived` (only paying and leaving work) or
    /// `closing` (read-only, it is being deleted).
    #[schema(value_type = Standing)]
    standing: String,
    /// Address of the organization's website; null when it named none.
    #[schema(format = "uri")]
    website: Option<String>,
    /// E-mail address that the organization gives to others; null when it named none.
    #[schema(format = IdnEmail)]
    contact_email: Option<String>,
    /// Time zone of the organization, a name of the IANA database; `UTC` unless it named another.
    time_zone: String,
    /// Language of the organization, as a language tag; `en` unless it named another.
    locale: String,
    /// URL of the logo, which another logo does not have; null when there is no logo. Anyone who knows it can see the logo.
    #[schema(format = "uri")]
    logo_url: Option<String>,
    /// When the organization was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the organization was last changed, UTC.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl OrganizationBody {
    /// The organization, with the address of its logo on this site.
    fn of(tenant: Tenant, site_url: &str) -> Self {
        let Tenant { tenant_id: id, name, slug, personal, plan, plan_version, standing, .. } = tenant;
        Self {
            id,
            name,
            slug,
            personal,
            plan,
            plan_version,
            standing,
            website: tenant.website,
            contact_email: tenant.contact_email,
            time_zone: tenant.time_zone,
            locale: tenant.locale,
            logo_url: logo_path(id, tenant.logo_file).map(|path| format!("{site_url}{path}")),
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

/// The organization to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateOrganization {
    /// Name of the organization: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: String,
}

/// What to change of an organization. What is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateOrganization {
    /// Name of the organization: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    name: Option<String>,
    /// Name of the organization for URLs, unique over all organizations: 2 to 48 lower-case letters from a to z, digits,
    /// and single dashes between them. The last five former ones stay reserved for the organization.
    #[schema(min_length = 2, max_length = 48, pattern = "^[a-z0-9]+(-[a-z0-9]+)*$")]
    slug: Option<String>,
    /// Address of a website, `http` or `https`, at most 300 characters; empty to remove it.
    #[schema(max_length = 300, example = "https://brightdental.example/")]
    website: Option<String>,
    /// E-mail address for others; empty to remove it.
    #[schema(format = IdnEmail, max_length = 254, example = "hello@brightdental.example")]
    contact_email: Option<String>,
    /// Time zone: `UTC`, or a name of the IANA database.
    #[schema(max_length = 64, example = "Europe/Vilnius")]
    time_zone: Option<String>,
    /// Language tag: language, script and region.
    #[schema(max_length = 35, example = "de-AT")]
    locale: Option<String>,
}

/// A page of the user's organizations.
#[derive(Serialize, ToSchema)]
pub(crate) struct OrganizationPage {
    /// The organizations, the last selected first.
    data: Vec<MembershipBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Place>,
}

/// List organizations
///
/// Returns your organizations, the last selected first.
#[utoipa::path(
    get, path = "/organizations", tag = "Organizations",
    security(("bearer" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = OrganizationPage)),
)]
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

/// Create an organization
///
/// Creates an organization that you own, and switches you to it. The number of unpaid organizations that a user may own
/// is limited (`unpaid_organizations`). Only your first organization gets a trial.
#[utoipa::path(post, path = "/organizations", tag = "Organizations",
    security(("bearer" = [])), request_body = CreateOrganization,
    responses((status = 201, body = OrganizationBody)))]
pub(crate) async fn organization_create(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Json(body): Json<CreateOrganization>,
) -> Answer<(StatusCode, Json<OrganizationBody>)> {
    let tenant = provision::organization_create(&backbone, signed_in.user, body.name).await?;
    backbone.resolver.forget();
    Ok((StatusCode::CREATED, Json(OrganizationBody::of(tenant, &backbone.site_url))))
}

/// Get an organization
///
/// Returns an organization of which you are a member.
#[utoipa::path(
    get, path = "/organizations/{id}", tag = "Organizations",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = OrganizationBody)),
)]
pub(crate) async fn organization_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
) -> Answer<Versioned<Json<OrganizationBody>>> {
    caller.allow(Permission::read(Area::Organization))?;
    own(&caller, id)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let tenant = tenant_get(&mut tx, id).await?;
    Ok(Versioned(version(&tenant), Json(OrganizationBody::of(tenant, &backbone.site_url))))
}

/// Update an organization
///
/// Changes the name, the slug or the settings of the organization. With `If-Match`, only if the organization has not
/// changed since.
#[utoipa::path(
    patch, path = "/organizations/{id}", tag = "Organizations",
    params(
        ("id" = Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version on which the change is based"),
    ),
    request_body = UpdateOrganization,
    responses((status = 200, body = OrganizationBody)),
)]
pub(crate) async fn organization_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
    if_match: IfMatch,
    Json(body): Json<UpdateOrganization>,
) -> Answer<Versioned<Json<OrganizationBody>>> {
    caller.allow(Permission::write(Area::Organization))?;
    own(&caller, id)?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let check = |current: &Tenant| if_match.check(&version(current));
    let UpdateOrganization { name, slug, website, contact_email, time_zone, locale } = body;
    let change = TenantChange { name, slug, website, contact_email, time_zone, locale };
    let tenant = tenant_update(&mut tx, change, check).await?;
    tx.commit().await?;
    Ok(Versioned(version(&tenant), Json(OrganizationBody::of(tenant, &backbone.site_url))))
}

/// Select an organization
///
/// Switches you to the organization: later requests without `X-Organization-Id` act on it.
#[utoipa::path(
    post, path = "/organizations/{id}/select", tag = "Organizations",
    security(("bearer" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn organization_select(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Path(id): Path<TenantId>,
) -> Answer<StatusCode> {
    let mut tx = backbone.db.system("switch organization").begin().await?;
    membership_select(&mut tx, id, signed_in.user).await?;
    tx.commit().await?;
    backbone.resolver.forget();
    Ok(StatusCode::NO_CONTENT)
}

/// An error, unless the path names the organization for which the caller acts.
pub(crate) fn own(caller: &Caller, id: TenantId) -> Result<(), Error> {
    if caller.tenant() == id { Ok(()) } else { Err(Error::not_found("organization")) }
}

fn version(tenant: &Tenant) -> String {
    tenant.updated_at.as_microsecond().to_string()
}
