//! `/campaigns`.

use axum::{extract::State, http::StatusCode, response::Response};
use freehold_core::{Caller, Money, Result};
use freehold_db::TenantTx;
use freehold_jobs::QueueTerms;
use freehold_metering::usage::Allowance;
use freehold_web::{Answer, Authenticated, Backbone, Creation, IfMatch, Json, Paging, Path, Query, Versioned};

use super::campaign_body::{CampaignBody, CampaignPage, CampaignSummaryBody, CreateCampaign, UpdateCampaign};
use crate::{
    CALLS_METER, CAMPAIGNS_METER, CAMPAIGNS_READ, CAMPAIGNS_WRITE,
    campaign::{
        self, Campaign, CampaignId, Command,
        command::{self, Account},
        progress::{campaign_progress, campaign_progress_of},
    },
};

/// List campaigns
///
/// Returns your campaigns, newest first.
#[utoipa::path(
    get, path = "/campaigns", tag = "Campaigns",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = CampaignPage)),
)]
pub(crate) async fn campaign_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<CampaignPage>> {
    caller.allow(CAMPAIGNS_READ)?;
    let page = campaign::campaign_list(&backbone.db, &caller, paging.request()?).await?;
    let data: Result<Vec<CampaignSummaryBody>> = page.data.into_iter().map(TryInto::try_into).collect();
    Ok(Json(CampaignPage { data: data?, next_cursor: page.next_cursor }))
}

/// Create a campaign
///
/// Creates a campaign within the plan's limit. It is a draft: add contacts, then start it.
#[utoipa::path(
    post, path = "/campaigns", tag = "Campaigns",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    request_body = CreateCampaign,
    responses((status = 201, body = CampaignBody)),
)]
pub(crate) async fn campaign_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    creation: Creation<CreateCampaign>,
) -> Answer<Response> {
    caller.allow(CAMPAIGNS_WRITE)?;
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, CAMPAIGNS_METER).await?;
    let create = async |tx: &mut TenantTx, body: CreateCampaign| {
        let new = body.campaign(tx.id());
        let campaign = campaign::campaign_create(tx, &allowance, new).await?;
        body_of(tx, &backbone, campaign).await
    };
    Ok(creation.run(&backbone, &caller, create).await?)
}

/// Get a campaign
///
/// Returns a campaign with its progress.
#[utoipa::path(
    get, path = "/campaigns/{id}", tag = "Campaigns",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CampaignBody, headers(("ETag" = String)))),
)]
pub(crate) async fn campaign_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<Versioned<Json<CampaignBody>>> {
    caller.allow(CAMPAIGNS_READ)?;
    let (campaign, progress) = campaign_progress(&backbone.db, &caller, id, currency(&backbone)).await?;
    Ok(Versioned(entity_tag(&campaign), Json(CampaignBody::of(campaign, progress))))
}

/// Update a campaign
///
/// Changes name, concurrency, schedule, default country or retries of a campaign that has not ended. A running campaign
/// applies the changes at once.
#[utoipa::path(
    patch, path = "/campaigns/{id}", tag = "Campaigns",
    params(
        ("id" = uuid::Uuid, Path),
        ("If-Match" = Option<String>, Header, description = "`ETag` of the version on which the change is based"),
    ),
    request_body = UpdateCampaign,
    responses((status = 200, body = CampaignBody, headers(("ETag" = String)))),
)]
pub(crate) async fn campaign_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
    if_match: IfMatch,
    Json(body): Json<UpdateCampaign>,
) -> Answer<Versioned<Json<CampaignBody>>> {
    caller.allow(CAMPAIGNS_WRITE)?;
    let limits = Limits::of(&backbone, &caller).await?;
    let account = limits.account();
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let change = |current: &Campaign| {
        if_match.check(&entity_tag(current))?;
        Ok(body.terms(current))
    };
    let campaign = command::campaign_change(&mut tx, account, id, change).await?;
    let tag = entity_tag(&campaign);
    let body = body_of(&mut tx, &backbone, campaign).await?;
    tx.commit().await?;
    Ok(Versioned(tag, Json(body)))
}

/// Delete a campaign
///
/// Deletes a campaign that is not running, with its contacts, and frees its place in the plan. Its runs stay.
#[utoipa::path(
    delete, path = "/campaigns/{id}", tag = "Campaigns",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn campaign_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<StatusCode> {
    caller.allow(CAMPAIGNS_WRITE)?;
    let allowance = backbone.entitlements.allowance(&backbone.db, &caller, CAMPAIGNS_METER).await?;
    let mut tx = backbone.db.tenant(&caller).begin().await?;
    let event = backbone.ids.next::<()>().uuid();
    campaign::campaign_delete(&mut tx, &allowance, id, event).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Start a campaign
///
/// Starts a draft, now or at its `start_at`. Starting a running campaign changes nothing.
#[utoipa::path(
    post, path = "/campaigns/{id}/start", tag = "Campaigns",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CampaignBody)),
)]
pub(crate) async fn campaign_start(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<Json<CampaignBody>> {
    campaign_command(&backbone, &caller, id, Command::Start).await
}

/// Pause a campaign
///
/// Starts no further calls until the campaign is resumed; calls in progress finish. Pausing a paused campaign changes
/// nothing.
#[utoipa::path(
    post, path = "/campaigns/{id}/pause", tag = "Campaigns",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CampaignBody)),
)]
pub(crate) async fn campaign_pause(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<Json<CampaignBody>> {
    campaign_command(&backbone, &caller, id, Command::Pause).await
}

/// Resume a campaign
///
/// Continues a paused or stopped campaign. Resuming a running campaign changes nothing.
#[utoipa::path(
    post, path = "/campaigns/{id}/resume", tag = "Campaigns",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CampaignBody)),
)]
pub(crate) async fn campaign_resume(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<Json<CampaignBody>> {
    campaign_command(&backbone, &caller, id, Command::Resume).await
}

/// Cancel a campaign
///
/// Ends a campaign for good. Calls in progress finish; the remaining contacts are not called. Cancelling a cancelled
/// campaign changes nothing.
#[utoipa::path(
    post, path = "/campaigns/{id}/cancel", tag = "Campaigns",
    params(("id" = uuid::Uuid, Path)),
    responses((status = 200, body = CampaignBody)),
)]
pub(crate) async fn campaign_cancel(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
) -> Answer<Json<CampaignBody>> {
    campaign_command(&backbone, &caller, id, Command::Cancel).await
}

async fn campaign_command(
    backbone: &Backbone,
    caller: &Caller,
    id: CampaignId,
    command: Command,
) -> Answer<Json<CampaignBody>> {
    caller.allow(CAMPAIGNS_WRITE)?;
    let limits = Limits::of(backbone, caller).await?;
    let mut tx = backbone.db.tenant(caller).begin().await?;
    let campaign = command::campaign_command(&mut tx, limits.account(), id, command).await?;
    let body = body_of(&mut tx, backbone, campaign).await?;
    tx.commit().await?;
    Ok(Json(body))
}

/// The limits of the caller's plan for campaigns.
pub(super) struct Limits {
    terms: QueueTerms,
    calls: Allowance,
}

impl Limits {
    pub(super) async fn of(backbone: &Backbone, caller: &Caller) -> Result<Self> {
        let terms = backbone.entitlements.queue_terms(&backbone.db, caller).await?;
        let calls = backbone.entitlements.allowance(&backbone.db, caller, CALLS_METER).await?;
        Ok(Self { terms, calls })
    }

    pub(super) fn account(&self) -> Account<'_> {
        Account { terms: &self.terms, calls: &self.calls }
    }
}

async fn body_of(tx: &mut TenantTx, backbone: &Backbone, campaign: Campaign) -> Result<CampaignBody> {
    let progress = campaign_progress_of(tx, &campaign, currency(backbone)).await?;
    Ok(CampaignBody::of(campaign, progress))
}

/// The currency of costs.
pub(super) fn currency(backbone: &Backbone) -> Money {
    Money::zero(backbone.product.currency)
}

/// The time of the last change and the state.
fn entity_tag(campaign: &Campaign) -> String {
    format!("{}-{}-{}", campaign.status, campaign.turns, campaign.updated_at.as_microsecond())
}
