//! Protection from forged requests: only pages of the site or of an allowed origin may send them.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use freehold_core::{Error, codes};
use freehold_web::{Backbone, Problem};

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A request that does not come from another site's page. Browsers always name the origin of a changing request; a
/// program that names none has no cookies of other users.
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
        (Some(origin), None) => origin.to_str().is_ok_and(|origin| backbone.identity.settings().origin_allowed(origin)),
        (Some(_), Some(_)) => false,
        (None, _) => {
            let site = headers.get(FETCH_SITE).map(axum::http::HeaderValue::as_bytes);
            site.is_none_or(|site| site == b"same-origin" || site == b"none")
        }
    }
}
