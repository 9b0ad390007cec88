//! `/campaigns/{id}/contacts`.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use freehold_core::{Cursor, PageRequest};
use freehold_web::{Answer, Attempt, Authenticated, Backbone, Creation, Json, Path, Query};
use serde::Deserialize;

use super::{
    campaign_body::{ContactBody, ContactPage},
    campaigns::Limits,
};
use crate::{
    CAMPAIGNS_READ, CAMPAIGNS_WRITE,
    campaign::{CampaignId, command::campaign_wake},
    contact::{
        ContactStatus,
        import::{self, Import, OnError},
    },
};

/// What happens to a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportOptions {
    #[serde(default)]
    on_error: OnError,
}

/// Which contacts.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactFilter {
    status: Option<ContactStatus>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// Add contacts
///
/// Adds the contacts of a CSV file to a campaign: at most 10,000, in UTF-8. Its first line names the columns: `phone` for
/// the number (E.164), and the workflow's inputs. Rows that cannot be called are told with their line and column;
/// `on_error` says whether the others are added all the same. A number is called once by a campaign.
#[utoipa::path(post, path = "/campaigns/{id}/contacts", tag = "Campaigns", params(("id" = uuid::Uuid, Path),
    ("on_error" = inline(Option<OnError>), Query, description = "Add the good rows (`keep_good`, the default), or none \
     (`refuse_all`), when some are bad"),
    ("Idempotency-Key" = Option<String>, Header, description = "A retry with the same key gets the first answer again")),
    request_body(content = String, content_type = "text/csv"), responses((status = 201, body = Import)))]
pub(crate) async fn contacts_import(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
    Query(options): Query<ImportOptions>,
    request: Request,
) -> Answer<Response> {
    caller.allow(CAMPAIGNS_WRITE)?;
    let creation = Creation::from_file(request, "text/csv").await?;
    let limits = Limits::of(&backbone, &caller).await?;
    let (mut fresh, bytes) = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, bytes) => (fresh, bytes),
        Attempt::Replay(answer) => return Ok(answer),
    };
    let account = limits.account(&backbone, &caller);
    let (ids, now) = (&backbone.ids, account.now);
    let (import, campaign) = import::contacts_import(&mut fresh.tx, id, &bytes, options.on_error, ids, now).await?;
    campaign_wake(&mut fresh.tx, account, campaign).await?;
    Ok(fresh.finish(StatusCode::CREATED, &import).await?)
}

/// List contacts
///
/// The contacts of a campaign.
#[utoipa::path(get, path = "/campaigns/{id}/contacts", tag = "Campaigns", params(("id" = uuid::Uuid, Path),
    ("status" = inline(Option<ContactStatus>), Query, description = "Only those who stand there"),
    ("limit" = Option<i64>, Query), ("cursor" = Option<String>, Query)), responses((status = 200, body = ContactPage)))]
pub(crate) async fn contact_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<CampaignId>,
    Query(filter): Query<ContactFilter>,
) -> Answer<Json<ContactPage>> {
    caller.allow(CAMPAIGNS_READ)?;
    let cursor = filter.cursor.as_deref().map(str::parse::<Cursor>).transpose()?;
    let request = PageRequest::new(filter.limit, cursor)?;
    let page = crate::contact::contact_list(&backbone.db, &caller, id, filter.status, request).await?;
    let page = page.map(ContactBody::from);
    Ok(Json(ContactPage { data: page.data, next_cursor: page.next_cursor }))
}
