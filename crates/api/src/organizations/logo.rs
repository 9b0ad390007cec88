//! The logo of an organization.

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::get,
};
use freehold_app::logo::{self, LARGEST};
use freehold_core::{Area, Error, Permission, TenantId, codes};
use freehold_files::FileId;
use freehold_web::{Answer, Authenticated, Backbone, Json, Path, RawBody};

use super::{OrganizationBody, own};
use crate::files::content_answer;

/// A logo at an address never changes: another logo has another address.
const KEPT: &str = "public, max-age=31536000, immutable";

/// Set the logo
///
/// Replaces the logo of the organization by the image in the body: PNG, JPEG or WebP, at most 512 KiB and 2048 pixels on
/// each side. Send the image itself, not a form. The image is recognised by its bytes, whatever the `Content-Type`; an
/// SVG is not accepted. The logo counts in no meter and is not among the organization's files. Anyone who knows its
/// address (`logo_url`) can see it.
#[utoipa::path(
    put, path = "/organizations/{id}/logo", tag = "Organizations",
    params(("id" = Uuid, Path)),
    request_body(content = Vec<u8>, content_type = "*/*", description = "The content of the image."),
    responses((status = 200, body = OrganizationBody)),
)]
pub(crate) async fn organization_logo_update(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
    request: Request,
) -> Answer<Json<OrganizationBody>> {
    caller.allow(Permission::write(Area::Organization))?;
    own(&caller, id)?;
    caller.allow_change()?;
    let image = body(request).await?;
    let tenant = logo::logo_set(&backbone.app, &caller, image).await?;
    Ok(Json(OrganizationBody::of(tenant, &backbone.site_url)))
}

/// Remove the logo
///
/// Removes the logo of the organization, if it has one.
#[utoipa::path(
    delete, path = "/organizations/{id}/logo", tag = "Organizations",
    params(("id" = Uuid, Path)),
    responses((status = 204)),
)]
pub(crate) async fn organization_logo_remove(
    State(backbone): State<Backbone>,
    Authenticated(caller): Authenticated,
    Path(id): Path<TenantId>,
) -> Answer<StatusCode> {
    caller.allow(Permission::write(Area::Organization))?;
    own(&caller, id)?;
    logo::logo_remove(&backbone.app, &caller).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The image of a request.
async fn body(request: Request) -> Answer<bytes::Bytes> {
    use axum::extract::FromRequest;
    let RawBody(image) = RawBody::from_request(request, &()).await?;
    if image.is_empty() {
        let message = format!("The body is empty. Send a PNG, JPEG or WebP image of at most {LARGEST} bytes.");
        return Err(Error::new(codes::MALFORMED_REQUEST, message).into());
    }
    Ok(image)
}

/// The route under which logos are served, outside `/api/v1`: the address is all that a reader needs.
pub(crate) fn logo_routes() -> Router<Backbone> {
    Router::new().route("/logos/{organization}/{file}", get(logo_show))
}

async fn logo_show(
    State(backbone): State<Backbone>,
    Path((tenant, file)): Path<(TenantId, FileId)>,
    headers: HeaderMap,
) -> Answer<Response> {
    let (caller, file) = logo::logo_get(&backbone.app, tenant, file).await?;
    let mut answer = content_answer(&backbone.files.storage, &caller, &file, &headers).await?;
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    Ok(answer)
}
