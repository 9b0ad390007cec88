//! Exports of an organization's data, and of a user's own.

mod body;
pub(crate) mod links;
pub(crate) mod own;

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use freehold_app::export::organization_export_request;
use freehold_privacy::export::{self, ExportId, READ, WRITE};
use freehold_web::{Answer, Attempt, Authenticated, Backbone, Json, Paging, Path, Query, StreamKey};
use utoipa_axum::{router::OpenApiRouter, routes};

use body::{ExportBody, ExportPage};

/// The routes of exports.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    OpenApiRouter::new()
        .routes(routes!(export_list, export_request))
        .routes(routes!(export_get))
        .routes(routes!(own::own_export_list, own::own_export_request))
        .routes(routes!(own::own_export_get))
}

/// Export the organization's data
///
/// Requests an archive of all of the organization's data: JSON lines for every table, and the content of all files, with
/// a manifest of checksums. It is written in the background and mailed as a link that is valid for seven days. While an
/// export is being written, that one is returned. The plan limits how often; an export that failed does not count.
/// Requires the role admin or owner, and also works in a suspended or archived organization.
#[utoipa::path(
    post, path = "/export", tag = "Exports",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 202, body = ExportBody)),
)]
pub(crate) async fn export_request(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    request: Request,
) -> Answer<Response> {
    let caller = caller.allow_exporting(WRITE)?;
    let creation = StreamKey::of(&request)?.creation(&[], ());
    let mut fresh = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, ()) => fresh,
        Attempt::Replay(answer) => return Ok(answer),
    };
    let export = organization_export_request(&backbone.app, &mut fresh.tx).await?;
    let body = ExportBody::of(&backbone, caller.tenant(), export)?;
    Ok(fresh.finish(StatusCode::ACCEPTED, &body).await?)
}

/// List exports
///
/// Returns the organization's exports of the last 100 days, newest first. Requires the role admin or owner.
#[utoipa::path(
    get, path = "/export", tag = "Exports",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = ExportPage)),
)]
pub(crate) async fn export_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<ExportPage>> {
    let caller = caller.allow_exporting(READ)?;
    let page = export::export_list(&backbone.db, &caller, paging.request()?).await?;
    Ok(Json(ExportPage::of(&backbone, caller.tenant(), page)?))
}

/// Get an export
///
/// Returns an export, with a link to its archive when it is ready. Requires the role admin or owner.
#[utoipa::path(
    get, path = "/export/{id}", tag = "Exports",
    params(("id" = Uuid, Path, description = "Id of the export")),
    responses((status = 200, body = ExportBody)),
)]
pub(crate) async fn export_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<ExportId>,
) -> Answer<Json<ExportBody>> {
    let caller = caller.allow_exporting(READ)?;
    let export = export::export_get(&backbone.db, &caller, id).await?;
    Ok(Json(ExportBody::of(&backbone, caller.tenant(), export)?))
}
