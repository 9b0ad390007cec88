//! Files of an organization.

mod answer;
mod body;
mod links;

use std::time::Duration;

use axum::{
    body::HttpBody,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use freehold_core::{Caller, Result};
use freehold_db::TenantTx;
use freehold_files::{
    FileId, Files,
    file::{self, files_allowance},
    link::Link,
    upload::{NewFile, Uploaded, file_store, upload_begin},
};
use freehold_web::{Answer, Authenticated, Backbone, Json, MaybeJson, Paging, Path, Query, StreamKey, TimeLimit};
use serde::Deserialize;
use utoipa_axum::{router::OpenApiRouter, routes};

use body::{CreateFileLink, FileBody, FileLinkBody, FilePage};
pub(crate) use {
    answer::content_answer,
    links::{Signed, routes as file_link_routes},
};

/// How long an upload may take.
const UPLOAD_LIMIT: Duration = Duration::from_hours(1);

/// The routes of files.
pub(crate) fn routes() -> OpenApiRouter<Backbone> {
    let upload = OpenApiRouter::new().routes(routes!(file_list, file_create)).layer(TimeLimit(UPLOAD_LIMIT));
    OpenApiRouter::new()
        .merge(upload)
        .routes(routes!(file_get, file_delete))
        .routes(routes!(file_content_get))
        .routes(routes!(file_link_create))
}

/// The query of an upload.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadQuery {
    name: String,
}

/// List files
///
/// Returns the organization's files, newest first, without their content.
#[utoipa::path(
    get, path = "/files", tag = "Files",
    params(
        ("limit" = Option<i64>, Query),
        ("cursor" = Option<String>, Query),
    ),
    responses((status = 200, body = FilePage)),
)]
pub(crate) async fn file_list(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(paging): Query<Paging>,
) -> Answer<Json<FilePage>> {
    let page = file::file_list(&backbone.db, &caller, paging.request()?).await?.map(FileBody::from);
    Ok(Json(FilePage { data: page.data, next_cursor: page.next_cursor }))
}

/// Upload a file
///
/// Stores the body as a file. Send the file itself, not a form, with its `Content-Type`. The file exists when the answer
/// says so: an upload that fails or is cut off leaves nothing behind and counts nothing. With a `Content-Length` a file
/// that exceeds the plan is refused before it is sent. A retry with the same `Idempotency-Key` sends the file
/// again and gets the first answer.
#[utoipa::path(
    post, path = "/files", tag = "Files",
    params(
        ("name" = String, Query, min_length = 1, max_length = 255,
            description = "Name of the file, 1 to 255 characters, without slashes"),
        ("Idempotency-Key" = Option<String>, Header, description = "Key of the request, at most 255 characters: a \
         retry with the same key gets the first answer again"),
    ),
    request_body(content = Vec<u8>, content_type = "*/*", description = "The content of the file."),
    responses((status = 201, body = FileBody)),
)]
pub(crate) async fn file_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Query(UploadQuery { name }): Query<UploadQuery>,
    request: Request,
) -> Answer<Response> {
    let key = StreamKey::of(&request)?;
    let Files { storage, limits } = &backbone.files;
    let content_type = request.headers().get(header::CONTENT_TYPE).map(|kind| kind.to_str().unwrap_or_default());
    let new = NewFile::check(&name, content_type, request.body().size_hint().exact(), limits.file)?;
    let allowance = files_allowance(&backbone.db, &backbone.entitlements, &caller, limits.organization).await?;
    let upload = upload_begin(&backbone.db, storage, caller.clone(), allowance, new, limits.file).await?;
    let uploaded = upload.write(request.into_body().into_data_stream()).await?;
    Ok(record(&backbone, &caller, key, uploaded).await?)
}

/// Records an uploaded file, unless an earlier request with the same key did.
async fn record(backbone: &Backbone, caller: &Caller, key: StreamKey, uploaded: Uploaded) -> Result<Response> {
    let mut recorded = false;
    let store = async |tx: &mut TenantTx, uploaded: &Uploaded| {
        let file = file_store(tx, uploaded).await?;
        recorded = true;
        Ok(FileBody::from(file))
    };
    let answer = key.creation(uploaded.sha256(), &uploaded).run(backbone, caller, store).await;
    if answer.is_err() || !recorded {
        uploaded.abandon().await;
    }
    answer
}

/// Get a file
///
/// Returns a file without its content.
#[utoipa::path(
    get, path = "/files/{id}", tag = "Files",
    params(("id" = Uuid, Path)),
    responses((status = 200, body = FileBody)),
)]
pub(crate) async fn file_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<FileId>,
) -> Answer<Json<FileBody>> {
    Ok(Json(file::file_get(&backbone.db, &caller, id).await?.into()))
}

/// Download a file
///
/// Returns the content of a file, with the content type of its upload. `Range` asks for a part of it, such as
/// `bytes=0-1023`; only one range at a time.
#[utoipa::path(
    get, path = "/files/{id}/content", tag = "Files",
    params(
        ("id" = Uuid, Path),
        ("Range" = Option<String>, Header, description = "The bytes to return, such as `bytes=500-999`; all of them when \
         left out"),
        ("If-Range" = Option<String>, Header, description = "`ETag` of the content that `Range` continues; if it is \
         another, all bytes are returned"),
        ("If-None-Match" = Option<String>, Header, description = "`ETag` of the content that the client has; if it is \
         the same, nothing is returned"),
    ),
    responses(
        (status = 200, content_type = "*/*", body = Vec<u8>),
        (status = 206, description = "The requested part of the content.", content_type = "*/*", body = Vec<u8>),
        (status = 304, description = "The client has the content already."),
    ),
)]
pub(crate) async fn file_content_get(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<FileId>,
    headers: HeaderMap,
) -> Answer<Response> {
    let file = file::file_get(&backbone.db, &caller, id).await?;
    Ok(content_answer(&backbone.files.storage, &caller, &file, &headers).await?)
}

/// Create a link to a file
///
/// Returns a link with which anyone can download the file without signing in, until it expires. It works only as long
/// as the user or API key that created it may read files.
#[utoipa::path(
    post, path = "/files/{id}/link", tag = "Files", request_body = CreateFileLink,
    params(("id" = Uuid, Path)),
    responses((status = 200, body = FileLinkBody)),
)]
pub(crate) async fn file_link_create(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<FileId>,
    MaybeJson(CreateFileLink { expires_in }): MaybeJson<CreateFileLink>,
) -> Answer<Json<FileLinkBody>> {
    let file = file::file_get(&backbone.db, &caller, id).await?;
    let link = Link::to(&file, &caller, expires_in, backbone.clock.now())?;
    let url = format!("{}{}", backbone.site_url, link.address(&backbone.vault));
    Ok(Json(FileLinkBody { url, expires_at: link.expires_at }))
}

/// Delete a file
///
/// Deletes a file and its content. Its bytes no longer count, and links to it stop working.
#[utoipa::path(
    delete, path = "/files/{id}", tag = "Files",
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn file_delete(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<FileId>,
) -> Answer<StatusCode> {
    file::file_delete(&backbone.db, &backbone.files.storage, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
