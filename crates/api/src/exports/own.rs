//! Exports of the signed-in user's own data, whatever their organizations.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::Response,
};
use freehold_app::export::user_export_request;
use freehold_privacy::export::{ExportId, export_get, export_list};
use freehold_web::{Answer, Attempt, Backbone, Json, Paging, Path, Query, SignedIn, StreamKey};

use super::body::{ExportBody, ExportPage};

/// Export your data
///
/// Requests an archive of your own data: account, identities, sessions, second factors, memberships, and what you did
/// with your account. It is written in the background and mailed as a link that is valid for seven days. While an export
/// is being written, that one is returned. One export a day; an export that failed does not count.
#[utoipa::path(
    post, path = "/me/export", tag = "Account", security(("bearer" = [])),
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    responses((status = 202, body = ExportBody)),
)]
pub(crate) async fn own_export_request(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    request: Request,
) -> Answer<Response> {
    let caller = backbone.own_caller(signed_in.user);
    let creation = StreamKey::of(&request)?.creation(&[], ());
    let mut fresh = match creation.attempt(&backbone, &caller).await? {
        Attempt::Fresh(fresh, ()) => fresh,
        Attempt::Replay(answer) => return Ok(answer),
    };
    let export = user_export_request(&mut fresh.tx, signed_in.user).await?;
    let body = ExportBody::of(&backbone, caller.tenant(), export)?;
    Ok(fresh.finish(StatusCode::ACCEPTED, &body).await?)
}

/// List exports of your data
///
/// Returns the exports of your own data of the last 100 days, newest first.
#[utoipa::path(
    get, path = "/me/export", tag = "Account", security(("bearer" = [])),
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = ExportPage)),
)]
pub(crate) async fn own_export_list(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Query(paging): Query<Paging>,
) -> Answer<Json<ExportPage>> {
    let caller = backbone.own_caller(signed_in.user);
    let page = export_list(&backbone.db, &caller, paging.request()?).await?;
    Ok(Json(ExportPage::of(&backbone, caller.tenant(), page)?))
}

/// Get an export of your data
///
/// Returns an export of your own data, with a link to its archive when it is ready.
#[utoipa::path(
    get, path = "/me/export/{id}", tag = "Account", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "Id of the export")),
    responses((status = 200, body = ExportBody)),
)]
pub(crate) async fn own_export_get(
    State(backbone): State<Backbone>,
    signed_in: SignedIn,
    Path(id): Path<ExportId>,
) -> Answer<Json<ExportBody>> {
    let caller = backbone.own_caller(signed_in.user);
    let export = export_get(&backbone.db, &caller, id).await?;
    Ok(Json(ExportBody::of(&backbone, caller.tenant(), export)?))
}
