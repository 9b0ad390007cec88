//! Organizations, as operators find them.

use axum::extract::State;
use freehold_billing::{account::account_find, lifecycle::State as BillingState};
use freehold_core::{Cursor, Error, Standing, TenantId};
use freehold_metering::{
    limit_override::{LimitOverride, limit_override_list},
    usage::{Usage, UsageKind, usage_list},
};
use freehold_operators::directory::{
    TenantFilter, TenantHealth, TenantSummary, tenant_health, tenant_search, tenant_summary,
};
use freehold_web::{Answer, Backbone, Json, Paging, Path, Query, SignedInOperator};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An organization in a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantBody {
    /// Id of the organization.
    #[schema(value_type = Uuid)]
    id: TenantId,
    /// Name of the organization.
    name: String,
    /// Name of the organization for URLs.
    slug: String,
    /// Id of the organization's plan.
    plan: String,
    /// Version of the plan that the organization is on.
    plan_version: i32,
    /// State of the organization: `good`, `suspended` (read-only) or `archived` (only paying and leaving work).
    #[schema(value_type = Standing)]
    standing: String,
    /// When an operator suspended the organization, UTC; null when no operator did.
    #[schema(value_type = Option<String>, format = DateTime)]
    suspended_at: Option<Timestamp>,
    /// Why an operator suspended the organization; null when no operator did.
    suspended_reason: Option<String>,
    /// E-mail address of the owner who joined first; null for an owner without one.
    owner_email: Option<String>,
    /// Number of members.
    members: i64,
    /// When the organization was created, UTC.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<TenantSummary> for TenantBody {
    fn from(tenant: TenantSummary) -> Self {
        let TenantSummary { tenant_id: id, name, slug, plan, plan_version, standing, suspended_at, .. } = tenant;
        let TenantSummary { suspended_reason, owner_email, members, created_at, .. } = tenant;
        let owner_email = owner_email.filter(|email| !email.is_empty());
        Self {
            id,
            name,
            slug,
            plan,
            plan_version,
            standing,
            suspended_at,
            suspended_reason,
            owner_email,
            members,
            created_at,
        }
    }
}

/// A page of organizations.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantPage {
    /// The organizations, newest first.
    data: Vec<TenantBody>,
    /// Value of `cursor` for the next page; null on the last page.
    #[schema(value_type = Option<String>)]
    next_cursor: Option<Cursor>,
}

/// Filter and page of organizations.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TenantQuery {
    limit: Option<i64>,
    cursor: Option<String>,
    search: Option<String>,
    plan: Option<String>,
    standing: Option<String>,
}

/// An organization with what operators need to know of it.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantDetailBody {
    /// The organization with its plan and standing, as in the list.
    organization: TenantBody,
    /// Its billing account; null where billing is disabled, or before it has one.
    billing: Option<TenantBillingBody>,
    /// What it used of its limits, one entry for each meter.
    #[schema(max_items = 1_000)]
    usage: Vec<TenantUsageBody>,
    /// Whether its background work is well.
    health: TenantHealthBody,
}

/// The billing account of an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantBillingBody {
    /// Billing state of the organization.
    #[schema(value_type = BillingState)]
    state: String,
    /// When the billing state began, UTC.
    #[schema(value_type = String, format = DateTime)]
    state_since: Timestamp,
    /// When the trial without a card ends or ended, UTC; null for no trial.
    #[schema(value_type = Option<String>, format = DateTime)]
    trial_ends_at: Option<Timestamp>,
    /// Id of the plan that an operator granted; null for none.
    granted_plan: Option<String>,
    /// Id of the customer at Stripe; null for none yet.
    customer_id: Option<String>,
}

/// Usage of a meter by an organization.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantUsageBody {
    /// Id of the meter.
    meter: String,
    /// Whether the meter counts what exists now, or what happens in a period.
    kind: UsageKind,
    /// Usage in the current period, in the meter's unit.
    used: i64,
    /// Usage reserved for running actions, in the meter's unit.
    reserved: i64,
    /// The limit that applies now, in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// The limit that an operator set, with its expiry; null for that of the plan.
    set_by_operator: Option<LimitOverrideBody>,
}

/// A limit that an operator set.
#[derive(Serialize, ToSchema)]
pub(crate) struct LimitOverrideBody {
    /// Id of the meter.
    meter: String,
    /// The limit, in the meter's unit; null for unlimited.
    limit: Option<i64>,
    /// When the plan's limit applies again, UTC; null for no end.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Why the operator set the limit.
    reason: String,
    /// When the operator set the limit, UTC.
    #[schema(value_type = String, format = DateTime)]
    set_at: Timestamp,
}

impl From<LimitOverride> for LimitOverrideBody {
    fn from(set: LimitOverride) -> Self {
        let LimitOverride { meter, at_most: limit, expires_at, reason, set_at } = set;
        Self { meter, limit, expires_at, reason, set_at }
    }
}

/// Whether an organization's background work is well.
#[derive(Serialize, ToSchema)]
pub(crate) struct TenantHealthBody {
    /// Number of jobs that failed for good and can be repeated.
    dead_jobs: i64,
    /// Number of webhook endpoints that were disabled because their deliveries failed.
    disabled_webhooks: i64,
    /// Number of webhook endpoints whose last deliveries failed, and that are still tried.
    failing_webhooks: i64,
    /// When the last change was recorded in the organization's audit, UTC; null for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_change_at: Option<Timestamp>,
}

impl From<TenantHealth> for TenantHealthBody {
    fn from(health: TenantHealth) -> Self {
        let TenantHealth { dead_jobs, disabled_webhooks, failing_webhooks, last_change_at } = health;
        Self { dead_jobs, disabled_webhooks, failing_webhooks, last_change_at }
    }
}

/// Search organizations
///
/// Returns the organizations that match all parameters.
#[utoipa::path(
    get, path = "/tenants", tag = "Tenants", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
        ("search" = Option<String>, Query, description = "Return only organizations with this text in their name, their \
         slug or an owner's e-mail address, or with this id"),
        ("plan" = Option<String>, Query, description = "Return only organizations on the plan with this id"),
        ("standing" = Option<Standing>, Query, description = "Return only organizations in this state"),
    ),
    responses((status = 200, body = TenantPage)),
)]
pub(crate) async fn tenant_list(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
    Query(query): Query<TenantQuery>,
) -> Answer<Json<TenantPage>> {
    let TenantQuery { limit, cursor, search, plan, standing } = query;
    if let Some(standing) = &standing
        && standing.parse::<Standing>().is_err()
    {
        return Err(Error::invalid("?standing", "expected good, suspended or archived").into());
    }
    let page = Paging::new(limit, cursor).request()?;
    let page = tenant_search(&backbone.db, &TenantFilter { search, plan, standing }, page).await?;
    let page = page.map(TenantBody::from);
    Ok(Json(TenantPage { data: page.data, next_cursor: page.next_cursor }))
}

/// Get an organization
///
/// Returns an organization with its billing account, its usage and the health of its background work.
#[utoipa::path(
    get, path = "/tenants/{id}", tag = "Tenants", security(("operator" = [])),
    params(("id" = Uuid, Path)),
    responses((status = 200, body = TenantDetailBody)),
)]
pub(crate) async fn tenant_get(
    State(backbone): State<Backbone>,
    _: SignedInOperator,
    Path(id): Path<TenantId>,
) -> Answer<Json<TenantDetailBody>> {
    Ok(Json(detail(&backbone, id).await?))
}

/// What operators see of an organization.
pub(super) async fn detail(backbone: &Backbone, id: TenantId) -> freehold_core::Result<TenantDetailBody> {
    let summary = tenant_summary(&backbone.db, id).await?;
    let not_found = || Error::not_found("organization");
    let caller = backbone.system_caller(id, "operator looks at an organization").await?.ok_or_else(not_found)?;
    let account = match &backbone.billing {
        Some(billing) => account_find(billing, id).await?,
        None => None,
    };
    let now = backbone.clock.now();
    let mut overrides = limit_override_list(&backbone.db, id).await?;
    overrides.retain(|each| each.expires_at.is_none_or(|end| end > now));
    let usage = usage_list(&backbone.db, &backbone.entitlements, &caller).await?.into_iter().map(|usage| {
        let Usage { meter, kind, used, reserved, limit, .. } = usage;
        let set_by_operator = overrides.iter().find(|each| each.meter == meter).cloned().map(Into::into);
        TenantUsageBody { meter, kind, used, reserved, limit, set_by_operator }
    });
    Ok(TenantDetailBody {
        organization: summary.into(),
        billing: account.map(|account| TenantBillingBody {
            state: account.state,
            state_since: account.state_since,
            trial_ends_at: account.trial_ends_at,
            granted_plan: account.granted_plan,
            customer_id: account.customer_id,
        }),
        usage: usage.collect(),
        health: tenant_health(&backbone.db, id).await?.into(),
    })
}
