//! CORS with credentials: which origins may send the session cookie. Other paths allow all origins, because their
//! credential is a token, which a page can only have from its user.

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Uri, header},
    middleware::Next,
    response::Response,
};

use crate::Backbone;

/// The middleware around [`CorsLayer`](https://docs.rs/tower-http), which treats all origins alike. For paths that read
/// the cookie it allows the origins of [`redirect_urls`](freehold_identity::AuthSettings::redirect_urls).
pub async fn credentials(State(backbone): State<Backbone>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).filter(|_| reads_cookie(request.uri())).cloned();
    let mut response = next.run(request).await;
    let Some(origin) = origin else { return response };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if origin.to_str().is_ok_and(|origin| backbone.identity.settings().origin_allowed(origin)) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    response
}

fn reads_cookie(uri: &Uri) -> bool {
    uri.path().starts_with("/api/v1/auth/") || uri.path().starts_with("/api/auth/")
}
