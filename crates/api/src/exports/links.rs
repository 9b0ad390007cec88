//! Where signed links to archives lead, outside `/api/v1`: the link is the credential.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use freehold_app::file_link::archive_link_caller;
use freehold_core::TenantId;
use freehold_files::{FileId, archive::archive_get, content::content_url};
use freehold_privacy::export::{export_of_archive, link::export_link_check};
use freehold_web::{Answer, Backbone, Path, Query};

use crate::files::{Signed, content_answer};

/// The route of links.
pub(crate) fn routes() -> Router<Backbone> {
    Router::new().route("/exports/{organization}/{id}", get(archive_link_follow))
}

/// The archive that a link names. From an S3 the client gets it itself, as a file.
async fn archive_link_follow(
    State(backbone): State<Backbone>,
    Path((tenant, id)): Path<(TenantId, FileId)>,
    Query(signed): Query<Signed>,
    headers: HeaderMap,
) -> Answer<Response> {
    let link = export_link_check(&backbone.vault, tenant, id, &signed.into(), backbone.clock.now())?;
    let caller = archive_link_caller(&backbone.app, &link).await?;
    export_of_archive(&backbone.db, &caller, id).await?;
    let (archive, storage) = (archive_get(&backbone.db, &caller, id).await?, &backbone.files.storage);
    if backbone.files.limits.redirect
        && let Some(url) = content_url(storage, &caller, &archive).await?
    {
        return Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response());
    }
    Ok(content_answer(storage, &caller, &archive, &headers).await?)
}
