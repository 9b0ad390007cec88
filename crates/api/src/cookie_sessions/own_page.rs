//! Who sends a request in somebody's name: a page of the site, or of an origin that sign-ins may lead to.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use freehold_core::{Error, codes};
use freehold_web::{Backbone, Problem};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The request does not come from the page of another site. Browsers say where a changing request comes from, always; a
/// program that says nothing has no cookies of others.
pub(super) struct OwnPage;

impl FromRequestParts<Backbone> for OwnPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, backbone: &Backbone) -> Result<Self, Problem> {
        if is_own(backbone, &parts.headers) {
            return Ok(Self);
        }
        let message = "The request comes from the page of another site. Its origin has to be the site's, or one that \
             redirect_urls in [auth] lead to.";
        Err(Error::new(codes::PERMISSION_DENIED, message).into())
    }
}

fn is_own(backbone: &Backbone, headers: &HeaderMap) -> bool {
    let mut origins = headers.get_all(header::ORIGIN).into_iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| backbone.identity.settings.origin_allowed(origin)),
        (Some(_), Some(_)) => false,
        (None, _) => {
            let site = headers.get(FETCH_SITE).map(axum::http::HeaderValue::as_bytes);
            site.is_none_or(|site| site == b"same-origin" || site == b"none")
        }
    }
}
