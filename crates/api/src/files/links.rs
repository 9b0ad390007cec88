//! Where signed links lead, outside `/api/v1`: the link is the credential.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use freehold_app::file_link::link_caller;
use freehold_core::TenantId;
use freehold_files::{
    FileId,
    content::content_url,
    file::file_get,
    link::{Link, LinkQuery},
};
use freehold_web::{Answer, Backbone, Path, Query};
use serde::Deserialize;

use super::content_answer;

/// The route of links.
pub(crate) fn routes() -> Router<Backbone> {
    Router::new().route("/files/{organization}/{id}", get(file_link_follow))
}

/// The query of a link. What is missing is wrong, as what was changed is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Signed {
    expires: String,
    by: String,
    signature: String,
}

impl From<Signed> for LinkQuery {
    fn from(Signed { expires, by, signature }: Signed) -> Self {
        Self { expires, by, signature }
    }
}

/// The content of the file that a link names. From an S3 the client gets it itself, at an address that is valid for a
/// minute, unless the S3 is out of reach for users.
async fn file_link_follow(
    State(backbone): State<Backbone>,
    Path((tenant, id)): Path<(TenantId, FileId)>,
    Query(signed): Query<Signed>,
    headers: HeaderMap,
) -> Answer<Response> {
    let link = Link::check(&backbone.vault, tenant, id, &signed.into(), backbone.clock.now())?;
    let caller = link_caller(&backbone.app, &link).await?;
    let file = file_get(&backbone.db, &caller, id).await?;
    let storage = &backbone.files.storage;
    if backbone.files.limits.redirect
        && let Some(url) = content_url(storage, &caller, &file).await?
    {
        return Ok((StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, url)]).into_response());
    }
    Ok(content_answer(storage, &caller, &file, &headers).await?)
}
